//! The people of the seed as customers, and the tables of the page.

use super::{CUSTOMERS, Clinic, key, names};
use serde_json::{Value, json};

/// All customers of whoever asks, deleted ones too.
async fn everybody(clinic: &Clinic) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), Some(format!("{CUSTOMERS}?include_deleted=True&limit=100")));
    while let Some(uri) = next {
        let page = clinic.get(&uri).await.expect(200);
        all.extend(page["results"].as_array().expect("results").clone());
        next = page["next"].as_str().map(str::to_owned);
    }
    all
}

#[tokio::test]
async fn the_same_seed_brings_the_same_customers_as_messy_as_people_type() {
    let (one, other) = (Clinic::start().await, Clinic::start().await);
    let ask = json!({"people": 1000, "companies": 100, "deals": 0, "seed": 5});
    let counts = one.sandbox.post("/_sandbox/seed", &ask).await.expect(200);
    other.sandbox.post("/_sandbox/seed", &ask).await.expect(200);
    let (ones, others) = (everybody(&one).await, everybody(&other).await);
    let known = ones.len();
    assert!((800..=900).contains(&known), "{known}");
    let face = |customer: &Value| {
        let mut face = customer.clone();
        face["resource_uri"] = Value::Null;
        face
    };
    assert!(ones.iter().map(face).eq(others.iter().map(face)));
    let count = |which: &dyn Fn(&Value) -> bool| ones.iter().filter(|one| which(one)).count();
    assert!((5..=40).contains(&count(&|one| one["deleted"] == true)));
    let odd = |one: &Value| {
        one["emails"][0].as_str().is_some_and(|email| email.trim() != email || !email.contains('@'))
    };
    assert!(count(&odd) >= 3);
    assert!(count(&|one| one["emails"] == json!([])) >= 30);
    let second = Clinic { key: key(&one.sandbox, 1), ..one };
    let seconds = everybody(&second).await.len();
    assert!((60..=110).contains(&seconds), "{seconds}");
    assert_eq!(counts["tentoeight"]["customers"], json!(known + seconds));
}

#[tokio::test]
async fn some_of_the_seed_have_bookings_ahead() {
    let clinic = Clinic::start().await;
    clinic.sandbox.post("/_sandbox/seed", &json!({"people": 110})).await.expect(200);
    let page = clinic.get(&format!("{CUSTOMERS}?limit=100")).await.expect(200);
    let mut statuses = Vec::new();
    for customer in page["results"].as_array().expect("results") {
        statuses.push(clinic.delete(customer["resource_uri"].as_str().expect("a URI")).await.status);
    }
    assert!(statuses.contains(&204) && statuses.contains(&409), "{statuses:?}");
}

#[tokio::test]
async fn the_page_has_a_table_of_customers_for_each_organization() {
    let clinic = Clinic::start().await;
    let uri = clinic.customer("Ada").await;
    clinic
        .patch(&uri, &json!({"emails": ["a@x", "b@x"], "custom_fields": {"External ID": "7"}}))
        .await
        .expect(200);
    clinic.edit(json!({"action": "book", "resource_uri": uri})).await;
    let gone = clinic.customer("Byron").await;
    clinic.delete(&gone).await.expect(204);
    let tables = clinic.sandbox.get("/_sandbox/tentoeight/records").await.expect(200);
    let expected = json!([
        {"table": "lakeside-clinic", "title": "Customers of Lakeside Clinic", "rows": 2},
        {"table": "northgate-studio", "title": "Customers of Northgate Studio", "rows": 0},
    ]);
    assert_eq!(tables["tables"], expected);
    let first =
        clinic.sandbox.get("/_sandbox/tentoeight/records?table=lakeside-clinic&limit=1").await.expect(200);
    let cells = json!(["Ada", "a@x, b@x", "", "External ID: 7", "2026-01-02T00:00:00.000Z"]);
    assert_eq!(first["rows"], json!([{"id": "123", "cells": cells, "gone": false}]));
    assert_eq!(first["columns"].as_array().map(Vec::len), Some(5));
    let path = format!(
        "/_sandbox/tentoeight/records?table=lakeside-clinic&after={}",
        first["next"].as_str().expect("more")
    );
    let second = clinic.sandbox.get(&path).await.expect(200);
    assert_eq!((&second["rows"][0]["gone"], &second["next"]), (&json!(true), &Value::Null));
    clinic.sandbox.get("/_sandbox/tentoeight/records?table=staff").await.expect(404);
}

#[tokio::test]
async fn a_reset_leaves_the_organizations_with_nobody_and_the_same_keys() {
    let clinic = Clinic::start().await;
    clinic.customer("Ada").await;
    clinic.set(json!({"lists": {"max_limit": 1}})).await;
    clinic.edit(json!({"action": "revoke_key", "api_key": clinic.key})).await;
    clinic.sandbox.post("/_sandbox/reset", &json!({})).await.expect(200);
    assert_eq!(key(&clinic.sandbox, 0), clinic.key);
    assert!(names(&clinic.get(CUSTOMERS).await.expect(200)).is_empty());
    assert_eq!(clinic.customer("Byron").await, clinic.sandbox.url(&format!("{CUSTOMERS}123/")));
    let settings = clinic.sandbox.get("/_sandbox/settings").await.expect(200);
    assert_eq!(settings["tentoeight"]["lists"]["max_limit"], 100);
    clinic.sandbox.post("/_sandbox/reset", &json!({"seed": 2})).await.expect(200);
    assert_ne!(key(&clinic.sandbox, 0), clinic.key);
}
