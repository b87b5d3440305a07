//! Syncs over the API: made, tried, changed, ended; every refusal.

use crate::support::TestHub;
use crate::support::rows::connection;
use crate::syncs_api_scene::{Two, call_as, key_of, row};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_is_made_from_the_ready_made_agreement_changed_and_ended() {
    let two = Two::start(0, &[]).await;
    let made = two.post("/v1/syncs", &two.body(json!({ "every": "1h" }))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let sync = made.json();
    let path = made.header("location").to_owned();
    assert_eq!(path, format!("/v1/syncs/{}", sync["id"].as_str().unwrap()));
    assert_eq!(sync["agreement"], two.template().await);
    assert_eq!(
        (&sync["left"], &sync["right"], &sync["org_id"], &sync["state"], &sync["every"]),
        (&json!(two.left.id), &json!(two.right.id), &json!("acme"), &json!("active"), &json!("1h")),
    );
    assert!(sync["name"].as_str().unwrap().contains('↔'), "{sync}");
    assert!(!sync.to_string().contains("sealed"), "{sync}");

    let shown = two.get(&path).await;
    let (left, counts) = (&shown["connections"]["left"], &shown["counts"]);
    assert_eq!((&left["provider"], &left["status"]), (&json!("hubspot"), &json!("active")), "{shown}");
    assert_eq!(
        *counts,
        json!({
            "links": {"linked": 0, "creating": 0, "ended": 0, "held": 0, "conflicts": 0},
            "conflicts_open": 0, "waiting": 0
        })
    );
    assert_eq!((&shown["run"], &shown["last_run"]), (&Value::Null, &Value::Null), "it was not to run");

    let mut agreement = two.template().await;
    agreement["policy"] = json!("ask");
    let body = json!({ "name": "People", "agreement": agreement, "every": null });
    let changed = two.call(Method::PATCH, &path, &body).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let changed = changed.json();
    assert_eq!(
        (&changed["name"], &changed["agreement"]["policy"], &changed["every"], &changed["runs_every"]),
        (&json!("People"), &json!("ask"), &Value::Null, &json!("never")),
    );
    assert_eq!(two.get(&path).await["version"], changed["version"]);
    let nothing = two.call(Method::PATCH, &path, &json!({})).await;
    assert_eq!((nothing.status, &nothing.json()["version"]), (200, &changed["version"]), "nothing changed");

    let paused = two.call(Method::PATCH, &path, &json!({ "state": "paused" })).await.json();
    assert_eq!((&paused["state"], &paused["reason"]), (&json!("paused"), &json!("paused by a person")));
    let run = two.post(&format!("{path}/runs"), &Value::Null).await;
    assert_eq!((run.status, run.code().as_str()), (409, "sync_paused"), "{}", run.text());
    let active = two.call(Method::PATCH, &path, &json!({ "state": "active" })).await.json();
    assert_eq!((&active["state"], &active["reason"]), (&json!("active"), &Value::Null));

    let schema = two.get(&format!("{path}/schema")).await;
    assert_eq!(schema["left"]["fields"]["tte_customer_uri"]["writable"], true, "{schema}");
    assert!(schema["right"]["fields"]["emails"].is_object(), "{schema}");

    let gone = two.call(Method::DELETE, &path, &Value::Null).await;
    assert_eq!((gone.status, gone.text().as_str()), (204, ""));
    for path in [path.clone(), format!("{path}/links"), format!("{path}/history"), format!("{path}/runs")] {
        let answer = two.hub().get(&path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
    assert_eq!(two.call(Method::DELETE, &path, &Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mistakes_of_an_agreement_are_all_told_with_their_places_and_nothing_is_kept() {
    let two = Two::start(0, &[]).await;
    let mut agreement = two.template().await;
    agreement["rules"][0]["fields"]["left"][0] = json!("fristname");
    agreement["matching"][0]["rule"] = json!("mails");
    let body = two.body(json!({ "agreement": agreement }));
    let tried = two.post("/v1/syncs/check", &body).await;
    assert_eq!(tried.status, 200, "{}", tried.text());
    let tried = tried.json();
    let mistakes = tried["mistakes"].as_array().unwrap();
    assert!(
        mistakes.iter().any(|one| one["at"] == "rules[0].fields.left[0]" && one["field"] == "fristname"),
        "{tried}"
    );
    assert!(mistakes.iter().any(|one| one["at"] == "matching[0].rule"), "{tried}");
    assert!(tried["schemas"]["left"]["fields"]["firstname"].is_object(), "with what fields there are");

    let refused = two.post("/v1/syncs", &body).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "agreement_invalid"));
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.json()["mistakes"], tried["mistakes"]);
    assert_eq!(two.get("/v1/syncs").await["data"], json!([]), "nothing was kept");

    let fits = two.post("/v1/syncs/check", &two.body(json!({}))).await.json();
    assert_eq!((&fits["mistakes"], &fits["agreement"]), (&json!([]), &two.template().await));
    let sync = two.sync(json!({})).await;
    let path = format!("/v1/syncs/{}", sync["id"].as_str().unwrap());
    let change = json!({ "agreement": agreement, "name": "Other" });
    let refused = two.call(Method::PATCH, &path, &change).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "agreement_invalid"));
    assert_eq!(two.get(&path).await["name"], sync["name"], "nothing of it was taken");

    agreement["rules"] = json!(vec![agreement["rules"][1].clone(); 201]);
    let refused = two.post("/v1/syncs", &two.body(json!({ "agreement": agreement }))).await;
    assert_eq!((refused.status, &refused.json()["mistakes"][0]["at"]), (422, &json!("rules")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_sync_is_refused_with_a_code_that_says_why() {
    let two = Two::start(0, &[]).await;
    let stranger = connection(two.hub(), "con_zeta", "zeta", "99").await;
    let (left, right) = (&two.left.id, &two.right.id);
    let template = two.template().await;
    let mut unknown_type = template.clone();
    unknown_type["sides"]["left"]["object_type"] = json!("unicorns");
    let mut unknown_form = template.clone();
    unknown_form["rules"][0]["form"] = json!("magic");
    let mut more = template.clone();
    more["color"] = json!("red");
    for (body, status, code) in [
        (json!({ "left": left, "right": "con_x" }), 404, "not_found"),
        (json!({ "left": "", "right": right }), 404, "not_found"),
        (json!({ "left": left, "right": stranger.id }), 422, "organizations_differ"),
        (json!({ "left": left, "right": left }), 422, "no_template"),
        (two.body(json!({ "agreement": unknown_type })), 422, "not_writable"),
        (two.body(json!({ "agreement": unknown_form })), 400, "bad_body"),
        (two.body(json!({ "agreement": more })), 400, "bad_body"),
        (two.body(json!({ "agreement": {} })), 400, "bad_body"),
        (two.body(json!({ "name": "a\nb" })), 400, "bad_name"),
        (two.body(json!({ "name": "n".repeat(256) })), 400, "bad_name"),
        (two.body(json!({ "every": "1m" })), 400, "bad_every"),
        (two.body(json!({ "every": "often" })), 400, "bad_every"),
        (two.body(json!({ "every": 60 })), 400, "bad_body"),
        (two.body(json!({ "run": "yes" })), 400, "bad_body"),
        (two.body(json!({ "org_id": "acme" })), 400, "bad_body"),
        (json!({ "left": left }), 400, "bad_body"),
        (json!("syn"), 400, "bad_body"),
    ] {
        for path in ["/v1/syncs", "/v1/syncs/check"] {
            let answer = two.post(path, &body).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path} {body}");
        }
    }
    let mut alike = template.clone();
    alike["sides"]["right"] = alike["sides"]["left"].clone();
    let body = json!({ "left": left, "right": left, "agreement": alike });
    let answer = two.post("/v1/syncs", &body).await;
    assert_eq!((answer.status, answer.code().as_str()), (422, "sides_alike"));

    let ended = two.call(Method::DELETE, &format!("/v1/connections/{right}"), &Value::Null).await;
    assert_eq!(ended.status, 200);
    let answer = two.post("/v1/syncs", &two.body(json!({ "agreement": template }))).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "connection_not_active"), "{}", answer.text());
    assert_eq!(two.get("/v1/syncs").await["data"], json!([]), "nothing was kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_does_not_answer_is_no_fault_of_the_caller() {
    let two = Two::start(0, &[("call.retries", "0")]).await;
    two.joined
        .fault(json!({"provider": "hubspot", "path": "/crm/*/properties/*", "effect": {"kind": "status", "status": 403,
            "body": {"status": "error", "message": "no", "category": "MISSING_SCOPES"}}}))
        .await;
    let answer = two.post("/v1/syncs", &two.body(json!({}))).await;
    assert_eq!((answer.status, answer.code().as_str()), (502, "provider_down"), "{}", answer.text());
}

#[tokio::test]
async fn changes_that_cannot_be_are_refused_and_change_nothing() {
    let hub = TestHub::start(&[]).await;
    row(&hub, "syn_A", "acme", ["con_1", "con_2"]).await;
    for (body, code) in [
        (json!({ "state": "deleted" }), "bad_state"),
        (json!({ "name": "" }), "bad_name"),
        (json!({ "every": "0s" }), "bad_every"),
        (json!({ "left": "con_3" }), "bad_body"),
        (json!({ "agreement": "mine" }), "bad_body"),
        (json!([]), "bad_body"),
    ] {
        let answer = call_as(&hub, &hub.key, Method::PATCH, "/v1/syncs/syn_A", &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{body}");
    }
    let gone = call_as(&hub, &hub.key, Method::PATCH, "/v1/syncs/syn_A", &json!({ "state": "active" })).await;
    assert_eq!((gone.status, gone.code().as_str()), (404, "not_found"), "its connections are not there");
    let sync = hub.get("/v1/syncs/syn_A").await.json();
    assert_eq!((&sync["version"], &sync["state"]), (&json!(1), &json!("paused")), "{sync}");
    for path in
        ["/v1/syncs/template", "/v1/syncs/template?left=con_1", "/v1/syncs/template?left=a&right=b&x=1"]
    {
        let answer = hub.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_query"), "{path}");
    }
    assert_eq!(hub.get("/v1/syncs/template?left=con_1&right=con_2").await.status, 404);
}

#[tokio::test]
async fn syncs_are_listed_in_pages_by_state_connection_and_organization() {
    let hub = TestHub::start(&[]).await;
    for (id, org, ends) in [
        ("syn_A", "acme", ["con_1", "con_2"]),
        ("syn_B", "zeta", ["con_3", "con_4"]),
        ("syn_C", "acme", ["con_2", "con_5"]),
    ] {
        row(&hub, id, org, ends).await;
    }
    let ids = async |query: &str| -> Vec<String> {
        let page = hub.get(&format!("/v1/syncs{query}")).await.json();
        let data = page["data"].as_array().unwrap_or_else(|| panic!("{page}"));
        data.iter().map(|sync| sync["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("").await, ["syn_A", "syn_B", "syn_C"]);
    assert_eq!(ids("?connection_id=con_2").await, ["syn_A", "syn_C"], "of whichever side");
    assert_eq!(ids("?org_id=zeta&state=paused").await, ["syn_B"]);
    assert_eq!(ids("?state=active").await, [""; 0]);
    let first = hub.get("/v1/syncs?limit=2").await.json();
    let next = first["next_cursor"].as_str().expect("there is another");
    assert_eq!(ids(&format!("?limit=2&cursor={next}")).await, ["syn_C"]);
    assert_eq!(hub.get("/v1/syncs?limit=3").await.json()["next_cursor"], Value::Null);
    for (query, code) in [
        ("?state=gone", "bad_state"),
        ("?limit=0", "bad_limit"),
        ("?limit=501", "bad_limit"),
        ("?cursor=lnk_A", "bad_cursor"),
        ("?cursor=1.syn_A", "bad_cursor"),
        ("?name=x", "bad_query"),
    ] {
        let answer = hub.get(&format!("/v1/syncs{query}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{query}");
    }
}

#[tokio::test]
async fn nobody_gets_at_syncs_without_a_key() {
    let hub = TestHub::start(&[]).await;
    for (method, path) in [
        (Method::GET, "/v1/syncs"),
        (Method::POST, "/v1/syncs"),
        (Method::POST, "/v1/syncs/check"),
        (Method::GET, "/v1/syncs/template"),
        (Method::PATCH, "/v1/syncs/syn_A"),
        (Method::DELETE, "/v1/syncs/syn_A"),
        (Method::POST, "/v1/syncs/syn_A/runs"),
        (Method::GET, "/v1/sync-runs/srn_A/plan"),
        (Method::GET, "/v1/links/lnk_A"),
        (Method::GET, "/v1/conflicts"),
        (Method::POST, "/v1/conflicts/cnf_A/resolve"),
    ] {
        let answer = hub.send(hub.request(method.clone(), path)).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "key_missing"), "{method} {path}");
    }
    let key = key_of(&hub, "acme").await;
    let other = call_as(&hub, &key, Method::GET, "/v1/syncs?org_id=zeta", &Value::Null).await;
    assert_eq!((other.status, other.code().as_str()), (403, "key_of_one_organization"));
    let odd = hub.send(hub.request(Method::PUT, "/v1/syncs/syn_A").bearer_auth(&hub.key)).await;
    assert_eq!((odd.status, odd.code().as_str()), (405, "method_not_allowed"));
}
