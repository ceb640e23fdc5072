//! Prometheus, Alertmanager and Grafana in the cluster: each reads what it reads on one machine,
//! but for the addresses, and finds the others by their names.

use serde_json::Value;

use super::{NODES, mounted, service, texts};
use crate::proxy;
use crate::tools::{self, deployed, text_of};
use crate::yaml;

const PROMETHEUS: &str = "prometheus/cluster.yml";
const GRAFANA: &str = "grafana/cluster.yml";

/// A file without what is at these pointers.
fn without(path: &str, pointers: &[&str]) -> Value {
    let mut file = yaml::read(path);
    for pointer in pointers {
        let value = file.pointer_mut(pointer).expect("it is there");
        *value = Value::Null;
    }
    file
}

#[test]
fn prometheus_reads_what_it_reads_on_one_machine_but_for_the_addresses() {
    let addresses = [
        "/alerting/alertmanagers/0/static_configs",
        "/scrape_configs/0/static_configs",
    ];
    let alone = without("prometheus/prometheus.yml", &addresses);
    assert_eq!(without(PROMETHEUS, &addresses), alone);
    let path = deployed(PROMETHEUS);
    let checked = ["check", "config", "--lint=all", "--lint-fatal"];
    let arguments = [&checked[..], &[path.to_str().unwrap()]].concat();
    let said = tools::run("promtool", &arguments);
    assert!(said.contains("rules found"), "{said}");
}

/// Under the names that the compose file gives them, as ports tell nobody which is which.
#[test]
fn prometheus_finds_every_node_behind_the_proxy() {
    let file = yaml::read(PROMETHEUS);
    let targets = file["scrape_configs"][0]["static_configs"].as_array();
    let config = text_of(proxy::FILE);
    for (target, node) in targets.unwrap().iter().zip(NODES) {
        assert_eq!(target["labels"]["instance"], node);
        let [address] = texts(&target["targets"]).try_into().unwrap();
        let (host, port) = address.split_once(':').unwrap();
        assert_eq!(host, super::DOOR);
        let (_, server) = config.split_once(&format!("listen {port};")).unwrap();
        let (_, passed) = server.split_once("proxy_pass http://").unwrap();
        let listens = texts(&service(node)["command"]);
        let passed = passed.split(';').next().unwrap();
        assert!(listens.iter().any(|it| it == passed), "{node}: {passed}");
    }
    assert_eq!(targets.unwrap().len(), NODES.len());
    // The proxy passes on what it is asked for, and a node answers to its own names alone.
    for node in NODES {
        let names = super::told(&service(node), "OUTLAY_HOST");
        assert!(names.split(',').any(|it| it == super::DOOR), "{names}");
    }
    let told = &file["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"];
    assert_eq!(texts(told), ["alertmanager:9093"]);
}

#[test]
fn grafana_asks_as_on_one_machine_but_elsewhere() {
    let address = ["/datasources/0/url"];
    let alone = without("grafana/provisioning/datasources/outlay.yml", &address);
    assert_eq!(without(GRAFANA, &address), alone);
    let file = yaml::read(GRAFANA);
    assert_eq!(file["datasources"][0]["url"], "http://prometheus:9090");
}

#[test]
fn each_reads_its_file_from_where_it_is_mounted() {
    let is_mounted = |name: &str, from: &str, to: &str| {
        let mounts = mounted(&service(name)).into_iter();
        let mut mounts = mounts.map(|it| (it.0, it.1));
        mounts.any(|it| it == (from.to_owned(), to.to_owned()))
    };
    for (name, file) in [
        ("prometheus", "cluster.yml"),
        ("alertmanager", "alertmanager.yml"),
    ] {
        let folder = format!("/etc/{name}");
        assert!(is_mounted(name, &format!("./{name}"), &folder), "{name}");
        let flag = format!("--config.file={folder}/{file}");
        assert!(texts(&service(name)["command"]).contains(&flag), "{flag}");
        deployed(&format!("{name}/{file}"));
    }
    let provisioned = "/etc/grafana/provisioning";
    for (from, to) in [
        (GRAFANA, format!("{provisioned}/datasources/outlay.yml")),
        (
            "grafana/provisioning/dashboards",
            format!("{provisioned}/dashboards"),
        ),
    ] {
        assert!(is_mounted("grafana", &format!("./{from}"), &to), "{to}");
    }
    let shown = yaml::read("grafana/provisioning/dashboards/outlay.yml");
    let folder = shown["providers"][0]["options"]["path"].as_str().unwrap();
    let dashboard = format!("{folder}/outlay.json");
    assert!(is_mounted("grafana", "./grafana/outlay.json", &dashboard));
}

#[test]
fn nobody_looks_at_grafana_without_a_name() {
    let grafana = service("grafana");
    assert_eq!(super::told(&grafana, "GF_AUTH_ANONYMOUS_ENABLED"), "false");
    assert_eq!(super::told(&grafana, "GF_USERS_ALLOW_SIGN_UP"), "false");
}
