//! What an endpoint and we both know, and nobody else: the key of the signature.
//!
//! It is never shown, and never compared: only signed with.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a secret begins with where the rest is written as base64.
const AS_BASE64: &[u8] = b"whsec_";

/// The key that deliveries to an endpoint are signed with.
#[derive(Clone)]
pub struct Secret(Vec<u8>); // Invariant: at least `MIN_BYTES`.

/// A secret that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// One that can be guessed.
    #[error("the secret has {0} bytes, and at least {min} are needed", min = Secret::MIN_BYTES)]
    Short(usize),
    /// One with something around it that nobody sees.
    #[error(
        "the secret begins or ends with white space or a byte-order mark; take that away, or, where \
         it belongs to the key, write the key as base64 after 'whsec_'"
    )]
    Stray,
    /// One that says it is base64, and is not.
    #[error("what follows 'whsec_' in the secret is not base64, padded with '='")]
    NotBase64,
}

impl Secret {
    /// Fewest bytes of a secret.
    pub const MIN_BYTES: usize = 16;

    /// The secret in the bytes of a file: all of them but the end of a last line, or what base64
    /// after `whsec_` stands for, as the Standard Webhooks specification writes secrets.
    ///
    /// White space and marks around it are refused, and not taken away: somebody may sign with
    /// them, and would be told of another signature by every delivery.
    ///
    /// # Errors
    /// A secret that is too short, not the base64 that it says it is, or has something around it
    /// that nobody sees.
    pub fn parse(bytes: &[u8]) -> Result<Self, SecretError> {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if is_stray(bytes) {
            return Err(SecretError::Stray);
        }
        let key = match bytes.strip_prefix(AS_BASE64) {
            Some(text) => STANDARD.decode(text).map_err(|_| SecretError::NotBase64)?,
            None => bytes.to_vec(),
        };
        if key.len() < Self::MIN_BYTES {
            return Err(SecretError::Short(key.len()));
        }
        Ok(Self(key))
    }

    /// The key.
    pub(super) fn key(&self) -> &[u8] {
        &self.0
    }
}

/// Whether a text has something around it that nobody sees, or is UTF-16. Bytes that are no text are
/// a key that was drawn.
fn is_stray(bytes: &[u8]) -> bool {
    let is_stray = |letter: char| {
        let is_unseen = matches!(
            letter,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        );
        is_unseen || letter.is_whitespace() || letter.is_control()
    };
    let is_marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let text = std::str::from_utf8(bytes);
    let is_around = |text: &str| text.starts_with(is_stray) || text.ends_with(is_stray);
    is_marked || text.is_ok_and(|text| is_around(text) || text.contains('\0'))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, expected: Result<&[u8], SecretError>) {
        let parsed = Secret::parse(file.as_bytes());
        assert_eq!(parsed.as_ref().map(Secret::key), expected.as_ref().copied());
    }

    #[test]
    fn a_secret_is_the_bytes_of_its_file() {
        check("sixteen bytes ok", Ok(b"sixteen bytes ok"));
        check("sixteen bytes ok\n", Ok(b"sixteen bytes ok"));
        check("sixteen bytes ok\r\n", Ok(b"sixteen bytes ok"));
        check("sixteen\tbytes ok", Ok(b"sixteen\tbytes ok"));
        let drawn = b"\x20\xff sixteen bytes \x20";
        assert_eq!(Secret::parse(drawn).unwrap().key(), drawn);
    }

    #[test]
    fn a_secret_with_something_around_it_that_nobody_sees_is_refused() {
        for file in [
            " sixteen bytes ok",
            "sixteen bytes ok ",
            "sixteen bytes ok\n\n",
            "\tsixteen bytes ok\n",
            "\u{feff}sixteen bytes ok\n",
            "\u{feff}whsec_c2l4dGVlbiBieXRlcyBvaw==\n",
            " whsec_c2l4dGVlbiBieXRlcyBvaw==",
            "sixteen bytes ok\u{a0}",
            "\u{200b}sixteen bytes ok",
            "s\0i\0x\0t\0e\0e\0n\0 \0b\0y\0t\0e\0s\0",
        ] {
            check(file, Err(SecretError::Stray));
        }
        let utf_16: Vec<u8> = "\u{feff}sixteen bytes ok\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(Secret::parse(&utf_16).err(), Some(SecretError::Stray));
    }

    #[test]
    fn a_secret_may_be_base64_after_whsec() {
        let key: &[u8] = b"sixteen bytes ok";
        check("whsec_c2l4dGVlbiBieXRlcyBvaw==\n", Ok(key));
        check("whsec_c2l4dGVlbiBieXRlcyBvaw", Err(SecretError::NotBase64));
        check("whsec_not, at all, base64", Err(SecretError::NotBase64));
        check("whsec_c2l4dGVlbiBieXRlcyBv", Err(SecretError::Short(15)));
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused() {
        check("", Err(SecretError::Short(0)));
        check("fifteen bytes !\n", Err(SecretError::Short(15)));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::parse(b"sixteen bytes ok").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(not shown)");
    }
}
