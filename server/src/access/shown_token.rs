//! The token that a request shows.

use std::borrow::Cow;

use data_encoding::BASE64;

/// The token in a header `authorization`: as it is (`Bearer TOKEN`), or as the password that a browser asks for
/// (`Basic`, RFC 7617; the user's name says nothing). None where it has none.
pub fn shown_token(header: &[u8]) -> Option<Cow<'_, [u8]>> {
    let end = header.iter().position(|byte| *byte == b' ')?;
    let (scheme, shown) = (&header[..end], header[end + 1..].trim_ascii());
    if scheme.eq_ignore_ascii_case(b"bearer") {
        return Some(Cow::Borrowed(shown));
    }
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return None;
    }
    let mut credentials = BASE64.decode(shown).ok()?;
    let colon = credentials.iter().position(|byte| *byte == b':')?;
    Some(Cow::Owned(credentials.split_off(colon + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_shown_as_it_is_or_as_a_password() {
        let token = |header: &str| shown_token(header.as_bytes()).map(Cow::into_owned);
        let is = |token: &str| Some(token.as_bytes().to_vec());
        assert_eq!(token("Bearer open:sesame"), is("open:sesame"));
        assert_eq!(token("bearer  open"), is("open"));
        // me:open:sesame
        assert_eq!(token("Basic bWU6b3BlbjpzZXNhbWU="), is("open:sesame"));
        // :open
        assert_eq!(token("basic Om9wZW4="), is("open"));
    }

    #[test]
    fn what_shows_no_token_has_none() {
        // "Basic" with "open", which has no colon, with digits of no base, and with nothing.
        for header in ["", "Bearer", "open", "Digest open", "Basic b3Blbg==", "Basic ?", "Basic "] {
            assert_eq!(shown_token(header.as_bytes()), None, "{header}");
        }
    }
}
