//! End to end over a cluster: nodes of the real binary over one log that a cluster keeps. The
//! cluster is the stand-in of `tests/peer`, which proves nothing of durability, replication,
//! elections or speed.
//!
//! The modules of `../e2e` that are about records, questions and answers run here a second time,
//! over two nodes that are asked in turn: `alerts`, `answers`, `durability`, `published`,
//! `questions`, `recording`, `refused`, `replay` and `workbooks`. Each answer is asked of both
//! nodes, and at the same position they have to give the same bytes.
//!
//! These stay with a folder, since they are about a folder or about the program alone:
//! - `checkpoints` looks at the files of a data folder and asks it by commands; `caches` has what
//!   holds of the copy that a node keeps.
//! - `command_line` is about exit codes, settings and pipes, and about folders that are not there;
//!   `starting` has the settings of a cluster.
//! - `demo` is about the program that fills a folder; its figures are in `published`, and here its
//!   log is moved to a cluster before they are asked for.
//! - `lifecycle` is about a folder that one server has, and about addresses, webhooks, registers
//!   and drains, which know nothing of the log; `starting`, `caches` and `nodes` have what is
//!   otherwise on a cluster.
//!
//! Each test has a cluster and nodes of its own; only those that read the demo share one. Nothing
//! sleeps for a time that it guessed: tests wait for lines, answers and positions.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "all of it is a test"
)]

#[path = "../e2e/alerts.rs"]
mod alerts;
#[path = "../e2e/answers.rs"]
mod answers;
mod caches;
mod crashes;
#[path = "../e2e/durability.rs"]
mod durability;
mod migrating;
mod nodes;
mod outlay;
#[path = "../alerts/patience.rs"]
mod patience;
#[expect(dead_code, reason = "the tests of a folder need more of it")]
#[path = "../e2e/process.rs"]
mod process;
#[path = "../e2e/published.rs"]
mod published;
#[path = "../e2e/questions.rs"]
mod questions;
#[path = "../e2e/recording.rs"]
mod recording;
#[path = "../e2e/records.rs"]
mod records;
#[path = "../e2e/refused.rs"]
mod refused;
mod repeats;
#[path = "../e2e/replay.rs"]
mod replay;
mod site;
mod starting;
#[path = "../e2e/workbooks.rs"]
mod workbooks;
