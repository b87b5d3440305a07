//! How many definitions there may be, and whose types they are.

use super::{Account, CONTACTS, text};
use serde_json::{Value, json};

#[tokio::test]
async fn an_account_may_have_so_many_of_its_own_and_can_see_how_many() {
    let account = Account::start().await;
    let limits = "/crm/limits/2026-03/custom-properties";
    let of_contacts = |body: Value| {
        let rows = body["byObjectType"].as_array().expect("rows").clone();
        rows.into_iter().find(|row| row["objectTypeId"] == "0-1").expect("contacts")
    };
    let row = of_contacts(account.get(limits).await.expect(200));
    assert_eq!((&row["limit"], &row["usage"]), (&json!(1000), &json!(0)));
    account.sandbox.set(json!({"hubspot": {"properties": {"max_custom": 2}}})).await;
    account.post(CONTACTS, text("one")).await.expect(201);
    account.post(CONTACTS, text("two")).await.expect(201);
    account.post(CONTACTS, text("three")).await.expect(400);
    let row = of_contacts(account.get(limits).await.expect(200));
    assert_eq!((&row["limit"], &row["usage"], &row["percentage"]), (&json!(2), &json!(2), &json!(100)));
}

#[tokio::test]
async fn at_most_ten_are_unique() {
    let account = Account::start().await;
    let unique = |name: &str| {
        let mut body = text(name);
        body["hasUniqueValue"] = json!(true);
        body
    };
    for number in 0..10 {
        account.post(CONTACTS, unique(&format!("key_{number}"))).await.expect(201);
    }
    account.post(CONTACTS, unique("key_10")).await.expect(400);
    account.post(CONTACTS, text("no_key")).await.expect(201);
}

#[tokio::test]
async fn schemas_of_the_accounts_own_types_can_be_read() {
    let account = Account::start().await;
    for path in ["/crm/v3/schemas", "/crm-object-schemas/2026-03/schemas"] {
        let list = account.get(path).await.expect(200);
        assert_eq!(
            (&list["results"][0]["objectTypeId"], list["results"].as_array().map(Vec::len)),
            (&json!("2-50158913"), Some(1))
        );
        for name in ["2-50158913", "mock_exams", "p62515_mock_exams"] {
            let schema = account.get(&format!("{path}/{name}")).await.expect(200);
            assert_eq!(schema["fullyQualifiedName"], "p62515_mock_exams");
            assert_eq!(schema["labels"], json!({"singular": "Mock exam", "plural": "Mock exams"}));
            assert_eq!(schema["primaryDisplayProperty"], "mock_exam_name");
            let all = schema["properties"].as_array().expect("properties");
            assert!(all.iter().any(|one| one["name"] == "total_bookings" && one["type"] == "number"));
        }
        account.get(&format!("{path}/2-1")).await.expect(404);
    }
}
