//! `FIDELITY.md` keeps its word: the tests and settings it names exist.

use crate::support::TestSandbox;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Names of all functions in the crate's sources and tests.
fn functions() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    sources(&root().join("tests"), &mut files);
    let mut names = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("text");
        for line in text.lines() {
            if let Some((_, rest)) = line.split_once("fn ") {
                names.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
        }
    }
    names
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// A test's name is a sentence: four words or more, joined by underscores.
fn is_test_name(text: &str) -> bool {
    text.split('_').count() >= 4
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[tokio::test]
async fn every_test_that_fidelity_names_exists() {
    let text = std::fs::read_to_string(root().join("FIDELITY.md")).expect("the list");
    let there = functions();
    let settings: BTreeSet<String> = settings().await.iter().flat_map(|name| words_of(name)).collect();
    let named: BTreeSet<&str> = quoted(&text)
        .map(|name| name.rsplit("::").next().unwrap_or(name))
        .filter(|name| is_test_name(name) && !settings.contains(*name))
        .collect();
    assert!(named.len() > 100, "the list names {} tests only", named.len());
    let missing: Vec<_> =
        named.iter().filter(|name| !there.contains(**name) && !WIRE.contains(*name)).collect();
    assert!(missing.is_empty(), "FIDELITY.md names tests that do not exist: {missing:#?}");
}

/// Words of the vendors' wires that look like a test's name.
const WIRE: &[&str] = &[
    "hs_calculated_merged_vids",
    "hs_merged_object_ids",
    "num_unique_conversion_events",
    "one_month_from_now",
    "one_week_from_now",
    "public_api_request_blocked",
];

/// Full names of all settings.
async fn settings() -> Vec<String> {
    let sandbox = TestSandbox::start().await;
    let settings = sandbox.get("/_sandbox/settings").await.expect(200);
    let mut all = Vec::new();
    for provider in ["hubspot", "notion", "airtable", "tentoeight"] {
        leaves(provider, &settings[provider], &mut all);
    }
    all
}

fn words_of(name: &str) -> Vec<String> {
    name.split('.').map(str::to_owned).collect()
}

#[tokio::test]
async fn every_setting_that_fidelity_names_exists() {
    let text = std::fs::read_to_string(root().join("FIDELITY.md")).expect("the list");
    let sandbox = TestSandbox::start().await;
    let settings = sandbox.get("/_sandbox/settings").await.expect(200);
    let providers = ["hubspot.", "notion.", "airtable.", "tentoeight."];
    let named: BTreeSet<&str> = quoted(&text)
        .filter(|name| providers.iter().any(|p| name.starts_with(p)) && !name.ends_with(".com"))
        .collect();
    assert!(named.len() > 50, "the list names {} settings only", named.len());
    let exists = |name: &str| {
        let pointer = format!("/{}", name.replace('.', "/"));
        settings.pointer(&pointer).is_some()
    };
    let missing: Vec<_> = named.iter().filter(|name| !exists(name)).collect();
    assert!(missing.is_empty(), "FIDELITY.md names settings that do not exist: {missing:#?}");
}

#[tokio::test]
async fn every_setting_there_is_stands_in_fidelity() {
    let text = std::fs::read_to_string(root().join("FIDELITY.md")).expect("the list");
    let named = named_settings(&text);
    let all = settings().await;
    // A status and its words are named together, by what they are about.
    let is_named = |name: &str| {
        let about =
            name.rsplit_once('.').map(|(about, _)| about).filter(|about| about.split('.').count() >= 3);
        named.contains(name) || about.is_some_and(|about| named.contains(about))
    };
    let missing: Vec<_> = all.iter().filter(|name| !is_named(name)).collect();
    assert!(missing.is_empty(), "settings that FIDELITY.md does not name: {missing:#?}");
}

/// All words between backticks, and, below a chapter that says where its settings are, those words with that before them.
fn named_settings(text: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for chapter in text.split("\n## ") {
        let below = chapter.split_once("ettings are below `").and_then(|(_, rest)| rest.split('`').next());
        for word in quoted(chapter) {
            named.insert(word.to_owned());
            named.extend(below.map(|below| format!("{below}.{word}")));
        }
    }
    named
}

fn leaves(prefix: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                leaves(&format!("{prefix}.{key}"), value, found);
            }
        }
        _ => found.push(prefix.to_owned()),
    }
}
