//! Rates by the rules of the contract, by name, and against a naive model over random histories.

mod alarms;
mod asked;
mod behind;
mod bodies;
mod book;
mod checkpoint;
mod curves;
mod derived;
mod dropped;
mod edges;
mod fast;
mod model;
mod rules;
mod said;
mod status;
mod story;
mod units;
mod verbs;
