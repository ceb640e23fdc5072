//! Names and versions of the registers' facts on disk; the only file that knows old shapes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Merged, Merger, Names, RegisterBody, RegisterEvent, Registration, UnitCode, UnitKind};
use crate::codec::{DecodeError, payload, read};
use crate::log::{Stored, StoredRef};
use crate::names::NameError;
use crate::time::EffectiveOn;

/// A registration on disk; the register it belongs to is in the event's name.
#[derive(Serialize, Deserialize)]
struct RegisteredV1 {
    code: String,
    names: Names,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<EffectiveOn>,
}

/// A merger on disk; the register it belongs to is in the event's name.
#[derive(Serialize, Deserialize)]
struct MergedV1 {
    from: Vec<String>,
    into: IntoV1,
}

/// What units became.
#[derive(Serialize, Deserialize)]
struct IntoV1 {
    code: String,
    names: Names,
}

impl RegisterEvent {
    /// The fact as it is kept: the newest version of its name.
    pub fn encode(&self) -> Stored {
        let (kind, verb, data) = match &self.body {
            RegisterBody::Registered(Registration {
                kind,
                code,
                names,
                until,
            }) => {
                let body = RegisteredV1 {
                    code: code.to_string(),
                    names: names.clone(),
                    until: *until,
                };
                (kind, "registered", payload(&self.entry, &body))
            }
            RegisterBody::Merged(Merger { kind, from, into }) => {
                let from = from.iter().map(UnitCode::to_string).collect();
                let into = IntoV1 {
                    code: into.code.to_string(),
                    names: into.names.clone(),
                };
                (
                    kind,
                    "merged",
                    payload(&self.entry, &MergedV1 { from, into }),
                )
            }
        };
        Stored {
            name: format!("{}.{verb}", kind.as_str()),
            version: 1,
            data,
        }
    }

    /// The fact that was kept so.
    ///
    /// # Errors
    /// [`DecodeError`] for a name or version we never wrote, and for a payload of another shape.
    pub fn decode<'a>(stored: impl Into<StoredRef<'a>>) -> Result<Self, DecodeError> {
        let stored = stored.into();
        let registered = |kind: UnitKind| {
            let (entry, body) = read(stored, |body: RegisteredV1| body)?;
            let RegisteredV1 { code, names, until } = body;
            let code = coded(stored, kind, &code)?;
            let body = RegisterBody::Registered(Registration {
                kind,
                code,
                names,
                until,
            });
            Ok(Self { entry, body })
        };
        let merged = |kind: UnitKind| {
            let (entry, MergedV1 { from, into }) = read(stored, |body: MergedV1| body)?;
            let from: Result<BTreeSet<_>, _> =
                from.iter().map(|code| coded(stored, kind, code)).collect();
            let into = Merged {
                code: coded(stored, kind, &into.code)?,
                names: into.names,
            };
            Ok(Self {
                entry,
                body: RegisterBody::Merged(Merger {
                    kind,
                    from: from?,
                    into,
                }),
            })
        };
        match (stored.name, stored.version) {
            ("programme.registered", 1) => registered(UnitKind::Programme),
            ("province.registered", 1) => registered(UnitKind::Province),
            ("programme.merged", 1) => merged(UnitKind::Programme),
            ("province.merged", 1) => merged(UnitKind::Province),
            _ => Err(DecodeError::unknown(stored)),
        }
    }
}

fn coded(stored: StoredRef<'_>, kind: UnitKind, code: &str) -> Result<UnitCode, DecodeError> {
    let refused = |error: NameError| DecodeError::Payload {
        name: stored.name.to_owned(),
        source: serde::de::Error::custom(error),
    };
    kind.parse_code(code).map_err(refused)
}
