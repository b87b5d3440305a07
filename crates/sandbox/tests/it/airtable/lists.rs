//! Lists of records and their iterators (Airtable facts 5).

use super::Desk;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

fn ids(page: &Value) -> Vec<String> {
    let records = page["records"].as_array().expect("a list");
    records.iter().map(|record| record["id"].as_str().expect("an id").to_owned()).collect()
}

fn names(page: &Value) -> Vec<&str> {
    let records = page["records"].as_array().expect("a list");
    records.iter().map(|record| record["fields"]["Name"].as_str().unwrap_or("")).collect()
}

/// Names that sort after any name of the seed, in this order.
fn last(number: usize) -> String {
    "\u{10fffd}".repeat(number)
}

fn offset(page: &Value) -> &str {
    page["offset"].as_str().expect("another page")
}

#[tokio::test]
async fn pages_follow_each_other_until_there_is_no_offset() {
    let desk = Desk::populated(0, 250, 0).await;
    let (mut seen, mut sizes, mut next) = (BTreeSet::new(), Vec::new(), String::new());
    loop {
        let page = desk.get(&format!("/{{base}}/Companies?offset={next}")).await.expect(200);
        sizes.push(ids(&page).len());
        seen.extend(ids(&page));
        let Some(offset) = page["offset"].as_str() else { break };
        let (iterator, record) = offset.split_once('/').expect("itr/rec");
        assert!(iterator.starts_with("itr") && record.starts_with("rec"));
        next = offset.replace('/', "%2F");
    }
    assert_eq!((sizes, seen.len()), (vec![100, 100, 50], 250));
}

#[tokio::test]
async fn a_page_asked_for_twice_is_the_same() {
    let desk = Desk::populated(0, 10, 0).await;
    let first = desk.get("/{base}/Companies?pageSize=3").await.expect(200);
    let path = format!("/{{base}}/Companies?pageSize=3&offset={}", offset(&first));
    let second = desk.get(&path).await.expect(200);
    assert_eq!(desk.get(&path).await.expect(200), second);
    assert!(ids(&first).iter().all(|id| !ids(&second).contains(id)));
}

#[tokio::test]
async fn page_size_and_max_records_are_kept() {
    let desk = Desk::populated(0, 30, 0).await;
    for wrong in ["pageSize=0", "pageSize=101", "pageSize=ten", "maxRecords=0", "maxRecords=x"] {
        desk.get(&format!("/{{base}}/Companies?{wrong}")).await.expect(422);
    }
    let first = desk.get("/{base}/Companies?pageSize=10&maxRecords=15").await.expect(200);
    assert_eq!(ids(&first).len(), 10);
    let path = format!("/{{base}}/Companies?pageSize=10&maxRecords=15&offset={}", offset(&first));
    let second = desk.get(&path).await.expect(200);
    assert_eq!((ids(&second).len(), second.get("offset")), (5, None));
    let old = desk.get("/{base}/Companies?limit=7&offset=&view=").await.expect(200);
    assert_eq!(ids(&old).len(), 7, "limit is an old name, empty parameters count as absent");
    let exact = desk.get("/{base}/Companies?pageSize=30").await.expect(200);
    assert_eq!(exact.get("offset"), None);
}

#[tokio::test]
async fn an_idle_iterator_is_gone_without_a_message() {
    let desk = Desk::populated(0, 10, 0).await;
    let first = desk.get("/{base}/Companies?pageSize=3").await.expect(200);
    let path = format!("/{{base}}/Companies?pageSize=3&offset={}", offset(&first));
    desk.sandbox.advance(Duration::from_secs(299)).await;
    desk.get(&path).await.expect(200);
    desk.sandbox.advance(Duration::from_secs(299)).await;
    desk.get(&path).await.expect(200);
    desk.sandbox.advance(Duration::from_secs(300)).await;
    let gone = desk.get(&path).await.expect(422);
    assert_eq!(gone, json!({"error": {"type": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}));
}

#[tokio::test]
async fn iterators_are_lost_on_demand() {
    let desk = Desk::populated(0, 10, 0).await;
    let first = desk.get("/{base}/Companies?pageSize=3").await.expect(200);
    assert_eq!(desk.edit(json!({"action": "expire_iterators"})).await, json!({"expired": 1}));
    let body = json!({"pageSize": 3, "offset": offset(&first)});
    let gone = desk.post("/{base}/Companies/listRecords", body).await.expect(422);
    assert_eq!(gone["error"]["type"], "LIST_RECORDS_ITERATOR_NOT_AVAILABLE");
}

#[tokio::test]
async fn an_offset_nobody_gave_out_is_invalid() {
    let desk = Desk::populated(0, 10, 0).await;
    let refused = desk.get("/{base}/Companies?offset=garbage").await.expect(422);
    let error = json!({"error": {"type": "INVALID_OFFSET_VALUE", "message": "The value of offset garbage is invalid"}});
    assert_eq!(refused, error);
    let first = desk.get("/{base}/Companies?pageSize=3").await.expect(200);
    let iterator = offset(&first).split_once('/').expect("itr/rec").0;
    let other = format!("{iterator}/rec00000000000000");
    let refused = desk.get(&format!("/{{base}}/Companies?offset={other}")).await.expect(422);
    assert_eq!(refused["error"]["type"], "INVALID_OFFSET_VALUE");
    let elsewhere = desk.get(&format!("/{{base}}/People?offset={}", offset(&first))).await.expect(422);
    assert_eq!(elsewhere["error"]["type"], "INVALID_OFFSET_VALUE");
    let null = desk.post("/{base}/Companies/listRecords", json!({"offset": null})).await.expect(422);
    assert_eq!(null["error"]["type"], "INVALID_OFFSET_VALUE");
}

#[tokio::test]
async fn without_a_sort_the_order_is_arbitrary_and_with_a_view_it_is_the_views() {
    let desk = Desk::populated(0, 20, 0).await;
    let names_of = |page: Value| names(&page).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let arbitrary = names_of(desk.get("/{base}/Companies").await.expect(200));
    let viewed = names_of(desk.get("/{base}/Companies?view=Grid%20view").await.expect(200));
    assert_ne!(arbitrary, viewed);
    assert_eq!(arbitrary.iter().collect::<BTreeSet<_>>(), viewed.iter().collect());
    desk.set(json!({"lists": {"order": "creation"}})).await;
    assert_eq!(names_of(desk.get("/{base}/Companies").await.expect(200)), viewed);
    let refused = desk.get("/{base}/Companies?view=Nowhere").await.expect(422);
    assert_eq!(refused["error"]["type"], "VIEW_NAME_NOT_FOUND");
    let sorted =
        desk.get("/{base}/Companies?view=Grid%20view&sort[0][field]=Name&sort[0][direction]=desc").await;
    let mut expected = viewed.clone();
    expected.sort_by_key(|name| std::cmp::Reverse(name.to_lowercase()));
    assert_eq!(names_of(sorted.expect(200)), expected, "a sort overrides the view");
}

#[tokio::test]
async fn sorts_follow_each_other_and_empty_cells_come_first() {
    let desk = Desk::new().await;
    for (name, city, employees) in [
        ("a", json!("Rome"), json!(5)),
        ("b", json!("Oslo"), json!(9)),
        ("c", json!("Rome"), json!(40)),
        ("d", Value::Null, json!(1)),
    ] {
        desk.record("Companies", json!({"Name": name, "City": city, "Employees": employees})).await;
    }
    let query =
        "sort%5B0%5D%5Bfield%5D=City&sort%5B1%5D%5Bfield%5D=Employees&sort%5B1%5D%5Bdirection%5D=desc";
    let sorted = desk.get(&format!("/{{base}}/Companies?{query}")).await.expect(200);
    assert_eq!(names(&sorted), ["d", "b", "c", "a"]);
    let body = json!({"sort": [{"field": "Employees", "direction": "desc"}]});
    let sorted = desk.post("/{base}/Companies/listRecords", body).await.expect(200);
    assert_eq!(names(&sorted), ["c", "b", "a", "d"], "numbers are sorted as numbers");
    for wrong in ["sort[0][field]=Nothing", "sort[0][field]=Name&sort[0][direction]=up"] {
        desk.get(&format!("/{{base}}/Companies?{wrong}")).await.expect(422);
    }
}

#[tokio::test]
async fn formulas_keep_the_records_for_which_they_are_true() {
    let desk = Desk::new().await;
    for (name, employees, website) in
        [("Acme", 5, "https://acme.test"), ("Bolt", 50, ""), ("Café", 0, "https://cafe.test")]
    {
        desk.record("Companies", json!({"Name": name, "Employees": employees, "Website": website})).await;
    }
    for (formula, expected) in [
        ("{Employees} > 4", vec!["Acme", "Bolt"]),
        ("Employees", vec!["Acme", "Bolt"]),
        ("AND({Website}, SEARCH('acme', LOWER({Website})))", vec!["Acme"]),
        ("{Website} = BLANK()", vec!["Bolt"]),
        ("1/{Name}", vec![]),
        ("'' & ''", vec![]),
        ("IS_AFTER(CREATED_TIME(), '2025-12-31')", vec!["Acme", "Bolt", "Café"]),
        ("OR({Name}='Café', {Name}='Bolt')", vec!["Bolt", "Café"]),
    ] {
        let body = json!({"filterByFormula": formula, "sort": [{"field": "Name"}]});
        let page = desk.post("/{base}/Companies/listRecords", body).await.expect(200);
        assert_eq!(names(&page), expected, "{formula}");
    }
    for wrong in ["{Nobody} = 1", "FOO()", "1 +", "{Name"] {
        let body = json!({"filterByFormula": wrong});
        let refused = desk.post("/{base}/Companies/listRecords", body).await.expect(422);
        assert_eq!(refused["error"]["type"], "INVALID_FILTER_BY_FORMULA", "{wrong}");
    }
    let got = desk.get("/{base}/Companies?filterByFormula=%7BName%7D%3D%27Bolt%27").await.expect(200);
    assert_eq!(names(&got), ["Bolt"]);
}

#[tokio::test]
async fn fields_are_picked_and_named_by_id_when_wished() {
    let desk = Desk::new().await;
    desk.record("Companies", json!({"Name": "Acme", "City": "Rome", "Employees": 5})).await;
    let city = desk.field("Companies", "City").await;
    let page = desk.get(&format!("/{{base}}/Companies?fields[]=Name&fields[]={city}")).await.expect(200);
    assert_eq!(page["records"][0]["fields"], json!({"Name": "Acme", "City": "Rome"}));
    let page = desk.get("/{base}/Companies?fields[]=City&returnFieldsByFieldId=true").await.expect(200);
    assert_eq!(page["records"][0]["fields"], json!({ (city): "Rome" }));
    let refused = desk.get("/{base}/Companies?fields[]=Nothing").await.expect(422);
    assert_eq!(
        refused,
        json!({"error": {"type": "UNKNOWN_FIELD_NAME", "message": "Unknown field name: \"Nothing\""}})
    );
    desk.get("/{base}/Companies?noSuchOption=1").await.expect(200);
    let forced = json!({"method": "post", "fields": ["Name"]});
    desk.post("/{base}/Companies/listRecords", forced).await.expect(200);
}

#[tokio::test]
async fn strings_need_a_time_zone_and_a_locale() {
    let desk = Desk::new().await;
    let deal = json!({"Name": "Big", "Amount": 1234.5, "Probability": 0.5, "Next meeting": "2026-02-03T04:05:00.000Z"});
    let id = desk.record("Deals", deal).await;
    for wrong in [
        "cellFormat=string",
        "cellFormat=string&timeZone=Europe/Rome",
        "cellFormat=string&userLocale=en",
        "cellFormat=xml",
    ] {
        desk.get(&format!("/{{base}}/Deals?{wrong}")).await.expect(422);
    }
    let query = "cellFormat=string&timeZone=America/New_York&userLocale=en-us";
    let page = desk.get(&format!("/{{base}}/Deals?{query}")).await.expect(200);
    let fields = &page["records"][0]["fields"];
    assert_eq!((&fields["Amount"], &fields["Probability"]), (&json!("$1,234.50"), &json!("50%")));
    assert_eq!(fields["Next meeting"], "2/2/2026 23:05");
    let one = desk.get(&format!("/{{base}}/Deals/{id}?{query}")).await.expect(200);
    assert_eq!(one["fields"]["Amount"], "$1,234.50");
    let zone = "timeZone=America/New_York&userLocale=en-us";
    let posted = desk
        .post(&format!("/{{base}}/Deals/listRecords?{zone}"), json!({"cellFormat": "string"}))
        .await
        .expect(200);
    assert_eq!(posted, page);
    let in_body = json!({"cellFormat": "string", "timeZone": "UTC", "userLocale": "en"});
    desk.post("/{base}/Deals/listRecords", in_body).await.expect(422);
}

#[tokio::test]
async fn comment_counts_come_when_asked_for() {
    let desk = Desk::new().await;
    let id = desk.record("Companies", json!({"Name": "Acme"})).await;
    desk.post(&format!("/{{base}}/Companies/{id}/comments"), json!({"text": "hm"})).await.expect(200);
    let page = desk.get("/{base}/Companies?recordMetadata[]=commentCount").await.expect(200);
    assert_eq!(page["records"][0]["commentCount"], 1);
    assert_eq!(desk.get("/{base}/Companies").await.expect(200)["records"][0].get("commentCount"), None);
    desk.get("/{base}/Companies?recordMetadata[]=likes").await.expect(422);
}

#[tokio::test]
async fn a_url_can_be_too_long_and_a_body_cannot() {
    let desk = Desk::new().await;
    let formula = format!("'{}'", "x".repeat(16_000));
    let long = desk.get(&format!("/{{base}}/Companies?filterByFormula={formula}")).await;
    assert_eq!(long.expect(414)["error"]["type"], "URI_TOO_LONG");
    desk.post("/{base}/Companies/listRecords", json!({"filterByFormula": formula})).await.expect(200);
    let room = 16_000 - format!("https://api.airtable.com/v0/{}/Companies?x=", desk.base).len();
    desk.get(&format!("/{{base}}/Companies?x={}", "x".repeat(room))).await.expect(200);
    desk.get(&format!("/{{base}}/Companies?x={}", "x".repeat(room + 1))).await.expect(414);
}

#[tokio::test]
async fn the_first_page_fixes_what_follows_unless_told_otherwise() {
    let desk = Desk::populated(0, 6, 0).await;
    let query = "pageSize=4&sort[0][field]=Name";
    let first = desk.get(&format!("/{{base}}/Companies?{query}")).await.expect(200);
    desk.record("Companies", json!({"Name": last(1)})).await;
    let unsorted = desk.get("/{base}/Companies?pageSize=4").await.expect(200);
    desk.record("Companies", json!({"Name": last(2)})).await;
    let second =
        desk.get(&format!("/{{base}}/Companies?{query}&offset={}", offset(&first))).await.expect(200);
    assert_eq!(ids(&second).len(), 2, "what came later is not in it");
    let rest =
        desk.get(&format!("/{{base}}/Companies?pageSize=9&offset={}", offset(&unsorted))).await.expect(200);
    assert_eq!(ids(&rest).len(), 3);
    desk.set(json!({"lists": {"snapshot": false}})).await;
    let first = desk.get(&format!("/{{base}}/Companies?{query}")).await.expect(200);
    desk.record("Companies", json!({"Name": last(3)})).await;
    let second =
        desk.get(&format!("/{{base}}/Companies?{query}&offset={}", offset(&first))).await.expect(200);
    desk.record("Companies", json!({"Name": last(4)})).await;
    let third =
        desk.get(&format!("/{{base}}/Companies?{query}&offset={}", offset(&second))).await.expect(200);
    assert_eq!((ids(&second).len(), names(&third)), (4, vec![last(3).as_str(), last(4).as_str()]));
}

#[tokio::test]
async fn records_deleted_meanwhile_are_passed_over() {
    let desk = Desk::populated(0, 9, 0).await;
    for query in ["pageSize=3", "pageSize=3&sort[0][field]=Name", "pageSize=3&view=Grid%20view"] {
        let first = desk.get(&format!("/{{base}}/Companies?{query}")).await.expect(200);
        let next = offset(&first).split_once('/').expect("itr/rec").1.to_owned();
        let before = desk.get("/{base}/Companies").await.expect(200);
        desk.delete(&format!("/{{base}}/Companies/{next}")).await.expect(200);
        let second =
            desk.get(&format!("/{{base}}/Companies?{query}&offset={}", offset(&first))).await.expect(200);
        let expected = (ids(&before).len() - 4).min(3);
        assert_eq!(ids(&second).len(), expected, "{query}");
        assert!(!ids(&second).contains(&next));
    }
}
