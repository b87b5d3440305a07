//! The people, companies and deals an account knows from the start.

use super::{Crm, ids, text};
use crate::support::TestSandbox;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use syncline_sandbox::{Options, Population};

async fn seeded(people: usize, companies: usize, deals: usize) -> Crm {
    let population = Population { people, companies, deals };
    Crm::of(TestSandbox::with(Options { population, ..Options::for_tests() }).await)
}

#[tokio::test]
async fn people_companies_deals_and_exams_are_there() {
    let crm = seeded(40, 5, 8).await;
    assert!(crm.count("contacts").await > 30);
    assert_eq!(crm.count("companies").await, 5);
    assert_eq!(crm.count("deals").await, 8);
    assert_eq!(crm.count("mock_exams").await, 12);
    let exam = crm.get("mock_exams?limit=1&properties=total_bookings").await.expect(200);
    let bookings = text(&exam["results"][0]["properties"]["total_bookings"]);
    assert!(bookings.parse::<u32>().is_ok(), "{bookings}");
}

#[tokio::test]
async fn what_is_seeded_was_imported_before_now_in_the_order_of_its_ids() {
    let crm = seeded(30, 0, 0).await;
    let path = "contacts?limit=100&properties=hs_object_source,lifecyclestage";
    let page = crm.get(path).await.expect(200);
    let records = page["results"].as_array().expect("a list");
    let moments: Vec<String> = records.iter().map(|record| text(&record["createdAt"])).collect();
    assert!(
        moments.is_sorted() && moments.iter().all(|at| **at < *"2026-01-01T00:00:00.000Z"),
        "{moments:?}"
    );
    assert!(records.iter().all(|record| record["properties"]["hs_object_source"] == "IMPORT"));
    assert!(records.iter().all(|record| record["properties"]["lifecyclestage"].is_string()));
}

#[tokio::test]
async fn no_two_contacts_share_an_address() {
    let crm = seeded(100, 0, 0).await;
    let page = crm.get("contacts?limit=100").await.expect(200);
    let emails: Vec<&Value> = page["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|record| &record["properties"]["email"])
        .filter(|email| !email.is_null())
        .collect();
    assert!(emails.len() > 50);
    assert_eq!(emails.iter().map(|email| email.to_string()).collect::<BTreeSet<_>>().len(), emails.len());
}

#[tokio::test]
async fn the_same_seed_makes_the_same_account() {
    let (one, other) = (seeded(20, 3, 3).await, seeded(20, 3, 3).await);
    for object in ["contacts", "companies", "deals", "mock_exams"] {
        let path = format!("{object}?limit=100");
        assert_eq!(
            one.get(&path).await.expect(200)["results"],
            other.get(&path).await.expect(200)["results"]
        );
    }
}

#[tokio::test]
async fn seeding_counts_what_it_makes_and_does_not_repeat_people() {
    let crm = Crm::start().await;
    let wanted = json!({ "people": 20, "companies": 2, "deals": 4 });
    let first = crm.sandbox.post("/_sandbox/seed", &wanted).await.expect(200)["hubspot"].clone();
    assert_eq!(
        (&first["companies"], &first["deals"], &first["mock_exams"]),
        (&json!(2), &json!(4), &json!(12))
    );
    assert_eq!(first["contacts"], json!(crm.count("contacts").await));
    let again = crm.sandbox.post("/_sandbox/seed", &wanted).await.expect(200)["hubspot"].clone();
    let (first, again) = (first["contacts"].as_u64(), again["contacts"].as_u64());
    assert!(again < first, "those with an address are there already");
}

#[tokio::test]
async fn a_reset_leaves_nobody() {
    let crm = seeded(20, 3, 3).await;
    crm.sandbox.post("/_sandbox/reset", &json!({})).await.expect(200);
    for object in ["contacts", "companies", "deals", "mock_exams"] {
        assert!(ids(&crm.get(object).await.expect(200)).is_empty(), "{object}");
    }
}
