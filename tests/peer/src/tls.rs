//! An authority and a certificate for one cluster, made when it starts and gone when it ends.

use std::io;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;
use tonic::transport::{Identity, ServerTlsConfig};

/// What nodes show and what clients trust.
#[derive(Debug)]
pub(crate) struct Tls {
    folder: TempDir,
    identity: Identity,
}

impl Tls {
    /// Makes both, and writes the authority's certificate where clients can read it.
    pub(crate) fn make() -> io::Result<Self> {
        // The process may know more than one provider, and must be told which to use. Where
        // somebody told it before, theirs is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (authority, node, key) = certificates().map_err(io::Error::other)?;
        let folder = TempDir::with_prefix("peer-")?;
        std::fs::write(Self::authority_in(folder.path()), authority)?;
        let identity = Identity::from_pem(node, key);
        Ok(Self { folder, identity })
    }

    /// The file with the authority's certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        Self::authority_in(self.folder.path())
    }

    pub(crate) fn config(&self) -> ServerTlsConfig {
        ServerTlsConfig::new().identity(self.identity.clone())
    }

    fn authority_in(folder: &Path) -> PathBuf {
        folder.join("ca.crt")
    }
}

/// The authority's certificate, the nodes' and their key, as PEM.
fn certificates() -> Result<(String, String, String), rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let name = &mut authority.distinguished_name;
    name.push(DnType::CommonName, "peer authority");
    let authority_key = KeyPair::generate()?;
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut node = CertificateParams::new(hosts)?;
    let name = &mut node.distinguished_name;
    name.push(DnType::CommonName, "eventstoredb-node");
    node.use_authority_key_identifier_extension = true;
    let node_key = KeyPair::generate()?;
    let node_pem = node.signed_by(&node_key, &issuer)?.pem();
    Ok((authority_pem, node_pem, node_key.serialize_pem()))
}
