//! Compiles the server's side of the protocol from the `.proto` files that the client ships.
//!
//! They are found through cargo and not kept here, so that peer and client cannot disagree about a
//! field. No `protoc` is needed.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a build that cannot go on says why and stops"
)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The package that ships the protocol.
const CLIENT: &str = "kurrentdb";

/// What the peer serves. They include what else is needed, down to `google.rpc.Status`.
const FILES: [&str; 3] = ["gossip.proto", "serverfeatures.proto", "streams.proto"];

fn main() {
    let protos = protos();
    let files = FILES.map(|file| protos.join(file));
    let compiled = protox::compile(files, [&protos]).expect("the protocol compiles");
    let mut config = tonic_build::Config::new();
    config
        .btree_map(["."])
        .bytes(["."])
        .enable_type_names()
        .type_name_domain(["."], "type.googleapis.com")
        .extern_path(".event_store.client.Empty", "()");
    tonic_build::configure()
        .build_client(false)
        .include_file("protocol.rs")
        .compile_fds_with_config(config, compiled)
        .expect("the protocol becomes Rust");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    println!("cargo::rerun-if-changed={}", protos.display());
}

/// The folder of the client's `.proto` files.
fn protos() -> PathBuf {
    // What is at hand is enough where the whole workspace is built. Where the peer is built alone,
    // the client may not have been fetched yet.
    let at_hand = metadata(&["--offline"]);
    let asked = if at_hand.status.success() {
        at_hand
    } else {
        metadata(&[])
    };
    assert!(
        asked.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&asked.stderr)
    );
    let metadata: Value = serde_json::from_slice(&asked.stdout).expect("cargo answers JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let client = packages
        .iter()
        .find(|package| package["name"] == CLIENT)
        .expect("the client is in the tree of the workspace");
    let manifest = client["manifest_path"].as_str().expect("a path");
    let folder = Path::new(manifest).parent().expect("a folder");
    folder.join("protos")
}

/// What cargo says of the packages for this platform; other platforms' need not be there.
fn metadata(more: &[&str]) -> Output {
    let cargo = env::var_os("CARGO").expect("cargo says where it is");
    let platform = env::var_os("TARGET").expect("cargo says what it builds for");
    Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--filter-platform"])
        .arg(platform)
        .args(more)
        .output()
        .expect("cargo runs")
}
