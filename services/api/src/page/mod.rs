//! The page: programmes by provinces, with the rate's basis, day and position in sight. Plain HTML
//! and our own style sheet; every text is escaped.

pub(crate) mod alerts;
pub(crate) mod refused;
pub(crate) mod words;

use std::collections::{BTreeMap, BTreeSet};

use events::basis::Basis;
use events::register::{UnitCode, UnitKind};
use events::time::EffectiveOn;
use maud::{DOCTYPE, Markup, html};
use projections::rates::{Group, Value, rates};
use projections::row::Row;
use projections::{Boundaries, Dimension, Figures, Question, Status};

use alerts::Notice;
use words::Language;

/// The style sheet of all pages.
pub(crate) const STYLE: &str = include_str!("style.css");

/// Rates of programmes by provinces.
pub(crate) struct Grid {
    question: Question,
    /// The name of each code.
    programmes: Vec<(String, String)>,
    provinces: Vec<(String, String)>,
    cells: BTreeMap<(String, String), Row>,
    totals: BTreeMap<String, Row>,
    total: Row,
    overlap: bool,
    /// The alerts that go on, where the page is about now.
    notices: Vec<Notice>,
    /// Budget years that have lines.
    years: BTreeSet<u16>,
}

/// What the page says beside its figures.
pub(crate) struct Frame {
    pub(crate) language: Language,
    /// The page in the other language.
    pub(crate) other: String,
    /// What else was asked, so that the form asks it again.
    pub(crate) kept: Vec<(String, String)>,
    /// The same figures as JSON, with every default written out.
    pub(crate) json: String,
}

/// A page called `title` with what it shows, which is `other` in the other language, and is asked for
/// again after so many seconds.
pub(crate) fn document(
    language: Language,
    other: &str,
    title: &str,
    again: Option<&str>,
    shown: &Markup,
) -> String {
    let (other_language, other_words) =
        (language.other().as_str(), language.words().other_language);
    let page = html! {
        (DOCTYPE)
        html lang=(language.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(seconds) = again {
                    meta http-equiv="refresh" content=(seconds);
                }
                title { (title) " · Outlay" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                header {
                    a.brand href="/" { "Outlay" }
                    a hreflang=(other_language) lang=(other_language) href=(other) { (other_words) }
                }
                (shown)
            }
        }
    };
    page.into_string()
}

impl Grid {
    /// The grid that answers `question`, whatever that groups by, with the alerts beside it.
    pub(crate) fn of(
        figures: &Figures,
        mut question: Question,
        notices: Vec<Notice>,
        language: Language,
    ) -> Self {
        question.by = vec![Dimension::Programme, Dimension::Province];
        let by_both = rates(figures, &question);
        let by_programme = Question {
            by: vec![Dimension::Programme],
            ..question.clone()
        };
        let names = Names {
            figures,
            question: &question,
            language,
        };
        let notices = notices.into_iter().map(|notice| notice.named(&names));
        let notices = notices.collect();
        let (mut programmes, mut provinces) = (BTreeMap::new(), BTreeMap::new());
        let mut cells = BTreeMap::new();
        for group in by_both.groups {
            let Group {
                values,
                programme_name,
                province_name,
                row,
            } = group;
            let [Value::Text(programme), Value::Text(province)] = values.as_slice() else {
                continue;
            };
            let called = names.of(UnitKind::Programme, programme, programme_name);
            programmes.insert(programme.clone(), called);
            let called = names.of(UnitKind::Province, province, province_name);
            provinces.insert(province.clone(), called);
            cells.insert((province.clone(), programme.clone()), row);
        }
        let total_of = |group: Group| match group.values.as_slice() {
            [Value::Text(programme)] => Some((programme.clone(), group.row.clone())),
            _ => None,
        };
        let totals = rates(figures, &by_programme)
            .groups
            .into_iter()
            .filter_map(total_of);
        let years = figures
            .lines_after(None)
            .map(|line| line.id.year().number());
        Self {
            programmes: programmes.into_iter().collect(),
            provinces: provinces.into_iter().collect(),
            cells,
            totals: totals.collect(),
            total: by_both.total,
            overlap: by_both.overlap,
            notices,
            years: years.collect(),
            question,
        }
    }

    /// The page.
    pub(crate) fn render(&self, frame: &Frame) -> String {
        let words = frame.language.words();
        let main = html! {
            h1 { (words.title) }
            p.lead { (words.lead) }
            (self.form(frame))
            (self.headline(frame))
            (alerts::section(&self.notices, frame.language))
            @if self.cells.is_empty() {
                p.empty { (words.nothing) }
            } @else {
                (self.table(frame.language))
            }
        };
        let shown = html! {
            main { (main) }
            (footer(frame))
        };
        document(frame.language, &frame.other, words.title, None, &shown)
    }

    fn form(&self, frame: &Frame) -> Markup {
        let words = frame.language.words();
        let scope = &self.question.scope.year;
        html! {
            form method="get" action="/" {
                @for (name, value) in &frame.kept {
                    input type="hidden" name=(name) value=(value);
                }
                @if !frame.kept.iter().any(|(name, _)| name == "year") {
                    label {
                        (words.year) " "
                        select name="year" {
                            option value="" { (words.all_years) }
                            @for year in &self.years {
                                option value=(year) selected[scope.iter().any(|it| it.number() == *year)] { (year) }
                            }
                        }
                    }
                }
                label {
                    (words.as_of) " "
                    input type="date" name="as_of" value=(self.question.as_of.effective);
                }
                button { (words.show) }
            }
        }
    }

    fn headline(&self, frame: &Frame) -> Markup {
        let (
            words,
            Question {
                as_of,
                boundaries,
                basis,
                ..
            },
        ) = (frame.language.words(), &self.question);
        let boundaries = match boundaries {
            Boundaries::Recorded => "recorded".to_owned(),
            Boundaries::Day(day) => day.to_string(),
        };
        html! {
            section.headline {
                // One rate over money that counts twice would be nobody's.
                @if self.overlap {
                    p.note { (words.overlap) }
                } @else {
                    p.rate {
                        strong { (shown(&self.total, frame.language)) }
                        span { (sums(&self.total, frame.language)) " " small { (words.disbursed_of_plan) } }
                    }
                }
                dl {
                    div { dt { (words.as_of) } dd { (as_of.effective) } }
                    div { dt { (words.position) } dd { (as_of.known) } }
                    div { dt { (words.basis) } dd { (basis_words(*basis)) } }
                    div { dt { (words.boundaries) } dd { (boundaries) } }
                }
            }
        }
    }

    fn table(&self, language: Language) -> Markup {
        let words = language.words();
        html! {
            div.scroll tabindex="0" role="region" aria-label=(words.title) {
                table {
                    thead {
                        tr {
                            th scope="col" { (words.province) }
                            @for (code, name) in &self.programmes {
                                th scope="col" title=(name) { abbr title=(name) { (code) } span.name { (name) } }
                            }
                        }
                    }
                    tbody {
                        @for (code, name) in &self.provinces {
                            tr {
                                th scope="row" { (name) " " small { (code) } }
                                @for (programme, _) in &self.programmes {
                                    (cell(self.cells.get(&(code.clone(), programme.clone())), language))
                                }
                            }
                        }
                    }
                    @if !self.overlap {
                        tfoot {
                            tr {
                                th scope="row" { (words.total) }
                                @for (programme, _) in &self.programmes {
                                    (cell(self.totals.get(programme), language))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What units are called in a language.
struct Names<'a> {
    figures: &'a Figures,
    question: &'a Question,
    language: Language,
}

impl Names<'_> {
    /// What `code` is called on `day`.
    fn on(&self, kind: UnitKind, code: UnitCode, day: EffectiveOn) -> String {
        let registers = self.figures.registers_at(self.question.as_of.known);
        let name = registers.of(kind).name(code, day);
        self.of(kind, &code.to_string(), Some(name))
    }

    /// What `code` is called, given its Vietnamese name, or names joined as the figures join them:
    /// a code may have meant several units.
    fn of(&self, kind: UnitKind, code: &str, name: Option<String>) -> String {
        let name = name.unwrap_or_else(|| code.to_owned());
        if self.language == Language::Vietnamese {
            return name;
        }
        let registers = self.figures.registers_at(self.question.as_of.known);
        let code: Option<UnitCode> = kind.parse_code(code).ok();
        let spells = code.and_then(|code| registers.of(kind).units().get(&code));
        let translated = |name: &str| {
            let spell = spells?
                .iter()
                .find(|spell| spell.names.vi.as_str() == name)?;
            Some(spell.names.en.to_string())
        };
        let parts = name
            .split(" / ")
            .map(|part| translated(part).unwrap_or_else(|| part.to_owned()));
        parts.collect::<Vec<_>>().join(" / ")
    }
}

fn cell(row: Option<&Row>, language: Language) -> Markup {
    html! {
        td {
            @if let Some(row) = row {
                strong { (shown(row, language)) }
                span { (sums(row, language)) }
                @if let Some(status) = row.status { (told(status, language)) }
            } @else {
                "–"
            }
        }
    }
}

/// A status in words and a colour; that all is well needs none.
fn told(status: Status, language: Language) -> Markup {
    html! {
        @if status != Status::OnPlan {
            span.badge.(status.as_str()) { (language.status(status)) }
        }
    }
}

fn shown(row: &Row, language: Language) -> String {
    row.rate.map_or_else(
        || language.words().none.to_owned(),
        |rate| language.percent(rate),
    )
}

fn sums(row: &Row, language: Language) -> String {
    let denominator = row
        .denominator
        .map_or_else(|| "–".to_owned(), |money| language.money(money));
    format!("{} / {denominator}", language.money(row.numerator))
}

fn basis_words(basis: Basis) -> String {
    let Basis {
        numerator,
        certainty,
        money,
        denominator,
    } = basis;
    let words = [
        numerator.as_str(),
        certainty.as_str(),
        money.as_str(),
        denominator.as_str(),
    ];
    words.join(" · ")
}

fn footer(frame: &Frame) -> Markup {
    let words = frame.language.words();
    html! {
        footer {
            p { (words.same_as) " " a href=(frame.json) { "JSON" } " · " a href={ (frame.json) "&format=csv" } { "CSV" } }
            p {
                (words.more) " "
                a href="/v1/lines" { "/v1/lines" } " · "
                a href="/v1/events" { (words.every_event) } " · "
                a href="/docs" { (words.documentation) }
            }
        }
    }
}
