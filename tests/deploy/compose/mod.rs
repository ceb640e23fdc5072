//! The compose file of a cluster: that what it names is there, that it starts with no secret of
//! ours and publishes nothing beyond this machine, and that its parts fit each other. No engine
//! runs it here.

mod parts;
mod secrets;
mod watched;

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::image::{instructions, is_pinned, of_workspace};
use crate::tools::top;
use crate::yaml;

/// The file that is tested.
pub(crate) const FILE: &str = "compose.yaml";

/// The services that answer without asking who comes.
const NODES: [&str; 2] = ["outlay1", "outlay2"];
/// The services that keep the log.
const LOGS: [&str; 3] = ["kurrentdb1", "kurrentdb2", "kurrentdb3"];
/// Who holds the network that the nodes and their proxy share.
const DOOR: &str = "door";
/// The network mode of who shares it.
const BEHIND_DOOR: &str = "service:door";

/// The services by their names.
pub(crate) fn services() -> Vec<(String, Value)> {
    let file = yaml::read(FILE);
    let services = file["services"].as_object().expect("services").iter();
    services
        .map(|(name, it)| (name.clone(), it.clone()))
        .collect()
}

fn service(name: &str) -> Value {
    let mut services = services().into_iter();
    let found = services.find(|it| it.0 == name);
    found.unwrap_or_else(|| panic!("there is no {name}")).1
}

/// The texts of a list; none where there is no list.
pub(crate) fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    let texts = items.map(|it| it.as_str().expect("a text").to_owned());
    texts.collect()
}

/// What a service is told by its environment.
fn told(service: &Value, name: &str) -> String {
    let value = &service["environment"][name];
    value
        .as_str()
        .unwrap_or_else(|| panic!("no {name}"))
        .to_owned()
}

/// What a service mounts: from where, where, and whether it may write there.
fn mounted(service: &Value) -> Vec<(String, String, bool)> {
    let mounts = texts(&service["volumes"]).into_iter().map(|mount| {
        let words: Vec<_> = mount.split(':').collect();
        match words.as_slice() {
            [from, to] => (from.to_string(), to.to_string(), true),
            [from, to, "ro"] => (from.to_string(), to.to_string(), false),
            _ => panic!("{mount}"),
        }
    });
    mounts.collect()
}

/// The names of what stands at the top of the file under `key`.
fn declared(key: &str) -> BTreeSet<String> {
    let file = yaml::read(FILE);
    file[key].as_object().expect(key).keys().cloned().collect()
}

#[test]
fn every_file_that_is_mounted_is_there_and_stays_as_it_is() {
    let mut count = 0;
    for (name, service) in services() {
        for (from, _, may_write) in mounted(&service) {
            if let Some(path) = from.strip_prefix("./") {
                let path = top().join("deploy").join(path);
                assert!(path.exists(), "{name} mounts {}", path.display());
                assert!(!may_write, "{name} may write to {}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 0, "nothing is mounted");
}

#[test]
fn volumes_and_networks_are_declared_and_used() {
    let (mut volumes, mut networks) = (BTreeSet::new(), BTreeSet::new());
    for (_, service) in services() {
        let mounts = mounted(&service).into_iter().map(|it| it.0);
        volumes.extend(mounts.filter(|it| !it.starts_with("./")));
        networks.extend(texts(&service["networks"]));
    }
    assert_eq!(volumes, declared("volumes"));
    assert_eq!(networks, declared("networks"));
}

#[test]
fn every_image_is_pinned_or_made_here() {
    let mut made = 0;
    for (name, service) in services() {
        let image = service["image"].as_str().expect("an image");
        assert!(is_pinned(image), "{name}: {image}");
        let build = &service["build"];
        if build.is_null() {
            assert!(image.contains('/'), "{name}: whose is {image}?");
            continue;
        }
        let version = of_workspace("version");
        assert!(image.ends_with(&format!(":{version}")), "{name}: {image}");
        let context = top()
            .join("deploy")
            .join(build["context"].as_str().unwrap());
        let file = context.join(build["dockerfile"].as_str().unwrap());
        assert!(file.is_file(), "{name}: {}", file.display());
        let target = build["target"].as_str().unwrap_or("outlay");
        let stage = format!(" AS {target}");
        let mut stages = instructions().into_iter();
        assert!(
            stages.any(|it| it.0 == "FROM" && it.1.ends_with(&stage)),
            "{name}"
        );
        made += 1;
    }
    assert_eq!(made, 1 + NODES.len());
}

#[test]
fn every_container_gives_up_what_it_can() {
    for (name, service) in services() {
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        let options = texts(&service["security_opt"]);
        assert_eq!(options, ["no-new-privileges:true"], "{name}");
        let privileges = ["privileged", "pid", "ipc", "devices", "userns_mode"];
        assert!(
            privileges.iter().all(|it| service[it].is_null()),
            "{name} asks for more"
        );
        let is_log = LOGS.contains(&name.as_str());
        assert_eq!(service["read_only"], !is_log, "{name}");
        let added = texts(&service["cap_add"]);
        let is_allowed = name == "certificates" && added == ["CHOWN"];
        assert!(added.is_empty() || is_allowed, "{name}: {added:?}");
        let restart = service["restart"].as_str().unwrap();
        let ends = name == "certificates";
        assert_eq!(restart == "no", ends, "{name}");
    }
}

#[test]
fn nothing_is_published_beyond_this_machine() {
    let mut published = Vec::new();
    for (name, service) in services() {
        assert_ne!(service["network_mode"], "host", "{name}");
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
            published.push(format!("{name} {}", port.rsplit(':').next().unwrap()));
        }
    }
    assert_eq!(published, ["door 8080", "grafana 3000"]);
}

/// What is not published does not lead out by another way either.
#[test]
fn the_log_and_the_figures_have_networks_of_their_own() {
    let file = yaml::read(FILE);
    for network in ["log", "watching"] {
        assert_eq!(file["networks"][network]["internal"], true, "{network}");
    }
    let users = |network: &str| {
        let services = services().into_iter();
        let users = services.filter(|it| texts(&it.1["networks"]).iter().any(|it| it == network));
        users.map(|it| it.0).collect::<Vec<_>>()
    };
    assert_eq!(users("log"), [&[DOOR][..], &LOGS].concat());
    assert_eq!(
        users("watching"),
        ["alertmanager", "door", "grafana", "prometheus"]
    );
    assert_eq!(users("outside"), ["alertmanager", "door", "grafana"]);
}

#[test]
fn the_head_says_how_to_start_it() {
    let text = fs::read_to_string(top().join("deploy").join(FILE)).unwrap();
    let command = "docker compose -f deploy/compose.yaml up -d";
    let mut head = text.lines().take_while(|it| it.starts_with('#'));
    assert!(head.any(|it| it.ends_with(command)), "{command}");
    let readme = fs::read_to_string(top().join("README.md")).unwrap();
    assert!(readme.contains(command), "the README says otherwise");
}
