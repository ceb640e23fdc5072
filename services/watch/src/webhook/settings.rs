//! Endpoints as a config file tells of them, and the files that hold their secrets.
//!
//! The config file holds no secret, so that it can be shown, copied and kept with others.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use events::alert::EndpointName;

use super::endpoint::{Endpoint, EndpointError, EndpointUrl};
use super::secret::{Secret, SecretError};

/// Most bytes of a file that holds a secret.
const MAX_FILE: u64 = 4096;

/// What a config file says of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointSettings {
    /// What people call it.
    pub name: EndpointName,
    /// Where it is.
    pub url: EndpointUrl,
    /// The file that holds its secret.
    pub secret_file: PathBuf,
    /// Whether it may be in a network of one's own, and be called without TLS.
    #[serde(default)]
    pub allow_private: bool,
}

/// Settings that make no endpoints.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Two of one name.
    #[error("two webhooks are named '{0}'; a name tells them apart")]
    Repeated(EndpointName),
    /// An endpoint that may not be as it is.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// A secret that cannot be read.
    #[error("the secret_file '{}' of webhook '{name}' cannot be read", path.display())]
    Unreadable {
        /// Whose secret.
        name: EndpointName,
        /// Where it should be.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// A secret that is not one.
    #[error("the secret_file '{}' of webhook '{name}' cannot be used", path.display())]
    Secret {
        /// Whose secret.
        name: EndpointName,
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        source: SecretError,
    },
}

/// The endpoints that `settings` tell of, in their order, with their secrets.
///
/// # Errors
/// A name that is there twice, a secret that cannot be read or used, an `http` url where only
/// public addresses are called.
pub fn open(settings: &[EndpointSettings]) -> Result<Vec<Endpoint>, SettingsError> {
    let mut endpoints = Vec::<Endpoint>::with_capacity(settings.len());
    for one in settings {
        if endpoints.iter().any(|it| it.name() == &one.name) {
            return Err(SettingsError::Repeated(one.name.clone()));
        }
        endpoints.push(one.open()?);
    }
    Ok(endpoints)
}

impl EndpointSettings {
    fn open(&self) -> Result<Endpoint, SettingsError> {
        let bytes = read(&self.secret_file).map_err(|source| SettingsError::Unreadable {
            name: self.name.clone(),
            path: self.secret_file.clone(),
            source,
        })?;
        let secret = Secret::parse(&bytes).map_err(|source| SettingsError::Secret {
            name: self.name.clone(),
            path: self.secret_file.clone(),
            source,
        })?;
        let (name, url) = (self.name.clone(), self.url.clone());
        Ok(Endpoint::try_new(name, url, secret, self.allow_private)?)
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_FILE) {
        Ok(bytes)
    } else {
        let told = format!("it has more than {MAX_FILE} bytes");
        Err(io::Error::new(io::ErrorKind::FileTooLarge, told))
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn parse(toml: &str) -> Result<EndpointSettings, toml::de::Error> {
        toml::from_str(toml)
    }

    /// Settings of `name` whose secret is in a file of `folder` that holds `secret`.
    fn settings(folder: &Path, name: &str, secret: &[u8]) -> EndpointSettings {
        let path = folder.join(name);
        std::fs::write(&path, secret).unwrap();
        EndpointSettings {
            name: name.parse().unwrap(),
            url: "https://chat.example/".parse().unwrap(),
            secret_file: path,
            allow_private: false,
        }
    }

    fn refused(settings: &[EndpointSettings]) -> (String, String) {
        let error = open(settings).unwrap_err();
        let source = error.source().map(ToString::to_string);
        (error.to_string(), source.unwrap_or_default())
    }

    #[test]
    fn settings_name_an_endpoint_and_where_its_secret_is() {
        let toml = "name = 'chat'\nurl = 'https://chat.example/'\nsecret_file = '/run/chat'\n";
        let parsed = parse(toml).unwrap();
        assert_eq!(parsed.name.as_str(), "chat");
        assert_eq!(parsed.secret_file, Path::new("/run/chat"));
        assert!(!parsed.allow_private);
        assert!(
            parse(&format!("{toml}allow_private = true"))
                .unwrap()
                .allow_private
        );
    }

    #[test]
    fn settings_that_are_not_of_their_form_are_refused() {
        let whole = "name = 'chat'\nurl = 'https://chat.example/'\nsecret_file = '/run/chat'\n";
        for (toml, told) in [
            (format!("{whole}secret = 'sixteen bytes ok'"), "secret"),
            (whole.replace("'chat'", "'Chat'"), "'Chat' is not a name"),
            (whole.replace("https", "ftp"), "https://host/path"),
            (whole.replace("name", "#"), "name"),
            (whole.replace("url", "#"), "url"),
            (whole.replace("secret_file", "#"), "secret_file"),
        ] {
            let error = parse(&toml).unwrap_err().to_string();
            assert!(error.contains(told), "{toml}: {error}");
        }
    }

    #[test]
    fn endpoints_come_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let two = ["b", "a"].map(|name| settings(folder.path(), name, b"sixteen bytes ok\n"));
        let opened = open(&two).unwrap();
        let names: Vec<&str> = opened.iter().map(|it| it.name().as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(opened[0].secret().key(), b"sixteen bytes ok");
    }

    #[test]
    fn endpoints_of_one_name_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let one = settings(folder.path(), "chat", b"sixteen bytes ok");
        let (told, _) = refused(&[one.clone(), one]);
        assert!(told.contains("two webhooks are named 'chat'"), "{told}");
    }

    #[test]
    fn a_secret_that_cannot_be_read_or_used_is_refused_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let short = settings(folder.path(), "short", b"hunter2");
        let (told, source) = refused(std::slice::from_ref(&short));
        assert!(told.contains("webhook 'short' cannot be used"), "{told}");
        assert!(source.contains("has 7 bytes"), "{source}");
        std::fs::remove_file(&short.secret_file).unwrap();
        let (told, _) = refused(&[short]);
        assert!(told.contains("webhook 'short' cannot be read"), "{told}");
        assert!(told.contains(folder.path().to_str().unwrap()), "{told}");
        let long = settings(folder.path(), "long", &[b'x'; 4097]);
        let (_, source) = refused(&[long]);
        assert!(source.contains("more than 4096 bytes"), "{source}");
        assert!(open(&[settings(folder.path(), "most", &[b'x'; 4096])]).is_ok());
    }

    #[test]
    fn an_endpoint_without_tls_is_refused_where_only_public_addresses_are_called() {
        let folder = tempfile::tempdir().unwrap();
        let mut plain = settings(folder.path(), "chat", b"sixteen bytes ok");
        plain.url = "http://chat.example/".parse().unwrap();
        let (told, _) = refused(std::slice::from_ref(&plain));
        assert!(told.contains("allow_private = true"), "{told}");
        plain.allow_private = true;
        assert!(open(&[plain]).is_ok());
    }
}
