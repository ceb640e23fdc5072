//! Texts from files, as the programs of an office write them: UTF-8 with or without a byte-order
//! mark, and UTF-16 with one, which is what PowerShell makes of `>`.

use anyhow::{Context as _, Result, bail};

/// What some programs begin a text with.
pub(crate) const MARK: char = '\u{feff}';

/// The text that `bytes` are, without the mark at its beginning.
///
/// # Errors
/// What is in another encoding.
pub(crate) fn decoded(bytes: &[u8]) -> Result<String> {
    let text = match bytes {
        [0xff, 0xfe, units @ ..] => utf_16(units, u16::from_le_bytes)?,
        [0xfe, 0xff, units @ ..] => utf_16(units, u16::from_be_bytes)?,
        _ => {
            let wrong = "it is not UTF-8; save it as UTF-8, or as UTF-16 with a byte-order mark";
            let text = std::str::from_utf8(bytes).context(wrong)?;
            text.to_owned()
        }
    };
    if text.contains('\0') {
        bail!("it has NUL characters, as UTF-16 without a byte-order mark has; save it as UTF-8");
    }
    // Two where a text was joined to one that has nothing but its mark.
    Ok(text.trim_start_matches(MARK).to_owned())
}

fn utf_16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Result<String> {
    let (units, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        bail!("it begins as UTF-16 and ends within a character");
    }
    let text: Result<String, _> = char::decode_utf16(units.iter().copied().map(unit)).collect();
    text.context("it begins as UTF-16 and is not")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Lào Cai 漢 𠀀\r\n";

    fn units(text: &str, mark: [u8; 2], bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = text.encode_utf16().flat_map(bytes);
        mark.into_iter().chain(units).collect()
    }

    #[test]
    fn a_text_is_read_in_any_encoding_that_says_what_it_is() {
        let utf_8 = TEXT.as_bytes().to_vec();
        let marked = format!("{MARK}{TEXT}").into_bytes();
        let little = units(TEXT, [0xff, 0xfe], u16::to_le_bytes);
        let big = units(TEXT, [0xfe, 0xff], u16::to_be_bytes);
        for bytes in [utf_8, marked, little, big] {
            assert_eq!(decoded(&bytes).unwrap(), TEXT);
        }
        assert_eq!(decoded(b"").unwrap(), "");
    }

    #[test]
    fn what_does_not_say_what_it_is_is_refused_with_what_to_do() {
        let unmarked = units("{}", [b'[', 0], u16::to_le_bytes);
        for (bytes, told) in [
            (&b"L\xe0o Cai"[..], "save it as UTF-8"),
            (&unmarked, "without a byte-order mark"),
            (b"\xff\xfe{\0}", "ends within a character"),
            (b"\xff\xfe\0\xd8{\0", "is not"),
            (b"\xff\xfe\0\0{\0\0\0", "NUL"),
        ] {
            let error = decoded(bytes).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
