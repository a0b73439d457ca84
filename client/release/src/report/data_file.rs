//! Data files: JSON values in scripts that hand them to the page.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Appends `value` as JSON that may stand in any script.
///
/// # Errors
///
/// If the value cannot be written as JSON, such as a map whose keys are no strings.
pub(super) fn append_json(script: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(script, ScriptSafe))?)
}

/// What stands before the value of the data file `name`.
pub(super) fn opening(name: &str) -> String {
    format!("hunktraceData(\"{name}\",")
}

/// What stands behind it.
pub(super) const CLOSING: &[u8] = b");\n";

/// JSON without what a script, or the page around one, could take for its own: `<` as in `</script>` and `<!--`,
/// and the line separators U+2028 and U+2029, which end a line in older JavaScript.
struct ScriptSafe;

impl Formatter for ScriptSafe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '\u{2028}', '\u{2029}']) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let mut chars = rest[at..].chars();
            if let Some(special) = chars.next() {
                write!(writer, "\\u{:04x}", u32::from(special))?;
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(value: &str) -> String {
        let mut script = Vec::new();
        append_json(&mut script, &value).unwrap();
        String::from_utf8(script).unwrap()
    }

    #[test]
    fn nothing_ends_the_script_around_it() {
        assert_eq!(json("</script><!--"), r#""\u003c/script>\u003c!--""#);
        assert_eq!(json("a\u{2028}b\u{2029}"), r#""a\u2028b\u2029""#);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "[<\u{2028}\u{2029}\\\\\"\n/a-c\u{0}-\u{1f}äß😀]{0,40}") {
            let written = json(&text);
            let is_safe = !written.contains(['<', '\u{2028}', '\u{2029}', '\n']);
            prop_assert!(is_safe);
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
