//! What an endpoint is told: the alert, its figures and their basis, and a sentence in both
//! languages. The same letter is the same bytes, whenever and by whomever it is sent.

use events::alert::{AlertLevel, AlertRule, AlertScope, Ended, Evidence};
use events::money::Money;
use events::register::{Registers, UnitCode, UnitKind};
use events::time::{EffectiveOn, RecordedAt};
use projections::alerts::Letter;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

/// The text of a letter, in the form of the Standard Webhooks specification.
#[derive(Serialize)]
struct Told<'a> {
    r#type: String,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    id: String,
    /// The revision of the fact in the alert's stream.
    event: u64,
    position: u64,
    rule: &'static str,
    level: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    programme: String,
    programme_name: &'a str,
    province: Option<String>,
    province_name: Option<&'a str>,
    year: u16,
    as_of: EffectiveOn,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    evidence: Option<&'a Evidence>,
    summary: Summary,
}

/// The letter in a sentence.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Summary {
    vi: String,
    en: String,
}

/// The names of a scope.
struct Names {
    programme: String,
    province: Option<String>,
    province_en: Option<String>,
}

/// What `letter` says, by the names that its day has in `registers`; its fact was recorded at
/// `recorded_at`.
///
/// # Panics
/// Never: texts and numbers under texts can be written.
#[expect(clippy::expect_used, reason = "texts and numbers can be written")]
pub(crate) fn text(letter: &Letter, recorded_at: RecordedAt, registers: &Registers) -> String {
    let AlertScope {
        programme,
        province,
        year,
    } = letter.id.scope;
    let name = |kind, code: UnitCode| registers.of(kind).name(code, letter.on);
    let names = Names {
        programme: name(UnitKind::Programme, programme.into()),
        province: province.map(|code| name(UnitKind::Province, code.into())),
        province_en: province.and_then(|code| {
            let spell = registers
                .of(UnitKind::Province)
                .find_spell(code.into(), letter.on);
            spell.map(|spell| spell.names.en.to_string())
        }),
    };
    let is_over = letter.ended.is_some();
    let told = Told {
        r#type: format!("alert.{}", letter.change.as_str()),
        timestamp: recorded_at.to_string(),
        data: Data {
            id: letter.id.to_string(),
            event: letter.revision.0,
            position: letter.position.0,
            rule: letter.id.rule.as_str(),
            level: letter.level.as_str(),
            state: if is_over { "resolved" } else { "open" },
            why: letter.ended.map(Ended::as_str),
            programme: programme.to_string(),
            programme_name: &names.programme,
            province: province.map(|code| code.to_string()),
            province_name: names.province.as_deref(),
            year: year.number(),
            as_of: letter.on,
            evidence: letter.evidence.as_ref(),
            summary: summary(letter, &names),
        },
    };
    serde_json::to_string(&told).expect("texts and numbers under texts")
}

fn summary(letter: &Letter, names: &Names) -> Summary {
    let AlertScope {
        programme, year, ..
    } = letter.id.scope;
    let (who_vi, who_en) = match (&names.province, letter.id.scope.province) {
        (Some(name), Some(code)) => {
            let en = names.province_en.as_ref().unwrap_or(name);
            (format!("{name} ({code})"), format!("{en} ({code})"))
        }
        _ => ("cả nước".to_owned(), "the whole country".to_owned()),
    };
    let (what_vi, what_en) = what(letter);
    let name = &names.programme;
    Summary {
        vi: format!("{name} ({programme}), {who_vi}, năm {year}: {what_vi}"),
        en: format!("{programme}, {who_en}, budget year {year}: {what_en}"),
    }
}

/// What is wrong, or over, in Vietnamese and in English.
fn what(letter: &Letter) -> (String, String) {
    if let Some(why) = letter.ended {
        let (vi, en) = match why {
            Ended::Recovered => ("đã khắc phục", "recovered"),
            Ended::YearClosed => ("năm ngân sách đã kết thúc", "the budget year has closed"),
            Ended::Gone => (
                "không còn đối tượng theo dõi",
                "there is nothing left to compare",
            ),
        };
        let (rule_vi, rule_en) = rule(letter.id.rule);
        return (format!("{rule_vi}: {vi}"), format!("{rule_en}: {en}"));
    }
    let (rule_vi, rule_en) = rule(letter.id.rule);
    let (level_vi, level_en) = match letter.level {
        AlertLevel::Watch => ("cần theo dõi", "watch"),
        AlertLevel::Behind => ("chậm", "behind"),
        AlertLevel::Critical => ("nghiêm trọng", "critical"),
    };
    let (figure_vi, figure_en) = letter
        .evidence
        .as_ref()
        .map(|evidence| figure(letter.id.rule, evidence))
        .unwrap_or_default();
    let on = letter.on;
    (
        format!("{rule_vi} ({level_vi}){figure_vi}, tính đến {on}"),
        format!("{rule_en} ({level_en}){figure_en}, as of {on}"),
    )
}

/// The figure that a rule is about.
fn figure(rule: AlertRule, evidence: &Evidence) -> (String, String) {
    let dong = |money: Money| {
        let digits = money.to_string();
        let (vi, en) = (grouped(&digits, '.'), grouped(&digits, ','));
        (format!(", {vi} đồng"), format!(", {en} đồng"))
    };
    match rule {
        AlertRule::BehindPlan | AlertRule::Stalled => {
            let Some(due) = &evidence.due else {
                return Default::default();
            };
            let points = (due.behind_by.0 * Decimal::ONE_HUNDRED)
                .round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero)
                .normalize();
            let points_vi = points.to_string().replace('.', ",");
            let (gap_vi, gap_en) = dong(due.gap);
            (
                format!(", thấp hơn kế hoạch {points_vi} điểm phần trăm{gap_vi}"),
                format!(", {points} points short{gap_en}"),
            )
        }
        AlertRule::AdvancesOverdue => dong(evidence.advances_overdue),
        AlertRule::DetailIncomplete => dong(evidence.detail_missing),
        AlertRule::PlanUnassigned => Default::default(),
    }
}

/// A rule in words.
fn rule(rule: AlertRule) -> (&'static str, &'static str) {
    match rule {
        AlertRule::BehindPlan => ("giải ngân chậm", "behind its schedule"),
        AlertRule::Stalled => ("ngừng giải ngân", "stalled"),
        AlertRule::AdvancesOverdue => ("tạm ứng quá hạn", "advances overdue"),
        AlertRule::DetailIncomplete => (
            "chưa phân bổ hết vốn chi tiết sau ngày 31/3",
            "not allocated in detail after 31 March",
        ),
        AlertRule::PlanUnassigned => ("chưa được giao kế hoạch vốn", "no plan assigned"),
    }
}

/// A whole number with a sign between its groups of three digits.
fn grouped(number: &str, sign: char) -> String {
    let (minus, digits) = number
        .strip_prefix('-')
        .map_or(("", number), |digits| ("-", digits));
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(sign);
        }
        grouped.push(digit);
    }
    format!("{minus}{grouped}")
}

#[cfg(test)]
mod tests {
    use events::alert::{AlertId, DueThen, TargetFrom};
    use events::basis::Basis;
    use events::log::{Position, Revision};
    use events::money::{Fraction, Money};
    use events::names::CapitalSource;
    use projections::alerts::Change;

    use super::*;

    fn letter(id: &str, ended: Option<Ended>) -> Letter {
        let fraction = |text: &str| Fraction(text.parse().unwrap());
        let on = EffectiveOn::parse("2024-10-01").unwrap();
        Letter {
            id: AlertId::find(id).unwrap(),
            position: Position(900),
            revision: Revision(2),
            on,
            change: ended.map_or(Change::Raised, |_| Change::Resolved),
            level: AlertLevel::Critical,
            ended,
            evidence: Some(Evidence {
                known_at: Position(812),
                boundaries: on,
                basis: Basis::default(),
                source: CapitalSource::STATE_BUDGET.into(),
                plan: Money::dong(431_000_000_000),
                disbursed: Money::dong(86_200_000_000),
                rate: Some(fraction("0.2")),
                due: Some(DueThen {
                    target: fraction("0.415"),
                    target_from: TargetFrom::Schedule,
                    behind_by: fraction("0.215"),
                    gap: Money::dong(92_665_000_000),
                }),
                paid_30_days: Money::ZERO,
                days_since_payment: None,
                detail_missing: Money::ZERO,
                advances_overdue: Money::ZERO,
            }),
        }
    }

    fn names(province: Option<&str>) -> Names {
        Names {
            programme: "Xây dựng nông thôn mới".to_owned(),
            province: province.map(str::to_owned),
            province_en: province.map(|_| "Lao Cai".to_owned()),
        }
    }

    #[test]
    fn a_letter_says_who_is_how_far_behind_in_both_languages() {
        let said = summary(
            &letter("behind_plan.NTM.10.2024", None),
            &names(Some("Lào Cai")),
        );
        assert_eq!(
            said.en,
            "NTM, Lao Cai (10), budget year 2024: behind its schedule (critical), 21.5 points \
             short, 92,665,000,000 đồng, as of 2024-10-01"
        );
        assert_eq!(
            said.vi,
            "Xây dựng nông thôn mới (NTM), Lào Cai (10), năm 2024: giải ngân chậm (nghiêm trọng), \
             thấp hơn kế hoạch 21,5 điểm phần trăm, 92.665.000.000 đồng, tính đến 2024-10-01"
        );
        let country = letter("stalled.NTM.all.2024", Some(Ended::Recovered));
        let said = summary(&country, &names(None));
        assert_eq!(
            said.en,
            "NTM, the whole country, budget year 2024: stalled: recovered"
        );
    }

    #[test]
    fn half_of_a_tenth_of_a_point_is_rounded_away_from_zero() {
        let mut letter = letter("behind_plan.NTM.10.2024", None);
        let due = letter.evidence.as_mut().unwrap().due.as_mut().unwrap();
        due.behind_by = Fraction("0.2165".parse().unwrap());
        let said = summary(&letter, &names(Some("Lào Cai")));
        assert!(said.en.contains(", 21.7 points short"), "{}", said.en);
        assert!(said.vi.contains(" 21,7 điểm"), "{}", said.vi);
    }

    #[test]
    fn a_letter_has_the_figures_that_it_is_about() {
        let at = RecordedAt::parse("2024-10-01T01:00:00Z").unwrap();
        let letter = letter("behind_plan.NTM.10.2024", None);
        let text = text(&letter, at, &Registers::default());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["type"], "alert.raised");
        assert_eq!(json["timestamp"], "2024-10-01T01:00:00.000000Z");
        let data = &json["data"];
        assert_eq!(data["id"], "behind_plan.NTM.10.2024");
        assert_eq!(data["event"], 2);
        assert_eq!(data["known_at"], 812);
        assert_eq!(data["due"]["behind_by"], "0.215");
        assert_eq!(data["basis"]["denominator"], "total");
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (number, expected) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1.000"),
            ("-1234567", "-1.234.567"),
        ] {
            assert_eq!(grouped(number, '.'), expected);
        }
    }
}
