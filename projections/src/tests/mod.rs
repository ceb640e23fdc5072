//! Rates by the rules of the contract, by name, and against a naive model over random histories.

mod derived;
mod edges;
mod model;
mod rules;
mod said;
mod story;
mod units;
