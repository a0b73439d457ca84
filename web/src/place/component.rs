//! Names of releases and files as parts of paths.

use std::fmt::Write;

/// Whether a byte stands for itself.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._,+=@-".contains(&byte)
}

/// A name as one part of a path. No part is `.` or `..`, and none ends like a page: a page and a folder beside each other
/// never have one name.
pub fn encode(name: &[u8]) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name {
        if is_plain(*byte) {
            encoded.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "~{byte:02X}");
        }
    }
    if encoded == "." || encoded == ".." {
        return encoded.replace('.', "~2E");
    }
    for extension in [".html", ".json", ".atom", ".mbox"] {
        if let Some(stem) = encoded.strip_suffix(extension) {
            return format!("{stem}~2E{}", &extension[1..]);
        }
    }
    encoded
}

/// The name of a part of a path; none of what no name is encoded as.
pub fn decode(component: &str) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(component.len());
    let mut bytes = component.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'~' => {
                let digits = [bytes.next()?, bytes.next()?];
                let digits = std::str::from_utf8(&digits).ok().filter(|digits| !digits.starts_with('+'))?;
                name.push(u8::from_str_radix(digits, 16).ok()?);
            }
            byte if is_plain(byte) => name.push(byte),
            _ => return None,
        }
    }
    // Each name has one form, so that each page has one path.
    (encode(&name) == component).then_some(name)
}

/// The path of a file or folder as parts of a path.
pub fn encode_path(path: &[u8]) -> String {
    path.split(|byte| *byte == b'/').map(encode).collect::<Vec<_>>().join("/")
}

/// The path of a file or folder that was encoded; none of what is no such path.
pub fn decode_path(encoded: &str) -> Option<Vec<u8>> {
    let parts: Option<Vec<Vec<u8>>> =
        encoded.split('/').map(|part| decode(part).filter(|part| !part.is_empty())).collect();
    Some(parts?.join(&b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_pages_are_never_parts() {
        assert_eq!(encode(b"a.html"), "a~2Ehtml");
        assert_eq!(decode("a~2Ehtml").as_deref(), Some(&b"a.html"[..]));
        assert_eq!(decode("a.html"), None);
    }

    #[test]
    fn parts_lead_nowhere_else() {
        assert_eq!(encode(b".."), "~2E~2E");
        assert_eq!(decode(".."), None);
        assert_eq!(decode_path("a/../b"), None);
        assert_eq!(decode_path("a//b"), None);
        assert_eq!(decode("~2f"), None, "capital digits alone");
        assert_eq!(decode("~+1"), None);
    }
}
