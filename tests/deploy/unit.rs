//! The systemd unit: what it takes away from the service, what it gives it to write to, and when it
//! starts it again. systemd's own tools are not at hand wherever these tests run.

use std::collections::BTreeMap;

use crate::tools::text_of;

const FILE: &str = "outlay.service";

/// The settings by section and name; one that is given again adds to what it was.
fn settings() -> BTreeMap<(String, String), Vec<String>> {
    let mut settings = BTreeMap::<_, Vec<String>>::new();
    let mut section = String::new();
    for line in text_of(FILE).lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((name, value)) = line.split_once('=')
            && !line.starts_with('#')
        {
            let key = (section.clone(), name.to_owned());
            settings.entry(key).or_default().push(value.to_owned());
        }
    }
    settings
}

/// What the section `Service` says of `name`.
#[track_caller]
fn service(name: &str) -> String {
    let key = ("Service".to_owned(), name.to_owned());
    let found = settings().remove(&key);
    found.unwrap_or_else(|| panic!("no {name}")).join(" ")
}

#[test]
fn the_service_has_no_rights_that_it_does_not_need() {
    for name in [
        "DynamicUser",
        "NoNewPrivileges",
        "MemoryDenyWriteExecute",
        "LockPersonality",
        "RestrictNamespaces",
        "RestrictRealtime",
        "RestrictSUIDSGID",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectHome",
        "ProtectKernelTunables",
        "ProtectControlGroups",
    ] {
        assert_eq!(service(name), "yes", "{name}");
    }
    assert_eq!(service("CapabilityBoundingSet"), "");
    assert_eq!(service("ProtectSystem"), "strict");
    assert_eq!(
        service("RestrictAddressFamilies"),
        "AF_INET AF_INET6 AF_UNIX"
    );
    let calls = service("SystemCallFilter");
    assert_eq!(calls, "@system-service ~@privileged @resources");
}

/// `./data` is where no setting says otherwise.
#[test]
fn it_writes_to_its_own_folders_alone() {
    assert_eq!(service("StateDirectory"), "outlay");
    assert_eq!(service("CacheDirectory"), "outlay");
    assert_eq!(service("WorkingDirectory"), "%S/outlay");
    let more = [
        "ReadWritePaths",
        "LogsDirectory",
        "ConfigurationDirectory",
        "BindPaths",
    ];
    let settings = settings();
    for name in more {
        assert!(!settings.keys().any(|it| it.1 == name), "{name}");
    }
}

/// Beside the names of loopback; the settings may add others.
#[test]
fn it_answers_to_the_name_of_its_machine() {
    assert!(service("ExecStart").ends_with(" --host %H"));
}

/// The codes are those of `outlay --help`: 1 refused or found wrong, 2 usage, 3 cannot reach.
#[test]
fn it_is_started_again_for_as_long_as_that_may_help() {
    assert_eq!(service("Restart"), "on-failure");
    assert_eq!(service("RestartPreventExitStatus"), "1 2");
    let limit = ("Unit".to_owned(), "StartLimitIntervalSec".to_owned());
    assert_eq!(settings()[&limit], ["0"]);
}

#[test]
fn its_secret_comes_from_a_file_that_need_not_be_there() {
    let file = service("EnvironmentFile");
    assert!(file.starts_with("-/etc/outlay/"), "{file}");
    let settings = settings();
    assert!(!settings.keys().any(|it| it.1 == "Environment"));
}
