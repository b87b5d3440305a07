//! The document of the API: true to the routes, to what they take, to the codes; and the page for people is written from it.

mod routes;
mod seen;
mod taken;

use crate::documents::pages::{Page, root};
use crate::support::TestHub;
use crate::support::described::fits;
use reqwest::Method;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use syncline_hub::openapi::{CODES, document, reference};

/// All operations: path, method, and what the document says.
pub fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let methods = ["get", "post", "put", "patch", "delete"];
    let paths = document()["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| methods.map(|method| (path.as_str(), method, &item[method])))
        .filter(|(_, _, operation)| operation.is_object())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_read_the_document() {
    let hub = TestHub::start(&[]).await;
    let answer = hub.send(hub.request(Method::GET, "/v1/openapi.json")).await;
    assert_eq!((answer.status, &answer.json()), (200, document()));
}

#[test]
fn the_command_prints_the_document_and_the_page() {
    let print = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_syncline")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let printed: Value = serde_json::from_str(&print(&["openapi"])).unwrap();
    assert_eq!(&printed, document());
    assert_eq!(print(&["openapi", "--reference"]), reference(document()));
}

#[test]
fn the_page_about_the_api_is_what_is_written_now() {
    let page = std::fs::read_to_string(root().join("docs/api.md")).unwrap();
    assert!(page == reference(document()), "write it again: cargo run -- openapi --reference > docs/api.md");
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{method} {path}: {name} is there twice");
    }
    assert!(names.len() > 90, "{}", names.len());
}

#[test]
fn every_reference_leads_to_something_and_every_schema_is_used() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(path)) = members.get("$ref") {
                    found.insert(path);
                }
                members.values().for_each(|inner| references(inner, found));
            }
            Value::Array(all) => all.iter().for_each(|inner| references(inner, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(document(), &mut found);
    for path in &found {
        let place = path.strip_prefix('#').unwrap();
        assert!(document().pointer(place).is_some(), "{path} leads nowhere");
    }
    for name in document()["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(format!("#/components/schemas/{name}").as_str()), "nobody speaks of {name}");
    }
}

#[test]
fn every_example_is_as_its_schema_says() {
    let mut seen = 0;
    for (path, method, operation) in operations() {
        let sent = operation["requestBody"]["content"].as_object().into_iter().flatten();
        for (_, media) in sent.filter(|(_, media)| media.get("example").is_some()) {
            fits(&format!("{method} {path} takes"), &media["schema"], &media["example"], true);
            seen += 1;
        }
        let answers = operation["responses"].as_object().unwrap().values();
        let answers = answers.filter_map(|answer| answer["content"].get("application/json"));
        for media in answers.filter(|media| media.get("example").is_some()) {
            fits(&format!("{method} {path} answers"), &media["schema"], &media["example"], true);
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} were found");
}

/// The codes of the two tables that callers read, with their status.
fn codes_of_the_page() -> BTreeMap<String, u16> {
    let page = Page::read("docs/errors.md");
    let mut codes = BTreeMap::new();
    for row in page.rows().into_iter().take_while(|row| !row.contains("`not_set_up`")) {
        let mut cells = row.split('|').skip(1).map(str::trim);
        let Some(status) = cells.next().and_then(|status| status.parse().ok()) else { continue };
        let listed = cells.next().unwrap_or_default();
        codes.extend(listed.split('`').skip(1).step_by(2).map(|code| (code.to_owned(), status)));
    }
    codes
}

#[test]
fn codes_have_the_status_that_the_page_about_errors_says() {
    let described: BTreeMap<String, u16> =
        CODES.iter().map(|(code, status)| ((*code).to_owned(), *status)).collect();
    assert_eq!(described, codes_of_the_page());
}
