//! The words of the pages, in both languages, and how each writes numbers.

use events::alert::{AlertLevel, AlertRule};
use events::money::Money;
use projections::alerts::AlertState;
use projections::{Rate, Status};
use rust_decimal::{Decimal, RoundingStrategy};

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Vietnamese,
    English,
}

/// The words of a page.
pub(crate) struct Words {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) province: &'static str,
    pub(crate) total: &'static str,
    pub(crate) disbursed_of_plan: &'static str,
    pub(crate) as_of: &'static str,
    pub(crate) year: &'static str,
    pub(crate) all_years: &'static str,
    pub(crate) show: &'static str,
    pub(crate) position: &'static str,
    pub(crate) basis: &'static str,
    pub(crate) boundaries: &'static str,
    pub(crate) overlap: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) same_as: &'static str,
    pub(crate) more: &'static str,
    pub(crate) every_event: &'static str,
    pub(crate) documentation: &'static str,
    pub(crate) none: &'static str,
    pub(crate) other_language: &'static str,
    pub(crate) behind: &'static str,
    pub(crate) whole_country: &'static str,
    pub(crate) since: &'static str,
    pub(crate) all_alerts: &'static str,
    pub(crate) not_now: &'static str,
    pub(crate) not_answered: &'static str,
    pub(crate) asks_again: &'static str,
    pub(crate) start: &'static str,
}

const VIETNAMESE: Words = Words {
    title: "Giải ngân vốn chương trình mục tiêu quốc gia",
    lead: "Tỷ lệ giải ngân của từng chương trình tại từng tỉnh, tính từ sổ ghi chỉ thêm, không sửa.",
    province: "Tỉnh, thành phố",
    total: "Tổng",
    disbursed_of_plan: "đồng, tử số / mẫu số của tỷ lệ",
    as_of: "Tính đến ngày",
    year: "Niên độ",
    all_years: "Mọi năm",
    show: "Xem",
    position: "Vị trí trong sổ",
    basis: "Cách tính",
    boundaries: "Địa giới",
    overlap: "Không có tỷ lệ chung: số chung (PUB hoặc 00) đã gồm số riêng, cùng một đồng sẽ được tính hai lần. Hãy chọn chương trình, tỉnh hoặc năm.",
    nothing: "Chưa ghi nhận khoản nào cho câu hỏi này.",
    same_as: "Cùng số liệu này, mãi mãi:",
    more: "Xem thêm:",
    every_event: "mọi sự kiện",
    documentation: "tài liệu API",
    none: "chưa có kế hoạch",
    other_language: "English",
    behind: "Chậm tiến độ",
    whole_country: "Cả nước",
    since: "từ",
    all_alerts: "Mọi cảnh báo, với số liệu làm căn cứ",
    not_now: "Lúc này chưa trả lời được",
    not_answered: "Không trả lời được câu hỏi này",
    asks_again: "Trang sẽ tự tải lại.",
    start: "Về trang đầu",
};

const ENGLISH: Words = Words {
    title: "Disbursement of the national target programmes",
    lead: "The disbursement rate of each programme in each province, from a log that only grows.",
    province: "Province",
    total: "Total",
    disbursed_of_plan: "đồng (VND), numerator / denominator of the rate",
    as_of: "As of",
    year: "Budget year",
    all_years: "All years",
    show: "Show",
    position: "Position in the log",
    basis: "Basis",
    boundaries: "Boundaries",
    overlap: "There is no one rate: PUB and 00 hold the money of their parts, which would count twice. Choose programmes, provinces or a year.",
    nothing: "Nothing is recorded that answers this question.",
    same_as: "The same figures, for ever:",
    more: "More:",
    every_event: "every event",
    documentation: "API documentation",
    none: "no plan",
    other_language: "Tiếng Việt",
    behind: "Behind plan",
    whole_country: "Whole country",
    since: "since",
    all_alerts: "All alerts, with the figures they stand on",
    not_now: "There is no answer at present",
    not_answered: "This question cannot be answered",
    asks_again: "This page asks again by itself.",
    start: "Back to the start",
};

impl Language {
    pub(crate) const KNOWN: &'static [&'static str] = &["vi", "en"];

    pub(crate) fn find(word: &str) -> Option<Self> {
        match word {
            "vi" => Some(Self::Vietnamese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Vietnamese => "vi",
            Self::English => "en",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Vietnamese => Self::English,
            Self::English => Self::Vietnamese,
        }
    }

    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::Vietnamese => &VIETNAMESE,
            Self::English => &ENGLISH,
        }
    }

    /// What is wrong.
    pub(crate) fn rule(self, rule: AlertRule) -> &'static str {
        let (vietnamese, english) = match rule {
            AlertRule::BehindPlan => ("Giải ngân chậm so với kế hoạch", "Behind its schedule"),
            AlertRule::Stalled => ("Chậm và đã ngừng giải ngân", "Behind, and nothing is paid"),
            AlertRule::AdvancesOverdue => ("Tạm ứng quá hạn thu hồi", "Advances overdue"),
            AlertRule::DetailIncomplete => (
                "Chưa phân bổ chi tiết hết vốn",
                "Not all allocated in detail",
            ),
            AlertRule::PlanUnassigned => ("Chưa được giao kế hoạch vốn", "No plan assigned"),
        };
        self.either(vietnamese, english)
    }

    /// How bad it is.
    pub(crate) fn level(self, level: AlertLevel) -> &'static str {
        let (vietnamese, english) = match level {
            AlertLevel::Watch => ("theo dõi", "watch"),
            AlertLevel::Behind => ("chậm", "behind"),
            AlertLevel::Critical => ("rất chậm", "critical"),
        };
        self.either(vietnamese, english)
    }

    /// What an alert is doing; of a silence, up to its day.
    pub(crate) fn state(self, state: AlertState) -> &'static str {
        let (vietnamese, english) = match state {
            AlertState::Open => ("chưa ai tiếp nhận", "open"),
            AlertState::Acknowledged => ("đã tiếp nhận", "acknowledged"),
            AlertState::Silenced => ("không nhắc đến hết ngày", "silenced until"),
            AlertState::Resolved => ("đã hết", "resolved"),
        };
        self.either(vietnamese, english)
    }

    /// How a row does beside its schedule.
    pub(crate) fn status(self, status: Status) -> &'static str {
        let (vietnamese, english) = match status {
            Status::OnPlan => ("đúng tiến độ", "on plan"),
            Status::Watch => ("theo dõi", "watch"),
            Status::Behind => ("chậm", "behind"),
            Status::Critical => ("rất chậm", "critical"),
            Status::Stalled => ("ngừng giải ngân", "stalled"),
        };
        self.either(vietnamese, english)
    }

    fn either(self, vietnamese: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Vietnamese => vietnamese,
            Self::English => english,
        }
    }

    /// A difference of rates in points of a hundred, with one decimal place, half away from zero.
    pub(crate) fn points(self, difference: Decimal) -> String {
        let points = difference * Decimal::ONE_HUNDRED;
        let points = points.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
        let unit = self.either("điểm\u{a0}%", "points");
        format!("{}\u{a0}{unit}", self.number(&format!("{points:.1}")))
    }

    /// The rate as a percentage with one decimal place, half away from zero.
    pub(crate) fn percent(self, rate: Rate) -> String {
        let percent = rate.decimal() * Decimal::ONE_HUNDRED;
        let percent = percent.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
        format!("{}\u{a0}%", self.number(&format!("{percent:.1}")))
    }

    /// Money in billions of đồng with one decimal place, or whole đồng below a tenth of that.
    pub(crate) fn money(self, money: Money) -> String {
        let billion = Decimal::from(1_000_000_000_i64);
        let in_billions = money.decimal() / billion;
        if in_billions.abs() < Decimal::new(1, 1) {
            return format!("{}\u{a0}đ", self.number(&money.to_string()));
        }
        let rounded = in_billions.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
        let unit = match self {
            Self::Vietnamese => "tỷ",
            Self::English => "bn",
        };
        format!(
            "{}\u{a0}{unit}",
            self.number(&rounded.normalize().to_string())
        )
    }

    /// A decimal number with this language's signs.
    fn number(self, digits: &str) -> String {
        let (group, point) = match self {
            Self::Vietnamese => ('.', ','),
            Self::English => (',', '.'),
        };
        let (whole, part) = digits
            .split_once('.')
            .map_or((digits, None), |(whole, part)| (whole, Some(part)));
        let mut written = String::new();
        let length = whole.trim_start_matches('-').len();
        if whole.starts_with('-') {
            written.push('−');
        }
        for (number, digit) in whole.trim_start_matches('-').chars().enumerate() {
            if number > 0 && (length - number) % 3 == 0 {
                written.push(group);
            }
            written.push(digit);
        }
        if let Some(part) = part {
            written.push(point);
            written.push_str(part);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_each_language_writes_them() {
        let rate = Rate::of(Money::dong(1_782), Money::dong(2_419)).unwrap();
        assert_eq!(Language::Vietnamese.percent(rate), "73,7\u{a0}%");
        assert_eq!(Language::English.percent(rate), "73.7\u{a0}%");
        let behind_by = Decimal::new(28_950, 5);
        assert_eq!(
            Language::Vietnamese.points(behind_by),
            "29,0\u{a0}điểm\u{a0}%"
        );
        assert_eq!(Language::English.points(-behind_by), "−29.0\u{a0}points");
        let money = Money::dong(2_419_050_000_000);
        assert_eq!(Language::Vietnamese.money(money), "2.419,1\u{a0}tỷ");
        assert_eq!(Language::English.money(money), "2,419.1\u{a0}bn");
        assert_eq!(
            Language::Vietnamese.money(Money::dong(-1_500)),
            "−1.500\u{a0}đ"
        );
    }
}
