//! Property definitions and groups.

use crate::support::{Answer, TestSandbox};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The first account, called with its private app's token.
pub(super) struct Account {
    pub(super) sandbox: TestSandbox,
    token: String,
}

impl Account {
    pub(super) async fn start() -> Self {
        let sandbox = TestSandbox::start().await;
        // How many calls a second are let in is tested elsewhere; here the clock stands still.
        sandbox.set(json!({"hubspot": {"limits": {"enabled": false}}})).await;
        let token = sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"].clone();
        Self { sandbox, token: token.as_str().expect("a token").to_owned() }
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.sandbox.call(&self.token, method, &format!("/hubspot{path}"), body).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(&body)).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(&body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(&body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// Makes a record; returns its id.
    pub(super) async fn record(&self, object_type: &str, properties: Value) -> String {
        let made =
            self.post(&format!("/crm/v3/objects/{object_type}"), json!({ "properties": properties })).await;
        made.expect(201)["id"].as_str().expect("an id").to_owned()
    }
}

const CONTACTS: &str = "/crm/v3/properties/contacts";

fn text(name: &str) -> Value {
    json!({"name": name, "label": "X", "type": "string", "fieldType": "text", "groupName": "contactinformation"})
}

fn names(list: &Value) -> Vec<&str> {
    let results = list["results"].as_array().expect("results");
    results.iter().map(|one| one["name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn a_new_definition_is_told_with_all_its_keys_and_where_it_is() {
    let account = Account::start().await;
    let made = account.post(CONTACTS, text("x_text")).await;
    let body = made.expect(201);
    let location = format!("{}/x_text", account.sandbox.url("/hubspot/crm/v3/properties/contacts"));
    assert_eq!(made.header("location"), location);
    let user = body["createdUserId"].clone();
    assert!(user.as_str().is_some_and(|id| id.parse::<u64>().is_ok()), "{body}");
    assert_eq!(
        body,
        json!({
            "updatedAt": "2026-01-01T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z",
            "name": "x_text", "label": "X", "type": "string", "fieldType": "text", "description": "",
            "groupName": "contactinformation", "options": [], "createdUserId": user, "updatedUserId": user,
            "displayOrder": -1, "calculated": false, "externalOptions": false, "archived": false,
            "hasUniqueValue": false, "hidden": false,
            "modificationMetadata": {"archivable": true, "readOnlyDefinition": false, "readOnlyValue": false},
            "formField": false, "dataSensitivity": "non_sensitive",
        })
    );
    assert_eq!(account.get(&format!("{CONTACTS}/x_text")).await.expect(200), body);
}

#[tokio::test]
async fn the_list_has_the_standard_definitions_without_paging() {
    let account = Account::start().await;
    for (object_type, some) in [
        ("contacts", ["email", "lastmodifieddate", "hs_additional_emails", "hs_merged_object_ids"]),
        ("0-2", ["name", "domain", "hs_lastmodifieddate", "numberofemployees"]),
        ("deals", ["dealname", "dealstage", "pipeline", "amount"]),
        ("0-3", ["dealname", "dealstage", "pipeline", "amount"]),
        ("mock_exams", ["mock_exam_id", "total_bookings", "exam_date", "is_active"]),
        ("2-50158913", ["mock_exam_name", "location", "hs_object_id", "createdate"]),
    ] {
        for path in ["/crm/v3/properties", "/crm/properties/2026-03", "/crm/properties/2026-09"] {
            let list = account.get(&format!("{path}/{object_type}")).await.expect(200);
            assert!(some.iter().all(|name| names(&list).contains(name)), "{object_type}: {:?}", names(&list));
            assert!(list.get("paging").is_none());
        }
    }
    let email = account.get(&format!("{CONTACTS}/email")).await.expect(200);
    assert_eq!((&email["hubspotDefined"], &email["type"]), (&json!(true), &json!("string")));
    let rollup = account.get(&format!("{CONTACTS}/num_associated_deals")).await.expect(200);
    assert_eq!((&rollup["fieldType"], &rollup["calculated"]), (&json!("calculation_rollup"), &json!(true)));
    let unique = account.get("/crm/v3/properties/mock_exams/mock_exam_id").await.expect(200);
    assert_eq!(unique["hasUniqueValue"], true);
}

#[tokio::test]
async fn the_list_can_be_cut_down_to_names() {
    let account = Account::start().await;
    for query in ["properties=email,phone", "properties=email&properties=phone"] {
        let list = account.get(&format!("{CONTACTS}?{query}")).await.expect(200);
        assert_eq!(names(&list), ["email", "phone"]);
    }
}

#[tokio::test]
async fn a_name_in_use_is_a_conflict_and_nothing_changes() {
    let account = Account::start().await;
    let before = account.post(CONTACTS, text("age__c")).await.expect(201);
    let mut twin = text("age__c");
    twin["label"] = json!("Other");
    let refused = account.post(CONTACTS, twin).await.expect(409);
    assert_eq!(refused["status"], "error");
    assert_eq!(refused["category"], "OBJECT_ALREADY_EXISTS");
    assert_eq!(refused["subCategory"], "Properties.PROPERTY_WITH_NAME_EXISTS");
    assert_eq!(refused["message"], "A property named 'age__c' already exists.");
    assert_eq!(refused["context"], json!({"name": ["age__c"]}));
    assert!(refused["correlationId"].is_string());
    assert_eq!(account.get(&format!("{CONTACTS}/age__c")).await.expect(200), before);
}

#[tokio::test]
async fn definitions_that_make_no_sense_are_refused() {
    let account = Account::start().await;
    let with = |key: &str, value: Value| {
        let mut body = text("x");
        body[key] = value;
        body
    };
    for (body, said) in [
        (json!({"name": "x", "label": "X"}), "[type, fieldType, groupName]"),
        (with("type", json!("text")), "Cannot deserialize value of type"),
        (with("fieldType", json!("select")), "field type 'select'"),
        (with("groupName", json!("nowhere")), "group 'nowhere'"),
        (with("label", json!({"en": "X"})), "Cannot deserialize value of type"),
        (with("name", json!(" ")), "not valid"),
        (with("options", json!("a")), "Cannot deserialize value of type"),
        (with("fieldType", json!("calculation_equation")), "calculationFormula"),
        (json!([]), "Cannot deserialize value of type"),
    ] {
        let refused = account.post(CONTACTS, body).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR");
        assert!(refused["message"].as_str().expect("text").contains(said), "{refused}");
    }
    let mut choice = with("options", json!([{"label": "A", "value": "a"}, {"label": "B", "value": "a"}]));
    (choice["type"], choice["fieldType"]) = (json!("enumeration"), json!("select"));
    account.post(CONTACTS, choice).await.expect(400);
    account.get(&format!("{CONTACTS}/x")).await.expect(404);
}

#[tokio::test]
async fn every_type_goes_with_its_field_types() {
    let account = Account::start().await;
    let options = json!([{"label": "A", "value": "a"}]);
    for (kind, fields) in [
        ("bool", &["booleancheckbox"][..]),
        ("enumeration", &["booleancheckbox", "checkbox", "radio", "select"]),
        ("date", &["date"]),
        ("datetime", &["date"]),
        ("string", &["text", "textarea", "file", "html", "phonenumber"]),
        ("number", &["number"]),
        ("phone_number", &["phonenumber"]),
    ] {
        for field in fields {
            let name = format!("x_{kind}_{field}");
            let body = json!({"name": name, "label": "X", "type": kind, "fieldType": field,
                "groupName": "contactinformation", "options": options});
            assert_eq!(account.post(CONTACTS, body).await.expect(201)["fieldType"], *field);
        }
    }
}

#[tokio::test]
async fn names_are_put_into_lower_case_unless_a_setting_says_otherwise() {
    let account = Account::start().await;
    assert_eq!(account.post(CONTACTS, text("My Text")).await.expect(201)["name"], "my text");
    account.get(&format!("{CONTACTS}/my%20text")).await.expect(200);
    account.sandbox.set(json!({"hubspot": {"properties": {"names": "strict"}}})).await;
    account.post(CONTACTS, text("Other")).await.expect(400);
    account.post(CONTACTS, text("other")).await.expect(201);
    account.sandbox.set(json!({"hubspot": {"properties": {"names": "as_given", "longest_name": 5}}})).await;
    assert_eq!(account.post(CONTACTS, text("Third")).await.expect(201)["name"], "Third");
    account.post(CONTACTS, text("Fourth")).await.expect(400);
}

#[tokio::test]
async fn a_patch_overwrites_what_it_names_and_replaces_all_options() {
    let account = Account::start().await;
    let path = format!("{CONTACTS}/colour");
    let body = json!({"name": "colour", "label": "Colour", "type": "enumeration", "fieldType": "select",
        "groupName": "contactinformation", "hasUniqueValue": false,
        "options": [{"label": "Red", "value": "red"}, {"label": "Blue", "value": "blue", "hidden": true}]});
    account.post(CONTACTS, body).await.expect(201);
    account.sandbox.advance(Duration::from_secs(1)).await;
    let changed =
        account.patch(&path, json!({"label": "Color", "options": [{"label": "Green", "value": "green"}]}));
    let changed = changed.await.expect(200);
    assert_eq!(changed["label"], "Color");
    let green =
        json!([{"label": "Green", "value": "green", "description": "", "displayOrder": 0, "hidden": false}]);
    assert_eq!(changed["options"], green);
    assert_eq!(changed["createdAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(changed["updatedAt"], "2026-01-01T00:00:01.000Z");
    assert_eq!(account.get(&path).await.expect(200), changed);
    // The label alone leaves the options.
    assert_eq!(account.patch(&path, json!({"label": "Hue"})).await.expect(200)["options"], green);
    account.patch(&path, json!({"groupName": "nowhere"})).await.expect(400);
    account.patch(&format!("{CONTACTS}/nope"), json!({"label": "X"})).await.expect(404);
    account.patch(&format!("{CONTACTS}/email"), json!({"label": "X"})).await.expect(400);
}

#[tokio::test]
async fn name_uniqueness_and_sensitivity_never_change() {
    let account = Account::start().await;
    account.post(CONTACTS, text("fixed")).await.expect(201);
    let path = format!("{CONTACTS}/fixed");
    let patch = json!({"name": "other", "hasUniqueValue": true, "dataSensitivity": "sensitive"});
    let after = account.patch(&path, patch.clone()).await.expect(200);
    assert_eq!((&after["name"], &after["hasUniqueValue"]), (&json!("fixed"), &json!(false)));
    assert_eq!(after["dataSensitivity"], "non_sensitive");
    account.sandbox.set(json!({"hubspot": {"properties": {"refuse_immutable": true}}})).await;
    account.patch(&path, patch).await.expect(400);
}

#[tokio::test]
async fn an_archived_definition_is_read_only_when_asked_for() {
    let account = Account::start().await;
    account.post(CONTACTS, text("gone")).await.expect(201);
    account.sandbox.advance(Duration::from_secs(5)).await;
    let path = format!("{CONTACTS}/gone");
    assert_eq!(account.delete(&path).await.expect(204), Value::Null);
    assert_eq!(account.get(&path).await.expect(404)["category"], "OBJECT_NOT_FOUND");
    account.delete(&path).await.expect(404);
    for query in ["archived=true", "archived=True"] {
        let archived = account.get(&format!("{path}?{query}")).await.expect(200);
        assert_eq!(
            (&archived["archived"], &archived["archivedAt"]),
            (&json!(true), &json!("2026-01-01T00:00:05.000Z"))
        );
    }
    assert_eq!(names(&account.get(&format!("{CONTACTS}?archived=true")).await.expect(200)), ["gone"]);
    assert!(!names(&account.get(CONTACTS).await.expect(200)).contains(&"gone"));
    account.get(&format!("{CONTACTS}/email?archived=true")).await.expect(404);
}

#[tokio::test]
async fn making_an_archived_definition_again_restores_it() {
    let account = Account::start().await;
    account.post(CONTACTS, text("tte_customer_uri")).await.expect(201);
    let path = format!("{CONTACTS}/tte_customer_uri");
    account.sandbox.advance(Duration::from_secs(60)).await;
    account.delete(&path).await.expect(204);
    let mut again = text("tte_customer_uri");
    (again["label"], again["fieldType"]) = (json!("10to8 customer"), json!("textarea"));
    let restored = account.post(CONTACTS, again).await.expect(201);
    assert_eq!((&restored["label"], &restored["fieldType"]), (&json!("10to8 customer"), &json!("textarea")));
    assert_eq!(restored["createdAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(account.get(&path).await.expect(200), restored);
    account.get(&format!("{path}?archived=true")).await.expect(404);
}

#[tokio::test]
async fn an_archived_definition_is_gone_after_ninety_days() {
    let account = Account::start().await;
    account.post(CONTACTS, text("old")).await.expect(201);
    let path = format!("{CONTACTS}/old?archived=true");
    account.delete(&format!("{CONTACTS}/old")).await.expect(204);
    account.sandbox.advance(DAY * 90 - Duration::from_millis(1)).await;
    account.get(&path).await.expect(200);
    account.sandbox.advance(Duration::from_millis(1)).await;
    account.get(&path).await.expect(404);
    assert_eq!(
        names(&account.get(&format!("{CONTACTS}?archived=true")).await.expect(200)),
        Vec::<&str>::new()
    );
    // The name is free for a new one, which is as old as it is.
    assert_eq!(
        account.post(CONTACTS, text("old")).await.expect(201)["createdAt"],
        "2026-04-01T00:00:00.000Z"
    );
}

#[tokio::test]
async fn what_another_is_calculated_from_cannot_be_archived() {
    let account = Account::start().await;
    let path = "/crm/properties/2026-09/companies";
    let with = |name: &str, field: &str| json!({"name": name, "label": name, "type": "number", "fieldType": field, "groupName": "companyinformation"});
    account.post(path, with("plot_count", "number")).await.expect(201);
    let mut formula = with("plots_twice", "calculation_equation");
    formula["calculationFormula"] = json!("plot_count * 2");
    let made = account.post(path, formula).await.expect(201);
    assert_eq!(
        (&made["calculated"], &made["modificationMetadata"]["readOnlyValue"]),
        (&json!(true), &json!(true))
    );
    let refused = account.delete(&format!("{path}/plot_count")).await.expect(400);
    assert_eq!(refused["category"], "VALIDATION_ERROR");
    assert_eq!(refused["subCategory"], "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE");
    assert_eq!(
        refused["message"],
        "Property: plot_count of object type 0-2 is currently used in 1 places and cannot be deleted"
    );
    account.get(&format!("{path}/plot_count")).await.expect(200);
    account.delete(&format!("{path}/plots_twice")).await.expect(204);
    account.delete(&format!("{path}/plot_count")).await.expect(204);
}

#[tokio::test]
async fn standard_definitions_cannot_be_archived() {
    let account = Account::start().await;
    account.delete(&format!("{CONTACTS}/email")).await.expect(400);
    account.get(&format!("{CONTACTS}/email")).await.expect(200);
}

#[tokio::test]
async fn sensitive_definitions_are_read_only_by_their_sensitivity() {
    let account = Account::start().await;
    let mut secret = text("diagnosis");
    secret["dataSensitivity"] = json!("sensitive");
    account.post(CONTACTS, secret).await.expect(201);
    assert!(!names(&account.get(CONTACTS).await.expect(200)).contains(&"diagnosis"));
    let list = account.get(&format!("{CONTACTS}?dataSensitivity=sensitive")).await.expect(200);
    assert_eq!(names(&list), ["diagnosis"]);
    account.get(&format!("{CONTACTS}/diagnosis")).await.expect(404);
    account.get(&format!("{CONTACTS}/diagnosis?dataSensitivity=sensitive")).await.expect(200);
    account.get(&format!("{CONTACTS}?dataSensitivity=secret")).await.expect(400);
}

#[tokio::test]
async fn batches_make_read_and_archive_definitions() {
    let account = Account::start().await;
    let inputs = json!({"inputs": [text("one"), text("two")]});
    let made = account.post(&format!("{CONTACTS}/batch/create"), inputs).await.expect(201);
    assert_eq!((&made["status"], names(&made)), (&json!("COMPLETE"), vec!["one", "two"]));
    assert!(made["startedAt"].is_string() && made["completedAt"].is_string());
    assert!(made["results"][0].get("createdAt").is_none() && made["results"][0].get("updatedAt").is_none());
    let read = json!({"inputs": [{"name": "one"}, {"name": "nope"}]});
    let read = account.post(&format!("{CONTACTS}/batch/read"), read).await.expect(207);
    assert_eq!((names(&read), &read["numErrors"]), (vec!["one"], &json!(1)));
    assert_eq!(read["errors"][0]["category"], "OBJECT_NOT_FOUND");
    assert_eq!(read["results"][0]["createdAt"], "2026-01-01T00:00:00.000Z");
    let both = json!({"inputs": [{"name": "one"}, {"name": "two"}, {"name": "nope"}]});
    account.post(&format!("{CONTACTS}/batch/archive"), both).await.expect(204);
    account.get(&format!("{CONTACTS}/one")).await.expect(404);
    let archived = json!({"archived": true, "inputs": [{"name": "two"}]});
    let archived = account.post(&format!("{CONTACTS}/batch/read"), archived).await.expect(200);
    assert_eq!(names(&archived), ["two"]);
}

#[tokio::test]
async fn a_batch_tells_of_names_in_use_row_by_row() {
    let account = Account::start().await;
    account.post(CONTACTS, text("age__c")).await.expect(201);
    let inputs = json!({"inputs": [text("fresh"), text("age__c")]});
    let made = account.post("/crm/properties/2026-03/contacts/batch/create", inputs).await.expect(207);
    assert_eq!((names(&made), &made["numErrors"]), (vec!["fresh"], &json!(1)));
    let error = &made["errors"][0];
    assert_eq!(error["status"], "error");
    assert_eq!(error["category"], "OBJECT_ALREADY_EXISTS");
    assert_eq!(error["subCategory"], "Properties.PROPERTY_WITH_NAME_EXISTS");
    assert_eq!(error["message"], "A property named 'age__c' already exists.");
    assert_eq!(error["context"], json!({"name": ["age__c"]}));
}

#[tokio::test]
async fn a_batch_that_may_not_archive_one_archives_none() {
    let account = Account::start().await;
    account.post(CONTACTS, text("mine")).await.expect(201);
    let both = json!({"inputs": [{"name": "mine"}, {"name": "email"}]});
    account.post(&format!("{CONTACTS}/batch/archive"), both).await.expect(400);
    account.get(&format!("{CONTACTS}/mine")).await.expect(200);
    for body in [json!({}), json!({"inputs": 7}), json!({"inputs": ["mine"]}), json!({"inputs": [{}]})] {
        account.post(&format!("{CONTACTS}/batch/archive"), body).await.expect(400);
    }
}

#[tokio::test]
async fn groups_are_made_changed_and_archived() {
    let account = Account::start().await;
    let groups = format!("{CONTACTS}/groups");
    let orchard = json!({"name": "orchard", "label": "Orchard", "displayOrder": 3});
    let made = account.post(&groups, orchard.clone()).await.expect(201);
    assert_eq!(made, json!({"name": "orchard", "label": "Orchard", "displayOrder": 3, "archived": false}));
    account.post(&groups, orchard).await.expect(409);
    account.post(&groups, json!({"name": "x"})).await.expect(400);
    let changed = account.patch(&format!("{groups}/orchard"), json!({"label": "Trees", "name": "y"})).await;
    assert_eq!(changed.expect(200)["label"], "Trees");
    assert_eq!(account.get(&format!("{groups}/orchard")).await.expect(200)["label"], "Trees");
    assert!(names(&account.get(&groups).await.expect(200)).contains(&"orchard"));
    account.delete(&format!("{groups}/orchard")).await.expect(204);
    assert!(!names(&account.get(&groups).await.expect(200)).contains(&"orchard"));
    account.get(&format!("{groups}/orchard")).await.expect(404);
    account.patch(&format!("{groups}/orchard"), json!({"label": "X"})).await.expect(404);
    account.delete(&format!("{groups}/orchard")).await.expect(404);
    // The name is free again, for a group of its own.
    let again = account.post(&groups, json!({"name": "orchard", "label": "New"})).await.expect(201);
    assert_eq!((&again["label"], &again["displayOrder"]), (&json!("New"), &json!(-1)));
}

#[tokio::test]
async fn a_group_with_definitions_is_refused_with_a_body_inside_the_message() {
    let account = Account::start().await;
    let groups = format!("{CONTACTS}/groups");
    account.post(&groups, json!({"name": "orchard", "label": "Orchard"})).await.expect(201);
    let mut apple = text("apple");
    apple["groupName"] = json!("orchard");
    account.post(CONTACTS, apple).await.expect(201);
    let refused = account.delete(&format!("{groups}/orchard")).await.expect(400);
    assert!(refused.get("category").is_none(), "{refused}");
    let inner: Value = serde_json::from_str(refused["message"].as_str().expect("text")).expect("JSON in it");
    assert_eq!(inner["category"], "VALIDATION_ERROR");
    assert_eq!(inner["subCategory"], "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES");
    assert_eq!(inner["message"], "Can't delete or purge a group with active properties");
    assert_eq!(inner["status"], "error");
    account.delete(&format!("{CONTACTS}/apple")).await.expect(204);
    account.delete(&format!("{groups}/orchard")).await.expect(204);
}

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
async fn a_new_definition_may_take_a_while_to_be_read() {
    let account = Account::start().await;
    account.sandbox.set(json!({"hubspot": {"properties": {"readable_after_ms": 500}}})).await;
    account.post(CONTACTS, text("slow")).await.expect(201);
    account.get(&format!("{CONTACTS}/slow")).await.expect(404);
    account.sandbox.advance(Duration::from_millis(500)).await;
    account.get(&format!("{CONTACTS}/slow")).await.expect(200);
}

#[tokio::test]
async fn unknown_types_and_versions_are_refused() {
    let account = Account::start().await;
    let refused = account.get("/crm/v3/properties/butterflies").await.expect(400);
    assert_eq!(refused["message"], "Unable to infer object type from: butterflies");
    assert!(refused.get("category").is_none());
    account.get("/crm/properties/2024-03/contacts").await.expect(404);
    account.put(CONTACTS, json!({})).await.expect(405);
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

#[tokio::test]
async fn values_are_hidden_while_their_definition_is_archived_and_return_with_it_unless_set_otherwise() {
    let account = Account::start().await;
    let path = format!("{CONTACTS}/tte_customer_uri");
    account.post(CONTACTS, text("tte_customer_uri")).await.expect(201);
    let ada =
        account.record("contacts", json!({"firstname": "Ada", "tte_customer_uri": "/customer/1"})).await;
    let shown = async || {
        let record =
            account.get(&format!("/crm/v3/objects/contacts/{ada}?properties=tte_customer_uri")).await;
        record.expect(200)["properties"].get("tte_customer_uri").cloned()
    };
    assert_eq!(shown().await, Some(json!("/customer/1")));
    account.delete(&path).await.expect(204);
    assert_eq!(shown().await, None);
    let write = json!({"properties": {"tte_customer_uri": "/customer/2"}});
    let refused = account.patch(&format!("/crm/v3/objects/contacts/{ada}"), write).await.expect(400);
    assert_eq!(refused["errors"][0]["code"], "PROPERTY_DOESNT_EXIST");
    account.post(CONTACTS, text("tte_customer_uri")).await.expect(201);
    assert_eq!(shown().await, Some(json!("/customer/1")));
    account.sandbox.set(json!({"hubspot": {"properties": {"values_return": false}}})).await;
    account.delete(&path).await.expect(204);
    account.post(CONTACTS, text("tte_customer_uri")).await.expect(201);
    assert_eq!(shown().await, Some(Value::Null));
}

#[tokio::test]
async fn values_of_a_definition_that_is_gone_for_good_do_not_return() {
    let account = Account::start().await;
    account.post(CONTACTS, text("note")).await.expect(201);
    let ada = account.record("contacts", json!({"firstname": "Ada", "note": "tall"})).await;
    account.delete(&format!("{CONTACTS}/note")).await.expect(204);
    account.sandbox.advance(DAY * 90).await;
    account.post(CONTACTS, text("note")).await.expect(201);
    let record = account.get(&format!("/crm/v3/objects/contacts/{ada}?properties=note")).await.expect(200);
    assert_eq!(record["properties"]["note"], Value::Null);
}

#[tokio::test]
async fn a_record_takes_the_options_of_today() {
    let account = Account::start().await;
    let colours = |value: &str| json!([{"label": value, "value": value}]);
    let colour = json!({"name": "colour", "label": "Colour", "type": "enumeration", "fieldType": "checkbox",
        "groupName": "contactinformation", "options": colours("red")});
    account.post(CONTACTS, colour).await.expect(201);
    let ada = account.record("contacts", json!({"firstname": "Ada", "colour": "red"})).await;
    account.patch(&format!("{CONTACTS}/colour"), json!({"options": colours("green")})).await.expect(200);
    let path = format!("/crm/v3/objects/contacts/{ada}");
    let refused = account.patch(&path, json!({"properties": {"colour": "red"}})).await.expect(400);
    assert_eq!(refused["errors"][0]["code"], "INVALID_OPTION");
    assert_eq!(refused["errors"][0]["message"], "red was not one of the allowed options: [green]");
    let added = account.patch(&path, json!({"properties": {"colour": ";green"}})).await.expect(200);
    assert_eq!(added["properties"]["colour"], "red;green");
}

#[tokio::test]
async fn a_record_with_several_wrong_values_is_told_of_all_of_them() {
    let account = Account::start().await;
    let wrong = json!({"properties": {"email": "ada@nowhere", "nope": "x", "createdate": "2020-01-01"}});
    let refused = account.post("/crm/v3/objects/contacts", wrong).await.expect(400);
    assert_eq!(refused["category"], "VALIDATION_ERROR");
    let codes: Vec<&Value> =
        refused["errors"].as_array().expect("errors").iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["READ_ONLY_VALUE", "INVALID_EMAIL", "PROPERTY_DOESNT_EXIST"]);
    let message = refused["message"].as_str().expect("text");
    let nested = message.strip_prefix("Property values were not valid: ").expect("the text");
    let nested: Value = serde_json::from_str(nested).expect("a JSON list");
    assert_eq!(nested.as_array().map(Vec::len), Some(3));
    account.sandbox.set(json!({"hubspot": {"properties": {"long_entries": false}}})).await;
    let refused =
        account.post("/crm/v3/objects/contacts", json!({"properties": {"nope": "x"}})).await.expect(400);
    assert!(!refused["message"].as_str().expect("text").contains("localizedErrorMessage"), "{refused}");
}

#[tokio::test]
async fn rules_for_values_are_settings() {
    let account = Account::start().await;
    let made = async |properties: Value| {
        account.post("/crm/v3/objects/contacts", json!({ "properties": properties })).await
    };
    let owner = json!({"firstname": "Ada", "hubspot_owner_id": "17"});
    made(owner.clone()).await.expect(400);
    let name = json!({"firstname": "www.spam.example"});
    assert_eq!(made(name.clone()).await.expect(400)["errors"][0]["code"], "CONTAINS_URL");
    let city = json!({"firstname": "Ada", "city": "2b"});
    made(city.clone()).await.expect(201);
    account
        .sandbox
        .set(json!({"hubspot": {"properties": {"owners_must_exist": false, "no_urls": [], "letters_only": ["city"],
            "lower_case_emails": false, "longest_text": 20, "too_long_code": "TOO_LONG", "number_code": "INVALID_INTEGER"}}}))
        .await;
    made(owner).await.expect(201);
    made(name).await.expect(201);
    assert_eq!(made(city).await.expect(400)["errors"][0]["code"], "INVALID_ALPHA");
    let long = json!({"firstname": "A".repeat(21)});
    assert_eq!(made(long).await.expect(400)["errors"][0]["code"], "TOO_LONG");
    let number = json!({"firstname": "Ada", "associatedcompanyid": "x"});
    let refused = made(number).await.expect(400);
    assert_eq!(refused["errors"][0]["code"], "INVALID_INTEGER");
    assert_eq!(refused["errors"][0]["message"], "x was not a valid integer.");
    let email = made(json!({"email": "Ada@Example.com"})).await.expect(201);
    assert_eq!(email["properties"]["email"], "Ada@Example.com");
}
