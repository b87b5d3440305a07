//! Pipelines of deals and tickets (HubSpot facts 9).

use super::token;
use crate::support::{Answer, TestSandbox, send};
use reqwest::Method;
use serde_json::{Value, json};

async fn call(sandbox: &TestSandbox, method: Method, path: &str, body: Option<Value>) -> Answer {
    sandbox.call(&token(sandbox, 0), method, &format!("/hubspot/crm/{path}"), body.as_ref()).await
}

async fn get(sandbox: &TestSandbox, path: &str) -> Answer {
    call(sandbox, Method::GET, path, None).await
}

#[tokio::test]
async fn deals_and_tickets_have_a_pipeline_from_the_start() {
    let sandbox = TestSandbox::start().await;
    for path in
        ["v3/pipelines/deals", "v3/pipelines/0-3", "pipelines/2026-03/deal", "pipelines/2026-09/deals"]
    {
        let page = get(&sandbox, path).await.expect(200);
        let pipeline = &page["results"][0];
        assert_eq!((&pipeline["id"], &pipeline["label"]), (&json!("default"), &json!("Sales Pipeline")));
        assert_eq!((&pipeline["displayOrder"], &pipeline["archived"]), (&json!(0), &json!(false)));
        let stage = &pipeline["stages"][0];
        assert_eq!((&stage["id"], &stage["displayOrder"]), (&json!("appointmentscheduled"), &json!(0)));
        assert_eq!(stage["metadata"], json!({"probability": "0.2", "isClosed": "false"}));
        assert_eq!(pipeline["stages"][5]["metadata"], json!({"probability": "1.0", "isClosed": "true"}));
        assert!(pipeline["createdAt"].is_string() && stage["updatedAt"].is_string());
    }
    let tickets = get(&sandbox, "v3/pipelines/tickets/0").await.expect(200);
    assert_eq!(tickets["stages"][3]["metadata"], json!({"ticketState": "CLOSED", "isClosed": "true"}));
    assert_eq!(get(&sandbox, "v3/pipelines/contacts").await.expect(200), json!({"results": []}));
}

fn new_pipeline() -> Value {
    json!({"label": "Renewals", "displayOrder": 1, "stages": [
        {"label": "Won", "displayOrder": 1, "metadata": {"probability": 1}},
        {"label": "Open", "displayOrder": 0, "metadata": {"probability": "0.5"}},
    ]})
}

#[tokio::test]
async fn a_pipeline_is_made_changed_replaced_and_taken_away() {
    let sandbox = TestSandbox::start().await;
    let made = call(&sandbox, Method::POST, "v3/pipelines/deals", Some(new_pipeline())).await.expect(201);
    let id = made["id"].as_str().expect("an id");
    let labels: Vec<&Value> =
        made["stages"].as_array().expect("stages").iter().map(|stage| &stage["label"]).collect();
    assert_eq!(labels, [&json!("Open"), &json!("Won")]);
    let path = format!("v3/pipelines/deals/{id}");
    assert_eq!(get(&sandbox, &path).await.expect(200), made);
    let changed = call(&sandbox, Method::PATCH, &path, Some(json!({"label": "Upsell"}))).await.expect(200);
    assert_eq!((&changed["label"], &changed["stages"]), (&json!("Upsell"), &made["stages"]));
    let replaced = call(&sandbox, Method::PUT, &path, Some(new_pipeline())).await.expect(200);
    assert_eq!((&replaced["id"], &replaced["label"]), (&json!(id), &json!("Renewals")));
    assert_ne!(replaced["stages"][0]["id"], made["stages"][0]["id"]);
    let gone = call(&sandbox, Method::DELETE, &path, None).await;
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    get(&sandbox, &path).await.expect(404);
    call(&sandbox, Method::DELETE, &path, None).await.expect(404);
}

#[tokio::test]
async fn a_stage_is_made_changed_replaced_and_taken_away() {
    let sandbox = TestSandbox::start().await;
    let stages = "v3/pipelines/deals/default/stages";
    let input = json!({"label": "Legal", "displayOrder": 9, "metadata": {"probability": "0.95"}});
    let made = call(&sandbox, Method::POST, stages, Some(input.clone())).await.expect(201);
    let all = get(&sandbox, stages).await.expect(200);
    assert_eq!(all["results"][7], made);
    let path = format!("{stages}/{}", made["id"].as_str().expect("an id"));
    let patch = json!({"metadata": {"probability": 0}});
    let changed = call(&sandbox, Method::PATCH, &path, Some(patch)).await.expect(200);
    assert_eq!(changed["metadata"], json!({"probability": "0", "isClosed": "true"}));
    assert_eq!(changed["label"], "Legal");
    let replaced = call(&sandbox, Method::PUT, &path, Some(input)).await.expect(200);
    assert_eq!(replaced, made);
    call(&sandbox, Method::DELETE, &path, None).await.expect(204);
    get(&sandbox, &path).await.expect(404);
    call(&sandbox, Method::DELETE, &path, None).await.expect(404);
    get(&sandbox, "v3/pipelines/deals/nothing/stages").await.expect(404);
}

#[tokio::test]
async fn bad_pipelines_are_refused_and_change_nothing() {
    let sandbox = TestSandbox::start().await;
    let before = get(&sandbox, "v3/pipelines/deals").await.expect(200);
    for bad in [
        json!({"label": "No stages", "displayOrder": 1}),
        json!({"label": "", "displayOrder": 1, "stages": []}),
        json!({"label": "Bad order", "displayOrder": "first", "stages": []}),
        json!({"label": "No chance", "displayOrder": 1, "stages": [{"label": "x", "displayOrder": 0}]}),
        json!({"label": "Too sure", "displayOrder": 1, "stages": [
            {"label": "x", "displayOrder": 0, "metadata": {"probability": "1.1"}},
        ]}),
    ] {
        let refused = call(&sandbox, Method::POST, "v3/pipelines/deals", Some(bad)).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR");
    }
    let broken =
        sandbox.request(Method::POST, "/hubspot/crm/v3/pipelines/deals").bearer_auth(token(&sandbox, 0));
    send(broken.body("{")).await.expect(400);
    let state = json!({"label": "x", "displayOrder": 9, "metadata": {"ticketState": "PERHAPS"}});
    call(&sandbox, Method::POST, "v3/pipelines/tickets/0/stages", Some(state)).await.expect(400);
    for path in ["v3/pipelines/deals/default", "v3/pipelines/deals/default/stages/closedwon"] {
        call(&sandbox, Method::PATCH, path, Some(json!({"label": " "}))).await.expect(400);
    }
    let unknown = get(&sandbox, "v3/pipelines/butterflies").await.expect(400);
    assert_eq!(unknown["message"], "Unable to infer object type from: butterflies");
    assert_eq!(get(&sandbox, "v3/pipelines/deals").await.expect(200), before);
}

async fn deal(sandbox: &TestSandbox, pipeline: &str, stage: &str) -> Answer {
    let properties = json!({"dealname": "Big", "pipeline": pipeline, "dealstage": stage});
    call(sandbox, Method::POST, "v3/objects/deals", Some(json!({"properties": properties}))).await
}

#[tokio::test]
async fn records_can_be_in_the_stages_there_are() {
    let sandbox = TestSandbox::start().await;
    let made = call(&sandbox, Method::POST, "v3/pipelines/deals", Some(new_pipeline())).await.expect(201);
    let (id, stage) = (made["id"].as_str().expect("an id"), made["stages"][0]["id"].as_str().expect("an id"));
    deal(&sandbox, id, stage).await.expect(201);
    deal(&sandbox, "default", "closedwon").await.expect(201);
    let options = get(&sandbox, "v3/properties/deals/dealstage").await.expect(200)["options"].clone();
    assert_eq!(options.as_array().map(Vec::len), Some(9));
    assert_eq!((&options[8]["label"], &options[7]["value"]), (&json!("Won"), &json!(stage)));
    call(&sandbox, Method::DELETE, &format!("v3/pipelines/deals/{id}"), None).await.expect(204);
    deal(&sandbox, id, stage).await.expect(400);
}

#[tokio::test]
async fn what_records_use_cannot_be_taken_away_from_2026_09_on() {
    let sandbox = TestSandbox::start().await;
    deal(&sandbox, "default", "closedwon").await.expect(201);
    let used = ["deals/default", "deals/default/stages/closedwon"];
    for part in used {
        for base in ["pipelines/2026-09", "pipelines/2026-09-beta", "pipelines/2027-03-beta"] {
            let refused = call(&sandbox, Method::DELETE, &format!("{base}/{part}"), None).await.expect(400);
            assert_eq!(refused["category"], "VALIDATION_ERROR", "{base}/{part}");
        }
        for flag in ["validateReferencesBeforeDelete=true", "validateDealStageUsagesBeforeDelete=True"] {
            call(&sandbox, Method::DELETE, &format!("v3/pipelines/{part}?{flag}"), None).await.expect(400);
        }
    }
    let replacement = Some(new_pipeline());
    call(&sandbox, Method::PUT, "pipelines/2026-09/deals/default", replacement.clone()).await.expect(400);
    let unused = "pipelines/2026-09/deals/default/stages/contractsent";
    call(&sandbox, Method::DELETE, unused, None).await.expect(204);
    call(&sandbox, Method::DELETE, "pipelines/2026-03/deals/default/stages/closedwon", None)
        .await
        .expect(204);
    call(&sandbox, Method::DELETE, "v3/pipelines/deals/default", None).await.expect(204);
    assert_eq!(get(&sandbox, "v3/pipelines/deals").await.expect(200), json!({"results": []}));
}
