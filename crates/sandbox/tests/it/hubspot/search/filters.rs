//! What filters and queries find.

use super::{LAG, filter, first_names, listed};
use crate::hubspot::properties::Account;
use serde_json::{Value, json};

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
