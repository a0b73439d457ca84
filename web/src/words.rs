//! What a search asks for: words, and the names of fields that mail archives of patches have.

use hunktrace_proto::v1;

/// A search, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// What the catalogue is asked for.
    pub request: v1::SearchRequest,
    /// Removed lines of code, of which the index is asked.
    pub removed: Vec<String>,
    /// Added lines of code.
    pub added: Vec<String>,
}

impl Words {
    /// Reads a search: words, `NAME:WORD` and `NAME:"several words"`. A backslash in quotes takes the next character as it is.
    pub fn read(text: &str) -> Words {
        let mut words = Words::default();
        for (field, word) in terms(text) {
            let list = match field {
                "s" => &mut words.request.subject,
                "a" => &mut words.request.author,
                "dfn" => &mut words.request.path,
                "dfhh" => &mut words.request.function,
                "dfpre" => &mut words.removed,
                "dfpost" => &mut words.added,
                _ => &mut words.request.words,
            };
            list.push(word);
        }
        words
    }

    /// Whether nothing is asked of the catalogue.
    pub fn has_no_words(&self) -> bool {
        self.request == v1::SearchRequest::default()
    }

    /// The lines of code as a patch, which the index is asked for; none where there are none.
    pub fn patch(&self) -> Option<String> {
        if self.removed.is_empty() && self.added.is_empty() {
            return None;
        }
        let path = self.request.path.first().map_or("file.c", String::as_str);
        let mut patch =
            format!("--- a/{path}\n+++ b/{path}\n@@ -1,{} +1,{} @@\n", self.removed.len(), self.added.len());
        for (sign, lines) in [('-', &self.removed), ('+', &self.added)] {
            for line in lines {
                patch.push(sign);
                patch += line;
                patch.push('\n');
            }
        }
        Some(patch)
    }

    /// Whether a commit that was found by its code has the words as well.
    pub fn fit(&self, subject: &str, path: &str) -> bool {
        let has = |text: &str, parts: &[String]| {
            let text = text.to_lowercase();
            parts.iter().all(|part| text.contains(&part.to_lowercase()))
        };
        has(subject, &self.request.subject)
            && has(subject, &self.request.words)
            && has(path, &self.request.path)
    }
}

/// The terms of a search: the name of a field, or nothing, and what stands behind it.
fn terms(text: &str) -> Vec<(&'static str, String)> {
    const FIELDS: [&str; 6] = crate::asked::FIELDS;
    let mut terms = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let field = FIELDS
            .into_iter()
            .find(|field| rest.strip_prefix(field).is_some_and(|rest| rest.starts_with(':')));
        let value = field.map_or(rest, |field| &rest[field.len() + 1..]);
        let (word, left) = match value.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = value.find(char::is_whitespace).unwrap_or(value.len());
                (value[..end].to_owned(), &value[end..])
            }
        };
        if !word.is_empty() {
            terms.push((field.unwrap_or_default(), word));
        }
        rest = left.trim_start();
    }
    terms
}

/// What stands up to the closing quote, and what comes behind it.
fn unquoted(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (word, &text[at + 1..]),
            '\\' => word.extend(characters.next().map(|(_, next)| next)),
            _ => word.push(character),
        }
    }
    (word, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_have_names_and_words_have_none() {
        let words = Words::read("s:tcp a:\"Eric D\" lock dfn:net/ dfhh:tcp_ack");
        let v1::SearchRequest { words: plain, subject, author, path, function, .. } = words.request;
        assert_eq!(
            (plain, subject, author),
            (vec!["lock".into()], vec!["tcp".into()], vec!["Eric D".into()])
        );
        assert_eq!((path, function), (vec!["net/".into()], vec!["tcp_ack".into()]));
    }

    #[test]
    fn lines_of_code_are_a_patch() {
        let words = Words::read(r#"dfpre:"a = \"b\";" dfpost:"c;" dfn:x.c"#);
        assert_eq!(
            words.patch().as_deref(),
            Some("--- a/x.c\n+++ b/x.c\n@@ -1,1 +1,1 @@\n-a = \"b\";\n+c;\n")
        );
        assert_eq!(Words::read("s:x").patch(), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z:\" \\\\]{0,30}") {
            Words::read(&text);
        }
    }
}
