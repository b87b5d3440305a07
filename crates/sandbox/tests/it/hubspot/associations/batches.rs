//! Batches of associations.

use super::{cast, number, own};
use crate::hubspot::properties::Account;
use serde_json::json;

#[tokio::test]
async fn a_batch_associates_what_it_can_and_tells_of_the_rest() {
    let (account, [contact, one, two, _]) = cast().await;
    for base in ["/crm/v4/associations", "/crm/associations/2026-03"] {
        let input =
            |from: &str, to: &str| json!({"from": {"id": from}, "to": {"id": to}, "types": [own(279)]});
        let path = format!("{base}/contacts/companies/batch/create");
        let made =
            account.post(&path, json!({"inputs": [input(&contact, &one), input(&contact, &two)]})).await;
        let made = made.expect(201);
        assert_eq!(
            made["results"][0],
            json!({"fromObjectTypeId": "0-1", "fromObjectId": number(&contact),
            "toObjectTypeId": "0-2", "toObjectId": number(&one), "labels": []})
        );
        assert!(made.get("errors").is_none() && made["startedAt"].is_string());
        let mixed = json!({"inputs": [input("unknown_id_123456798", &one), input(&contact, &two), input(&contact, &contact)]});
        let mixed = account.post(&path, mixed).await.expect(207);
        assert_eq!((mixed["results"].as_array().map(Vec::len), &mixed["numErrors"]), (Some(1), &json!(2)));
        let first = &mixed["errors"][0];
        assert_eq!(first["category"], "VALIDATION_ERROR");
        assert_eq!(first["subCategory"], "crm.associations.INVALID_IDENTIFIER");
        assert_eq!(first["message"], "unknown_id_123456798 is not a valid ID");
        assert_eq!(
            mixed["errors"][1]["message"],
            format!("Object {contact} cannot be associated to itself ({contact})")
        );
    }
    assert_eq!(account.partners("contacts", &contact, "companies").await.len(), 2);
}

#[tokio::test]
async fn a_batch_associates_by_default() {
    let (account, [contact, one, two, _]) = cast().await;
    let inputs = json!({"inputs": [
        {"from": {"id": contact}, "to": {"id": one}},
        {"from": {"id": number(&contact)}, "to": {"id": number(&two)}},
    ]});
    let made = account.post("/crm/v4/associations/contacts/companies/batch/associate/default", inputs).await;
    assert_eq!(made.expect(200)["results"].as_array().map(Vec::len), Some(4));
    assert_eq!(account.partners("contacts", &contact, "companies").await.len(), 2);
}

#[tokio::test]
async fn a_batch_reads_what_there_is_and_names_who_has_nobody() {
    let (account, [contact, company, other, _]) = cast().await;
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/default/companies/{company}");
    account.put(&path, json!({})).await.expect(200);
    let inputs = json!({"inputs": [{"id": company}, {"id": other}, {"id": "x"}]});
    let read = account.post("/crm/v4/associations/companies/contacts/batch/read", inputs).await.expect(207);
    assert_eq!(
        read["results"],
        json!([{"from": {"id": company}, "to": [{"toObjectId": number(&contact),
        "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 280, "label": null}]}]}])
    );
    let error = &read["errors"][0];
    assert_eq!((&error["status"], &error["category"]), (&json!("error"), &json!("OBJECT_NOT_FOUND")));
    assert_eq!(error["subCategory"], "crm.associations.NO_ASSOCIATIONS_FOUND");
    assert_eq!(error["message"], format!("No contact is associated with company {other}."));
    assert_eq!(
        error["context"],
        json!({"fromObjectId": [other], "fromObjectType": ["company"], "toObjectType": ["contact"]})
    );
    assert_eq!(read["errors"][1]["subCategory"], "crm.associations.INVALID_IDENTIFIER");
    let all = json!({"inputs": [{"id": company}]});
    account.post("/crm/v4/associations/companies/contacts/batch/read", all).await.expect(200);
}

#[tokio::test]
async fn batches_have_their_limits() {
    let account = Account::start().await;
    let base = "/crm/v4/associations/contacts/companies/batch";
    let ids = |count: usize| json!({"inputs": vec![json!({"id": "1"}); count]});
    account.post(&format!("{base}/read"), ids(1_000)).await.expect(207);
    account.post(&format!("{base}/read"), ids(1_001)).await.expect(400);
    let pairs =
        |count: usize| json!({"inputs": vec![json!({"from": {"id": "1"}, "to": {"id": "2"}}); count]});
    account.post(&format!("{base}/associate/default"), pairs(2_000)).await.expect(207);
    account.post(&format!("{base}/create"), pairs(2_001)).await.expect(400);
    account.post(&format!("{base}/create"), json!({"inputs": "x"})).await.expect(400);
    account.post(&format!("{base}/create"), json!({})).await.expect(400);
}

#[tokio::test]
async fn a_batch_takes_associations_or_only_labels_away() {
    let (account, [contact, one, two, _]) = cast().await;
    for company in [&one, &two] {
        let path = format!("/crm/v4/objects/contacts/{contact}/associations/companies/{company}");
        account.put(&path, json!([own(1)])).await.expect(201);
    }
    let labels = json!({"inputs": [{"from": {"id": contact}, "to": {"id": two}, "types": [own(1)]}]});
    account.post("/crm/v4/associations/contacts/companies/batch/labels/archive", labels).await.expect(204);
    let partners = account.partners("contacts", &contact, "companies").await;
    assert!(partners.iter().all(|(_, kinds)| *kinds == [279]) && partners.len() == 2, "{partners:?}");
    let both = json!({"inputs": [{"from": {"id": contact}, "to": [{"id": one}, {"id": two}]}]});
    account.post("/crm/associations/2026-09/contacts/companies/batch/archive", both).await.expect(204);
    assert_eq!(account.partners("contacts", &contact, "companies").await, []);
}

#[tokio::test]
async fn the_old_endpoints_call_associations_by_name() {
    let (account, [contact, one, two, _]) = cast().await;
    let inputs = json!({"inputs": [
        {"from": {"id": contact}, "to": {"id": one}, "type": "contact_to_company"},
        {"from": {"id": contact}, "to": {"id": two}, "type": "contact_to_company_unlabeled"},
        {"from": {"id": contact}, "to": {"id": two}, "type": "contact_to_deal"},
    ]});
    let made = account.post("/crm/v3/associations/contacts/companies/batch/create", inputs).await.expect(207);
    assert_eq!(
        made["results"][0],
        json!({"from": {"id": contact}, "to": {"id": one}, "type": "contact_to_company"})
    );
    assert_eq!(made["numErrors"], 1);
    let read = json!({"inputs": [{"id": contact}]});
    let read = account.post("/crm/v3/associations/contacts/companies/batch/read", read).await.expect(200);
    let rows = read["results"][0]["to"].as_array().expect("rows");
    assert!(rows.contains(&json!({"id": one, "type": "contact_to_company_unlabeled"})), "{rows:?}");
    assert_eq!(rows.len(), 3);
    let list =
        account.get(&format!("/crm/v3/objects/contacts/{contact}/associations/companies")).await.expect(200);
    assert_eq!(list["results"].as_array().map(Vec::len), Some(3));
    let nobody = json!({"inputs": [{"id": "1"}]});
    let nobody = account.post("/crm/v3/associations/contacts/companies/batch/read", nobody).await.expect(207);
    assert_eq!(nobody["errors"][0]["subCategory"], "crm.associations.NO_ASSOCIATIONS_FOUND");
}
