//! Which lines there are: every programme in every province, by the codes of its year.

use std::collections::BTreeMap;

use events::Event;
use events::log::{EventId, Origin, Position, Recorded, Revision, StreamName};
use events::names::{CapitalSource, CapitalType, LineId, ProgrammeCode, ProvinceCode};
use events::record::RecordBody;
use events::register::{RegisterBody, RegisterEvent, Registers, UnitCode, UnitKind, vietnam};
use events::time::{BudgetYear, EffectiveOn};
use uuid::Uuid;

use super::calendar::{Calendar, YEARS};
use crate::measure::Failure;

/// When the registers are recorded: on the first working day of the budget office's calendar.
const FOUNDED: (i64, u32, u32) = (2016, 11, 1);

/// The programmes that begin in August 2025, under the new codes of provinces.
const NEW: [&str; 2] = ["CUL", "DRUG"];

/// The whole country, which no line is for.
const WHOLE: &str = "00";

/// A line of the history.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) id: LineId,
    pub(super) stream: StreamName,
    /// Its province among those of its year.
    pub(super) province: u32,
    /// Whether it opens in August of its year, and not before the year.
    pub(super) opens_late: bool,
}

/// The registers as events of the log, and as they are then.
pub(super) fn registers(calendar: &Calendar) -> Result<(Vec<Recorded<Event>>, Registers), Failure> {
    let (year, month, day) = FOUNDED;
    let founded = BudgetYear::try_from(year)?.day(month, day);
    let begin = u32::from(calendar.number(founded)) * 86_400;
    let mut known = Registers::default();
    let mut revisions = BTreeMap::<UnitKind, u64>::new();
    let mut recorded = Vec::new();
    for (record, at) in vietnam().into_iter().zip(begin..) {
        let body = match record.body {
            RecordBody::Registration(registration) => RegisterBody::Registered(registration),
            RecordBody::Merger(merger) => RegisterBody::Merged(merger),
            RecordBody::Line(..)
            | RecordBody::Schedule(_)
            | RecordBody::Statement(_)
            | RecordBody::Policy(_) => continue,
        };
        let kind = body.register();
        let event = RegisterEvent {
            entry: record.entry,
            body,
        };
        known.evolve(&event);
        let revision = revisions.entry(kind).or_default();
        let position = Position(u64::try_from(recorded.len())? + 1);
        recorded.push(Recorded {
            position,
            id: EventId(Uuid::from_u64_pair(0, position.0)),
            stream: kind.stream(),
            revision: Revision(*revision),
            recorded_at: calendar.instant(at),
            origin: Origin {
                actor: "outlay".to_owned(),
                correlation_id: Uuid::from_u64_pair(1, 0),
                causation_id: None,
            },
            event: Event::Register(event),
        });
        *revision += 1;
    }
    Ok((recorded, known))
}

/// All lines, by growing year. A small history leaves out provinces, so that each line that is
/// there still has a life.
pub(super) fn draw(known: &Registers, facts: usize) -> Result<Vec<Line>, Failure> {
    let stride = 1 + 187_100 / facts.max(1);
    let mut lines = Vec::new();
    for year in YEARS {
        let year = BudgetYear::try_from(year)?;
        for programme in programmes(year)? {
            let opens_late = year.number() == 2025 && NEW.contains(&programme.as_str());
            let opened = if opens_late {
                year.day(8, 1)
            } else {
                year.day(1, 1)
            };
            for (number, province) in provinces(known, opened).into_iter().enumerate() {
                if number % stride != 0 {
                    continue;
                }
                for (source, kind) in capital(number) {
                    let id = LineId::of(programme, province, year, source, kind)?;
                    lines.push(Line {
                        id,
                        stream: id.stream(),
                        province: u32::try_from(number)?,
                        opens_late,
                    });
                }
            }
        }
    }
    Ok(lines)
}

fn programmes(year: BudgetYear) -> Result<Vec<ProgrammeCode>, Failure> {
    let mut codes = match year.number() {
        2026.. => vec!["RPE"],
        _ => vec!["NTM", "SPR", "EM"],
    };
    if year.number() >= 2025 {
        codes.extend(NEW);
    }
    Ok(codes
        .into_iter()
        .map(ProgrammeCode::parse)
        .collect::<Result<_, _>>()?)
}

/// The provinces of a day: 63, and 34 from 1 July 2025 on.
fn provinces(known: &Registers, day: EffectiveOn) -> Vec<ProvinceCode> {
    let register = known.of(UnitKind::Province);
    let codes = register.units().keys().copied();
    let codes = codes.filter_map(|code| match code {
        UnitCode::Province(province) if province.as_str() != WHOLE => {
            register.find_spell(code, day).map(|_| province)
        }
        UnitCode::Province(_) | UnitCode::Programme(_) => None,
    });
    codes.collect()
}

/// The sources and types of a province; one of four also has foreign loans.
fn capital(province: usize) -> Vec<(CapitalSource, CapitalType)> {
    let mut capital = vec![
        (CapitalSource::Central, CapitalType::Investment),
        (CapitalSource::Central, CapitalType::Recurrent),
        (CapitalSource::Local, CapitalType::Investment),
        (CapitalSource::Local, CapitalType::Recurrent),
    ];
    if province.is_multiple_of(4) {
        capital.push((CapitalSource::Central, CapitalType::ForeignInvestment));
    }
    let others = CapitalSource::ALL.into_iter();
    let others = others.filter(|source| !source.is_state_budget());
    capital.extend(others.map(|source| (source, CapitalType::Unclassified)));
    capital
}
