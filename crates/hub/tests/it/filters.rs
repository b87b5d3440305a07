//! Every filter of the timeline, alone and together, in both orders.

use crate::support::{START, TestHub, change};
use serde_json::Value;
use std::time::Duration;

/// Five events that differ in one thing each, numbered in the order in which they happened.
async fn five(hub: &TestHub) {
    let at = |seconds| START.minus(Duration::from_secs(60)).plus(Duration::from_secs(seconds));
    let mut events: Vec<Value> = (1..=5).map(|n| change(n, at(n.into()), 100, "firstname", "Zoë")).collect();
    events[1]["portalId"] = 7.into();
    events[2]["objectId"] = 200.into();
    events[3]["propertyName"] = "e mail+".into();
    events[4]["subscriptionType"] = "company.creation".into();
    // Delivered in another order than they happened.
    events.rotate_left(2);
    hub.deliver(&Value::from(events).to_string()).await;
}

async fn numbers(hub: &TestHub, query: &str) -> Vec<u64> {
    let page = hub.get(&format!("/v1/events?{query}")).await.json();
    let events = page["data"].as_array().unwrap_or_else(|| panic!("{query}: {page}"));
    events.iter().map(|event| event["raw"]["eventId"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_narrows_and_all_together_narrow_most() {
    let hub = TestHub::start(&[]).await;
    five(&hub).await;
    for (query, expected) in [
        ("", &[1, 2, 3, 4, 5][..]),
        ("provider=hubspot", &[1, 2, 3, 4, 5]),
        ("provider=notion", &[]),
        ("account=7", &[2]),
        ("account=62515", &[1, 3, 4, 5]),
        ("object_type=contact", &[1, 2, 3, 4]),
        ("object_type=company", &[5]),
        ("object_id=200", &[3]),
        ("kind=company.creation", &[5]),
        ("kind=contact.propertyChange", &[1, 2, 3, 4]),
        ("property=e%20mail%2B", &[4]),
        ("property=firstname", &[1, 2, 3, 5]),
        ("org_id=org_a", &[]),
        ("from=2025-12-31T23:59:03Z", &[3, 4, 5]),
        ("to=2025-12-31T23:59:03Z", &[1, 2]),
        ("from=2025-12-31T23:59:02Z&to=2025-12-31T23:59:04Z", &[2, 3]),
        ("from=1767225543000&to=1767225543001", &[3]),
        ("from=2026-01-01", &[]),
        ("to=2026-01-01T01:00:00%2B01:00", &[1, 2, 3, 4, 5]),
        ("account=62515&object_type=contact&property=firstname&object_id=100", &[1]),
        ("account=62515&object_type=contact&to=2025-12-31T23:59:04Z&provider=hubspot", &[1, 3]),
        ("account=7&object_type=company", &[]),
        // Empty values do not filter: forms send them.
        ("account=&kind=&from=&order=&cursor=", &[5, 4, 3, 2, 1]),
    ] {
        if query.contains("order=") {
            assert_eq!(numbers(&hub, query).await, expected, "{query}");
            continue;
        }
        assert_eq!(numbers(&hub, &format!("{query}&order=asc")).await, expected, "{query}");
        let newest_first: Vec<u64> = expected.iter().rev().copied().collect();
        assert_eq!(numbers(&hub, query).await, newest_first, "{query}, newest first by default");
        assert_eq!(numbers(&hub, &format!("{query}&order=desc")).await, newest_first, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_a_filter_is_taken_for_a_pattern_or_for_sql() {
    let hub = TestHub::start(&[]).await;
    five(&hub).await;
    for query in
        ["kind=contact.%25", "kind=contact_propertyChange", "account='+OR+'1'%3D'1", "property=FIRSTNAME"]
    {
        assert_eq!(numbers(&hub, query).await, [0_u64; 0], "{query}");
    }
}
