//! TLS and credentials.

use eventstore::{Error, StreamState};
use peer::{Cluster, Options};

use super::{append, client, connect, start, written};

async fn with_credentials(tls: bool) -> Cluster {
    start(Options {
        tls,
        credentials: Some(("ops".to_owned(), "secret".to_owned())),
        ..Options::default()
    })
    .await
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_speaks_tls() {
    let cluster = with_credentials(true).await;
    let authority = cluster.authority().expect("it speaks TLS");
    assert!(authority.exists());

    append(&client(&cluster), "line-1", StreamState::NoStream, &[1])
        .await
        .expect("both trust each other");

    drop(cluster);
    assert!(!authority.exists());
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_authority_gets_nowhere() {
    let cluster = with_credentials(true).await;
    let to = cluster.connection_string();
    let (to, _) = to.split_once("&tlsCaFile").expect("it names the authority");

    let refused = append(&connect(to), "line-1", StreamState::NoStream, &[1]).await;

    assert!(matches!(refused, Err(Error::GrpcConnectionError(_))));
}

#[tokio::test]
async fn wrong_credentials_and_none_are_refused() {
    let cluster = with_credentials(false).await;
    let right = cluster.connection_string();
    let wrong = right.replace("ops:secret@", "ops:guessed@");
    let none = right.replace("ops:secret@", "");

    for to in [&wrong, &none] {
        let refused = append(&connect(to), "line-1", StreamState::NoStream, &[1]).await;
        assert!(matches!(refused, Err(Error::AccessDenied)), "{refused:?}");
    }
    append(&connect(&right), "line-1", StreamState::NoStream, &[1])
        .await
        .expect("these are right");
    assert_eq!(written(&cluster), [1]);
}
