//! Alertmanager's file: that it is one, and who hears of what.

use crate::tools::{self, deployed};

/// The file that is tested.
pub(crate) const FILE: &str = "alertmanager/alertmanager.yml";

/// An alert with these labels goes to this receiver and no other.
#[track_caller]
fn goes_to(receiver: &str, labels: &[&str]) {
    let file = format!("--config.file={}", deployed(FILE).display());
    let verified = format!("--verify.receivers={receiver}");
    let mut arguments = vec!["config", "routes", "test", &file, &verified];
    arguments.extend(labels);
    tools::run("amtool", &arguments);
}

#[test]
fn amtool_takes_the_file() {
    let path = deployed(FILE);
    let said = tools::run("amtool", &["check-config", path.to_str().unwrap()]);
    assert!(said.contains("SUCCESS"), "{said}");
}

#[test]
fn what_is_about_a_programme_goes_to_the_coordination_office() {
    for severity in ["critical", "warning", "info"] {
        let severity = format!("severity={severity}");
        let labels = ["programme=NTM", "province=10", "year=2024", &severity];
        for alert in ["OutlayBehindPlan", "OutlayStalled", "OutlayDeadlineNear"] {
            let alert = format!("alertname={alert}");
            goes_to("coordination", &[&labels[..], &[alert.as_str()]].concat());
        }
    }
}

#[test]
fn what_is_about_the_service_goes_to_the_operators() {
    for severity in ["critical", "warning", "info"] {
        let severity = format!("severity={severity}");
        goes_to("operators", &["alertname=OutlayDown", &severity]);
        let labels = ["alertname=OutlayWebhookFailing", "endpoint=finance"];
        goes_to("operators", &[&labels[..], &[severity.as_str()]].concat());
    }
}

#[test]
fn a_route_to_another_receiver_is_found() {
    let file = format!("--config.file={}", deployed(FILE).display());
    let verified = "--verify.receivers=operators";
    let arguments = ["config", "routes", "test", &file, verified, "programme=NTM"];
    let said = tools::try_run("amtool", &arguments, "").unwrap_err();
    assert!(said.contains("coordination"), "{said}");
}
