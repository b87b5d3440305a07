//! What customers hold and the calls that write them (10to8 facts 3 to 5).

use crate::tentoeight::TenToEight;
use crate::testing::*;
use crate::walking::with_at;
use crate::wire::Fault;
use crate::write::{Batches, Sent, Write};
use crate::writing::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use syncline_core::sync::{Can, Fields, Kind, Schema, Value};

/// Facts 4, as the mirror keeps it.
const ADA: &str = r#"{"custom_fields":{"External ID":"51","Sync Status":"Last synced: 2021-10-20T21:33:48.123456"},"deleted":false,
"emails":["ada@example.org","","b@x"],"name":"Ada Lovelace","numbers":["+441234567890"],"resource_uri":"https://10to8.com/api/enterprise/v2/customer/123/"}"#;

fn known() -> Schema {
    with_at(|at| TenToEight.schema_back(at, &object("customer", ""), None)).unwrap()
}

fn with_desk<T>(check: impl FnOnce(&Desk<'_>) -> T) -> T {
    let (object, schema) = (object("customer", ""), known());
    check(&Desk { writer: &TenToEight, object: &object, schema: &schema })
}

fn uri(key: &str) -> String {
    format!("https://api.example.com/api/enterprise/v2/customer/{key}/")
}

/// Ada, with two addresses and an external id.
fn ada() -> Fields {
    let mut ada = fields(&[("name", "Ada Lovelace"), ("custom_fields.External ID", "51")]);
    ada.insert("emails".to_owned(), Value::list(["ada@example.org", "b@x"]));
    ada
}

#[test]
fn what_fields_there_are_is_known_without_asking() {
    let customer = object("customer", "");
    assert_eq!(with_at(|at| TenToEight.schema(at, &customer)), None);
    let schema = known();
    let writable = |name: &str| (schema.fields[name].kind.clone(), schema.fields[name].writable);
    assert_eq!(writable("name"), (Kind::Text, true));
    assert_eq!(writable("emails"), (Kind::List, true));
    assert_eq!(writable("numbers"), (Kind::List, true));
    assert_eq!(writable("resource_uri"), (Kind::Text, false));
    assert!(schema.open && schema.fields.len() == 4);
    let booking = with_at(|at| TenToEight.schema_back(at, &object("booking", ""), None));
    assert_eq!(booking, Err(Fault::Gone));
    assert_eq!(TenToEight.can(&customer), Some(Can { undelete: false, objects: true }));
    assert_eq!(TenToEight.can(&object("booking", "")), None);
    assert_eq!(TenToEight.batches(&customer), Batches { create: 1, update: 1, delete: 1, find: 0 });
    assert!(TenToEight.properties(&customer, &names(&["name"])).is_empty());
}

#[test]
fn customers_can_only_be_walked_through() {
    with_desk(|desk| {
        assert_eq!(
            with_at(|at| TenToEight.find(at, desk.object, desk.schema, "name", &["Ada".to_owned()])),
            None
        );
        assert!(matches!(desk.found("name", &["Ada"], &Answer::new(200, "{}")), Err(Fault::Unreadable(_))));
    });
}

#[test]
fn a_body_of_the_mirror_shows_texts_lists_and_custom_fields_by_their_own_names() {
    with_desk(|desk| {
        assert_eq!(
            desk.fields(ADA, &["name", "emails", "custom_fields.External ID", "custom_fields.none"]),
            ada()
        );
        let rest = desk.fields(ADA, &["resource_uri", "numbers", "none", "custom_fields."]);
        let mut expected = fields(&[("resource_uri", "https://10to8.com/api/enterprise/v2/customer/123/")]);
        expected.insert("numbers".to_owned(), Value::list(["+441234567890"]));
        assert_eq!(rest, expected);
        for nothing in
            [r#"{"name":"","emails":[],"custom_fields":{"x":null}}"#, r#"{"custom_fields":7}"#, "[]", ""]
        {
            assert!(desk.fields(nothing, &["name", "emails", "custom_fields.x"]).is_empty(), "{nothing}");
        }
        let odd = desk.fields(
            r#"{"name":7,"emails":"a@x","custom_fields":{"x":true}}"#,
            &["name", "emails", "custom_fields.x"],
        );
        assert_eq!(odd, fields(&[("name", "7"), ("emails", "a@x"), ("custom_fields.x", "true")]));
    });
}

#[test]
fn a_new_customer_has_name_and_lists_even_if_empty_and_no_empty_custom_field() {
    with_desk(|desk| {
        let mut sent = ada();
        sent.insert("custom_fields.Sync Status".to_owned(), Value::Empty);
        assert_eq!(
            raw(&desk.send(&Sent::Create(&[sent]))),
            "POST https://api.example.com/api/enterprise/v2/customer/\n\
             authorization: token token-of-the-tests-0123456789 (sensitive)\n\
             content-type: application/json\n\n\
             {\"custom_fields\":{\"External ID\":\"51\"},\"emails\":[\"ada@example.org\",\"b@x\"],\"name\":\"Ada Lovelace\",\"numbers\":[]}"
        );
        let call = desk.send(&Sent::Create(&[Fields::new()]));
        assert_eq!(std::str::from_utf8(&call.body).unwrap(), r#"{"emails":[],"name":"","numbers":[]}"#);
    });
}

#[test]
fn a_change_sends_only_what_changes_and_clears_with_nothing() {
    with_desk(|desk| {
        let sent = fields(&[
            ("custom_fields.Sync Status", "ok"),
            ("custom_fields.a.b", ""),
            ("emails", ""),
            ("name", ""),
        ]);
        assert_eq!(
            raw(&desk.send(&Sent::Update(&[(uri("123"), sent)]))),
            "PATCH https://api.example.com/api/enterprise/v2/customer/123/\n\
             authorization: token token-of-the-tests-0123456789 (sensitive)\n\
             content-type: application/json\n\n\
             {\"custom_fields\":{\"Sync Status\":\"ok\",\"a.b\":\"\"},\"emails\":[],\"name\":\"\"}"
        );
        let one = desk.send(&Sent::Update(&[(uri("1"), fields(&[("numbers", "+44"), ("name", "x")]))]));
        assert_eq!(std::str::from_utf8(&one.body).unwrap(), r#"{"name":"x","numbers":["+44"]}"#);
        desk.calls_are_safe(&ada(), &(uri("1"), ada()));
    });
}

#[test]
fn deletions_say_whether_they_are_forced() {
    with_desk(|desk| {
        for (force, word) in [(true, "True"), (false, "False")] {
            assert_eq!(
                raw(&desk.send(&Sent::Delete(&[(uri("123"), force)]))),
                format!(
                    "DELETE https://api.example.com/api/enterprise/v2/customer/123/?force={word}\n\
                     authorization: token token-of-the-tests-0123456789 (sensitive)\n\n"
                )
            );
        }
    });
}

#[test]
fn the_key_goes_to_the_configured_host_whatever_the_uri_says() {
    with_desk(|desk| {
        for id in [
            "https://evil.example/api/enterprise/v2/customer/123/",
            "https://api.example.com@evil.example/api/enterprise/v2/customer/1/",
            "https://evil.example/x",
            "../..",
            "",
        ] {
            for sent in [Sent::Update(&[(id.to_owned(), ada())]), Sent::Delete(&[(id.to_owned(), true)])] {
                let url = url::Url::parse(&desk.send(&sent).url).unwrap();
                assert_eq!((url.host_str(), url.port()), (Some("api.example.com"), None), "{id}");
                let key = url.path().strip_prefix("/api/enterprise/v2/customer/").unwrap();
                assert!(key.len() > 1 && key.ends_with('/'), "one customer, never all of them: {url}");
            }
        }
    });
}

proptest! {
    #[test]
    fn what_is_sent_is_what_is_read_again(
        name in any_text(),
        emails in prop::collection::vec(any_text(), 1..4),
        customs in prop::collection::btree_map("[a-zA-Z ._]{1,9}", any_text(), 0..4),
        is_new in any::<bool>(),
    ) {
        let mut sent: Fields = customs.iter().map(|(name, text)| (format!("custom_fields.{name}"), Value::text(text.as_str()))).collect();
        sent.insert("name".to_owned(), Value::text(name));
        sent.insert("emails".to_owned(), Value::list(emails));
        with_desk(|desk| {
            let call = if is_new { desk.send(&Sent::Create(&[sent.clone()])) } else { desk.send(&Sent::Update(&[(uri("1"), sent.clone())])) };
            let mut customer: Json = serde_json::from_slice(&call.body).unwrap();
            customer["resource_uri"] = json!(uri("1"));
            let wanted: Vec<&str> = sent.keys().map(String::as_str).collect();
            assert_eq!(desk.fields(&customer.to_string(), &wanted), sent);
            let answer = Answer::new(200, customer.to_string());
            let outcome = if is_new { desk.one(&Sent::Create(&[sent.clone()]), &answer) } else { desk.one(&Sent::Update(&[(uri("1"), sent.clone())]), &answer) };
            assert_eq!(outcome, Ok(done(&uri("1"), sent.clone())));
        });
    }
}
