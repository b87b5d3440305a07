//! What belongs to syncs over the API, looked at in pages: links, conflicts, history, runs and plans; and only one's own.

use crate::support::TestHub;
use crate::support::rows::{connection, contact, mirror};
use crate::syncs_api_scene::{call_as, key_of, row};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use syncline_core::sync::link::{Base, Held};
use syncline_core::sync::{Conflict, ConflictKind, Ending, Face, Link, Side, Sides, State, Value as Field};
use syncline_store::runs::Trigger;
use syncline_store::syncs::conflicts::{self, NewConflict, Whose};
use syncline_store::syncs::history::{self, HistoryRow};
use syncline_store::syncs::links::{self, LinkRow};
use syncline_store::syncs::plans::{self, Planned};
use syncline_store::syncs::runs::{self, NewRun};
use syncline_store::syncs::{Reading, Trouble};

/// A sync of acme with some of everything, and a stranger's key.
async fn scene() -> (TestHub, String) {
    let hub = TestHub::start(&[]).await;
    let left = connection(&hub, "con_1", "acme", "62515").await;
    mirror(&hub, &left, vec![contact("1", "Ada"), contact("2", "Bob")]).await;
    row(&hub, "syn_A", "acme", ["con_1", "con_2"]).await;
    let mut tx = hub.cx.store.begin().await.unwrap();
    let all = [link("1", "/1/"), held("2", "/2/"), ended("3", "/3/")];
    assert!(links::insert(&mut tx, &all).await.unwrap().is_empty());
    let whose = Whose { sync_id: "syn_A", org_id: "acme" };
    let new = [differs("cnf_A", "1", "/1/"), matches("cnf_B", "9")];
    assert_eq!(conflicts::put(&mut tx, whose, &new, hub.cx.now()).await.unwrap().len(), 2);
    let what = ["linked", "created", "updated"];
    let rows: Vec<HistoryRow> = what.iter().map(|what| happened(&hub, what)).collect();
    history::add(&mut tx, &rows).await.unwrap();
    runs::create(&mut tx, &dry_run(&hub)).await.unwrap();
    let planned: Vec<Planned> = (0..3).map(plan).collect();
    plans::add(&mut tx, "srn_A", &planned).await.unwrap();
    tx.commit().await.unwrap();
    let stranger = key_of(&hub, "zeta").await;
    (hub, stranger)
}

fn link(left: &str, right: &str) -> LinkRow {
    let mut link = Link::joined(left, right);
    let rule = &crate::syncs_api_scene::ready_made().rules[0];
    let faces =
        Sides { left: Face(vec![Field::text("Ada"), Field::Empty]), right: Face(vec![Field::text("Ada")]) };
    let base = Base { shape: Base::shape_of(rule), faces, ..Base::default() };
    link.bases.insert(rule.name.clone(), base);
    LinkRow {
        id: format!("lnk_{left}"),
        sync_id: "syn_A".to_owned(),
        org_id: "acme".to_owned(),
        name: format!("person {left}"),
        link,
        trouble: Trouble::None,
        ended_at: None,
        created_at: crate::support::START,
        updated_at: crate::support::START,
        version: 1,
    }
}

fn held(left: &str, right: &str) -> LinkRow {
    let mut row = link(left, right);
    let value = Held { value: Field::text("bob@"), reason: "Invalid email bob@".to_owned() };
    row.link.refused.left = BTreeMap::from([("email".to_owned(), value)]);
    LinkRow { trouble: Trouble::Held, ..row }
}

fn ended(left: &str, right: &str) -> LinkRow {
    let mut row = link(left, right);
    row.link.state = State::Ended(Ending::Unlinked { side: Side::Right });
    row
}

fn differs(id: &str, left: &str, right: &str) -> NewConflict {
    let face = |text: &str| Face(vec![Field::text(text)]);
    NewConflict {
        id: id.to_owned(),
        link_id: Some(format!("lnk_{left}")),
        ids: Sides { left: Some(left.to_owned()), right: Some(right.to_owned()) },
        conflict: Conflict {
            kind: ConflictKind::Field { rule: "name".to_owned() },
            faces: Sides { left: face("Ada"), right: face("Adah") },
            times: Sides { left: Some(crate::support::START), right: None },
            base: None,
            winner: None,
        },
    }
}

fn matches(id: &str, left: &str) -> NewConflict {
    let candidates = vec!["/7/".to_owned(), "/8/".to_owned()];
    let kind = ConflictKind::Match { side: Side::Left, id: left.to_owned(), candidates };
    let bare = differs(id, left, "");
    NewConflict {
        link_id: None,
        ids: Sides { left: Some(left.to_owned()), right: None },
        conflict: Conflict { kind, faces: Sides::default(), times: Sides::default(), ..bare.conflict },
        ..bare
    }
}

fn happened(hub: &TestHub, what: &str) -> HistoryRow {
    HistoryRow {
        seq: 0,
        sync_id: "syn_A".to_owned(),
        org_id: "acme".to_owned(),
        link_id: Some("lnk_1".to_owned()),
        at: hub.cx.now(),
        side: Some(Side::Right),
        what: what.to_owned(),
        ids: Sides { left: Some("1".to_owned()), right: Some("/1/".to_owned()) },
        detail: json!({ "rules": [] }),
    }
}

fn dry_run(hub: &TestHub) -> NewRun {
    NewRun {
        id: "srn_A".to_owned(),
        org_id: "acme".to_owned(),
        sync_id: "syn_A".to_owned(),
        towards: Some(Side::Right),
        dry_run: true,
        reading: Reading::Full,
        trigger: Trigger::Api,
        created_at: hub.cx.now(),
    }
}

fn plan(n: u64) -> Planned {
    Planned {
        n,
        side: Some(Side::Right),
        what: "created".to_owned(),
        ids: Sides { left: Some(n.to_string()), right: None },
        detail: json!({ "rules": [] }),
    }
}

async fn ids(hub: &TestHub, path: &str, name: &str) -> Vec<String> {
    let page = hub.get(path).await.json();
    let data = page["data"].as_array().unwrap_or_else(|| panic!("{path}: {page}"));
    data.iter().map(|one| one[name].as_str().map_or_else(|| one[name].to_string(), str::to_owned)).collect()
}

/// Page by page, one row each.
async fn walked(hub: &TestHub, path: &str, name: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = format!("{path}?limit=1{cursor}");
        let mut found = ids(hub, &page, name).await;
        assert!(found.len() <= 1, "{page}");
        all.append(&mut found);
        match hub.get(&page).await.json()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn lists_neither_skip_nor_repeat_from_page_to_page() {
    let (hub, _) = scene().await;
    assert_eq!(walked(&hub, "/v1/syncs/syn_A/links", "id").await, ["lnk_1", "lnk_2", "lnk_3"]);
    assert_eq!(walked(&hub, "/v1/conflicts", "id").await, ["cnf_B", "cnf_A"], "the latest first");
    for path in ["/v1/syncs/syn_A/history", "/v1/links/lnk_1/history"] {
        assert_eq!(walked(&hub, path, "what").await, ["updated", "created", "linked"], "{path}");
    }
    assert_eq!(walked(&hub, "/v1/sync-runs/srn_A/plan", "n").await, ["0", "1", "2"]);
    assert_eq!(walked(&hub, "/v1/syncs/syn_A/runs", "id").await, ["srn_A"]);
    let rest = "/v1/sync-runs/srn_A/plan?after=0&limit=1";
    assert_eq!(
        (ids(&hub, rest, "n").await, &hub.get(rest).await.json()["kept"]),
        (vec!["1".to_owned()], &json!(3))
    );
}

#[tokio::test]
async fn lists_are_filtered_and_a_filter_that_makes_no_sense_is_refused() {
    let (hub, _) = scene().await;
    let links = "/v1/syncs/syn_A/links";
    for (query, found) in [
        ("?state=linked", vec!["lnk_1", "lnk_2"]),
        ("?state=ended", vec!["lnk_3"]),
        ("?trouble=held", vec!["lnk_2"]),
        ("?record=/2/", vec!["lnk_2"]),
        ("?record=2", vec!["lnk_2"]),
        ("?search=SON%203", vec!["lnk_3"]),
        ("?search=%25", vec![]),
    ] {
        assert_eq!(ids(&hub, &format!("{links}{query}"), "id").await, found, "{query}");
    }
    for (query, found) in [
        ("?kind=match", vec!["cnf_B"]),
        ("?sync_id=syn_A&state=open", vec!["cnf_B", "cnf_A"]),
        ("?link_id=lnk_1", vec!["cnf_A"]),
        ("?state=passed", vec![]),
        ("?org_id=zeta", vec![]),
    ] {
        assert_eq!(ids(&hub, &format!("/v1/conflicts{query}"), "id").await, found, "{query}");
    }
    let history = "/v1/syncs/syn_A/history";
    for (query, found) in
        [("?side=left&record_id=1", 3), ("?side=right&record_id=1", 0), ("?link_id=lnk_2", 0)]
    {
        assert_eq!(ids(&hub, &format!("{history}{query}"), "what").await.len(), found, "{query}");
    }
    assert_eq!(ids(&hub, "/v1/syncs/syn_A/runs?dry_run=false", "id").await, [""; 0]);
    for (path, code) in [
        ("/v1/syncs/syn_A/links?state=over", "bad_state"),
        ("/v1/syncs/syn_A/links?trouble=big", "bad_state"),
        ("/v1/syncs/syn_A/links?cursor=2", "bad_cursor"),
        ("/v1/syncs/syn_A/links?name=x", "bad_query"),
        ("/v1/syncs/syn_A/history?side=left", "bad_side"),
        ("/v1/syncs/syn_A/history?record_id=1", "bad_side"),
        ("/v1/syncs/syn_A/history?side=up&record_id=1", "bad_side"),
        ("/v1/syncs/syn_A/history?cursor=lnk_1", "bad_cursor"),
        ("/v1/links/lnk_1/history?side=left", "bad_query"),
        ("/v1/conflicts?kind=war", "bad_kind"),
        ("/v1/conflicts?state=closed", "bad_state"),
        ("/v1/conflicts?cursor=1", "bad_cursor"),
        ("/v1/syncs/syn_A/runs?state=done", "bad_state"),
        ("/v1/syncs/syn_A/runs?dry_run=1", "bad_query"),
        ("/v1/syncs/syn_A/runs?cursor=srn_A", "bad_cursor"),
        ("/v1/sync-runs/srn_A/plan?cursor=-1", "bad_cursor"),
        ("/v1/sync-runs/srn_A/plan?after=1&cursor=1", "bad_query"),
        ("/v1/sync-runs/srn_A/plan?limit=0", "bad_limit"),
    ] {
        let answer = hub.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{path}");
    }
}

#[tokio::test]
async fn a_link_shows_both_records_and_rule_by_rule_what_they_say() {
    let (hub, _) = scene().await;
    let link = hub.get("/v1/links/lnk_1").await.json();
    let (left, right) = (&link["records"]["left"], &link["records"]["right"]);
    assert_eq!((&left["name"], &left["state"]), (&json!("Ada"), &json!("there")), "{link}");
    assert_eq!((&right["id"], &right["state"]), (&json!("/1/"), &json!("unknown")), "{link}");
    let name = &link["rules"][0];
    assert_eq!((&name["rule"], &name["fields"]["left"]), (&json!("name"), &json!(["firstname", "lastname"])));
    assert_eq!(name["faces"], json!({ "left": ["Ada", null], "right": null }), "{name}");
    assert_eq!(name["base"], json!({ "left": ["Ada", null], "right": ["Ada"] }), "{name}");
    let emails = &link["rules"][1];
    assert_eq!((&emails["base"], &emails["faces"]["left"]), (&Value::Null, &json!(["1@example.com", null])));
    assert_eq!(link["conflicts"][0]["id"], "cnf_A", "{link}");
    let held = hub.get("/v1/links/lnk_2").await.json();
    let view = json!([{ "rule": null, "side": "left", "field": "email", "value": "bob@", "reason": "Invalid email bob@" }]);
    assert_eq!((&held["held"], &held["rules"][1]["held"]), (&view, &view), "{held}");
    assert_eq!(held["rules"][0]["held"], json!([]));
    let ended = hub.get("/v1/links/lnk_3").await.json();
    assert_eq!(ended["ended"], json!({ "why": "unlinked", "side": "right" }), "{ended}");
}

#[tokio::test]
async fn a_conflict_shows_what_it_is_about_and_how_it_can_be_decided() {
    let (hub, _) = scene().await;
    let differs = hub.get("/v1/conflicts/cnf_A").await.json();
    assert_eq!((&differs["kind"], &differs["about"]["rule"]), (&json!("field"), &json!("name")));
    assert_eq!(differs["faces"], json!({ "left": ["Ada"], "right": ["Adah"] }));
    assert_eq!(differs["fields"]["right"], json!(["name"]), "{differs}");
    assert_eq!(differs["records"]["left"][0]["name"], "Ada", "{differs}");
    assert_eq!(differs["choices"].as_array().unwrap().len(), 2, "{differs}");
    let matches = hub.get("/v1/conflicts/cnf_B").await.json();
    assert_eq!((&matches["id"], &matches["about"]["id"]), (&json!("cnf_B"), &json!("9")));
    let right: Vec<&str> = matches["records"]["right"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(right, ["/7/", "/8/"]);
}

#[tokio::test]
async fn a_conflict_is_decided_once_and_only_by_a_choice_that_fits_it() {
    let (hub, _) = scene().await;
    let resolve = async |id: &str, body: Value| {
        call_as(&hub, &hub.key, Method::POST, &format!("/v1/conflicts/{id}/resolve"), &body).await
    };
    for (id, body, status, code) in [
        ("cnf_A", json!({ "choice": "leave" }), 422, "choice_misfit"),
        ("cnf_A", json!({ "choice": "side", "side": "left", "force": true }), 422, "choice_misfit"),
        ("cnf_B", json!({ "choice": "is", "id": "/9/" }), 422, "choice_misfit"),
        ("cnf_B", json!({ "choice": "keep" }), 422, "choice_misfit"),
        ("cnf_B", json!({ "choice": "is", "id": "x".repeat(1_001) }), 400, "bad_body"),
        ("cnf_B", json!({ "choice": "is" }), 400, "bad_body"),
        ("cnf_B", json!({ "choice": "leave", "force": true }), 400, "bad_body"),
        ("cnf_A", json!({ "choice": "side", "side": "middle" }), 400, "bad_body"),
        ("cnf_A", json!({ "choice": "coin" }), 400, "bad_body"),
        ("cnf_A", json!("left"), 400, "bad_body"),
        ("cnf_A", Value::Null, 400, "bad_body"),
        ("cnf_X", json!({ "choice": "leave" }), 404, "not_found"),
    ] {
        let answer = resolve(id, body.clone()).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{id} {body}");
    }
    assert_eq!(ids(&hub, "/v1/conflicts?state=open", "id").await, ["cnf_B", "cnf_A"], "nothing changed");
    let choice = json!({ "choice": "side", "side": "right" });
    let decided = resolve("cnf_A", choice.clone()).await;
    assert_eq!(decided.status, 200, "{}", decided.text());
    let decided = decided.json();
    assert_eq!(
        (&decided["state"], &decided["resolved_by"], &decided["choice"]["side"], &decided["choices"]),
        (&json!("resolved"), &json!("API key test"), &json!("right"), &json!([])),
    );
    assert_eq!(hub.get("/v1/links/lnk_1").await.json()["rules"][0]["decision"]["winner"], "right");
    let again = resolve("cnf_A", choice).await;
    assert_eq!((again.status, again.code().as_str()), (409, "conflict_over"), "{}", again.text());
}

#[tokio::test]
async fn a_run_is_stopped_once_and_only_a_dry_one_has_a_plan() {
    let (hub, _) = scene().await;
    let run = hub.get("/v1/sync-runs/srn_A").await.json();
    assert_eq!(
        (&run["state"], &run["towards"], &run["dry_run"], &run["progress"]["looked_at"]),
        (&json!("waiting"), &json!("right"), &json!(true), &json!(0)),
    );
    assert!(run.get("saved").is_none(), "{run}");
    let cancel = "/v1/sync-runs/srn_A/cancel";
    let stopped = call_as(&hub, &hub.key, Method::POST, cancel, &Value::Null).await;
    assert_eq!((stopped.status, &stopped.json()["state"]), (202, &json!("cancelled")), "{stopped:?}");
    let over = call_as(&hub, &hub.key, Method::POST, cancel, &Value::Null).await;
    assert_eq!((over.status, over.code().as_str()), (409, "run_over"));
    let mut tx = hub.cx.store.begin().await.unwrap();
    let wet = NewRun { id: "srn_B".to_owned(), dry_run: false, ..dry_run(&hub) };
    runs::create(&mut tx, &wet).await.unwrap();
    tx.commit().await.unwrap();
    let plan = hub.get("/v1/sync-runs/srn_B/plan").await;
    assert_eq!((plan.status, plan.code().as_str()), (409, "not_a_dry_run"));
}

#[tokio::test]
async fn tenants_do_not_see_each_others_syncs() {
    let (hub, stranger) = scene().await;
    for (method, path, body) in [
        (Method::GET, "/v1/syncs/syn_A", Value::Null),
        (Method::PATCH, "/v1/syncs/syn_A", json!({ "name": "mine" })),
        (Method::PATCH, "/v1/syncs/syn_A", json!({})),
        (Method::DELETE, "/v1/syncs/syn_A", Value::Null),
        (Method::GET, "/v1/syncs/syn_A/schema", Value::Null),
        (Method::GET, "/v1/syncs/syn_A/links", Value::Null),
        (Method::GET, "/v1/syncs/syn_A/history", Value::Null),
        (Method::GET, "/v1/syncs/syn_A/runs", Value::Null),
        (Method::POST, "/v1/syncs/syn_A/runs", Value::Null),
        (Method::GET, "/v1/syncs/template?left=con_1&right=con_2", Value::Null),
        (Method::POST, "/v1/syncs", json!({ "left": "con_1", "right": "con_2" })),
        (Method::POST, "/v1/syncs/check", json!({ "left": "con_1", "right": "con_2" })),
        (Method::GET, "/v1/sync-runs/srn_A", Value::Null),
        (Method::GET, "/v1/sync-runs/srn_A/plan", Value::Null),
        (Method::POST, "/v1/sync-runs/srn_A/cancel", Value::Null),
        (Method::GET, "/v1/links/lnk_1", Value::Null),
        (Method::GET, "/v1/links/lnk_1/history", Value::Null),
        (Method::GET, "/v1/conflicts/cnf_A", Value::Null),
        (Method::GET, "/v1/conflicts?sync_id=syn_A", Value::Null),
        (Method::POST, "/v1/conflicts/cnf_A/resolve", json!({ "choice": "side", "side": "left" })),
    ] {
        let answer = call_as(&hub, &stranger, method.clone(), path, &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {path}");
    }
    for path in ["/v1/syncs", "/v1/conflicts", "/v1/conflicts?link_id=lnk_1", "/v1/syncs?connection_id=con_1"]
    {
        let answer = call_as(&hub, &stranger, Method::GET, path, &Value::Null).await;
        assert_eq!(answer.json()["data"], json!([]), "{path}");
    }
    let forbidden = call_as(&hub, &stranger, Method::GET, "/v1/conflicts?org_id=acme", &Value::Null).await;
    assert_eq!((forbidden.status, forbidden.code().as_str()), (403, "key_of_one_organization"));
    let own = key_of(&hub, "acme").await;
    for path in ["/v1/syncs/syn_A", "/v1/links/lnk_1", "/v1/conflicts/cnf_A", "/v1/sync-runs/srn_A"] {
        assert_eq!(call_as(&hub, &own, Method::GET, path, &Value::Null).await.status, 200, "{path}");
    }
    let all = hub.get("/v1/syncs/syn_A").await.json();
    assert_eq!((&all["version"], &all["counts"]["conflicts_open"]), (&json!(1), &json!(2)), "{all}");
    assert_eq!((&all["run"]["id"], &all["counts"]["links"]["held"]), (&json!("srn_A"), &json!(1)), "{all}");
}
