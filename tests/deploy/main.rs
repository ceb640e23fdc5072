//! What stands under `deploy/`, judged by the tools that will read it: Prometheus' rules by
//! promtool, Alertmanager's routes by amtool, its inhibitions by Alertmanager itself, the proxy of
//! a cluster by nginx, and all names of metrics and labels by what the service exports.
//!
//! Nothing is skipped: a tool that is missing fails the test that needs it. Grafana is not run;
//! its dashboard is checked for what can be checked without.

#[cfg(test)]
mod alertmanager;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod compose;
#[cfg(test)]
mod dashboard;
#[cfg(test)]
mod exported;
#[cfg(test)]
mod image;
#[cfg(test)]
mod inhibition;
#[cfg(test)]
mod known;
#[cfg(test)]
mod labels;
#[cfg(test)]
mod promql;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod running;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod unit;
#[cfg(test)]
mod yaml;
