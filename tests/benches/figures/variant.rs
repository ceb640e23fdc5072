//! One variant of the history: loaded, checked against a scan and the engines, timed.

use std::collections::BTreeMap;
use std::path::Path;

use events::log::Position;

use crate::asked::{Asked, Case};
use crate::cluster::Cluster;
use crate::coded::Answer;
use crate::disk::{self, Folder};
use crate::engines::{self, Answered, Compared};
use crate::filled::Running;
use crate::flags::Flags;
use crate::history::{History, Variant};
use crate::loaded::{Loaded, export, scan};
use crate::measure::{Failure, per_second};
use crate::report::{Report, Row, grouped, shown};
use crate::scan::Scan;
use crate::timed::{self, Times};
use crate::{count, ours, skipped};

/// How many of a case's questions PostgreSQL is asked: a second each is long.
const POSTGRES_QUESTIONS: usize = 5;

/// The times of each case at a tenth of the facts.
pub(crate) type Small = BTreeMap<Case, Times>;

/// The times of each case at a tenth of the facts.
pub(crate) fn small(flags: &Flags) -> Result<Small, Failure> {
    let history = History::draw(flags.seed, flags.facts / 10)?;
    let loaded = Loaded::new(&history, Variant::Realistic);
    let mut small = Small::new();
    for case in Case::ALL {
        let questions = case.questions(&history, loaded.head(), flags.questions)?;
        small.extend(timed::ours(&loaded.figures, &questions).map(|times| (case, times)));
    }
    Ok(small)
}

/// What a variant is run with.
pub(crate) struct Run<'a> {
    pub(crate) flags: &'a Flags,
    pub(crate) folder: &'a Folder,
    pub(crate) history: &'a History,
    pub(crate) variant: Variant,
    pub(crate) cluster: Option<&'a Cluster>,
}

/// A case with its questions.
type Cases = Vec<(Case, Vec<Asked>)>;

/// What the engines said, by case.
#[derive(Default)]
struct Theirs {
    duckdb: BTreeMap<Case, Times>,
    postgres: BTreeMap<Case, Times>,
}

impl Run<'_> {
    /// Measures the variant; gives the table of the present where dates are realistic.
    pub(crate) fn measure(
        &self,
        small: &Small,
        report: &mut Report,
    ) -> Result<Option<Answer>, Failure> {
        let loaded = Loaded::new(self.history, self.variant);
        let cases = self.cases(loaded.head())?;
        let is_realistic = self.variant == Variant::Realistic;
        if is_realistic {
            self.note(&loaded, report);
        }
        let scan = scan(self.history, self.variant);
        for (case, questions) in cases.iter().filter(|(case, _)| case.is_table()) {
            for asked in questions {
                let answer = scan.answer(&asked.question);
                timed::check(&loaded.figures, *case, asked, ("a scan", &answer))?;
            }
        }
        let theirs = if self.variant == Variant::FarOff {
            Theirs::default()
        } else {
            self.engines(&loaded, &cases, report)?
        };
        report.remarks.push(format!(
            "{}: load {} and others at {} % right before ours is timed",
            self.variant.as_str(),
            disk::load(),
            disk::others_busy()
        ));
        for (case, questions) in &cases {
            let small = small.get(case).cloned().filter(|_| is_realistic);
            let row = self.row((&loaded, &scan), (*case, questions), (small, &theirs));
            if let Some(row) = row {
                eprintln!("{}", row.text());
                report.rows.push(row);
            }
        }
        let now = cases.first().and_then(|(_, questions)| questions.first());
        let now = now.filter(|_| is_realistic);
        Ok(now.map(|asked| ours::sums(&loaded.figures, &asked.question)))
    }

    /// Shuffled and far-off dates change nothing but what depends on a day or a position.
    fn cases(&self, head: Position) -> Result<Cases, Failure> {
        let is_asked = |case: &Case| self.variant == Variant::Realistic || case.is_table();
        let cases = Case::ALL.into_iter().filter(is_asked);
        cases
            .map(|case| {
                Ok((
                    case,
                    case.questions(self.history, head, self.flags.questions)?,
                ))
            })
            .collect()
    }

    fn note(&self, loaded: &Loaded, report: &mut Report) {
        let events = count(self.history.len());
        let facts = count(self.history.facts()).max(1);
        let rate = |time| format!("{} events/s", grouped(per_second(events, time)));
        report.note("events made up", rate(loaded.generate));
        report.note("events applied", rate(loaded.apply));
        report.note(
            "memory of the figures, bytes a fact",
            format!(
                "{}; the process grew by {}",
                grouped(loaded.bytes / facts),
                grouped(loaded.grown / facts)
            ),
        );
    }

    /// A case beside what others took; none where it has no questions.
    fn row(
        &self,
        (loaded, scan): (&Loaded, &Scan),
        (case, questions): (Case, &[Asked]),
        (small, theirs): (Option<Times>, &Theirs),
    ) -> Option<Row> {
        let scanned = || timed::scanned(scan, questions);
        Some(Row {
            case,
            variant: self.variant,
            ours: timed::ours(&loaded.figures, questions)?,
            small,
            duckdb: theirs.duckdb.get(&case).cloned(),
            postgres: theirs.postgres.get(&case).cloned(),
            scan: case.is_table().then(scanned).flatten(),
        })
    }

    /// Lets the engines answer, and compares every answer with ours.
    fn engines(
        &self,
        loaded: &Loaded,
        cases: &Cases,
        report: &mut Report,
    ) -> Result<Theirs, Failure> {
        let mut theirs = Theirs::default();
        let wants_duckdb = self.flags.wants("duckdb");
        if !wants_duckdb && self.cluster.is_none() {
            return Ok(theirs);
        }
        let file = engines::file(self.folder.path());
        export(self.history, self.variant, &file)?;
        if wants_duckdb {
            match engines::duckdb(&file, &flat(cases, usize::MAX))? {
                Ok(compared) => {
                    theirs.duckdb = compare("DuckDB", loaded, (cases, usize::MAX), &compared)?;
                    self.tell(
                        "DuckDB",
                        "both processors, its own table",
                        &compared,
                        report,
                    );
                }
                Err(why) => skipped(report, "Not compared with DuckDB", &why),
            }
        }
        if let Some(cluster) = self.cluster {
            theirs.postgres = self.postgres(cluster, loaded, (cases, &file), report)?;
        }
        std::fs::remove_file(&file)?;
        Ok(theirs)
    }

    fn postgres(
        &self,
        cluster: &Cluster,
        loaded: &Loaded,
        (cases, file): (&Cases, &Path),
        report: &mut Report,
    ) -> Result<BTreeMap<Case, Times>, Failure> {
        let questions = flat(cases, POSTGRES_QUESTIONS);
        let (compared, view) = engines::postgres(cluster, file, &questions)?;
        let asked = (cases, POSTGRES_QUESTIONS);
        let times = compare("PostgreSQL", loaded, asked, &compared)?;
        if let Some((case, Some(first))) = cases.first().map(|(case, all)| (case, all.first())) {
            let answer = first.answer(&view.read.rows)?;
            timed::check(
                &loaded.figures,
                *case,
                first,
                ("PostgreSQL's view", &answer),
            )?;
        }
        let how = "a table with a covering index, read whichever way is quicker; shared_buffers 2 GB, asked through psql";
        self.tell("PostgreSQL", how, &compared, report);
        if self.variant == Variant::Realistic {
            report.note("PostgreSQL, how it reads the table now", view.plan);
            report.note(
                "PostgreSQL, materialised view: refresh",
                shown(view.refresh),
            );
            let read = engines::median(&view.read.took);
            report.note("PostgreSQL, materialised view: read, stale", shown(read));
        }
        Ok(times)
    }

    fn tell(&self, name: &str, how: &str, compared: &Compared, report: &mut Report) {
        if self.variant == Variant::Realistic {
            let facts = count(self.history.facts()).max(1);
            let Compared {
                version,
                load,
                bytes,
                ..
            } = compared;
            report.remarks.push(format!("{name} {version}: {how}"));
            report.note(format!("{name}: load"), shown(*load));
            report.note(format!("{name}: bytes a fact"), grouped(bytes / facts));
        }
    }
}

/// The first questions of every case, in one row.
fn flat(cases: &Cases, most: usize) -> Vec<Asked> {
    let questions = cases
        .iter()
        .flat_map(|(_, questions)| questions.iter().take(most));
    questions.cloned().collect()
}

/// Compares answers in the order of [`flat`] with ours, and gives their times by case.
fn compare(
    name: &str,
    loaded: &Loaded,
    (cases, most): (&Cases, usize),
    compared: &Compared,
) -> Result<BTreeMap<Case, Times>, Failure> {
    let (mut times, mut answers) = (BTreeMap::new(), compared.answers.iter());
    for (case, questions) in cases {
        let mut answered: Vec<&Answered> = Vec::new();
        for asked in questions.iter().take(most) {
            let answer = answers
                .next()
                .ok_or_else(|| format!("{name} left out an answer"))?;
            let sums = asked.answer(&answer.rows)?;
            timed::check(&loaded.figures, *case, asked, (name, &sums))?;
            answered.push(answer);
        }
        times.extend(Times::of_answers(&answered).map(|it| (*case, it)));
    }
    Ok(times)
}

/// Refuses to go on where the figures of a folder are not those that were applied in memory.
pub(crate) fn check_replayed(
    running: &Running,
    history: &History,
    now: &Answer,
) -> Result<(), Failure> {
    let head = Position(count(history.len()));
    let asked = Case::Now.questions(history, head, 1)?;
    let asked = asked.first().ok_or("nothing is asked")?;
    running
        .ledger
        .figures(|figures| timed::check(figures, Case::Now, asked, ("the history", now)))
}
