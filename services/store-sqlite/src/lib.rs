//! The event log in one SQLite file: the embedded default.
//!
//! One writer thread commits whatever is queued in one durable transaction; readers stand beside
//! it. The table has no index but its position: ids and revisions are kept unique in memory, and
//! what no checkpoint vouches for is checked when the file is opened. It refuses a file it does
//! not understand.

mod bookmark;
mod files;
mod group;
mod index;
mod keeper;
mod open;
mod port;
mod private;
mod readers;
mod reading;
mod rollback;
mod rows;
mod scan;
mod schema;
mod seen;
mod select;
mod store;
mod tail;
mod writer;

pub use open::OpenError;
pub use reading::Unreadable;
pub use rollback::Accepted;
pub use store::SqliteStore;
