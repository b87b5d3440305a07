//! What requests may say: the program itself lists it when it is sent something else.

use super::operations;
use crate::support::{Answer, TestHub};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use syncline_hub::openapi::document;

/// A name that nothing has.
const NOBODYS: &str = "zzz_nobodys";

/// The names that a refusal lists behind `expected`.
fn expected(answer: &Answer, at: &str) -> BTreeSet<String> {
    let body = answer.json();
    let detail = body["detail"].as_str().unwrap_or_default();
    let (_, names) = detail.split_once("expected").unwrap_or_else(|| panic!("{at}: {body}"));
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

async fn ask(hub: &TestHub, method: &str, path: &str, query: &str, body: Option<&Value>) -> Answer {
    let path: String = path
        .split('/')
        .map(|part| if part.starts_with('{') { "x" } else { part })
        .collect::<Vec<_>>()
        .join("/");
    let method: Method = method.to_uppercase().parse().unwrap();
    let request = hub.request(method, &format!("{path}{query}")).bearer_auth(&hub.key);
    match body {
        Some(body) => hub.send(request.json(body)).await,
        None => hub.send(request).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_take_the_parameters_of_the_document_and_no_others() {
    let hub = TestHub::start(&[]).await;
    let mut seen = 0;
    for (path, method, operation) in operations() {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let described: BTreeSet<String> = parameters
            .filter(|one| one["in"] == "query")
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        if described.is_empty() {
            continue;
        }
        let answer = ask(&hub, method, path, &format!("?{NOBODYS}=1"), None).await;
        let at = format!("{method} {path}");
        assert_eq!((answer.status, answer.code()), (400, "bad_query".to_owned()), "{at}");
        let taken = expected(&answer, &at);
        let refused: Vec<&String> = described.difference(&taken).collect();
        assert!(refused.is_empty(), "{at} does not take {refused:?}: {taken:?}");
        for name in taken.difference(&described) {
            let answer = ask(&hub, method, path, &format!("?{name}=1"), None).await;
            assert_eq!(answer.code(), "bad_query", "{at} takes {name}, which is not in the document");
        }
        seen += 1;
    }
    assert!(seen > 20, "only {seen} were found");
}

/// The schema of what an operation takes as JSON, by its reference.
fn body_of(operation: &Value) -> Option<&'static Value> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    document().pointer(schema["$ref"].as_str()?.strip_prefix('#')?)
}

/// Bodies that are looked at only once what they change was found, or that have one of several forms.
const OTHERWISE: [&str; 2] = ["changeCounter", "resolveConflict"];

#[tokio::test(flavor = "multi_thread")]
async fn bodies_take_the_fields_of_the_document_and_no_others() {
    let hub = TestHub::start(&[]).await;
    let mut seen = 0;
    for (path, method, operation) in operations() {
        let Some(schema) = body_of(operation) else { continue };
        if OTHERWISE.contains(&operation["operationId"].as_str().unwrap()) {
            continue;
        }
        let answer = ask(&hub, method, path, "", Some(&json!({ NOBODYS: 1 }))).await;
        let at = format!("{method} {path}");
        assert_eq!((answer.status, answer.code()), (400, "bad_body".to_owned()), "{at}: {}", answer.text());
        let described: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(expected(&answer, &at), described, "{at}");
        seen += 1;
    }
    assert!(seen > 20, "only {seen} were found");
}

#[tokio::test(flavor = "multi_thread")]
async fn agreements_take_the_fields_of_the_document_and_no_others() {
    let hub = TestHub::start(&[]).await;
    let parts: [(&str, Value); 3] = [
        ("Agreement", json!({ NOBODYS: 1 })),
        ("Party", json!({ "sides": { "left": { NOBODYS: 1 } } })),
        ("Rule", json!({ "rules": [{ NOBODYS: 1 }] })),
    ];
    for (name, agreement) in parts {
        let body = json!({ "left": "con_1", "right": "con_2", "agreement": agreement });
        let answer = ask(&hub, "post", "/v1/syncs/check", "", Some(&body)).await;
        let schema = &document()["components"]["schemas"][name]["properties"];
        let described: BTreeSet<String> = schema.as_object().unwrap().keys().cloned().collect();
        assert_eq!(expected(&answer, name), described, "{name}");
    }
}

/// What every field of a body that has to be there is, is asked for by the program as well.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_to_be_there_is_what_the_document_says() {
    let hub = TestHub::start(&[]).await;
    for (path, method, operation) in operations() {
        let Some(schema) = body_of(operation) else { continue };
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
        for name in required {
            let mut body = example.clone();
            body.as_object_mut().unwrap().remove(name);
            let answer = ask(&hub, method, path, "", Some(&body)).await;
            assert_eq!(
                (answer.status, answer.code()),
                (400, "bad_body".to_owned()),
                "{method} {path} without {name}"
            );
        }
    }
}

/// Parsers that are derived for structs take a list of the fields as well, and an empty one where all have a usual value.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_no_body() {
    let hub = TestHub::start(&[]).await;
    let mut seen = 0;
    for (path, method, operation) in operations() {
        if operation["requestBody"]["content"]["application/json"].is_null() || path.starts_with("/webhooks")
        {
            continue;
        }
        for list in [json!([]), json!([null, null])] {
            let answer = ask(&hub, method, path, "", Some(&list)).await;
            assert_eq!(
                (answer.status, answer.code()),
                (400, "bad_body".to_owned()),
                "{method} {path} takes {list}"
            );
        }
        seen += 1;
    }
    assert!(seen > 20, "only {seen} were found");
    let rate = json!({ "url": "https://hooks.example.com/", "rate": [10, "1s"] });
    let answer = ask(&hub, "post", "/v1/endpoints", "", Some(&rate)).await;
    assert_eq!((answer.status, answer.code()), (400, "bad_body".to_owned()), "{}", answer.text());
}
