//! Scopes of records (HubSpot facts 1.5).

use super::{API, Crm, V3, text};
use crate::support::{Answer, send};
use reqwest::Method;
use serde_json::{Value, json};

/// An installed app's token with these scopes, consent given at once.
async fn token(crm: &Crm, scopes: &[&str]) -> String {
    let app = crm.sandbox.credentials()["hubspot"]["app"].clone();
    let back = "http://localhost:9/callback";
    let register = json!({ "redirect_uris": [back] });
    let path = format!("/_sandbox/hubspot/apps/{}", app["app_id"]);
    send(crm.sandbox.request(Method::PATCH, &path).json(&register)).await.expect(200);
    let authorize = crm.sandbox.request(Method::GET, &format!("{API}/oauth/authorize")).query(&[
        ("client_id", &*text(&app["client_id"])),
        ("redirect_uri", back),
        ("scope", "oauth"),
        ("optional_scope", &scopes.join(" ")),
    ]);
    let sent_back = send(authorize).await;
    let location = url::Url::parse(sent_back.header("location")).expect("an address");
    let code = location.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", &text(&app["client_id"]))
        .append_pair("client_secret", &text(&app["client_secret"]))
        .append_pair("redirect_uri", back)
        .append_pair("code", &code)
        .finish();
    let exchange = crm
        .sandbox
        .request(Method::POST, &format!("{API}/oauth/2026-03/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    text(&send(exchange).await.expect(200)["access_token"])
}

async fn call(crm: &Crm, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
    crm.sandbox.call(token, method, &format!("{API}{V3}/{path}"), body).await
}

#[tokio::test]
async fn reading_needs_the_types_scope_and_writing_another() {
    let crm = Crm::start().await;
    let id = crm.contact("ada@example.com").await;
    let reader = token(&crm, &["crm.objects.contacts.read"]).await;
    let path = format!("contacts/{id}");
    let (inputs, properties) =
        (json!({ "inputs": [{ "id": id }] }), json!({ "properties": { "city": "x" } }));
    call(&crm, &reader, Method::GET, &path, None).await.expect(200);
    call(&crm, &reader, Method::GET, "contacts", None).await.expect(200);
    call(&crm, &reader, Method::POST, "contacts/batch/read", Some(&inputs)).await.expect(200);
    let refused = call(&crm, &reader, Method::PATCH, &path, Some(&properties)).await.expect(403);
    assert_eq!(refused["category"], "MISSING_SCOPES");
    for (path, body) in [
        ("contacts", &properties),
        ("contacts/batch/create", &inputs),
        ("contacts/batch/update", &inputs),
        ("contacts/batch/upsert", &inputs),
        ("contacts/batch/archive", &inputs),
        ("contacts/merge", &inputs),
        ("contacts/gdpr-delete", &inputs),
    ] {
        call(&crm, &reader, Method::POST, path, Some(body)).await.expect(403);
    }
    call(&crm, &reader, Method::DELETE, &path, None).await.expect(403);
    call(&crm, &reader, Method::GET, "companies", None).await.expect(403);
    let writer = token(&crm, &["crm.objects.contacts.write"]).await;
    call(&crm, &writer, Method::GET, &path, None).await.expect(403);
    call(&crm, &writer, Method::PATCH, &path, Some(&properties)).await.expect(200);
}
