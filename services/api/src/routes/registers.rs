//! The registers of programmes and provinces, with their history.

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use events::register::{Names, Register, Spell, UnitCode, UnitKind};
use events::time::EffectiveOn;
use ledger::Ledger;
use serde::Serialize;
use serde_json::Value;

use crate::body::{self, JSON, negotiate};
use crate::error::ApiError;
use crate::openapi::{Operation, Routes};
use crate::problem::Members;
use crate::query::Parameters;
use crate::routes::{answer, at};
use crate::state::{Ready, look};

pub(crate) fn router() -> Routes {
    let on = "Only those of this day, by their names of that day.";
    let programmes = Operation::new("list_programmes", "The register of programmes")
        .query("on", on)
        .json("Codes, names, and how they came about.", "Programmes");
    let provinces = Operation::new("list_provinces", "The register of provinces")
        .query("on", on)
        .json("Codes, names, and how they came about.", "Provinces");
    Routes::default()
        .get("/v1/programmes", list_programmes, programmes)
        .get("/v1/provinces", list_provinces, provinces)
}

/// A code with its name and its history.
#[derive(Serialize)]
struct Unit {
    code: UnitCode,
    names: Names,
    history: Vec<Lasted>,
}

/// A time in which a code meant one unit under one name.
#[derive(Serialize)]
struct Lasted {
    from: EffectiveOn,
    until: Option<EffectiveOn>,
    names: Names,
    formed_from: Vec<UnitCode>,
    became: Option<UnitCode>,
}

impl Unit {
    /// A unit on `day`, or as it was last; `None` where the code means nothing then.
    fn find(
        register: &Register,
        code: UnitCode,
        spells: &[Spell],
        day: Option<EffectiveOn>,
    ) -> Option<Self> {
        let spell = match day {
            Some(day) => register.find_spell(code, day),
            None => spells.last(),
        };
        let lasted = |spell: &Spell| Lasted {
            from: spell.from,
            until: spell.until,
            names: spell.names.clone(),
            formed_from: spell.formed_from.iter().copied().collect(),
            became: spell.became,
        };
        Some(Self {
            code,
            names: spell?.names.clone(),
            history: spells.iter().map(lasted).collect(),
        })
    }
}

async fn list_programmes(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    list(&ledger, &parameters, &headers, UnitKind::Programme).await
}

async fn list_provinces(
    Ready(ledger): Ready,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response<Body>, ApiError> {
    list(&ledger, &parameters, &headers, UnitKind::Province).await
}

async fn list(
    ledger: &Ledger,
    parameters: &Parameters,
    headers: &HeaderMap,
    kind: UnitKind,
) -> Result<Response<Body>, ApiError> {
    parameters.only(&[&["on"]])?;
    negotiate(headers, &[JSON])?;
    let on = parameters.day("on")?;
    let (units, applied) = look(ledger, move |figures| {
        let register = figures.registers().of(kind);
        let units = register.units().iter();
        let units = units.filter_map(|(code, spells)| Unit::find(register, *code, spells, on));
        (units.collect::<Vec<_>>(), figures.applied())
    })
    .await?;
    let name = match kind {
        UnitKind::Programme => "programmes",
        UnitKind::Province => "provinces",
    };
    let units = serde_json::to_value(&units).unwrap_or_default();
    let on = on.map_or(Value::Null, |on| Value::from(on.to_string()));
    let members = [("on", on), ("position", applied.0.into()), (name, units)];
    let members = Members(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
    );
    Ok(at(
        answer(StatusCode::OK, JSON, body::json(&members)),
        applied,
    ))
}
