//! From a name to the addresses that may be called.
//!
//! The addresses that are judged here are the ones that the client then connects to; nothing looks
//! the name up a second time, so a name that answers otherwise the next time gains nothing.

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::address::is_public;
use super::send_error::SendError;

/// Finds addresses by another resolver, and leaves out those that may not be called.
#[derive(Debug)]
pub(super) struct Lookup<R> {
    /// Who looks names up.
    pub(super) resolver: R,
    /// Whether addresses that are not public may be called.
    pub(super) allow_private: bool,
}

impl<R: Resolver> Resolver for Lookup<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = || uri.host().unwrap_or_default().to_owned();
        let found = self.resolver.resolve(uri, config, timeout);
        let found = found.map_err(|source| {
            if matches!(source, ureq::Error::Timeout(_)) {
                source
            } else {
                other(SendError::Unknown {
                    host: host(),
                    source,
                })
            }
        })?;
        if self.allow_private {
            return Ok(found);
        }
        let mut public = self.empty();
        for address in found.iter().filter(|it| is_public(it.ip())) {
            public.push(*address);
        }
        match found.first() {
            Some(private) if public.is_empty() => Err(other(SendError::Private {
                host: host(),
                address: private.ip(),
            })),
            _ => Ok(public),
        }
    }
}

/// An error of ours on its way through the client.
fn other(error: SendError) -> ureq::Error {
    ureq::Error::Other(Box::new(error))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::net::SocketAddr;
    use std::sync::Mutex;

    use super::*;

    /// Answers each question with the next of its answers.
    #[derive(Debug)]
    struct Script(Mutex<VecDeque<&'static [&'static str]>>);

    impl Resolver for Script {
        fn resolve(
            &self,
            _: &Uri,
            _: &Config,
            _: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let mut addresses = self.empty();
            for address in self.0.lock().unwrap().pop_front().unwrap() {
                addresses.push(address.parse().unwrap());
            }
            if addresses.is_empty() {
                return Err(ureq::Error::HostNotFound);
            }
            Ok(addresses)
        }
    }

    fn lookup<const N: usize>(answers: [&'static [&'static str]; N]) -> Lookup<Script> {
        Lookup {
            resolver: Script(Mutex::new(answers.into())),
            allow_private: false,
        }
    }

    fn ask(lookup: &Lookup<Script>) -> Result<Vec<SocketAddr>, ureq::Error> {
        let uri = Uri::from_static("https://chat.example/");
        let found = lookup.resolve(&uri, &Config::default(), NextTimeout::default())?;
        Ok(found.iter().copied().collect())
    }

    #[track_caller]
    fn refuses(lookup: &Lookup<Script>, expected: &str) {
        let told = match ask(lookup) {
            Err(ureq::Error::Other(error)) => error.to_string(),
            otherwise => panic!("{otherwise:?}"),
        };
        assert!(told.contains(expected), "{told}");
    }

    #[test]
    fn a_name_of_a_private_address_is_refused() {
        let lookup = lookup([&["192.168.1.1:443", "[fe80::1]:443"]]);
        refuses(&lookup, "'chat.example' is at 192.168.1.1");
    }

    #[test]
    fn a_name_of_no_address_is_told() {
        refuses(&lookup([&[]]), "'chat.example' has no address");
    }

    #[test]
    fn of_several_addresses_only_the_public_are_called() {
        let lookup = lookup([&["127.0.0.1:443", "8.8.8.8:443", "[::1]:443"]]);
        assert_eq!(ask(&lookup).unwrap(), ["8.8.8.8:443".parse().unwrap()]);
    }

    #[test]
    fn a_name_that_moves_into_a_private_network_is_refused_the_next_time() {
        let lookup = lookup([&["8.8.8.8:443"], &["127.0.0.1:443"]]);
        assert!(ask(&lookup).is_ok());
        refuses(&lookup, "127.0.0.1");
    }

    #[test]
    fn where_private_addresses_are_allowed_all_are_called() {
        let mut lookup = lookup([&["127.0.0.1:443", "8.8.8.8:443"]]);
        lookup.allow_private = true;
        assert_eq!(ask(&lookup).unwrap().len(), 2);
    }
}
