//! The routes of the program and the paths of the document are the same.

use super::operations;
use crate::support::TestHub;
use reqwest::Method;
use std::collections::BTreeSet;
use syncline_hub::api::{self, Api};
use syncline_hub::gauges::{Health, LogGauge};
use syncline_hub::roles::Roles;
use tokio_util::sync::CancellationToken;

/// The addresses that a router knows, as it shows them to whoever debugs it: nothing else lists them.
fn addresses(router: &axum::Router) -> BTreeSet<String> {
    let shown = format!("{router:?}");
    let texts = shown.split('"').skip(1).step_by(2);
    // A router without routes of its own at the end has a fallback at the root.
    texts
        .filter(|text| text.starts_with('/') && text.len() > 1 && !text.contains('*'))
        .map(str::to_owned)
        .collect()
}

fn routers(hub: &TestHub) -> BTreeSet<String> {
    let api = Api {
        cx: hub.cx.clone(),
        health: Health::default(),
        log: LogGauge::Elsewhere,
        recorder: None,
        roles: Roles::ALL,
        stop: CancellationToken::new(),
    };
    let all = [api::router(api.clone()), api::machine_router(api.clone()), api::integrations::router(api)];
    let mut found: BTreeSet<String> = all.iter().flat_map(addresses).collect();
    // The route of webhooks needs no database, and so no `Api`.
    found.insert("/webhooks/{provider}/{app}".to_owned());
    found
}

/// An address with something in the place of every name.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "x".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_in_the_document_and_every_path_is_a_route() {
    let hub = TestHub::start(&[]).await;
    let described: BTreeSet<String> = operations().iter().map(|(path, _, _)| (*path).to_owned()).collect();
    let routes = routers(&hub);
    assert!(routes.len() > 70, "{routes:?}");
    assert_eq!(routes, described);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_of_a_route_is_in_the_document_and_no_other() {
    let hub = TestHub::start(&[]).await;
    let odd = Method::from_bytes(b"LOOK").unwrap();
    let mut paths: BTreeSet<&str> = operations().iter().map(|(path, _, _)| *path).collect();
    // Its own fallback counts what is no POST.
    paths.remove("/webhooks/{provider}/{app}");
    for path in paths {
        let answer = hub.send(hub.request(odd.clone(), &filled(path))).await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed: BTreeSet<String> = answer
            .header("allow")
            .split(',')
            .map(str::to_lowercase)
            .filter(|method| method != "head")
            .collect();
        let described: BTreeSet<String> = operations()
            .iter()
            .filter(|(one, _, _)| *one == path)
            .map(|(_, method, _)| (*method).to_owned())
            .collect();
        assert_eq!(allowed, described, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_key_is_refused_without_one_and_nothing_else_is() {
    let hub = TestHub::start(&[]).await;
    for (path, method, operation) in operations() {
        let needs = operation["security"].as_array().unwrap().iter().any(|one| {
            let one = one.as_object().unwrap();
            one.contains_key("key") || one.contains_key("operatorKey")
        });
        let open = operation["security"].as_array().unwrap().iter().any(|one| *one == serde_json::json!({}));
        let answer = hub.send(hub.request(method.to_uppercase().parse().unwrap(), &filled(path))).await;
        if needs && !open {
            assert_eq!((answer.status, answer.code()), (401, "key_missing".to_owned()), "{method} {path}");
        } else if !path.starts_with("/webhooks") && !path.starts_with("/integrations") {
            assert_eq!(answer.status, 200, "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_operators_is_refused_to_a_key_of_one_organization() {
    let hub = TestHub::start(&[]).await;
    let (_, key) = api::access::create_key(&hub.cx, "acme", Some("acme".to_owned())).await.unwrap();
    for (path, method, operation) in operations() {
        let only = operation["security"] == serde_json::json!([{ "operatorKey": [] }]);
        // A stream would not end.
        if !path.starts_with("/v1/") || path.ends_with("/stream") {
            continue;
        }
        let request = hub.request(method.to_uppercase().parse().unwrap(), &filled(path)).bearer_auth(&key);
        let answer = hub.send(request).await;
        let refused = answer.status == 403;
        assert_eq!(refused, only, "{method} {path}: {}", answer.text());
    }
}
