use super::super::spec::{Include, Scope, Spec};
use super::super::transaction::{Cells, Changes, Source, Transaction};
use super::payloads;
use serde_json::{Value, json};

fn cells(json: Value) -> Cells {
    serde_json::from_value(json).expect("cells")
}

/// A client made rec1, changed rec2 and deleted rec3.
fn transaction() -> Transaction {
    let mut transaction = Transaction::new(
        "2026-01-01T00:00:00.000Z".to_owned(),
        Source { name: "client".to_owned(), metadata: json!({ "user": { "id": "usr1" } }) },
    );
    transaction.number = 4;
    let changes = Changes {
        created: [("rec1".to_owned(), ("t".to_owned(), cells(json!({"fldA": 1, "fldB": "b"}))))].into(),
        changed: [(
            "rec2".to_owned(),
            (cells(json!({"fldA": 1, "fldB": "b", "fldC": "c"})), cells(json!({"fldA": 2, "fldC": "c"}))),
        )]
        .into(),
        destroyed: vec!["rec3".to_owned()],
        new_fields: [("fldD".to_owned(), json!({"name": "D", "type": "email"}))].into(),
        changed_fields: [("fldA".to_owned(), (json!({"name": "A"}), json!({"name": "AA"})))].into(),
        ..Changes::default()
    };
    transaction.tables.insert("tbl1".to_owned(), changes);
    transaction.lost_tables.push("tbl9".to_owned());
    transaction
}

fn spec() -> Spec {
    Spec { data_types: vec!["tableData".to_owned()], ..Spec::default() }
}

fn texts(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|text| (*text).to_owned()).collect())
}

#[test]
fn a_payload_says_what_changed_and_no_more() {
    let payloads = payloads(&spec(), &transaction(), None);
    let expected = json!([{
        "timestamp": "2026-01-01T00:00:00.000Z", "baseTransactionNumber": 4, "payloadFormat": "v0",
        "actionMetadata": {"source": "client", "sourceMetadata": {"user": {"id": "usr1"}}},
        "changedTablesById": {"tbl1": {
            "createdRecordsById": {"rec1": {"createdTime": "t", "cellValuesByFieldId": {"fldA": 1, "fldB": "b"}}},
            "changedRecordsById": {"rec2": {"current": {"cellValuesByFieldId": {"fldA": 2, "fldB": null}}}},
            "destroyedRecordIds": ["rec3"],
        }},
        "destroyedTableIds": ["tbl9"],
    }]);
    assert_eq!(Value::from(payloads), expected);
}

#[test]
fn previous_and_unchanged_come_when_they_are_asked_for() {
    let spec = Spec { previous_cells: true, include_cells: Include::All, ..spec() };
    let payloads = payloads(&spec, &transaction(), None);
    let record = &payloads[0]["changedTablesById"]["tbl1"]["changedRecordsById"]["rec2"];
    assert_eq!(record["previous"], json!({"cellValuesByFieldId": {"fldA": 1, "fldB": "b"}}));
    assert_eq!(record["unchanged"], json!({"cellValuesByFieldId": {"fldC": "c"}}));
}

#[test]
fn filters_keep_out_what_is_not_asked_for() {
    let none = |spec: &Spec| payloads(spec, &transaction(), None).is_empty();
    assert!(none(&Spec { from_sources: texts(&["publicApi"]), ..spec() }));
    assert!(none(&Spec { scope: Some(Scope::Table("tbl2".to_owned())), ..spec() }));
    let only =
        Spec { change_types: texts(&["remove"]), scope: Some(Scope::Table("tbl1".to_owned())), ..spec() };
    let got = payloads(&only, &transaction(), None);
    assert_eq!(got[0]["changedTablesById"], json!({"tbl1": {"destroyedRecordIds": ["rec3"]}}));
    let watching = Spec { watch_data: texts(&["fldB"]), change_types: texts(&["update"]), ..spec() };
    let got = payloads(&watching, &transaction(), None);
    let record = &got[0]["changedTablesById"]["tbl1"]["changedRecordsById"]["rec2"];
    assert_eq!(record, &json!({"current": {"cellValuesByFieldId": {"fldB": null}}}));
    let other = Spec { watch_data: texts(&["fldC"]), change_types: texts(&["update"]), ..spec() };
    assert!(none(&other), "fldC did not change");
}

#[test]
fn fields_are_another_type_of_data() {
    let spec = Spec { data_types: vec!["tableFields".to_owned()], previous_fields: true, ..Spec::default() };
    let got = payloads(&spec, &transaction(), None);
    let expected = json!({
        "createdFieldsById": {"fldD": {"name": "D", "type": "email"}},
        "changedFieldsById": {"fldA": {"current": {"name": "AA"}, "previous": {"name": "A"}}},
    });
    assert_eq!(got[0]["changedTablesById"]["tbl1"], expected);
    let watching = Spec { watch_schemas: texts(&["fldD"]), ..spec };
    let got = payloads(&watching, &transaction(), None);
    assert_eq!(got[0]["changedTablesById"]["tbl1"].get("changedFieldsById"), None);
}

#[test]
fn a_view_has_changes_of_its_own() {
    let spec = Spec { scope: Some(Scope::View("viw1".to_owned(), "tbl1".to_owned())), ..spec() };
    let got = payloads(&spec, &transaction(), None);
    let view = &got[0]["changedTablesById"]["tbl1"]["changedViewsById"]["viw1"];
    assert_eq!(view["destroyedRecordIds"], json!(["rec3"]));
}

#[test]
fn a_split_action_shares_timestamp_and_number() {
    let got = payloads(&spec(), &transaction(), Some(1));
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|payload| payload["baseTransactionNumber"] == 4));
    assert_eq!(got.iter().filter(|payload| payload.get("destroyedTableIds").is_some()).count(), 1);
}

#[test]
fn a_form_is_told_from_another() {
    let mut transaction = transaction();
    transaction.source =
        Source { name: "formPageSubmission".to_owned(), metadata: json!({ "pageId": "pag1" }) };
    let listening = |page: &str| Spec { form_page: Some(page.to_owned()), ..spec() };
    assert_eq!(payloads(&listening("pag1"), &transaction, None).len(), 1);
    assert!(payloads(&listening("pag2"), &transaction, None).is_empty());
}
