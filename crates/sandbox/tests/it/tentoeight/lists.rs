//! Lists of customers: pages, `next`, `include_deleted` (10to8 facts 5, "List").

use super::{CUSTOMERS, Clinic, names};
use serde_json::{Value, json};

/// A clinic with so many customers, named by their numbers.
async fn with_customers(count: usize) -> (Clinic, Vec<String>) {
    let clinic = Clinic::start().await;
    let mut uris = Vec::new();
    for number in 0..count {
        uris.push(clinic.customer(&number.to_string()).await);
    }
    (clinic, uris)
}

/// The names on every page from `query` on, following `next` as it is given.
async fn walk(clinic: &Clinic, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), Some(format!("{CUSTOMERS}{query}")));
    while let Some(uri) = next {
        let page = clinic.get(&uri).await.expect(200);
        pages.push(names(&page).into_iter().map(str::to_owned).collect());
        assert!(page["next"].is_null() || page["next"].is_string(), "{page}");
        next = page["next"].as_str().map(str::to_owned);
    }
    pages
}

#[tokio::test]
async fn next_is_an_absolute_uri_that_keeps_the_parameters_and_null_at_the_end() {
    let (clinic, _) = with_customers(3).await;
    let page = clinic.get(&format!("{CUSTOMERS}?include_deleted=False&limit=2")).await.expect(200);
    let next = page["next"].as_str().expect("a URI");
    assert!(next.starts_with(&clinic.sandbox.url(CUSTOMERS)), "{next}");
    assert!(next.contains("include_deleted=False") && next.contains("limit=2"), "{next}");
    let last = clinic.get(next).await.expect(200);
    assert_eq!(last.as_object().map(|page| page.contains_key("next")), Some(true));
    assert_eq!((names(&last), &last["next"]), (vec!["2"], &Value::Null));
    assert_eq!(walk(&clinic, "?limit=3").await, [["0", "1", "2"]]);
}

#[tokio::test]
async fn deleted_customers_are_listed_only_when_asked_for_on_every_page() {
    let (clinic, uris) = with_customers(5).await;
    for uri in [&uris[1], &uris[4]] {
        clinic.delete(uri).await.expect(204);
    }
    let all = [vec!["0", "1"], vec!["2", "3"], vec!["4"]];
    for flag in ["True", "true", "1"] {
        assert_eq!(walk(&clinic, &format!("?include_deleted={flag}&limit=2")).await, all);
    }
    for query in ["?include_deleted=False&limit=2", "?include_deleted=0&limit=2", "?limit=2"] {
        assert_eq!(walk(&clinic, query).await, [vec!["0", "2"], vec!["3"]]);
    }
    clinic.set(json!({"lists": {"include_deleted_default": true}})).await;
    assert_eq!(walk(&clinic, "?limit=2").await, all);
}

#[tokio::test]
async fn a_cursor_skips_nobody_when_others_go_and_an_offset_does() {
    let (clinic, uris) = with_customers(5).await;
    let first = clinic.get(&format!("{CUSTOMERS}?limit=2")).await.expect(200);
    clinic.set(json!({"lists": {"next": "offset"}})).await;
    let by_offset = clinic.get(&format!("{CUSTOMERS}?limit=2")).await.expect(200);
    assert!(by_offset["next"].as_str().expect("a URI").contains("offset=2"), "{by_offset}");
    clinic.delete(&uris[0]).await.expect(204);
    let after_cursor = clinic.get(first["next"].as_str().expect("a URI")).await.expect(200);
    assert_eq!(names(&after_cursor), ["2", "3"]);
    let after_offset = clinic.get(by_offset["next"].as_str().expect("a URI")).await.expect(200);
    assert_eq!(names(&after_offset), ["3", "4"]);
}

#[tokio::test]
async fn the_order_the_last_page_and_empty_results_are_as_set() {
    let (clinic, _) = with_customers(4).await;
    clinic.set(json!({"lists": {"newest_first": true}})).await;
    assert_eq!(walk(&clinic, "?limit=3").await, [vec!["3", "2", "1"], vec!["0"]]);
    clinic.set(json!({"lists": {"newest_first": false, "empty_last_page": true}})).await;
    assert_eq!(walk(&clinic, "?limit=2").await, [vec!["0", "1"], vec!["2", "3"], vec![]]);
    clinic.set(json!({"lists": {"null_when_empty": true}})).await;
    let beyond = clinic.get(&format!("{CUSTOMERS}?offset=9")).await.expect(200);
    assert_eq!(beyond, json!({"results": null, "next": null}));
}

#[tokio::test]
async fn a_limit_too_large_or_senseless_is_adjusted_or_refused_as_set() {
    let (clinic, _) = with_customers(4).await;
    clinic.set(json!({"lists": {"max_limit": 3, "default_limit": 2}})).await;
    for (query, first) in [("", 2), ("?limit=99", 3), ("?limit=0", 2), ("?limit=ten", 2), ("?limit=3", 3)] {
        assert_eq!(walk(&clinic, query).await[0].len(), first, "{query}");
    }
    clinic.set(json!({"lists": {"wrong_limit": "refuse"}})).await;
    let wrong = clinic.get(&format!("{CUSTOMERS}?limit=99")).await.expect(400);
    assert_eq!(wrong, json!({"limit": ["Ensure this value is less than or equal to 3."]}));
    let wrong = clinic.get(&format!("{CUSTOMERS}?limit=ten")).await.expect(400);
    assert_eq!(wrong, json!({"limit": ["A valid integer is required."]}));
}

#[tokio::test]
async fn senseless_parameters_are_refused_in_json() {
    let clinic = Clinic::start().await;
    let wrong = clinic.get(&format!("{CUSTOMERS}?include_deleted=maybe")).await.expect(400);
    assert_eq!(wrong, json!({"include_deleted": ["Must be a valid boolean."]}));
    let wrong = clinic.get(&format!("{CUSTOMERS}?cursor=xyz!")).await.expect(404);
    assert_eq!(wrong, json!({"detail": "Invalid cursor"}));
}
