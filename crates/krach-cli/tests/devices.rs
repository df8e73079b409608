//! The commands about devices, on the device that makes no sound.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krach"));
    command.env_remove("KRACH_DEVICE").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn beep_plays_on_the_null_device_and_says_how() {
    let output = run(&["beep", "--device", "null"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "two notes on null: 48000 Hz, blocks of 512 frames, latency 0.0 ms\n");
}

#[test]
fn without_the_device_beep_ends_with_three_and_a_remedy() {
    let output = run(&["beep", "--device", "a device that is not there"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.starts_with("error[KR0503]") && said.contains("help: "), "{said}");
    assert!(!said.contains("ALSA lib"), "{said}");
}

#[test]
fn the_environment_chooses_a_device() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krach"));
    let output = command.env("KRACH_DEVICE", "null").arg("beep").output().unwrap();
    assert!(output.status.success() && text(&output.stdout).contains(" on null: "), "{output:?}");
}

#[test]
fn devices_are_listed_for_people_and_programs() {
    let output = run(&["devices"]);
    assert!(output.status.success() && text(&output.stderr).contains("`null`"), "{output:?}");
    let output = run(&["devices", "--json"]);
    let listing: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(listing["schema"], 1);
    for system in listing["systems"].as_array().unwrap() {
        assert!(system["name"].is_string() && (system["error"].is_string() || system["devices"].is_array()));
        for device in system["devices"].as_array().unwrap() {
            assert!(device["output"]["rate"].is_u64() || device["input"]["rate"].is_u64(), "{device}");
        }
    }
}

#[test]
fn doctor_checks_everything_and_gives_a_remedy_for_each_fault() {
    let output = run(&["doctor", "--json", "--device", "null"]);
    assert_eq!(output.status.code(), Some(0));
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = findings["checks"].as_array().unwrap();
    for name in [
        "library",
        "hosts",
        "device",
        "rate",
        "block",
        "latency",
        "priority",
        "midi",
        "cache",
        "faust libraries",
    ] {
        assert!(checks.iter().any(|check| check["name"] == name), "{name}");
    }
    for check in checks {
        assert_eq!(check["ok"] == false, check["remedy"].is_string(), "{check}");
    }
    assert_eq!(findings["ok"], checks.iter().all(|check| check["ok"] == true));
    let output = run(&["doctor", "--device", "a device that is not there"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).contains("FAIL  device: "), "{output:?}");
}
