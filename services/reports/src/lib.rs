//! Answers as tables, for those who take figures into a spreadsheet: CSV and XLSX.
//!
//! A table is read off the JSON of an answer, so its columns are named as its fields are and its
//! figures are the same digits. Nothing is computed here, and no clock is read: the same answer is
//! written as the same bytes. What a figure stands on goes along with it, always.

pub mod answers;
pub mod csv;
pub mod standings;
pub mod table;
pub mod xlsx;

pub use table::{Column, Kind, Table};
