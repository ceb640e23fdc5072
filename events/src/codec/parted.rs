//! Reading a payload once, whose entry and body stand side by side.
//!
//! Keys of the entry are taken out on the way, and the body sees the rest as if it stood alone.
//! serde's flattening does the same over a copy of everything, and two readings pay for the text
//! twice; a rebuild reads every event there is.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, Error as _, IntoDeserializer as _, MapAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::DecodeError;
use crate::log::StoredRef;
use crate::record::{Document, Entry};
use crate::text::Texts;
use crate::time::EffectiveOn;

/// What a stored fact says, with its entry.
pub(crate) fn read<'a, B: Deserialize<'a>, F, T: Texts>(
    stored: StoredRef<'a>,
    body: impl FnOnce(B) -> F,
) -> Result<(Entry<T>, F), DecodeError> {
    let mut parts = Parts::none();
    let mut text = serde_json::Deserializer::from_str(stored.data);
    let read = B::deserialize(Parted {
        text: &mut text,
        parts: &mut parts,
    });
    let whole = read.and_then(|it| {
        text.end()?;
        Ok((parts.entry()?, body(it)))
    });
    whole.map_err(|source| DecodeError::Payload {
        name: stored.name.to_owned(),
        source,
    })
}

/// The parts of an entry, as far as they were met.
#[expect(
    clippy::option_option,
    reason = "a part was met or not, and what was met may be null"
)]
struct Parts<T: Texts> {
    reference: Option<T::Reference>,
    effective_on: Option<EffectiveOn>,
    note: Option<Option<T::Text>>,
    document: Option<Option<Document<T>>>,
}

impl<T: Texts> Parts<T> {
    /// Nothing met yet.
    fn none() -> Self {
        Self {
            reference: None,
            effective_on: None,
            note: None,
            document: None,
        }
    }

    /// The entry, once all of the payload was read.
    fn entry(self) -> Result<Entry<T>, serde_json::Error> {
        let missing = serde_json::Error::missing_field;
        Ok(Entry {
            reference: self.reference.ok_or_else(|| missing("reference"))?,
            effective_on: self.effective_on.ok_or_else(|| missing("effective_on"))?,
            note: self.note.flatten(),
            document: self.document.flatten(),
        })
    }

    /// Takes the value of `key`, if that is a part of an entry.
    fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "reference" => once("reference", &mut self.reference, map),
            "effective_on" => once("effective_on", &mut self.effective_on, map),
            "note" => once("note", &mut self.note, map),
            "document" => once("document", &mut self.document, map),
            _ => return Ok(false),
        }
        .map(|()| true)
    }
}

/// Puts the next value where none was yet.
fn once<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    key: &'static str,
    part: &mut Option<T>,
    map: &mut A,
) -> Result<(), A::Error> {
    if part.replace(map.next_value()?).is_some() {
        return Err(A::Error::duplicate_field(key));
    }
    Ok(())
}

/// A payload that keeps the entry's parts to itself.
struct Parted<'p, 'de, T: Texts> {
    text: &'p mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
    parts: &'p mut Parts<T>,
}

impl<'de, T: Texts> Deserializer<'de> for Parted<'_, 'de, T> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let parts = self.parts;
        self.text.deserialize_map(Body { visitor, parts })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

/// Has `visitor` see the body.
struct Body<'p, V, T: Texts> {
    visitor: V,
    parts: &'p mut Parts<T>,
}

impl<'de, V: Visitor<'de>, T: Texts> Visitor<'de> for Body<'_, V, T> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let Self { visitor, parts } = self;
        visitor.visit_map(Rest { map, parts })
    }
}

/// The keys and values of the body.
struct Rest<'p, A, T: Texts> {
    map: A,
    parts: &'p mut Parts<T>,
}

impl<'de, A: MapAccess<'de>, T: Texts> MapAccess<'de> for Rest<'_, A, T> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Self::Error> {
        while let Some(key) = self.map.next_key::<Key<'de>>()? {
            let Self { map, parts } = self;
            if !parts.take(key.as_str(), map)? {
                return match key {
                    Key::Borrowed(key) => seed.deserialize(BorrowedStrDeserializer::new(key)),
                    Key::Owned(key) => seed.deserialize(key.into_deserializer()),
                }
                .map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// A key, which is a copy only where it was written with escapes.
enum Key<'de> {
    Borrowed(&'de str),
    Owned(String),
}

impl Key<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(key) => key,
            Self::Owned(key) => key,
        }
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsKey;
        impl<'de> Visitor<'de> for AsKey {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E: de::Error>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key::Borrowed(key))
            }

            fn visit_str<E: de::Error>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key::Owned(key.to_owned()))
            }
        }
        deserializer.deserialize_str(AsKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{LineBody, LineEvent};

    fn decode(data: &str) -> Result<LineEvent, DecodeError> {
        LineEvent::decode(StoredRef {
            name: "line.allocated",
            version: 1,
            data,
        })
    }

    #[test]
    fn the_parts_of_an_entry_may_stand_anywhere() {
        let usual = r#"{"reference":"QD-1","effective_on":"2024-01-05","note":"n",
            "amount":"7","basis":"assigned"}"#;
        let mixed = r#"{"amount":"7","note":"n","b\u0061sis":"assigned",
            "effective_\u006fn":"2024-01-05","unknown":[{}],"reference":"QD\u002d1"}"#;
        let event = decode(usual).unwrap();
        assert_eq!(event.entry.reference.as_str(), "QD-1");
        assert!(matches!(&event.body, LineBody::Allocated(it) if it.amount.money().to_dong() == 7));
        assert_eq!(decode(mixed).unwrap(), event);
    }

    #[test]
    fn a_part_that_is_missing_or_there_twice_is_named() {
        let refused = |data: &str| {
            let error = decode(data).unwrap_err();
            std::error::Error::source(&error).unwrap().to_string()
        };
        let missing = refused(r#"{"reference":"QD-1","amount":"7","basis":"assigned"}"#);
        assert!(
            missing.contains("missing field `effective_on`"),
            "{missing}"
        );
        let twice = refused(r#"{"reference":"QD-1","reference":"QD-1","amount":"7"}"#);
        assert!(twice.contains("duplicate field `reference`"), "{twice}");
        let more = refused(
            r#"{"reference":"QD-1","effective_on":"2024-01-05","amount":"7","basis":"assigned"}{}"#,
        );
        assert!(more.contains("trailing characters"), "{more}");
    }
}
