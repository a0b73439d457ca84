//! Bearer tokens, of which only hashes are known.
//!
//! A file has a line for each token: its name, its scopes with commas between them (or `all`), and the SHA-256 of the
//! token in hexadecimal digits. Blank lines and lines that begin with `#` are passed over.
//!
//! ```text
//! # name      scopes          hash
//! analyzer    status,lookup   sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
//! ```
//!
//! Tokens have to be long and random: their hashes are as fast to make as they are to check.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::access::scope::Scope;
use crate::access::shown_token::shown_token;

/// In front of a hash.
const HASH_PREFIX: &str = "sha256:";

/// Who asks with a token, and what he may ask.
#[derive(Debug, PartialEq, Eq)]
pub struct Holder {
    /// The token's name, which is logged.
    pub name: String,
    scopes: BTreeSet<Scope>,
}

impl Holder {
    /// Whether he may ask requests of a kind.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// Why a file of tokens cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The file cannot be read.
    #[error("{}: {error}; give a file of tokens that the server's user may read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A line cannot be read. What it says is not repeated: it may be a token.
    #[error("{}: line {line}: {fault}; write `NAME SCOPE,SCOPE sha256:HASH`", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        fault: String,
    },
    /// The file has no token.
    #[error("{}: has no token, so nobody could ask anything; add a line `NAME SCOPE,SCOPE sha256:HASH`", .0.display())]
    Empty(PathBuf),
}

/// Why somebody is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// He shows no token.
    NoToken,
    /// Nobody has the token that he shows.
    UnknownToken,
    /// His token, of this name, does not allow what he asks.
    NoScope(String),
}

/// The hash of a token.
type TokenHash = [u8; 32];

/// The tokens of a file, which is read again on request.
pub struct Tokens {
    path: PathBuf,
    current: RwLock<Vec<(TokenHash, Arc<Holder>)>>,
}

impl Tokens {
    /// The tokens of a file.
    ///
    /// # Errors
    /// Where it cannot be read, or has none.
    pub fn load(path: &Path) -> Result<Tokens, TokensError> {
        Ok(Tokens { path: path.to_owned(), current: RwLock::new(read(path)?) })
    }

    /// Reads the file again.
    ///
    /// # Errors
    /// Where it cannot be used; the tokens from before stay in use.
    pub fn reload(&self) -> Result<(), TokensError> {
        let next = read(&self.path)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// Who asks with a header `authorization`, if he may ask requests of a kind.
    ///
    /// # Errors
    /// Where he shows no token, or one that does not allow it.
    pub fn admit(&self, authorization: Option<&[u8]>, scope: Scope) -> Result<Arc<Holder>, Refused> {
        let token = authorization.and_then(shown_token).ok_or(Refused::NoToken)?;
        let holder = self.holder(&token).ok_or(Refused::UnknownToken)?;
        if holder.may(scope) { Ok(holder) } else { Err(Refused::NoScope(holder.name.clone())) }
    }

    /// Whose token this is; none if it is nobody's. It takes the same time for every token of the same length.
    pub fn holder(&self, token: &[u8]) -> Option<Arc<Holder>> {
        let hash: TokenHash = Sha256::digest(token).into();
        let mut found = None;
        for (known, holder) in self.current.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if bool::from(known.ct_eq(&hash)) {
                found = Some(Arc::clone(holder));
            }
        }
        found
    }
}

fn read(path: &Path) -> Result<Vec<(TokenHash, Arc<Holder>)>, TokensError> {
    let text =
        fs::read_to_string(path).map_err(|error| TokensError::File { path: path.to_owned(), error })?;
    let mut tokens: Vec<(TokenHash, Arc<Holder>)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (hash, holder) = read_line(line).map_err(|fault| TokensError::Line {
            path: path.to_owned(),
            line: number,
            fault,
        })?;
        let is_known =
            |(known, other): &(TokenHash, Arc<Holder>)| *known == hash || other.name == holder.name;
        if tokens.iter().any(is_known) {
            let fault = "another line has this name or this token".to_owned();
            return Err(TokensError::Line { path: path.to_owned(), line: number, fault });
        }
        tokens.push((hash, Arc::new(holder)));
    }
    match tokens.is_empty() {
        true => Err(TokensError::Empty(path.to_owned())),
        false => Ok(tokens),
    }
}

fn read_line(line: &str) -> Result<(TokenHash, Holder), String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, scopes, hash] = words[..] else { return Err("it has not three words".to_owned()) };
    let scopes = match scopes {
        "all" => BTreeSet::from(Scope::ALL),
        named => named.split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_| {
            "its second word is no list of status, lookup and attribute, nor 'all'".to_owned()
        })?,
    };
    let hash = hash.strip_prefix(HASH_PREFIX).and_then(hash_of_digits);
    let hash = hash.ok_or_else(|| "its third word is no 'sha256:' with 64 hexadecimal digits".to_owned())?;
    Ok((hash, Holder { name: name.to_owned(), scopes }))
}

fn hash_of_digits(digits: &str) -> Option<TokenHash> {
    let mut hash = TokenHash::default();
    let is_hash = digits.len() == 2 * hash.len() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_hash {
        return None;
    }
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of `foo`.
    const FOO: &str = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    /// The hash of `bar`.
    const BAR: &str = "sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9";

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), text).expect("its text");
        file
    }

    fn fault(text: &str) -> String {
        Tokens::load(file(text).path()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn holder_of_a_token_is_found_with_his_scopes() {
        let file = file(&format!("# people\n\n one status,lookup {FOO}\nother all {BAR}\n"));
        let tokens = Tokens::load(file.path()).expect("tokens");
        let one = tokens.holder(b"foo").expect("a holder");
        assert_eq!(one.name, "one");
        assert_eq!(Scope::ALL.map(|scope| one.may(scope)), [true, true, false]);
        assert!(tokens.holder(b"bar").is_some_and(|other| Scope::ALL.iter().all(|scope| other.may(*scope))));
        assert_eq!(tokens.holder(b"fo"), None);
        assert_eq!(tokens.holder(b""), None);
    }

    #[test]
    fn file_is_read_again_and_stays_in_use_if_it_is_wrong() {
        let file = file(&format!("one all {FOO}\n"));
        let tokens = Tokens::load(file.path()).expect("tokens");
        fs::write(file.path(), "one all foo\n").expect("a wrong file");
        assert!(tokens.reload().is_err());
        assert!(tokens.holder(b"foo").is_some());
        fs::write(file.path(), format!("one all {BAR}\n")).expect("another token");
        tokens.reload().expect("the file is read");
        assert!(tokens.holder(b"foo").is_none() && tokens.holder(b"bar").is_some());
    }

    #[test]
    fn line_that_cannot_be_read_is_named_without_what_it_says() {
        for text in ["secret\n", "one secret sha256:00\n", "one all secret\n"] {
            let fault = fault(text);
            assert!(fault.contains("line 1: ") && !fault.contains("secret"), "{fault}");
        }
        assert!(fault(&format!("one all {FOO}\none status {BAR}\n")).contains("line 2: another line"));
        assert!(fault("# nobody\n").contains("has no token"));
    }
}
