//! What happens to a contract and between lines: payments with their season and their delay,
//! advances, reversals, and capital that leaves.

use events::names::LineId;

use super::calendar::{day_at, during, judged, lag};
use super::draw::{Contract, Draw, little, part};
use super::lines::Line;
use super::{Kind, Planned};

/// A day, and when it is recorded.
pub(super) type When = (u16, u32);

impl Draw<'_> {
    /// Payments on a contract: by the season, two of five after an advance that is recovered in
    /// three parts.
    pub(super) fn pay_on(&mut self, contract: Contract) {
        let advanced = self.chance(400);
        if advanced {
            self.advance(contract);
        }
        let share = if advanced { 70 } else { 95 };
        let middle = self.density.payments;
        let drawn = middle / 2 + self.random.below(middle + 1) + self.random.below(100);
        let payments = (drawn / 100).max(1);
        let most = part(contract.amount, share) / i64::try_from(payments).unwrap_or(1);
        for _ in 0..payments {
            self.payment(contract, most);
        }
    }

    /// One payment; few are estimated before, and one of a hundred is reversed, half or whole.
    fn payment(&mut self, contract: Contract, most: i64) {
        let (day, at) = self.payday(contract);
        let (amount, number) = (self.jitter(most), self.number());
        if self.chance(5) {
            let early = day_at(contract.at).max(day.saturating_sub(20));
            let early = during(early, &mut self.random).max(contract.at + 60);
            self.plan(contract, (Kind::Estimated, amount), (day, early), |it| {
                it.of = contract.number;
                it.is_plain = true;
            });
        }
        let is_reversed = self.chance(10);
        let paid = self.plan(contract, (Kind::Paid, amount), (day, at), |it| {
            (it.number, it.of, it.is_plain) = (number, contract.number, !is_reversed);
        });
        if let Some(vintage) = paid.filter(|_| is_reversed) {
            let later = day + little(self.random.below(40));
            let later = (later, self.recorded(later, at));
            let amount = if self.chance(500) { amount } else { amount / 2 };
            self.plan(contract, (Kind::PaymentReversed, amount), later, |it| {
                (it.of, it.vintage) = (Some(number), vintage);
            });
        }
    }

    fn advance(&mut self, contract: Contract) {
        let first = self.calendar.number(contract.year.day(1, 1));
        let day = contract.day.max(first) + little(self.random.below(15));
        let (at, number) = (self.recorded(day, contract.at), self.number());
        let amount = part(contract.amount, 25);
        let paid = self.plan(contract, (Kind::Advanced, amount), (day, at), |it| {
            (it.number, it.of) = (number, contract.number);
        });
        for _ in 0..3 {
            let (later, _) = self.payday(contract);
            let later = later.max(day);
            let when = (later, self.recorded(later, at));
            let amount = part(contract.amount, 7);
            self.plan(contract, (Kind::Recovered, amount), when, |it| {
                (it.of, it.vintage) = (Some(number), paid.unwrap_or(it.vintage));
            });
        }
    }

    /// What leaves a line: to the next province, to the level above, or into the next year.
    pub(super) fn move_on(&mut self, number: u32, line: &Line, capital: i64) {
        let standing = Contract {
            line: number,
            year: line.id.year(),
            number: None,
            project: None,
            commune: None,
            day: 0,
            at: 0,
            amount: capital,
        };
        let autumn = self.calendar.number(line.id.year().day(10, 15));
        if self.chance(20) {
            self.reallocate(standing, line.id, autumn);
        }
        if self.chance(10) {
            let when = (autumn + 20, during(autumn + 20, &mut self.random));
            self.plan(standing, (Kind::Recalled, part(capital, 1)), when, |_| {});
        }
        if self.chance(600) {
            self.carry_over(standing, line.id);
        }
    }

    /// Some of the plan goes to the same line of the next province.
    fn reallocate(&mut self, from: Contract, line: LineId, autumn: u16) {
        let is_alike = |other: &LineId| {
            other.programme() == line.programme()
                && other.source() == line.source()
                && other.capital_type() == line.capital_type()
                && other.year() == line.year()
        };
        let after = self
            .lines
            .iter()
            .zip(0_u32..)
            .skip_while(|(_, it)| *it <= from.line);
        let found = after.take(40).find(|(it, _)| is_alike(&it.id));
        if let Some((_, to)) = found {
            let day = autumn + little(self.random.below(60));
            let when = (day, during(day, &mut self.random));
            let amount = part(from.amount, 2);
            self.transfer(
                from,
                to,
                when,
                (Kind::ReallocatedOut, Kind::ReallocatedIn, amount),
            );
        }
    }

    /// What is left goes into the next year, late in January to March, to the codes of that day.
    fn carry_over(&mut self, from: Contract, line: LineId) {
        let Some(year) = line.year().next() else {
            return;
        };
        let day = self.calendar.number(year.day(1, 25)) + little(self.random.below(66));
        let (opened, on) = (judged(line, line.year().day(1, 1)), self.calendar.day(day));
        let (programme, province) = self.known.restated(line, opened, on);
        let to = LineId::of(
            programme,
            province,
            year,
            line.source(),
            line.capital_type(),
        );
        let to = to.ok().and_then(|to| self.index.get(&to).copied());
        if let Some(to) = to {
            let when = (day, during(day, &mut self.random));
            let amount = part(from.amount, 10);
            self.transfer(from, to, when, (Kind::CarriedOut, Kind::CarriedIn, amount));
            self.carried.insert(to, (when.1, amount));
        }
    }

    /// Both steps of a transfer, one right after the other.
    fn transfer(&mut self, from: Contract, to: u32, when: When, what: (Kind, Kind, i64)) {
        let ((out, arrived, amount), number) = (what, self.number());
        let vintage = from.year.number();
        self.plan(from, (out, amount), when, |it| {
            (it.number, it.of, it.vintage) = (number, Some(to), vintage);
        });
        let arriving = Contract { line: to, ..from };
        self.plan(arriving, (arrived, amount), when, |it| {
            (it.number, it.of, it.vintage) = (number, Some(from.line), vintage);
        });
    }

    /// The day of a payment, and when it is recorded.
    pub(super) fn payday(&mut self, contract: Contract) -> When {
        let day = self
            .calendar
            .payday(contract.year, &mut self.random)
            .max(contract.day);
        (day, self.recorded(day, contract.at))
    }

    /// When something of `day` is recorded, after what it refers to.
    fn recorded(&mut self, day: u16, after: u32) -> u32 {
        let recorded = day + lag(&mut self.random);
        during(recorded, &mut self.random).max(after + 60)
    }

    /// Three to five fifths of an amount.
    pub(super) fn jitter(&mut self, most: i64) -> i64 {
        let hundredths = i64::try_from(60 + self.random.below(41)).unwrap_or(60);
        part(most, hundredths).max(1)
    }

    /// An event about another one.
    pub(super) fn refer(
        &mut self,
        contract: Contract,
        kind: Kind,
        when: When,
        (amount, of): (i64, u32),
    ) {
        self.plan(contract, (kind, amount), when, |it| it.of = Some(of));
    }

    /// Takes an amount from what was carried into a line, where it was there by then and suffices.
    fn take_carried(&mut self, line: u32, at: u32, amount: i64) -> bool {
        let carried = self.carried.get_mut(&line);
        let carried = carried.filter(|(since, left)| *since < at && *left >= amount);
        if let Some((_, left)) = carried {
            *left -= amount;
            return true;
        }
        false
    }

    /// Plans an event, unless it would be recorded after the end; gives its vintage.
    pub(super) fn plan(
        &mut self,
        contract: Contract,
        (kind, amount): (Kind, i64),
        (day, at): When,
        with: impl FnOnce(&mut Planned),
    ) -> Option<u16> {
        if day_at(at) > self.calendar.today() {
            return None;
        }
        let is_paid = matches!(kind, Kind::Paid | Kind::Advanced);
        let is_old = is_paid && self.chance(80) && self.take_carried(contract.line, at, amount);
        let mut planned = Planned {
            at,
            line: contract.line,
            number: self.number(),
            of: None,
            project: contract.project,
            commune: contract.commune,
            amount,
            day,
            vintage: contract.year.number() - u16::from(is_old),
            kind,
            is_plain: false,
        };
        with(&mut planned);
        self.planned.push(planned);
        Some(planned.vintage)
    }
}
