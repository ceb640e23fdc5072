//! The registers of programmes and provinces: which code means what, from which day until which,
//! and what became what.
//!
//! A unit is a code and a time: in a merger the code of one may live on under the name of another.
//! Nothing is rewritten when units merge; figures are restated on request.

mod code;
mod codec;
mod event;
mod refusal;
mod registers;
#[cfg(test)]
mod tests;
mod vietnam;

use std::collections::{BTreeMap, BTreeSet};

pub use code::{UnitCode, UnitKind};
pub use event::{Merged, Merger, Names, RegisterBody, RegisterEvent, Registration};
pub use refusal::RegisterRefusal;
pub use registers::Registers;
pub use vietnam::vietnam;

use crate::record::{Entry, RecordKind};
use crate::text::Reference;
use crate::time::EffectiveOn;

/// A time in which a code meant one unit under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spell {
    /// Its first day.
    pub from: EffectiveOn,
    /// Its last day, where there is one.
    pub until: Option<EffectiveOn>,
    /// What the unit is called.
    pub names: Names,
    /// The units that merged into it on its first day; empty where none did.
    pub formed_from: BTreeSet<UnitCode>,
    /// What it became after its last day.
    pub became: Option<UnitCode>,
}

impl Spell {
    fn holds_on(&self, day: EffectiveOn) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// One register as its history left it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    units: BTreeMap<UnitCode, Vec<Spell>>,
    references: BTreeSet<(RecordKind, Reference)>,
}

impl Register {
    /// The register that these facts made.
    pub fn replay<'a>(history: impl IntoIterator<Item = &'a RegisterEvent>) -> Self {
        history.into_iter().fold(Self::default(), Self::evolve)
    }

    /// The facts that `body` adds. It is read as a request here and kept as it is.
    ///
    /// # Errors
    /// A [`RegisterRefusal`] names the rule that was broken; nothing is added.
    pub fn decide(
        &self,
        entry: Entry,
        body: RegisterBody,
    ) -> Result<Vec<RegisterEvent>, RegisterRefusal> {
        let record = body.record();
        if self.references.contains(&(record, entry.reference.clone())) {
            return Err(RegisterRefusal::ReferenceReused {
                record,
                reference: entry.reference,
            });
        }
        let on = entry.effective_on;
        match &body {
            RegisterBody::Registered(Registration { code, until, .. }) => {
                if let Some(until) = until.filter(|until| *until < on) {
                    return Err(RegisterRefusal::EndsBeforeItBegins { until });
                }
                self.refuse_backward(*code, on)?;
                self.refuse_closed(*code)?;
            }
            RegisterBody::Merged(Merger { kind, from, into }) => {
                if from.is_empty() {
                    return Err(RegisterRefusal::NothingMerges);
                }
                for code in from {
                    self.known(*kind, *code, on.before())?;
                    self.refuse_backward(*code, on)?;
                }
                if self.units.contains_key(&into.code) && !from.contains(&into.code) {
                    return Err(RegisterRefusal::CodeTaken { code: into.code });
                }
            }
        }
        Ok(vec![RegisterEvent { entry, body }])
    }

    /// Applies a fact. Never fails: history is not refused.
    #[must_use]
    pub fn evolve(mut self, event: &RegisterEvent) -> Self {
        let on = event.entry.effective_on;
        match &event.body {
            RegisterBody::Registered(Registration {
                code, names, until, ..
            }) => {
                let formed_from = BTreeSet::new();
                // A new name in the life of a unit: what it was formed from stays behind.
                self.end(*code, on, None);
                self.begin(
                    *code,
                    Spell {
                        from: on,
                        until: *until,
                        names: names.clone(),
                        formed_from,
                        became: None,
                    },
                );
            }
            RegisterBody::Merged(Merger { from, into, .. }) => {
                for code in from {
                    self.end(*code, on, Some(into.code));
                }
                let (names, formed_from) = (into.names.clone(), from.clone());
                self.begin(
                    into.code,
                    Spell {
                        from: on,
                        until: None,
                        names,
                        formed_from,
                        became: None,
                    },
                );
            }
        }
        self.references
            .insert((event.body.record(), event.entry.reference.clone()));
        self
    }

    /// Every code and its spells, by growing day.
    pub fn units(&self) -> &BTreeMap<UnitCode, Vec<Spell>> {
        &self.units
    }

    /// The spell of `code` on `day`; `None` where it means nothing then.
    pub fn find_spell(&self, code: UnitCode, day: EffectiveOn) -> Option<&Spell> {
        self.units
            .get(&code)?
            .iter()
            .find(|spell| spell.holds_on(day))
    }

    /// What `code` is called on `day`, or where it means nothing then, on the day closest before,
    /// or when it first appears. The code itself where the register never had it.
    pub fn name(&self, code: UnitCode, day: EffectiveOn) -> String {
        let spells = self.units.get(&code).map(Vec::as_slice).unwrap_or_default();
        let before = spells.iter().rev().find(|spell| spell.from <= day);
        let spell = before.or_else(|| spells.first());
        spell.map_or_else(|| code.to_string(), |spell| spell.names.vi.to_string())
    }

    /// Refuses `code` where it means nothing on `day`.
    ///
    /// # Errors
    /// [`RegisterRefusal::UnknownCode`] with the codes of that day.
    pub fn known(
        &self,
        kind: UnitKind,
        code: UnitCode,
        on: EffectiveOn,
    ) -> Result<(), RegisterRefusal> {
        if self.find_spell(code, on).is_some() {
            return Ok(());
        }
        let holds = |spells: &Vec<Spell>| spells.iter().any(|spell| spell.holds_on(on));
        let known = self
            .units
            .iter()
            .filter(|(_, spells)| holds(spells))
            .map(|(code, _)| *code);
        Err(RegisterRefusal::UnknownCode {
            kind,
            code,
            on,
            known: known.collect(),
        })
    }

    /// The codes that the unit `code` of day `judged_on` had until `day`, the last one last.
    pub fn succession(
        &self,
        code: UnitCode,
        judged_on: EffectiveOn,
        day: EffectiveOn,
    ) -> Vec<UnitCode> {
        let (mut codes, mut since) = (vec![code], judged_on);
        let mut code = code;
        while let Some((on, successor)) = self.next_merger(code, since).filter(|(on, _)| *on <= day)
        {
            codes.push(successor);
            (code, since) = (successor, on);
        }
        codes
    }

    /// The code on `day` of the unit that `code` meant on `judged_on`; the same code where `day`
    /// is earlier: restating goes forward only.
    pub fn successor(&self, code: UnitCode, judged_on: EffectiveOn, day: EffectiveOn) -> UnitCode {
        self.succession(code, judged_on, day)
            .last()
            .copied()
            .unwrap_or(code)
    }

    /// The first merger of `code` after the day `since`: its day and what became.
    fn next_merger(&self, code: UnitCode, since: EffectiveOn) -> Option<(EffectiveOn, UnitCode)> {
        let spells = self.units.get(&code)?;
        let ends = spells
            .iter()
            .filter_map(|spell| Some((spell.until?, spell.became?)));
        let merges = ends
            .filter(|(until, _)| *until >= since)
            .min_by_key(|(until, _)| *until)?;
        let (until, became) = merges;
        let begins = |spell: &&Spell| spell.from > until && spell.formed_from.contains(&code);
        let on = self.units.get(&became)?.iter().find(begins)?.from;
        Some((on, became))
    }

    fn refuse_backward(&self, code: UnitCode, on: EffectiveOn) -> Result<(), RegisterRefusal> {
        let latest = self
            .units
            .get(&code)
            .and_then(|spells| spells.last())
            .map(|spell| {
                spell
                    .until
                    .filter(|_| spell.became.is_some())
                    .unwrap_or(spell.from)
            });
        match latest {
            Some(latest) if on <= latest => Err(RegisterRefusal::NotAfterLatest { code, latest }),
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses a code that ended in a merger: it is never given out again (Decision
    /// 19/2025/QĐ-TTg).
    fn refuse_closed(&self, code: UnitCode) -> Result<(), RegisterRefusal> {
        let last = self.units.get(&code).and_then(|spells| spells.last());
        if last.is_some_and(|spell| spell.became.is_some()) {
            Err(RegisterRefusal::CodeTaken { code })
        } else {
            Ok(())
        }
    }

    /// Ends the spell of `code` that holds on `day`, the day before.
    fn end(&mut self, code: UnitCode, day: EffectiveOn, became: Option<UnitCode>) {
        let spells = self.units.entry(code).or_default();
        if let Some(spell) = spells.iter_mut().rev().find(|spell| spell.from < day) {
            if spell.until.is_none_or(|until| until >= day) {
                spell.until = Some(day.before());
            }
            spell.became = spell.became.or(became);
        }
    }

    fn begin(&mut self, code: UnitCode, spell: Spell) {
        self.units.entry(code).or_default().push(spell);
    }
}
