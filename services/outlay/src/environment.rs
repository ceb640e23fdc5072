//! The environment, as shells, units and files of variables write it: with line ends and byte-order
//! marks that nobody sees, and that would make another path or another key of a value.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::encoding::MARK;

/// What the names of our variables begin with.
const OURS: &str = "OUTLAY_";

/// Refuses variables of ours whose value is not what somebody meant to write. Values are not shown:
/// some are secrets.
///
/// # Errors
/// The first such variable.
pub(crate) fn check(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<()> {
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(OURS)) else {
            continue;
        };
        let Some(value) = value.to_str() else {
            bail!("the environment's {name} is not UTF-8");
        };
        let is_stray = |letter: char| letter.is_whitespace() || letter == MARK;
        if value.starts_with(is_stray) || value.ends_with(is_stray) {
            bail!(
                "the environment's {name} begins or ends with white space or a byte-order mark; \
                 take that away"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    fn told(name: &str, value: &[u8]) -> Option<String> {
        let variable = (OsString::from(name), OsString::from_vec(value.to_vec()));
        let checked = check(std::iter::once(variable));
        checked.err().map(|error| error.to_string())
    }

    #[test]
    fn what_nobody_sees_is_refused_in_our_variables_and_not_shown() {
        for stray in [
            "geheim\n",
            "geheim\r",
            " geheim",
            "\u{feff}geheim",
            "geheim\u{a0}",
        ] {
            let told = told("OUTLAY_TOKEN", stray.as_bytes()).unwrap();
            assert!(told.contains("OUTLAY_TOKEN begins or ends"), "{told}");
            assert!(!told.contains("geheim"), "{told}");
        }
        let told_of = told("OUTLAY_DATA", b"/srv/\xff").unwrap();
        assert_eq!(told_of, "the environment's OUTLAY_DATA is not UTF-8");
        assert_eq!(told("OUTLAY_DATA", "/srv/dữ liệu".as_bytes()), None);
        assert_eq!(told("OUTLAY_DATA", b""), None);
        assert_eq!(told("PS1", b"$ "), None);
    }
}
