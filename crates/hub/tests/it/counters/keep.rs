//! Making, changing and ending definitions.

use super::scene::{Scene, definition, trigger_of};
use crate::support::joined::Joined;
use serde_json::{Value, json};
use syncline_core::counters::change::{Change, Refusal};
use syncline_hub::counters::keep::{self, Refused};
use syncline_hub::counters::{probe, seal};
use syncline_store::Scope;
use syncline_store::counters::changes::Answer;
use syncline_store::counters::definitions::{self, State};
use syncline_store::counters::{self as rows, Filter};

/// The fields that are wrong with what is said.
async fn wrong(joined: &Joined, said: Value) -> Vec<String> {
    let connection = joined.connect("hubspot").await;
    let definition = definition(joined, &connection, said).await;
    match keep::create(&joined.hub.cx, &Scope::All, definition).await {
        Err(Refused::Problems(problems)) => problems.into_iter().map(|problem| problem.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_a_definition_is_said_with_its_field() {
    let joined = Joined::start(0, &[]).await;
    let trigger = |url: &str| json!({ "target": { "kind": "trigger", "url": url } });
    for (said, field) in [
        (trigger("https://example.com/automation/v4/webhook-triggers/1/abc"), "target.url"),
        (trigger("http://169.254.169.254/automation/v4/webhook-triggers/1/abcdefg"), "target.url"),
        (json!({ "name": "With Blanks" }), "name"),
        (json!({ "payload": { "a": "{{key}}" }, "target": { "kind": "trigger" } }), "payload"),
        (json!({ "store": { "kind": "redis", "server": "nowhere", "key": "exam:{key}" } }), "store.server"),
        (
            json!({ "truth": { "source": "sql", "database": "nowhere", "query": "SELECT 1 WHERE {{key}}" } }),
            "truth.database",
        ),
        (
            json!({ "truth": { "source": "sql", "database": "d", "query": "DELETE FROM t WHERE k = {{key}}" } }),
            "truth.query",
        ),
        (json!({ "truth": { "source": "http", "url": "http://127.0.0.1/{{key}}" } }), "truth.url"),
        (json!({ "truth": { "source": "http", "url": "https://localhost/{{key}}" } }), "truth.url"),
    ] {
        let fields = wrong(&joined, said.clone()).await;
        assert!(fields.iter().any(|it| it == field), "{said}: {fields:?}");
    }
    let filter = definitions::Filter::default();
    let all = definitions::list(&joined.hub.cx.store, &Scope::All, &filter, None, 9);
    assert_eq!(all.await.unwrap(), vec![], "bad input changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_of_another_account_is_refused_with_both_accounts_numbers() {
    let scene = Scene::start(1, json!({ "kind": "trigger" })).await;
    let elsewhere = trigger_of(&scene.joined).await.replace("/62515/", "/62516/");
    let said = json!({ "name": "second", "target": { "kind": "trigger", "url": elsewhere } });
    let another = definition(&scene.joined, &scene.connection, said).await;
    for refused in [
        keep::create(scene.cx(), &Scope::All, another.clone()).await,
        keep::update(scene.cx(), &Scope::All, &scene.of.id, another, None).await,
    ] {
        let Err(Refused::Problems(problems)) = refused else { panic!("{refused:?}") };
        assert_eq!((problems.len(), problems[0].field.as_str()), (1, "target.url"));
        let message = &problems[0].message;
        assert!(
            message.contains("belongs to HubSpot account 62516") && message.contains("one to 62515"),
            "{message}"
        );
        assert!(!message.contains(elsewhere.rsplit('/').next().unwrap()), "the address is a secret");
    }
    assert_eq!(scene.now().await, scene.of, "bad input changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_belongs_to_the_organization_of_its_hubspot_connection() {
    let scene = Scene::start(1, json!({ "kind": "property" })).await;
    let (cx, of) = (scene.cx(), &scene.of);
    let said = |name: &str| json!({ "name": name });
    let others = Scope::Organization("others".to_owned());
    let mine = definition(&scene.joined, &scene.connection, said("second")).await;
    assert!(matches!(keep::create(cx, &others, mine.clone()).await, Err(Refused::NoConnection)));
    for result in [
        keep::pause(cx, &others, &of.id).await.map(|_| ()),
        keep::resume(cx, &others, &of.id).await.map(|_| ()),
        keep::update(cx, &others, &of.id, mine.clone(), None).await.map(|_| ()),
        keep::delete(cx, &others, &of.id).await,
    ] {
        assert!(matches!(result, Err(Refused::Gone)), "{result:?}");
    }
    let taken = definition(&scene.joined, &scene.connection, json!({})).await;
    assert!(matches!(keep::create(cx, &Scope::All, taken).await, Err(Refused::NameTaken(_))));
    let notion = scene.joined.connect("notion").await;
    let elsewhere = definition(&scene.joined, &notion, said("third")).await;
    assert!(matches!(keep::create(cx, &Scope::All, elsewhere).await, Err(Refused::Provider(_))));
    let made = keep::create(cx, &Scope::Organization(of.org_id.clone()), mine).await.unwrap();
    assert_eq!(made.org_id, of.org_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_triggers_address_is_sealed_kept_by_changes_and_sealed_anew() {
    let scene = Scene::start(1, json!({ "kind": "trigger" })).await;
    let (cx, of) = (scene.cx(), &scene.of);
    let url = trigger_of(&scene.joined).await;
    let secret = url.rsplit('/').next().unwrap();
    let bytes = &of.secrets.as_ref().unwrap().bytes;
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "sealed");
    assert!(!format!("{of:?}").contains(secret) && of.trigger_shown.as_deref().unwrap().ends_with('…'));
    assert_eq!(seal::open(cx, of).unwrap().target.url().unwrap().expose(), url);
    // A change that does not repeat it keeps it.
    let said = json!({ "target": { "kind": "trigger", "url": null }, "minimum": -5 });
    let changed = definition(&scene.joined, &scene.connection, said).await;
    let after = keep::update(cx, &Scope::All, &of.id, changed.clone(), Some(of.version)).await.unwrap();
    assert_eq!((after.definition.minimum, after.version), (-5, of.version + 1));
    assert_eq!(seal::open(cx, &after).unwrap().target.url().unwrap().expose(), url);
    let late = keep::update(cx, &Scope::All, &of.id, changed, Some(of.version)).await;
    assert!(matches!(late, Err(Refused::Changed)), "{late:?}");
    let old = after.secrets.unwrap().key;
    let new = syncline_hub::sealing::rotate(cx).await.unwrap();
    assert_ne!(old, new);
    scene
        .as_time_passes("it is sealed anew", async || {
            let keys = definitions::sealing_keys(&cx.store).await.unwrap();
            (keys == [(new.clone(), 1)]).then_some(())
        })
        .await;
    scene.book(&scene.exams).await;
    scene.agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_counters_are_is_not_changed_under_them() {
    let scene = Scene::start(1, json!({ "kind": "property" })).await;
    for said in [json!({ "key": { "property": "mock_exam_id" } })] {
        let changed = definition(&scene.joined, &scene.connection, said).await;
        let refused = keep::update(scene.cx(), &Scope::All, &scene.of.id, changed, None).await;
        assert!(matches!(&refused, Err(Refused::Problems(all)) if all[0].field == "key"), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_definition_counts_nothing_any_more_and_leaves_nothing() {
    let scene = Scene::start(3, json!({ "kind": "property" })).await;
    scene.book(&scene.exams).await;
    scene.agree().await;
    let exam = scene.exams[0].clone();
    keep::delete(scene.cx(), &Scope::All, &scene.of.id).await.unwrap();
    let wanted = scene.changes(&[(&exam, Change::Increment(1))], None);
    let refused = syncline_hub::counters::change::apply(scene.cx(), &Scope::All, wanted).await;
    assert!(matches!(refused, Err(syncline_hub::counters::change::ChangeError::NoDefinition(_))));
    let left = async || {
        let filter = Filter::All(None);
        let page = rows::page(&scene.cx().store, &Scope::All, &scene.of.id, &filter, 9).await.unwrap();
        page.is_empty().then_some(())
    };
    scene.as_time_passes("it is erased", left).await;
    assert_eq!(scene.shown().await[&exam], Some(1), "HubSpot stays as it is");
    assert!(matches!(keep::delete(scene.cx(), &Scope::All, &scene.of.id).await, Err(Refused::Gone)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_meets_a_deletion_is_refused_in_its_transaction() {
    use std::collections::BTreeMap;
    use syncline_store::counters::changes::{Item, Outcome, Request, apply};
    let scene = Scene::start(1, json!({ "kind": "property" })).await;
    let item = |definition_id: &str| Item {
        definition_id: definition_id.to_owned(),
        key: "7".to_owned(),
        change: Ok(Change::Increment(1)),
    };
    let request = Request {
        id: "crq_1".to_owned(),
        org_id: scene.of.org_id.clone(),
        idempotency: None,
        items: vec![item("ctr_gone")],
        source: "api",
    };
    let mut tx = scene.cx().store.begin().await.unwrap();
    let outcomes = apply(&mut tx, &[request], &BTreeMap::new(), scene.cx().now()).await.unwrap();
    assert_eq!(outcomes, [Outcome::Done(vec![Answer::Refused(Refusal::Deleted)])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_is_tried_by_hand_before_anything_counts() {
    let scene = Scene::start(1, json!({ "kind": "trigger" })).await;
    let exam = scene.exams[0].as_str();
    let payload = probe::payload(&scene.of, exam, 4);
    assert_eq!(payload, json!({ "mock_exam_id": exam, "total_bookings": 4 }));
    let tried = probe::trigger(scene.cx(), &scene.of, exam, 4).await.unwrap();
    assert_eq!((tried.status, tried.payload), (Some(202), payload));
    let moved = async || {
        let shown = probe::look(scene.cx(), &scene.of, &[exam, "999999999"]).await.unwrap();
        assert_eq!(shown[1], syncline_core::counters::push::Property::NoRecord);
        (shown[0].number() == Some(4)).then_some(())
    };
    scene.as_time_passes("the property moved", moved).await;
    assert_eq!(scene.now().await.state, State::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizations_key_names_only_the_databases_and_servers_that_are_for_it() {
    let servers = "ours=redis://127.0.0.1:1 theirs@acme=redis://127.0.0.1:1";
    let databases = "all=sqlite:///nowhere mine@acme=sqlite:///nowhere";
    let joined = Joined::start(0, &[("counters.servers", servers), ("counters.databases", databases)]).await;
    let connection = joined.connect("hubspot").await;
    let (cx, own) = (&joined.hub.cx, Scope::Organization(connection.org_id.clone()));
    assert_eq!(connection.org_id, "acme");
    let place = |server: &str, database: &str| {
        json!({
            "name": format!("{server}-{database}"),
            "store": { "kind": "redis", "server": server, "key": "exam:{key}" },
            "truth": { "source": "sql", "database": database, "query": "SELECT 1 WHERE '' <> {{key}}" },
        })
    };
    let refused = async |server: &str, database: &str| {
        let definition = definition(&joined, &connection, place(server, database)).await;
        match keep::create(cx, &own, definition).await {
            Ok(_) => vec![],
            Err(Refused::Problems(problems)) => problems.into_iter().map(|it| it.field).collect(),
            Err(other) => panic!("{other:?}"),
        }
    };
    assert_eq!(refused("ours", "all").await, ["store.server", "truth.database"]);
    assert_eq!(refused("theirs", "mine").await, [""; 0]);
    let both = definition(&joined, &connection, place("ours", "all")).await;
    let made = keep::create(cx, &Scope::All, both.clone()).await.unwrap();
    // What an operator has put there stays when the organization changes something else.
    let mut changed = both;
    changed.minimum = 5;
    assert!(keep::update(cx, &own, &made.id, changed, None).await.is_ok());
}
