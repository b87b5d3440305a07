//! Other sides: a table of Airtable's and a data source of Notion's, with an agreement of their own.

use super::acts::text;
use super::scene::Synced;
use crate::setup::scene::{call, consent, joined, set_up};
use crate::support::joined::Joined;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use syncline_core::sync::Agreement;
use syncline_hub::sync::{self as hub_sync, NewSync, Refused};
use syncline_store::Scope;

const SETTINGS: [(&str, &str); 5] = [
    ("jobs.lease", "1h"),
    ("sync.fresh", "0s"),
    ("sync.deletion_delay", "0s"),
    ("sync.every", "never"),
    ("sync.on_create", "false"),
];

fn bearer(key: &Value) -> String {
    format!("Bearer {}", key.as_str().expect("a token"))
}

/// The table People: `appX/tblY`, with a field for the other side's id.
async fn table(joined: &Joined) -> String {
    let field =
        json!({ "action": "create_field", "table": "People", "name": "Partner", "type": "singleLineText" });
    joined.edit("airtable", field).await;
    let credentials = joined.sandbox.credentials();
    let base = credentials["airtable"]["bases"][0]["base_id"].as_str().unwrap().to_owned();
    let path = format!("/airtable/v0/meta/bases/{base}/tables");
    let token = bearer(&credentials["airtable"]["users"][0]["token"]);
    let tables = call(joined, Method::GET, &path, &token, Value::Null).await;
    let people =
        tables["tables"].as_array().unwrap().iter().find(|one| one["name"] == "People").unwrap().clone();
    format!("{base}/{}", people["id"].as_str().unwrap())
}

/// The rows of the table, by their e-mail address.
async fn rows(joined: &Joined, table: &str) -> BTreeMap<String, Value> {
    let token = bearer(&joined.sandbox.credentials()["airtable"]["users"][0]["token"]);
    let page = call(joined, Method::GET, &format!("/airtable/v0/{table}"), &token, Value::Null).await;
    let rows = page["records"].as_array().unwrap().iter();
    rows.map(|row| (text(&row["fields"], "Email").to_owned(), row.clone())).collect()
}

/// The data source People, with fields for the other side's id and for a number.
async fn source(joined: &Joined) -> String {
    for (name, config) in
        [("Partner", json!({"rich_text": {}})), ("Score", json!({"number": {"format": "number"}}))]
    {
        let property =
            json!({ "action": "add_property", "database": "People", "name": name, "config": config });
        joined.edit("notion", property).await;
    }
    let credentials = joined.sandbox.credentials();
    let databases = credentials["notion"]["workspaces"][0]["databases"].as_array().unwrap().clone();
    let people = databases.iter().find(|one| one["name"] == "People").unwrap();
    people["data_source_id"].as_str().unwrap().to_owned()
}

/// The pages of the data source, by their e-mail address: their properties.
async fn pages(joined: &Joined, source: &str) -> BTreeMap<String, Value> {
    let token = bearer(&joined.sandbox.credentials()["notion"]["workspaces"][0]["token"]);
    let client = syncline_hub::http::client::client().unwrap();
    let url = format!("{}/notion/v1/data_sources/{source}/query", joined.sandbox.url());
    let request = client.post(url).header("authorization", token).header("Notion-Version", "2025-09-03");
    let page: Value = request.json(&json!({})).send().await.unwrap().json().await.unwrap();
    let pages = page["results"].as_array().unwrap_or_else(|| panic!("{page}")).iter();
    pages.map(|page| (text(&page["properties"]["Email"], "email").to_owned(), page.clone())).collect()
}

/// A number that contacts can have.
async fn score(joined: &Joined) {
    let token = bearer(&joined.sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"]);
    let property = json!({ "name": "score", "label": "Score", "type": "number", "fieldType": "number",
        "groupName": "contactinformation" });
    call(joined, Method::POST, "/hubspot/crm/v3/properties/contacts", &token, property).await;
}

fn rule(name: &str, left: &str, right: &str, more: Value) -> Value {
    let fields = |name: &str| if name.is_empty() { json!([]) } else { json!([name]) };
    let mut rule = json!({ "name": name, "fields": { "left": fields(left), "right": fields(right) } });
    if let Value::Object(more) = more {
        for (key, value) in more {
            rule[key] = value;
        }
    }
    rule
}

fn agreement(left: Value, right: Value, rules: Vec<Value>) -> Agreement {
    let mut terms = json!({ "sides": {}, "matching": [{ "rule": "email" }] });
    terms["sides"]["left"] = left;
    terms["sides"]["right"] = right;
    terms["rules"] = Value::Array(rules);
    serde_json::from_value(terms).unwrap()
}

fn contacts() -> Value {
    json!({ "object_type": "contacts", "external": "tte_customer_uri", "status": "tte_customer_sync_status" })
}

/// Contacts on the left, the table on the right.
fn contacts_and_rows(table: &str) -> Agreement {
    let right = json!({ "object_type": "row", "collection": table, "external": "Partner" });
    let stages = json!([["lead", "Lead"], ["customer", "Customer"]]);
    agreement(
        contacts(),
        right,
        vec![
            rule("first", "firstname", "First name", json!({})),
            rule("last", "lastname", "Last name", json!({})),
            rule("email", "email", "Email", json!({ "normalise": "email" })),
            rule("stage", "lifecyclestage", "Status", json!({ "form": { "options": { "pairs": stages } } })),
            rule("day", "hs_next_step_date", "Birthday", json!({ "form": "date" })),
            rule("score", "score", "Rating", json!({})),
            rule("job", "jobtitle", "Job title", json!({ "way": "left_to_right" })),
            rule("country", "", "Country", json!({ "form": { "constant": { "value": "United Kingdom" } } })),
        ],
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_and_the_rows_of_a_table_are_kept_in_step() {
    let joined = joined(0, &SETTINGS).await;
    let (left, right) = (consent(&joined, "hubspot").await, joined.connect("airtable").await);
    set_up(&joined, &left, json!({})).await;
    score(&joined).await;
    let table = table(&joined).await;
    set_up(&joined, &right, json!({})).await;
    let synced = Synced::agreed(joined, left, right, contacts_and_rows(&table)).await;
    let ada = json!({ "firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.org", "lifecyclestage": "lead",
        "hs_next_step_date": "2026-02-03", "score": "4", "jobtitle": "Analyst" });
    let ada = synced.new_contact(ada).await;
    let fields = json!({ "First name": "Grace", "Email": "Grace@example.org", "Status": "Customer",
        "Birthday": "1906-12-09", "Rating": 5, "Job title": "Admiral" });
    synced.joined.edit("airtable", json!({ "action": "create", "table": "People", "fields": fields })).await;
    synced.run().await;
    let there = rows(&synced.joined, &table).await;
    assert_eq!(there.len(), 2, "{there:#?}");
    let row = &there["ada@example.org"]["fields"];
    assert_eq!((text(row, "First name"), text(row, "Last name")), ("Ada", "Lovelace"));
    assert_eq!(
        (text(row, "Status"), text(row, "Birthday"), &row["Rating"]),
        ("Lead", "2026-02-03", &json!(4))
    );
    assert_eq!((text(row, "Job title"), text(row, "Country")), ("Analyst", "United Kingdom"));
    assert_eq!(text(row, "Partner"), ada);
    let names = "firstname,email,lifecyclestage,hs_next_step_date,score,jobtitle,tte_customer_uri";
    let contacts = synced.joined.hubspot("contacts", names).await;
    let grace = contacts.values().find(|one| text(one, "firstname") == "Grace").unwrap();
    assert_eq!((text(grace, "email"), text(grace, "lifecyclestage")), ("grace@example.org", "customer"));
    assert_eq!((text(grace, "hs_next_step_date"), text(grace, "score")), ("1906-12-09", "5"));
    assert_eq!(text(grace, "jobtitle"), "", "job titles go one way");
    assert_eq!(contacts.len(), 2);
    // Live, in both directions.
    synced.edit_contact(&ada, json!({ "score": "3", "lifecyclestage": "customer" })).await;
    synced.quiet().await;
    let row = rows(&synced.joined, &table).await["ada@example.org"].clone();
    assert_eq!((text(&row["fields"], "Status"), &row["fields"]["Rating"]), ("Customer", &json!(3)));
    let edit = json!({ "action": "update", "table": "People", "id": row["id"],
        "fields": { "Last name": "King", "Job title": "Countess" } });
    synced.joined.edit("airtable", edit).await;
    synced.quiet().await;
    let contact = synced.contact(&ada).await;
    assert_eq!(text(&contact, "lastname"), "King");
    let row = rows(&synced.joined, &table).await["ada@example.org"].clone();
    assert_eq!(
        text(&row["fields"], "Job title"),
        "Analyst",
        "what is typed on the side that follows is put back"
    );
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_and_the_pages_of_a_data_source_are_kept_in_step() {
    let joined = joined(0, &SETTINGS).await;
    let (left, right) = (consent(&joined, "hubspot").await, joined.connect("notion").await);
    set_up(&joined, &left, json!({})).await;
    score(&joined).await;
    let source = source(&joined).await;
    let right_party = json!({ "object_type": "page", "collection": source, "external": "Partner" });
    let rules = vec![
        rule(
            "name",
            "firstname",
            "Name",
            json!({ "fields": { "left": ["firstname", "lastname"], "right": ["Name"] },
            "form": { "join": { "separator": " " } } }),
        ),
        rule("email", "email", "Email", json!({ "normalise": "email" })),
        rule(
            "stage",
            "lifecyclestage",
            "Status",
            json!({ "form": { "options": { "pairs": [["lead", "New"], ["customer", "Active"]] } } }),
        ),
        rule("day", "hs_next_step_date", "Last contact", json!({ "form": "date" })),
        rule("score", "score", "Score", json!({})),
        rule("job", "jobtitle", "Job title", json!({ "way": "right_to_left" })),
        rule("city", "", "City", json!({ "form": { "constant": { "value": "Berlin" } } })),
    ];
    let terms = agreement(contacts(), right_party, rules);
    let synced = Synced::agreed(joined, left, right, terms).await;
    let ada = json!({ "firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.org", "lifecyclestage": "lead",
        "hs_next_step_date": "2026-02-03", "score": "4" });
    let ada = synced.new_contact(ada).await;
    let properties = json!({ "Name": "Grace Hopper", "Email": "grace@example.org", "Status": "Active", "Score": 7,
        "Last contact": "2026-01-05", "Job title": "Admiral" });
    synced
        .joined
        .edit("notion", json!({ "action": "create", "database": "People", "properties": properties }))
        .await;
    synced.run().await;
    let there = pages(&synced.joined, &source).await;
    assert_eq!(there.len(), 2, "{there:#?}");
    let page = &there["ada@example.org"]["properties"];
    assert_eq!(page["Name"]["title"][0]["plain_text"], "Ada Lovelace");
    assert_eq!((&page["Status"]["status"]["name"], &page["Score"]["number"]), (&json!("New"), &json!(4)));
    assert_eq!(page["Last contact"]["date"]["start"], "2026-02-03");
    assert_eq!(page["City"]["rich_text"][0]["plain_text"], "Berlin");
    assert_eq!(page["Partner"]["rich_text"][0]["plain_text"], *ada);
    let names = "firstname,lastname,email,lifecyclestage,hs_next_step_date,score,jobtitle";
    let contacts = synced.joined.hubspot("contacts", names).await;
    let grace = contacts.values().find(|one| text(one, "firstname") == "Grace").unwrap();
    assert_eq!((text(grace, "lastname"), text(grace, "lifecyclestage")), ("Hopper", "customer"));
    assert_eq!((text(grace, "score"), text(grace, "jobtitle")), ("7", "Admiral"));
    assert_eq!(text(grace, "hs_next_step_date"), "2026-01-05");
    // Notion was not subscribed to: a run finds what changed.
    let edit =
        json!({ "action": "update", "id": there["ada@example.org"]["id"], "properties": { "Score": 9 } });
    synced.joined.edit("notion", edit).await;
    synced.edit_contact(&ada, json!({ "lastname": "King" })).await;
    synced.run().await;
    let page = pages(&synced.joined, &source).await["ada@example.org"]["properties"].clone();
    assert_eq!(page["Name"]["title"][0]["plain_text"], "Ada King");
    assert_eq!(text(&synced.joined.hubspot("contacts", names).await[&ada], "score"), "9");
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rows_of_a_table_and_the_pages_of_a_data_source_are_kept_in_step() {
    let joined = joined(0, &SETTINGS).await;
    let (left, right) = (joined.connect("airtable").await, joined.connect("notion").await);
    let (table, source) = (table(&joined).await, source(&joined).await);
    set_up(&joined, &left, json!({})).await;
    let stages = json!([["Lead", "New"], ["Customer", "Active"], ["Former customer", "Gone"]]);
    let terms = agreement(
        json!({ "object_type": "row", "collection": table, "external": "Partner" }),
        json!({ "object_type": "page", "collection": source, "external": "Partner" }),
        vec![
            rule("name", "Name", "Name", json!({})),
            rule("email", "Email", "Email", json!({ "normalise": "email" })),
            rule("stage", "Status", "Status", json!({ "form": { "options": { "pairs": stages } } })),
            rule("day", "Birthday", "Last contact", json!({ "form": "date" })),
            rule("yes", "Subscribed", "Subscribed", json!({})),
            rule("score", "Rating", "Score", json!({})),
        ],
    );
    let synced = Synced::agreed(joined, left, right, terms).await;
    let fields = json!({ "Name": "Ada", "Email": "ada@example.org", "Status": "Former customer",
        "Birthday": "1815-12-10", "Subscribed": true, "Rating": 5 });
    synced.joined.edit("airtable", json!({ "action": "create", "table": "People", "fields": fields })).await;
    let properties = json!({ "Name": "Grace", "Email": "grace@example.org", "Status": "Active", "Score": 3 });
    synced
        .joined
        .edit("notion", json!({ "action": "create", "database": "People", "properties": properties }))
        .await;
    synced.run().await;
    let (there, here) = (pages(&synced.joined, &source).await, rows(&synced.joined, &table).await);
    assert_eq!((there.len(), here.len()), (2, 2), "{there:#?} {here:#?}");
    let ada = &there["ada@example.org"]["properties"];
    assert_eq!((&ada["Status"]["status"]["name"], &ada["Score"]["number"]), (&json!("Gone"), &json!(5)));
    assert_eq!(
        (&ada["Last contact"]["date"]["start"], &ada["Subscribed"]["checkbox"]),
        (&json!("1815-12-10"), &json!(true))
    );
    let grace = &here["grace@example.org"]["fields"];
    assert_eq!(
        (text(grace, "Name"), text(grace, "Status"), &grace["Rating"]),
        ("Grace", "Customer", &json!(3))
    );
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_about_fields_that_are_not_there_is_refused_and_names_them() {
    let joined = joined(0, &SETTINGS).await;
    let (left, right) = (consent(&joined, "hubspot").await, joined.connect("airtable").await);
    set_up(&joined, &left, json!({})).await;
    let table = table(&joined).await;
    let new = NewSync {
        name: String::new(),
        connections: syncline_core::sync::Sides { left: left.id, right: right.id },
        agreement: Some(contacts_and_rows(&table)),
        every: None,
        run: None,
    };
    // Nobody made the number.
    let refused = hub_sync::create(&joined.hub.cx, &Scope::All, new).await;
    let Err(Refused::Mistakes(mistakes)) = refused else { panic!("{refused:?}") };
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    assert_eq!(mistakes[0].field.as_deref(), Some("score"));
}
