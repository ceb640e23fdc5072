//! Both registers together: what a line needs of them.

use super::{Register, RegisterEvent, RegisterRefusal, UnitCode, UnitKind};
use crate::line::{LineRefusal, Transfer, TransferKind};
use crate::names::{LineId, ProgrammeCode, ProvinceCode};
use crate::record::RecordKind;
use crate::schedule::Schedule;
use crate::statement::Scope;
use crate::time::EffectiveOn;

/// The registers of programmes and of provinces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    programmes: Register,
    provinces: Register,
}

impl Registers {
    /// Applies a fact.
    pub fn evolve(&mut self, event: &RegisterEvent) {
        let register = match event.body.register() {
            UnitKind::Programme => &mut self.programmes,
            UnitKind::Province => &mut self.provinces,
        };
        *register = std::mem::take(register).evolve(event);
    }

    /// One of them.
    pub fn of(&self, kind: UnitKind) -> &Register {
        match kind {
            UnitKind::Programme => &self.programmes,
            UnitKind::Province => &self.provinces,
        }
    }

    /// Refuses to open `line` where one of its codes means nothing on the day that is judged.
    ///
    /// # Errors
    /// [`RegisterRefusal::UnknownCode`] with the codes of that day.
    pub fn open(&self, line: LineId, judged_on: EffectiveOn) -> Result<(), RegisterRefusal> {
        let (programme, province) = (line.programme().into(), line.province().into());
        self.programmes
            .known(UnitKind::Programme, programme, judged_on)?;
        self.provinces
            .known(UnitKind::Province, province, judged_on)
    }

    /// Refuses a schedule for a programme or province that means nothing on the day judged, which
    /// is its own, or 1 January of the budget year for one set before it.
    ///
    /// # Errors
    /// [`RegisterRefusal::UnknownCode`] with the codes of that day.
    pub fn admit_schedule(
        &self,
        schedule: &Schedule,
        on: EffectiveOn,
    ) -> Result<(), RegisterRefusal> {
        let day = RecordKind::Schedule.judged_on(on, schedule.year);
        self.programmes
            .known(UnitKind::Programme, schedule.programme.into(), day)?;
        self.provinces
            .known(UnitKind::Province, schedule.province.into(), day)
    }

    /// Whether `schedule`, which was set on `set_on`, is for `line`, whose codes were judged on
    /// `judged_on`. It speaks the codes of its day, or of 1 January of a later budget year, and the
    /// line's unit has by then become what it was merged into.
    pub fn schedules(
        &self,
        schedule: &Schedule,
        set_on: EffectiveOn,
        (line, judged_on): (LineId, EffectiveOn),
    ) -> bool {
        let day = RecordKind::Schedule.judged_on(set_on, schedule.year);
        let unit = (schedule.programme, schedule.province);
        schedule.holds_for(line) && self.restated(line, judged_on, day) == unit
    }

    /// Refuses a published figure about a programme or province that the registers never had.
    ///
    /// # Errors
    /// [`RegisterRefusal::UnknownCode`] with the codes of the day the figure holds for.
    pub fn admit_scope(&self, scope: &Scope, as_of: EffectiveOn) -> Result<(), RegisterRefusal> {
        let programmes = scope.programme.iter().map(|code| UnitCode::from(*code));
        for code in programmes.filter(|code| !self.programmes.units().contains_key(code)) {
            self.programmes.known(UnitKind::Programme, code, as_of)?;
        }
        let provinces = scope.province.iter().map(|code| UnitCode::from(*code));
        for code in provinces.filter(|code| !self.provinces.units().contains_key(code)) {
            self.provinces.known(UnitKind::Province, code, as_of)?;
        }
        Ok(())
    }

    /// Refuses a carry-over into another unit than the line's own or its successors. `judged_on`
    /// is the day on which the codes of `from` were judged, `on` the day of the transfer.
    ///
    /// # Errors
    /// [`LineRefusal::TransferTarget`].
    pub fn carry_over(
        &self,
        from: LineId,
        judged_on: EffectiveOn,
        transfer: &Transfer,
        on: EffectiveOn,
    ) -> Result<(), LineRefusal> {
        let (TransferKind::CarryOver, Some(to)) = (transfer.kind, transfer.to) else {
            return Ok(());
        };
        let day = on.max(to.year().day(1, 1));
        let follows = |register: &Register, from: UnitCode, to: UnitCode| {
            register.succession(from, judged_on, day).contains(&to)
        };
        if follows(
            &self.programmes,
            from.programme().into(),
            to.programme().into(),
        ) && follows(
            &self.provinces,
            from.province().into(),
            to.province().into(),
        ) {
            return Ok(());
        }
        let why = "a carry-over keeps its programme and province, or goes to their successors";
        Err(LineRefusal::TransferTarget { why })
    }

    /// The codes on `day` of the units of `line`, whose codes were judged on `judged_on`.
    pub fn restated(
        &self,
        line: LineId,
        judged_on: EffectiveOn,
        day: EffectiveOn,
    ) -> (ProgrammeCode, ProvinceCode) {
        let programme = self
            .programmes
            .successor(line.programme().into(), judged_on, day);
        let province = self
            .provinces
            .successor(line.province().into(), judged_on, day);
        match (programme, province) {
            (UnitCode::Programme(programme), UnitCode::Province(province)) => (programme, province),
            _ => (line.programme(), line.province()),
        }
    }
}
