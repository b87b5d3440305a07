//! Search.

use super::properties::Account;
use crate::support::Answer;
use serde_json::{Value, json};
use std::time::Duration;

const CONTACTS: &str = "/crm/v3/objects/contacts/search";

/// Time enough for the index.
const LAG: Duration = Duration::from_secs(3);

impl Account {
    async fn search(&self, body: Value) -> Answer {
        self.post(CONTACTS, body).await
    }

    /// First names of the contacts a filter lets pass, in order of creation.
    async fn passing(&self, filter: impl Into<Value>) -> Vec<String> {
        let found = self.search(json!({"filters": [filter.into()], "limit": 200})).await.expect(200);
        first_names(&found)
    }

    /// Ada, Bob and Cyd, each a second younger than the one before, and indexed.
    async fn with_three() -> (Self, [String; 3]) {
        let account = Self::start().await;
        let mut ids = Vec::new();
        for (first, last, email, role, status, next) in [
            ("Ada", "Lovelace", "ada@example.com", "CHAMPION;OTHER", "NEW", "2026-03-01"),
            ("Bob", "Byron-Lace", "bob@example.org", "BLOCKER", "OPEN", "2026-03-02"),
            ("Cyd", "", "cyd@example.com", "", "", ""),
        ] {
            let properties = json!({"firstname": first, "lastname": last, "email": email, "hs_buying_role": role,
                "hs_lead_status": status, "hs_next_step_date": next});
            ids.push(account.record("contacts", properties).await);
            account.sandbox.advance(Duration::from_secs(1)).await;
        }
        account.sandbox.advance(LAG).await;
        (account, ids.try_into().expect("three"))
    }
}

fn first_names(found: &Value) -> Vec<String> {
    let results = found["results"].as_array().expect("results");
    results.iter().map(|one| one["properties"]["firstname"].as_str().unwrap_or_default().to_owned()).collect()
}

fn filter(property: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({"propertyName": property, "operator": operator, "value": value.into()})
}

fn listed(property: &str, operator: &str, values: Value) -> Value {
    json!({"propertyName": property, "operator": operator, "values": values})
}

#[tokio::test]
async fn without_filters_everything_is_found_in_order_of_creation() {
    let (account, ids) = Account::with_three().await;
    let found = account.search(json!({})).await.expect(200);
    assert_eq!(
        (&found["total"], first_names(&found)),
        (&json!(3), ["Ada", "Bob", "Cyd"].map(str::to_owned).to_vec())
    );
    assert!(found.get("paging").is_none());
    let ada = &found["results"][0];
    assert_eq!((&ada["id"], &ada["archived"]), (&json!(ids[0]), &json!(false)));
    assert_eq!(ada["properties"]["email"], "ada@example.com");
    assert_eq!(ada["createdAt"], "2026-01-01T00:00:00.000Z");
}

#[tokio::test]
async fn only_the_properties_asked_for_are_shown() {
    let (account, _) = Account::with_three().await;
    let body = json!({"filters": [filter("email", "EQ", "ada@example.com")], "properties": ["hs_lead_status", "phone", "nope"]});
    let found = account.search(body).await.expect(200);
    let properties = &found["results"][0]["properties"];
    assert_eq!((&properties["hs_lead_status"], &properties["phone"]), (&json!("NEW"), &Value::Null));
    assert!(properties.get("nope").is_none() && properties.get("email").is_none(), "{properties}");
}

#[tokio::test]
async fn texts_are_equal_in_any_case() {
    let (account, _) = Account::with_three().await;
    assert_eq!(account.passing(filter("firstname", "EQ", "aDA")).await, ["Ada"]);
    assert_eq!(account.passing(filter("email", "EQ", "ADA@Example.com")).await, ["Ada"]);
    assert_eq!(account.passing(filter("firstname", "NEQ", "ada")).await, ["Bob", "Cyd"]);
    assert_eq!(account.passing(filter("firstname", "EQ", "Ad")).await, Vec::<String>::new());
}

#[tokio::test]
async fn enumerations_are_equal_only_exactly() {
    let (account, _) = Account::with_three().await;
    assert_eq!(account.passing(filter("hs_lead_status", "EQ", "NEW")).await, ["Ada"]);
    assert_eq!(account.passing(filter("hs_lead_status", "EQ", "new")).await, Vec::<String>::new());
    assert_eq!(account.passing(listed("hs_lead_status", "IN", json!(["NEW", "OPEN"]))).await, ["Ada", "Bob"]);
}

#[tokio::test]
async fn several_options_are_looked_at_one_by_one_unless_a_setting_says_otherwise() {
    let (account, _) = Account::with_three().await;
    let other = filter("hs_buying_role", "EQ", "OTHER");
    assert_eq!(account.passing(other.clone()).await, ["Ada"]);
    account.sandbox.set(json!({"hubspot": {"search": {"options_match_one_by_one": false}}})).await;
    assert_eq!(account.passing(other).await, Vec::<String>::new());
    assert_eq!(account.passing(filter("hs_buying_role", "EQ", "CHAMPION;OTHER")).await, ["Ada"]);
}

#[tokio::test]
async fn texts_in_lists_must_be_in_lower_case() {
    let (account, _) = Account::with_three().await;
    assert_eq!(account.passing(listed("firstname", "IN", json!(["ada", "cyd"]))).await, ["Ada", "Cyd"]);
    assert_eq!(account.passing(listed("firstname", "IN", json!(["Ada"]))).await, Vec::<String>::new());
    assert_eq!(account.passing(listed("firstname", "NOT_IN", json!(["ada"]))).await, ["Bob", "Cyd"]);
}

#[tokio::test]
async fn what_has_no_value_passes_no_negation_unless_a_setting_says_so() {
    let (account, _) = Account::with_three().await;
    let not_new = filter("hs_lead_status", "NEQ", "NEW");
    let not_in = listed("hs_lead_status", "NOT_IN", json!(["NEW"]));
    let no_token = filter("lastname", "NOT_CONTAINS_TOKEN", "lovelace");
    for negation in [&not_new, &not_in, &no_token] {
        assert_eq!(account.passing(negation.clone()).await, ["Bob"]);
    }
    account.sandbox.set(json!({"hubspot": {"search": {"negations_match_empty": true}}})).await;
    for negation in [not_new, not_in, no_token] {
        assert_eq!(account.passing(negation).await, ["Bob", "Cyd"]);
    }
}

#[tokio::test]
async fn having_a_value_can_be_asked_for() {
    let (account, _) = Account::with_three().await;
    let has = |operator: &str| json!({"propertyName": "lastname", "operator": operator});
    assert_eq!(account.passing(has("HAS_PROPERTY")).await, ["Ada", "Bob"]);
    assert_eq!(account.passing(has("NOT_HAS_PROPERTY")).await, ["Cyd"]);
}

#[tokio::test]
async fn tokens_are_whole_words_and_stars_anything() {
    let (account, _) = Account::with_three().await;
    assert_eq!(account.passing(filter("lastname", "CONTAINS_TOKEN", "LACE")).await, ["Bob"]);
    assert_eq!(account.passing(filter("lastname", "CONTAINS_TOKEN", "*lace")).await, ["Ada", "Bob"]);
    assert_eq!(account.passing(filter("email", "CONTAINS_TOKEN", "*@example.com")).await, ["Ada", "Cyd"]);
    assert_eq!(account.passing(filter("email", "NOT_CONTAINS_TOKEN", "*@example.com")).await, ["Bob"]);
}

#[tokio::test]
async fn days_compare_as_iso_and_as_milliseconds() {
    let (account, _) = Account::with_three().await;
    let march_first = 1_772_323_200_000_i64;
    for value in [json!("2026-03-01"), json!(march_first), json!(march_first.to_string())] {
        assert_eq!(account.passing(filter("hs_next_step_date", "EQ", value.clone())).await, ["Ada"]);
        assert_eq!(account.passing(filter("hs_next_step_date", "GT", value.clone())).await, ["Bob"]);
        assert_eq!(account.passing(filter("hs_next_step_date", "GTE", value.clone())).await, ["Ada", "Bob"]);
        assert_eq!(account.passing(filter("hs_next_step_date", "LTE", value.clone())).await, ["Ada"]);
        assert_eq!(account.passing(filter("hs_next_step_date", "LT", value)).await, Vec::<String>::new());
    }
    let between = json!({"propertyName": "hs_next_step_date", "operator": "BETWEEN", "value": "2026-03-02",
        "highValue": "2026-03-09"});
    assert_eq!(account.passing(between).await, ["Bob"]);
    account.search(json!({"filters": [filter("hs_next_step_date", "GT", "soon")]})).await.expect(400);
}

#[tokio::test]
async fn a_bound_on_a_moment_may_let_pass_what_lies_on_it() {
    let (account, _) = Account::with_three().await;
    let bobs = "2026-01-01T00:00:01.000Z";
    assert_eq!(account.passing(filter("createdate", "GTE", bobs)).await, ["Bob", "Cyd"]);
    assert_eq!(account.passing(filter("createdate", "GT", bobs)).await, ["Bob", "Cyd"]);
    assert_eq!(account.passing(filter("createdate", "LT", bobs)).await, ["Ada", "Bob"]);
    account.sandbox.set(json!({"hubspot": {"search": {"bound_slack_ms": 0}}})).await;
    assert_eq!(account.passing(filter("createdate", "GT", bobs)).await, ["Cyd"]);
    assert_eq!(account.passing(filter("createdate", "LT", bobs)).await, ["Ada"]);
    assert_eq!(account.passing(filter("lastmodifieddate", "EQ", bobs)).await, ["Bob"]);
}

#[tokio::test]
async fn a_date_at_epoch_zero_is_a_server_error() {
    let (account, _) = Account::with_three().await;
    for value in [json!(0), json!("0"), json!("1970-01-01T00:00:00Z")] {
        let refused =
            account.search(json!({"filters": [filter("createdate", "GT", value)]})).await.expect(500);
        assert_eq!(
            (&refused["status"], &refused["message"]),
            (&json!("error"), &json!("There was a problem with the request."))
        );
    }
}

#[tokio::test]
async fn numbers_compare_as_numbers() {
    let account = Account::start().await;
    for amount in ["9", "10", "100.5"] {
        let deal =
            json!({"dealname": amount, "amount": amount, "pipeline": "default", "dealstage": "closedwon"});
        account.record("deals", deal).await;
    }
    account.sandbox.advance(LAG).await;
    let names = async |filter: Value| -> Vec<String> {
        let body =
            json!({"filters": [filter], "sorts": [{"propertyName": "amount", "direction": "DESCENDING"}]});
        let found = account.post("/crm/objects/2026-03/0-3/search", body).await.expect(200);
        let results = found["results"].as_array().expect("results");
        results.iter().map(|one| one["properties"]["dealname"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(filter("amount", "GT", 9)).await, ["100.5", "10"]);
    assert_eq!(names(filter("amount", "LTE", "10")).await, ["10", "9"]);
    assert_eq!(names(filter("amount", "EQ", "10.0")).await, ["10"]);
    assert_eq!(names(listed("amount", "IN", json!([9, "100.5"]))).await, ["100.5", "9"]);
    account
        .post("/crm/v3/objects/deals/search", json!({"filters": [filter("amount", "GT", "a lot")]}))
        .await
        .expect(400);
}

#[tokio::test]
async fn groups_are_alternatives_and_filters_in_a_group_go_together() {
    let (account, ids) = Account::with_three().await;
    let body = json!({"filterGroups": [
        {"filters": [filter("firstname", "EQ", "ada"), filter("lastname", "EQ", "lovelace")]},
        {"filters": [filter("firstname", "EQ", "bob"), filter("lastname", "EQ", "nobody")]},
        {"filters": [filter("hs_object_id", "EQ", ids[2].clone())]},
    ]});
    let found = account.search(body).await.expect(200);
    assert_eq!(first_names(&found), ["Ada", "Cyd"]);
    assert_eq!(account.passing(listed("hs_object_id", "IN", json!([ids[0], ids[1]]))).await, ["Ada", "Bob"]);
}

#[tokio::test]
async fn associated_records_can_be_asked_for() {
    let (account, ids) = Account::with_three().await;
    let company = account.record("companies", json!({"name": "Acme"})).await;
    let path = format!("/crm/v4/objects/contacts/{}/associations/default/companies/{company}", ids[1]);
    account.put(&path, json!({})).await.expect(200);
    for name in ["associations.company", "associations.companies", "associations.0-2"] {
        assert_eq!(account.passing(filter(name, "EQ", company.clone())).await, ["Bob"]);
        assert_eq!(account.passing(listed(name, "IN", json!([company]))).await, ["Bob"]);
        assert_eq!(account.passing(filter(name, "NEQ", company.clone())).await, ["Ada", "Cyd"]);
        let has = |operator: &str| json!({"propertyName": name, "operator": operator});
        assert_eq!(account.passing(has("HAS_PROPERTY")).await, ["Bob"]);
        assert_eq!(account.passing(has("NOT_HAS_PROPERTY")).await, ["Ada", "Cyd"]);
    }
    account.search(json!({"filters": [filter("associations.company", "EQ", "acme")]})).await.expect(400);
    account.search(json!({"filters": [filter("associations.company", "GT", company)]})).await.expect(400);
    account.search(json!({"filters": [filter("associations.butterfly", "EQ", "1")]})).await.expect(400);
}

#[tokio::test]
async fn a_query_looks_at_the_properties_people_search_by() {
    let (account, _) = Account::with_three().await;
    let found = async |query: &str| first_names(&account.search(json!({"query": query})).await.expect(200));
    assert_eq!(found("LOVE").await, ["Ada"]);
    assert_eq!(found("bob lace").await, ["Bob"]);
    assert_eq!(found("example.com").await, ["Ada", "Cyd"]);
    assert_eq!(found("champion").await, Vec::<String>::new());
    account.sandbox.set(json!({"hubspot": {"search": {"query_finds_beginnings": false}}})).await;
    assert_eq!(found("LOVE").await, Vec::<String>::new());
    assert_eq!(found("lovelace").await, ["Ada"]);
}

#[tokio::test]
async fn telephone_numbers_are_found_by_their_digits() {
    let account = Account::start().await;
    account.record("contacts", json!({"firstname": "Ada", "phone": "+1 (201) 555-1234"})).await;
    account.record("contacts", json!({"firstname": "Bob", "mobilephone": "+44 20 7946 0000"})).await;
    account.sandbox.advance(LAG).await;
    let phone = "hs_searchable_calculated_phone_number";
    assert_eq!(account.passing(filter(phone, "CONTAINS_TOKEN", "*2015551234")).await, ["Ada"]);
    assert_eq!(account.passing(filter(phone, "EQ", "12015551234")).await, ["Ada"]);
    let mobile = filter("hs_searchable_calculated_mobile_number", "CONTAINS_TOKEN", "4420*");
    assert_eq!(account.passing(mobile).await, ["Bob"]);
    assert_eq!(first_names(&account.search(json!({"query": "12015551234"})).await.expect(200)), ["Ada"]);
}

#[tokio::test]
async fn pages_are_offsets_without_a_link() {
    let (account, _) = Account::with_three().await;
    let first = account.search(json!({"limit": 2})).await.expect(200);
    assert_eq!((&first["total"], &first["paging"]), (&json!(3), &json!({"next": {"after": "2"}})));
    for after in [json!("2"), json!(2)] {
        let second = account.search(json!({"limit": 2, "after": after})).await.expect(200);
        assert_eq!((first_names(&second), second.get("paging")), (vec!["Cyd".to_owned()], None));
    }
    let beyond = account.search(json!({"limit": 2, "after": 50})).await.expect(200);
    assert_eq!((&beyond["total"], &beyond["results"]), (&json!(3), &json!([])));
    let only_total = account.search(json!({"limit": 0})).await.expect(200);
    assert_eq!((&only_total["total"], &only_total["results"]), (&json!(3), &json!([])));
}

#[tokio::test]
async fn beyond_ten_thousand_and_above_two_hundred_is_refused() {
    let (account, _) = Account::with_three().await;
    account.search(json!({"limit": 200, "after": "9800"})).await.expect(200);
    account.search(json!({"limit": 201})).await.expect(400);
    account.search(json!({"limit": -1})).await.expect(400);
    account.sandbox.set(json!({"hubspot": {"search": {"window_message": "That far nobody pages."}}})).await;
    let refused = account.search(json!({"limit": 200, "after": "9801"})).await.expect(400);
    assert_eq!(
        (&refused["message"], &refused["category"]),
        (&json!("That far nobody pages."), &json!("VALIDATION_ERROR"))
    );
}

#[tokio::test]
async fn a_cursor_of_a_list_is_refused_in_javas_words() {
    let (account, _) = Account::with_three().await;
    let refused = account.search(json!({"after": "NTI1Cg%3D%3D"})).await.expect(400);
    let message = refused["message"].as_str().expect("text");
    assert!(message.contains("Cannot deserialize value of type"), "{message}");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    let (account, _) = Account::with_three().await;
    let many = |count: usize| vec![json!({"propertyName": "email", "operator": "HAS_PROPERTY"}); count];
    for body in [
        json!([]),
        json!({"filterGroups": {}}),
        json!({"filters": [filter("nope", "EQ", "x")]}),
        json!({"filters": [filter("email", "LIKE", "x")]}),
        json!({"filters": [{"propertyName": "email", "operator": "EQ"}]}),
        json!({"filters": [{"propertyName": "email", "operator": "IN", "value": "x"}]}),
        json!({"filters": [{"propertyName": "createdate", "operator": "BETWEEN", "value": "5"}]}),
        json!({"filters": many(7)}),
        json!({"filterGroups": vec![json!({"filters": many(1)}); 6]}),
        json!({"filterGroups": vec![json!({"filters": many(5)}); 4]}),
        json!({"sorts": ["email", "phone"]}),
        json!({"sorts": ["nope"]}),
        json!({"query": "x".repeat(3_000)}),
    ] {
        let refused = account.search(body).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR");
    }
    account.search(json!({"filterGroups": vec![json!({"filters": many(6)}); 3]})).await.expect(200);
}

#[tokio::test]
async fn one_rule_orders_what_is_found() {
    let (account, _) = Account::with_three().await;
    for (rule, order) in [
        (json!({"propertyName": "email", "direction": "DESCENDING"}), ["Cyd", "Bob", "Ada"]),
        (json!("-createdate"), ["Cyd", "Bob", "Ada"]),
        (json!("firstname"), ["Ada", "Bob", "Cyd"]),
        (json!({"propertyName": "hs_next_step_date", "direction": "DESCENDING"}), ["Bob", "Ada", "Cyd"]),
        (json!({"propertyName": "hs_object_id", "direction": "ASCENDING"}), ["Ada", "Bob", "Cyd"]),
    ] {
        let found = account.search(json!({"sorts": [rule]})).await.expect(200);
        if rule["propertyName"] == "hs_object_id" {
            let ids: Vec<u64> = found["results"]
                .as_array()
                .expect("results")
                .iter()
                .map(|one| one["id"].as_str().and_then(|id| id.parse().ok()).expect("a number"))
                .collect();
            assert!(ids.is_sorted(), "{ids:?}");
        } else {
            assert_eq!(first_names(&found), order, "{rule}");
        }
    }
}

#[tokio::test]
async fn search_sees_what_was_written_a_moment_later() {
    let account = Account::start().await;
    let ada = account.record("contacts", json!({"firstname": "Ada", "email": "ada@example.com"})).await;
    assert_eq!(account.search(json!({})).await.expect(200)["total"], 0);
    account.sandbox.advance(Duration::from_millis(1_999)).await;
    assert_eq!(account.search(json!({})).await.expect(200)["total"], 0);
    account.sandbox.advance(Duration::from_millis(1)).await;
    assert_eq!(account.search(json!({})).await.expect(200)["total"], 1);
    account
        .patch(
            &format!("/crm/v3/objects/contacts/{ada}"),
            json!({"properties": {"firstname": "Augusta", "lastname": "King"}}),
        )
        .await
        .expect(200);
    // Both the filter and what is shown are of before.
    let body =
        json!({"filters": [filter("firstname", "EQ", "ada")], "properties": ["firstname", "lastname"]});
    let stale = account.search(body.clone()).await.expect(200);
    assert_eq!(stale["results"][0]["properties"]["firstname"], "Ada");
    assert_eq!(stale["results"][0]["properties"]["lastname"], Value::Null);
    assert_eq!(stale["results"][0]["updatedAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(account.passing(filter("firstname", "EQ", "augusta")).await, Vec::<String>::new());
    assert_eq!(account.passing(filter("lastname", "EQ", "king")).await, Vec::<String>::new());
    account.sandbox.advance(Duration::from_secs(2)).await;
    assert_eq!(account.search(body).await.expect(200)["total"], 0);
    assert_eq!(account.passing(filter("firstname", "EQ", "augusta")).await, ["Augusta"]);
}

#[tokio::test]
async fn how_late_search_is_can_be_set() {
    let account = Account::start().await;
    account.sandbox.set(json!({"hubspot": {"search": {"index_lag_ms": 0}}})).await;
    account.record("contacts", json!({"firstname": "Ada"})).await;
    assert_eq!(account.search(json!({})).await.expect(200)["total"], 1);
    account.sandbox.set(json!({"hubspot": {"search": {"index_lag_ms": 30_000}}})).await;
    assert_eq!(account.search(json!({})).await.expect(200)["total"], 0);
}

#[tokio::test]
async fn recent_results_can_come_out_of_order() {
    let account = Account::start().await;
    account.sandbox.set(json!({"hubspot": {"search": {"index_lag_ms": 0, "out_of_order_ms": 60_000}}})).await;
    for number in 0..20 {
        account.record("contacts", json!({"firstname": format!("{number:02}")})).await;
        account.sandbox.advance(Duration::from_millis(10)).await;
    }
    let recent = first_names(&account.search(json!({"limit": 20})).await.expect(200));
    assert!(!recent.is_sorted(), "{recent:?}");
    account.sandbox.advance(Duration::from_secs(61)).await;
    let old = first_names(&account.search(json!({"limit": 20})).await.expect(200));
    assert!(old.is_sorted() && old.len() == 20, "{old:?}");
}

#[tokio::test]
async fn archived_records_are_never_found() {
    let (account, ids) = Account::with_three().await;
    account.delete(&format!("/crm/v3/objects/contacts/{}", ids[0])).await.expect(204);
    assert_eq!(first_names(&account.search(json!({})).await.expect(200)), ["Bob", "Cyd"]);
    let by_id = json!({"filters": [filter("hs_object_id", "EQ", ids[0].clone())]});
    assert_eq!(account.search(by_id).await.expect(200)["total"], 0);
}

#[tokio::test]
async fn types_nobody_knows_cannot_be_searched() {
    let account = Account::start().await;
    let refused = account.post("/crm/v3/objects/butterflies/search", json!({})).await.expect(400);
    assert_eq!(refused["message"], "Unable to infer object type from: butterflies");
    assert!(refused.get("category").is_none());
    account.post("/crm/objects/2020-01/contacts/search", json!({})).await.expect(404);
    let found = account.post("/crm/v3/objects/2-50158913/search", json!({})).await.expect(200);
    assert_eq!((&found["total"], &found["results"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn an_accounts_own_type_is_searched_by_its_own_properties() {
    let account = Account::start().await;
    let exam =
        json!({"mock_exam_name": "Grade 8", "mock_exam_id": "ME-1", "total_bookings": 7, "is_active": true});
    account.record("mock_exams", exam).await;
    account.sandbox.advance(LAG).await;
    for filter in [
        filter("mock_exam_id", "EQ", "me-1"),
        filter("total_bookings", "GTE", 7),
        filter("is_active", "EQ", true),
    ] {
        let body = json!({"filters": [filter], "properties": ["total_bookings"]});
        let found = account.post("/crm/v3/objects/mock_exams/search", body).await.expect(200);
        assert_eq!(found["results"][0]["properties"]["total_bookings"], "7", "{filter}");
    }
    let found =
        account.post("/crm/v3/objects/mock_exams/search", json!({"query": "grade"})).await.expect(200);
    assert_eq!(found["total"], 1);
}
