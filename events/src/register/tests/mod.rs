//! The built-in register as the decrees have it, and the rules by which a register grows.

mod built_in;
mod rules;

use super::*;
use crate::text::Text;

fn day(text: &str) -> EffectiveOn {
    EffectiveOn::parse(text).unwrap()
}

fn province(text: &str) -> UnitCode {
    UnitKind::Province.parse_code(text).unwrap()
}

fn names(text: &str) -> Names {
    Names {
        vi: Text::parse(text).unwrap(),
        en: Text::parse(text).unwrap(),
    }
}

fn entry(reference: &str, on: &str) -> Entry {
    Entry {
        reference: Reference::parse(reference).unwrap(),
        effective_on: day(on),
        note: None,
        document: None,
    }
}
