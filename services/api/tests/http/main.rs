//! The service as a client meets it: requests in, answers out, nothing in between mocked but the
//! disk and the clock.

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod asking;
#[cfg(test)]
mod backtest;
#[cfg(test)]
mod batch;
#[cfg(test)]
mod behind;
#[cfg(test)]
mod curves;
#[cfg(test)]
mod derived;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod live;
#[cfg(test)]
mod log;
#[cfg(test)]
mod marks;
#[cfg(test)]
mod names;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod records;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod versions;
#[cfg(test)]
mod watched;
#[cfg(test)]
mod workers;
