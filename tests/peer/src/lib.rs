//! A stand-in that speaks the protocol of EventStoreDB and KurrentDB.
//!
//! It is no server: nothing it keeps is durable or replicated, and its speed says nothing of one.
