//! The parts of the cluster, held against each other: what one is called or listens on stands in
//! the files of others too.

use std::collections::BTreeSet;

use super::{BEHIND_DOOR, DOOR, LOGS, NODES, mounted, service, services, texts, told};
use crate::proxy;
use crate::tools::text_of;
use crate::yaml;

/// The settings of the nodes.
const SETTINGS: &str = "cluster.toml";

/// What follows a flag in the command of a service.
fn flag(service: &str, flag: &str) -> String {
    let command = texts(&super::service(service)["command"]);
    let mut rest = command.into_iter().skip_while(|it| it != flag).skip(1);
    rest.next()
        .unwrap_or_else(|| panic!("{service} has no {flag}"))
}

#[test]
fn only_the_proxy_shares_what_the_nodes_listen_on() {
    let services = services().into_iter();
    let behind = services.filter(|it| it.1["network_mode"] == BEHIND_DOOR);
    let behind: Vec<_> = behind.map(|it| it.0).collect();
    assert_eq!(behind, ["outlay1", "outlay2", "proxy"]);
}

/// The proxy is run with these addresses in its own tests.
#[test]
fn the_proxy_leads_to_where_the_nodes_listen() {
    let config = text_of(proxy::FILE);
    let servers = config
        .lines()
        .filter_map(|it| it.trim().strip_prefix("server "));
    let servers = servers.filter_map(|it| it.split_once(" max_fails"));
    let servers: Vec<_> = servers.map(|it| it.0.to_owned()).collect();
    assert_eq!(servers, NODES.map(|it| flag(it, "--listen")));
    let [published] = texts(&service(DOOR)["ports"]).try_into().unwrap();
    let (_, port) = published.rsplit_once(':').expect("a port");
    assert!(config.contains(&format!("listen {port};")), "{port}");
    let proxy = service("proxy");
    assert!(mounted(&proxy).contains(&(
        format!("./{}", proxy::FILE),
        "/etc/nginx/nginx.conf".to_owned(),
        false
    )));
    assert_eq!(texts(&proxy["secrets"]), ["users"]);
    assert!(config.contains("auth_basic_user_file /run/secrets/users;"));
}

#[test]
fn each_node_is_asked_how_it_is_where_it_listens() {
    for node in NODES {
        let test = texts(&service(node)["healthcheck"]["test"]);
        let url = format!("http://{}", flag(node, "--listen"));
        assert!(test.contains(&url), "{node}: {test:?}");
    }
}

/// Two processes on one copy would write over each other.
#[test]
fn no_two_share_what_they_write_to() {
    let mut written = BTreeSet::new();
    for (name, service) in services() {
        for (from, _, may_write) in mounted(&service) {
            let is_new = !may_write || written.insert(from.clone());
            let is_made = name == "certificates";
            assert!(is_new || is_made, "{name} writes to {from} too");
        }
    }
    for node in NODES {
        let cache = flag(node, "--cache");
        let mounts = mounted(&service(node));
        assert!(mounts.iter().any(|it| it.1 == cache && it.2), "{node}");
    }
}

#[test]
fn an_append_may_weigh_as_much_as_the_log_takes() {
    let text = text_of(SETTINGS);
    let mut lines = text.lines();
    let ours = lines.find_map(|it| it.strip_prefix("max_append_bytes = "));
    for log in LOGS {
        let taken = told(&service(log), "KURRENTDB_MAX_APPEND_SIZE");
        assert_eq!(ours, Some(taken.as_str()), "{log}");
        // What servers from 25.1 on take, in their ClusterVNodeOptionsValidator: a chunk.
        assert!(taken.parse::<u32>().unwrap() <= 256 << 20);
    }
    for node in NODES {
        let path = told(&service(node), "OUTLAY_CONFIG");
        let mount = (format!("./{SETTINGS}"), path, false);
        assert!(mounted(&service(node)).contains(&mount), "{node}");
    }
}

#[test]
fn every_log_is_called_as_in_its_certificate_and_knows_the_others() {
    let certified = texts(&service("certificates")["command"]);
    assert_eq!(certified[1..], LOGS);
    for log in LOGS {
        let service = service(log);
        for name in ["NODE_HOST", "REPLICATION_HOST"] {
            let name = format!("KURRENTDB_{name}_ADVERTISE_AS");
            assert_eq!(told(&service, &name), log);
        }
        let others = LOGS.iter().filter(|it| **it != log);
        let others: Vec<_> = others.map(|it| format!("{it}:2113")).collect();
        assert_eq!(told(&service, "KURRENTDB_GOSSIP_SEED"), others.join(","));
        let size = LOGS.len().to_string();
        assert_eq!(told(&service, "KURRENTDB_CLUSTER_SIZE"), size);
    }
}

/// Each has its own key, and nobody but the script the authority's.
#[test]
fn keys_are_mounted_by_their_owners_alone() {
    let made = mounted(&service("certificates"));
    let volume = |folder: &str| {
        let mut made = made.iter();
        let path = format!("{}/{folder}", "/certificates");
        made.find(|it| it.1 == path).expect("it is made").0.clone()
    };
    let users = |volume: &str| {
        let services = services().into_iter();
        let users = services.filter(|it| mounted(&it.1).iter().any(|it| it.0 == volume));
        users.map(|it| it.0).collect::<Vec<_>>()
    };
    assert_eq!(users(&volume("authority")), ["certificates"]);
    for log in LOGS {
        let volume = volume(log);
        assert_eq!(users(&volume), ["certificates", log]);
        let own = (volume, "/certificates/node".to_owned(), false);
        assert!(mounted(&service(log)).contains(&own), "{log}");
        for (name, file) in [("FILE", "crt"), ("PRIVATE_KEY_FILE", "key")] {
            let told = told(&service(log), &format!("KURRENTDB_CERTIFICATE_{name}"));
            assert_eq!(told, format!("/certificates/node/node.{file}"));
        }
    }
}

#[test]
fn the_nodes_call_every_log_and_check_who_answers() {
    for node in NODES {
        let service = service(node);
        let store = told(&service, "OUTLAY_STORE");
        let (_, place) = store.rsplit_once('@').expect("who it is");
        let (hosts, parameters) = place.split_once('?').expect("how");
        assert_eq!(hosts, LOGS.map(|it| format!("{it}:2113")).join(","));
        let file = "/certificates/trusted/ca.crt";
        assert_eq!(parameters, format!("tls=true&tlsCaFile={file}"));
        let mounts = mounted(&service);
        let trusted = mounts.iter().find(|it| file.starts_with(&it.1));
        assert_eq!(trusted.expect("it is mounted").0, "trusted");
    }
}

/// What is tested against one server is what runs.
#[test]
fn the_contract_is_tested_against_the_log_that_is_deployed() {
    let file = yaml::read_at_top(".github/workflows/cluster.yml");
    let tested = &file["jobs"]["contract"]["services"]["kurrentdb"];
    let name = "KURRENTDB_MAX_APPEND_SIZE";
    for log in LOGS {
        let deployed = service(log);
        assert_eq!(tested["image"], deployed["image"], "{log}");
        assert_eq!(tested["env"][name], told(&deployed, name), "{log}");
    }
    for port in texts(&tested["ports"]) {
        assert!(port.starts_with("127.0.0.1:"), "{port}");
    }
}
