//! Lists (HubSpot facts 3.1, 3.2).

use super::{API, Crm, ids, text};
use reqwest::Method;
use serde_json::{Value, json};

async fn with_contacts(count: usize) -> (Crm, Vec<String>) {
    let crm = Crm::start().await;
    let mut made = Vec::new();
    for number in 0..count {
        made.push(crm.contact(&format!("person{number}@example.com")).await);
    }
    (crm, made)
}

#[tokio::test]
async fn a_list_begins_with_ten_by_id() {
    let (crm, made) = with_contacts(12).await;
    let page = crm.get("contacts").await.expect(200);
    assert_eq!(ids(&page), made[..10]);
    assert_eq!(page["paging"]["next"]["after"], json!(made[10]), "the id the next page begins with");
    let last = crm.get(&format!("contacts?after={}", made[10])).await.expect(200);
    assert_eq!(ids(&last), made[10..]);
    assert_eq!(last.get("paging"), None);
}

#[tokio::test]
async fn the_link_to_the_next_page_is_whole_and_encoded_anew() {
    let (crm, made) = with_contacts(3).await;
    let page = crm.get("contacts?limit=2&properties=email,city&archived=false").await.expect(200);
    let link = text(&page["paging"]["next"]["link"]);
    let expected =
        format!("/crm/v3/objects/contacts?limit=2&properties=email%2Ccity&archived=false&after={}", made[2]);
    assert_eq!(link, crm.sandbox.url(&format!("{API}{expected}")));
    let next = crm.call(Method::GET, &expected, None).await.expect(200);
    assert_eq!(ids(&next), made[2..]);
    assert!(next["results"][0]["properties"].get("city").is_some());
}

#[tokio::test]
async fn the_link_of_a_dated_path_stays_on_it() {
    let (crm, made) = with_contacts(2).await;
    let page = crm.call(Method::GET, "/crm/objects/2026-03/0-1?limit=1", None).await.expect(200);
    let expected = format!("{API}/crm/objects/2026-03/0-1?limit=1&after={}", made[1]);
    assert_eq!(page["paging"]["next"]["link"], crm.sandbox.url(&expected));
}

#[tokio::test]
async fn the_cursor_is_stable_when_records_come_and_go() {
    let (crm, made) = with_contacts(6).await;
    let page = crm.get("contacts?limit=2").await.expect(200);
    let after = text(&page["paging"]["next"]["after"]);
    crm.delete(&format!("contacts/{}", made[0])).await.expect(204);
    crm.delete(&format!("contacts/{}", made[2])).await.expect(204);
    let new = crm.contact("new@example.com").await;
    let rest = crm.get(&format!("contacts?limit=10&after={after}")).await.expect(200);
    assert_eq!(ids(&rest), [&made[3..], &[new]].concat());
}

#[tokio::test]
async fn a_hundred_at_once_is_the_most_and_fifty_with_history() {
    let (crm, _) = with_contacts(1).await;
    crm.get("contacts?limit=100").await.expect(200);
    assert_eq!(crm.get("contacts?limit=101").await.expect(400)["category"], "VALIDATION_ERROR");
    crm.get("contacts?limit=50&propertiesWithHistory=email").await.expect(200);
    crm.get("contacts?limit=51&propertiesWithHistory=email").await.expect(400);
    crm.set(json!({ "limit_above_max": "clamp" })).await;
    crm.get("contacts?limit=101").await.expect(200);
}

#[tokio::test]
async fn a_limit_or_cursor_that_is_no_number_is_refused() {
    let (crm, _) = with_contacts(1).await;
    for query in ["limit=0", "limit=-1", "limit=ten", "after=NTI1Cg%3D%3D", "archived=2"] {
        let refused = crm.get(&format!("contacts?{query}")).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR", "{query}");
    }
    let refused = crm.get("contacts?after=NTI1Cg%3D%3D").await.expect(400);
    assert!(text(&refused["message"]).contains("Cannot deserialize value of type"), "{refused}");
}

#[tokio::test]
async fn the_archive_is_a_list_of_its_own() {
    let (crm, made) = with_contacts(4).await;
    for id in &made[..3] {
        crm.delete(&format!("contacts/{id}")).await.expect(204);
    }
    assert_eq!(ids(&crm.get("contacts").await.expect(200)), made[3..]);
    let archive = crm.get("contacts?archived=true&limit=2").await.expect(200);
    assert_eq!(ids(&archive), made[..2]);
    assert_eq!(archive["results"][0]["archived"], true);
    assert_eq!(archive["results"][0]["archivedAt"], "2026-01-01T00:00:00.000Z");
    let after = text(&archive["paging"]["next"]["after"]);
    let rest = crm.get(&format!("contacts?archived=true&after={after}")).await.expect(200);
    assert_eq!(ids(&rest), made[2..3]);
    assert_eq!(rest.get("paging"), None);
}

#[tokio::test]
async fn the_archive_of_engagements_cannot_be_listed() {
    let crm = Crm::start().await;
    for engagement in ["notes", "calls", "meetings", "emails"] {
        crm.get(&format!("{engagement}?archived=true")).await.expect(400);
        crm.get(engagement).await.expect(200);
    }
    crm.get("tasks?archived=true").await.expect(200);
}

#[tokio::test]
async fn a_type_without_records_is_an_empty_list() {
    let crm = Crm::start().await;
    assert_eq!(crm.get("contacts").await.expect(200), json!({ "results": [] }));
    assert_eq!(crm.get("mock_exams?archived=true").await.expect(200), json!({ "results": [] }));
}

#[tokio::test]
async fn a_list_shows_what_it_is_asked_for() {
    let crm = Crm::start().await;
    crm.create("companies", json!({ "name": "Acme", "city": "London" })).await;
    crm.create("companies", json!({ "name": "Globex" })).await;
    let page = crm.get("companies?properties=city").await.expect(200);
    let cities: Vec<&Value> =
        page["results"].as_array().expect("a list").iter().map(|one| &one["properties"]["city"]).collect();
    assert_eq!(cities, [&json!("London"), &Value::Null]);
    assert_eq!(page["results"][0]["properties"].get("name"), None);
}
