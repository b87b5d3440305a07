//! One association at a time.

use super::{cast, number, own};
use crate::hubspot::properties::Account;
use serde_json::{Value, json};

#[tokio::test]
async fn the_default_association_is_plain_and_goes_both_ways() {
    let (account, [contact, company, ..]) = cast().await;
    for base in ["/crm/v4/objects", "/crm/objects/2026-03"] {
        let path = format!("{base}/contacts/{contact}/associations/default/companies/{company}");
        let made = account.put(&path, json!({})).await.expect(200);
        assert_eq!(made["status"], "COMPLETE");
        assert_eq!(
            made["results"][0],
            json!({"from": {"id": contact}, "to": {"id": company}, "associationSpec": own(279)})
        );
        assert_eq!(made["results"][1]["associationSpec"], own(280));
    }
    assert_eq!(account.partners("contacts", &contact, "companies").await, [(number(&company), vec![279])]);
    assert_eq!(account.partners("companies", &company, "contacts").await, [(number(&contact), vec![280])]);
    assert_eq!(account.partners("0-1", &contact, "0-2").await.len(), 1);
}

#[tokio::test]
async fn every_pair_has_its_type_ids_both_ways() {
    let (account, [contact, company, _, deal]) = cast().await;
    let mut partners = vec![("companies", company.clone(), [279, 280]), ("deals", deal.clone(), [4, 3])];
    for (name, properties, ids) in [
        ("tickets", json!({"subject": "Help", "hs_pipeline": "0", "hs_pipeline_stage": "1"}), [15, 16]),
        ("calls", json!({"hs_timestamp": "2026-01-01T00:00:00Z"}), [193, 194]),
        ("emails", json!({"hs_timestamp": "2026-01-01T00:00:00Z"}), [197, 198]),
        ("meetings", json!({"hs_timestamp": "2026-01-01T00:00:00Z"}), [199, 200]),
        ("notes", json!({"hs_timestamp": "2026-01-01T00:00:00Z"}), [201, 202]),
        ("tasks", json!({"hs_timestamp": "2026-01-01T00:00:00Z"}), [203, 204]),
    ] {
        partners.push((name, account.record(name, properties).await, ids));
    }
    for (name, id, [there, back]) in partners {
        let path = format!("/crm/v4/objects/contacts/{contact}/associations/default/{name}/{id}");
        account.put(&path, json!({})).await.expect(200);
        assert_eq!(account.partners("contacts", &contact, name).await, [(number(&id), vec![there])]);
        assert_eq!(account.partners(name, &id, "contacts").await, [(number(&contact), vec![back])]);
    }
    let path = format!("/crm/v4/objects/deals/{deal}/associations/default/companies/{company}");
    account.put(&path, json!({})).await.expect(200);
    assert_eq!(account.partners("deals", &deal, "companies").await, [(number(&company), vec![341])]);
    assert_eq!(account.partners("companies", &company, "deals").await, [(number(&deal), vec![342])]);
}

#[tokio::test]
async fn a_primary_association_makes_the_plain_one_too() {
    let (account, [contact, company, _, deal]) = cast().await;
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/companies/{company}");
    let made = account.put(&path, json!([own(1)])).await.expect(201);
    assert_eq!(
        made,
        json!({"fromObjectTypeId": "0-1", "fromObjectId": number(&contact), "toObjectTypeId": "0-2",
            "toObjectId": number(&company), "labels": ["Primary"]})
    );
    assert_eq!(account.partners("contacts", &contact, "companies").await, [(number(&company), vec![1, 279])]);
    assert_eq!(account.partners("companies", &company, "contacts").await, [(number(&contact), vec![2, 280])]);
    let list =
        account.get(&format!("/crm/v4/objects/contacts/{contact}/associations/companies")).await.expect(200);
    assert_eq!(
        list["results"][0]["associationTypes"],
        json!([
            {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
            {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": null},
        ])
    );
    let path = format!("/crm/objects/2026-09/companies/{company}/associations/deals/{deal}");
    account.put(&path, json!([own(6)])).await.expect(201);
    assert_eq!(account.partners("deals", &deal, "companies").await, [(number(&company), vec![5, 341])]);
}

#[tokio::test]
async fn a_contact_has_one_primary_company() {
    let (account, [contact, one, two, _]) = cast().await;
    for company in [&one, &two] {
        let path = format!("/crm/v4/objects/companies/{company}/associations/contacts/{contact}");
        account.put(&path, json!([own(2)])).await.expect(201);
    }
    let mut partners = account.partners("contacts", &contact, "companies").await;
    partners.sort_by_key(|(id, _)| *id == number(&two));
    assert_eq!(partners, [(number(&one), vec![279]), (number(&two), vec![1, 279])]);
}

#[tokio::test]
async fn taking_an_association_away_takes_all_its_labels() {
    let (account, [contact, company, ..]) = cast().await;
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/companies/{company}");
    account.put(&path, json!([own(1)])).await.expect(201);
    assert_eq!(account.delete(&path).await.expect(204), Value::Null);
    assert_eq!(account.partners("contacts", &contact, "companies").await, []);
    assert_eq!(account.partners("companies", &company, "contacts").await, []);
    account.delete(&path).await.expect(204);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let account = Account::start().await;
    let company = account.record("companies", json!({"name": "Acme"})).await;
    let mut contacts = Vec::new();
    for number in 0..5 {
        contacts.push(account.record("contacts", json!({"firstname": number.to_string()})).await);
    }
    for contact in &contacts {
        let path = format!("/crm/v4/objects/companies/{company}/associations/default/contacts/{contact}");
        account.put(&path, json!({})).await.expect(200);
    }
    contacts.sort_by_key(|id| number(id));
    let path = format!("/crm/v4/objects/companies/{company}/associations/contacts");
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    for page in 0..3 {
        let list = account.get(&format!("{path}{query}")).await.expect(200);
        let rows = list["results"].as_array().expect("results").clone();
        seen.extend(rows.iter().map(|row| row["toObjectId"].to_string()));
        match list["paging"]["next"]["after"].as_str() {
            Some(after) => {
                assert_eq!((rows.len(), page < 2), (2, true));
                assert!(
                    list["paging"]["next"]["link"]
                        .as_str()
                        .expect("a link")
                        .ends_with(&format!("after={after}"))
                );
                query = format!("?limit=2&after={after}");
            }
            None => assert_eq!((rows.len(), page), (1, 2)),
        }
    }
    assert_eq!(seen, contacts);
    account.get(&format!("{path}?limit=501")).await.expect(400);
    account.get(&format!("{path}?limit=0")).await.expect(400);
    account.get(&format!("{path}?after=x")).await.expect(400);
    account.get("/crm/v4/objects/companies/1/associations/contacts").await.expect(404);
}

#[tokio::test]
async fn what_cannot_be_associated_is_refused() {
    let (account, [contact, company, ..]) = cast().await;
    let base = format!("/crm/v4/objects/contacts/{contact}/associations");
    let refused = account.put(&format!("{base}/default/companies/acme"), json!({})).await.expect(400);
    assert_eq!(refused["subCategory"], "crm.associations.INVALID_IDENTIFIER");
    assert_eq!(refused["message"], "acme is not a valid ID");
    let itself = account.put(&format!("{base}/default/contacts/{contact}"), json!({})).await.expect(400);
    assert_eq!(itself["message"], format!("Object {contact} cannot be associated to itself ({contact})"));
    account.put(&format!("{base}/default/companies/1"), json!({})).await.expect(404);
    account.put(&format!("{base}/default/butterflies/1"), json!({})).await.expect(400);
    let path = format!("{base}/companies/{company}");
    for body in [
        json!([own(280)]),
        json!([own(4)]),
        json!([{"associationCategory": "USER_DEFINED", "associationTypeId": 279}]),
        json!([{"associationCategory": "MINE", "associationTypeId": 279}]),
        json!([{"associationTypeId": 279}]),
        json!([]),
        json!({}),
        json!("x"),
    ] {
        account.put(&path, body).await.expect(400);
    }
    assert_eq!(account.partners("contacts", &contact, "companies").await, []);
}

#[tokio::test]
async fn labels_are_listed_and_an_account_may_have_its_own() {
    let (account, [contact, company, ..]) = cast().await;
    let path = "/crm/v4/associations/contacts/companies/labels";
    let standard = json!([
        {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
        {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": null},
    ]);
    assert_eq!(account.get(path).await.expect(200)["results"], standard);
    let label = json!({"from": "contacts", "to": "companies", "type_id": 36, "inverse_type_id": 37,
        "label": "Teacher", "inverse_label": "School"});
    account.sandbox.set(json!({"hubspot": {"associations": {"labels": [label]}}})).await;
    let teacher = json!({"category": "USER_DEFINED", "typeId": 36, "label": "Teacher"});
    assert_eq!(account.get(path).await.expect(200)["results"][2], teacher);
    let back = account.get("/crm/associations/2026-03/companies/contacts/labels").await.expect(200);
    assert_eq!(back["results"][2], json!({"category": "USER_DEFINED", "typeId": 37, "label": "School"}));
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/companies/{company}");
    let mine = json!([{"associationCategory": "USER_DEFINED", "associationTypeId": 36}]);
    assert_eq!(account.put(&path, mine).await.expect(201)["labels"], json!(["Teacher"]));
    assert_eq!(
        account.partners("companies", &company, "contacts").await,
        [(number(&contact), vec![37, 280])]
    );
}

#[tokio::test]
async fn an_accounts_own_type_has_ids_that_stay_the_same() {
    let (account, [contact, ..]) = cast().await;
    let exam = account.record("mock_exams", json!({"mock_exam_name": "Grade 8"})).await;
    let path = format!("/crm/v4/objects/mock_exams/{exam}/associations/default/contacts/{contact}");
    let made = account.put(&path, json!({})).await.expect(200);
    let there = &made["results"][0]["associationSpec"];
    let back = &made["results"][1]["associationSpec"];
    assert_ne!(there["associationTypeId"], back["associationTypeId"]);
    let labels = account.get("/crm/v4/associations/2-50158913/contacts/labels").await.expect(200);
    assert_eq!(labels["results"][0]["typeId"], there["associationTypeId"]);
    let labelled = format!("/crm/v4/objects/mock_exams/{exam}/associations/contacts/{contact}");
    account.put(&labelled, json!([there])).await.expect(201);
}

#[tokio::test]
async fn records_show_their_associations_by_name() {
    let (account, [contact, company, ..]) = cast().await;
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/companies/{company}");
    account.put(&path, json!([own(1)])).await.expect(201);
    let shown =
        account.get(&format!("/crm/v3/objects/contacts/{contact}?associations=companies")).await.expect(200);
    assert_eq!(
        shown["associations"]["companies"]["results"],
        json!([
            {"id": company, "type": "contact_to_company"},
            {"id": company, "type": "contact_to_company_unlabeled"},
        ])
    );
}

#[tokio::test]
async fn an_archived_record_is_associated_with_nobody() {
    let (account, [contact, company, ..]) = cast().await;
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/default/companies/{company}");
    account.put(&path, json!({})).await.expect(200);
    account.delete(&format!("/crm/v3/objects/contacts/{contact}")).await.expect(204);
    assert_eq!(account.partners("companies", &company, "contacts").await, []);
    account.put(&path, json!({})).await.expect(404);
}
