//! The same seed and script give the same story, byte for byte, at all four vendors.

use crate::support::receiver::Receiver;
use crate::support::{Answer, TestSandbox, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_sandbox::Options;

/// Where clients are told the sandbox is: the port differs from run to run, and must not show.
const URL: &str = "http://sandbox.test";

/// One run of the script: every answer and every webhook, as text.
async fn tell(seed: u64) -> Vec<String> {
    let receiver = Receiver::start().await;
    let sandbox =
        TestSandbox::with(Options { seed, url: Some(URL.to_owned()), ..Options::for_tests() }).await;
    let mut story = Vec::new();
    let mut note = |answer: Answer| {
        let mut headers: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        headers.sort();
        story.push(format!("{} {} {}", answer.status, headers.join("; "), answer.body));
    };
    let credentials = sandbox.credentials();
    let text =
        |pointer: &str| credentials.pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned();
    note(sandbox.post("/_sandbox/seed", &json!({"people": 30, "companies": 6, "deals": 9})).await);

    // HubSpot tells an app of the accounts that installed it.
    for answer in
        install(&sandbox, &text("/hubspot/app/client_id"), &text("/hubspot/app/client_secret")).await
    {
        note(answer);
    }

    // Who wants to be told.
    let developer_key = text("/hubspot/app/developer_api_key");
    let settings =
        json!({"targetUrl": receiver.url("/hubspot"), "throttling": {"maxConcurrentRequests": 10}});
    let path = |what: &str| format!("/hubspot/webhooks/v3/54321/{what}?hapikey={developer_key}");
    note(send(sandbox.request(Method::PUT, &path("settings")).json(&settings)).await.without(&receiver));
    for event in ["contact.creation", "contact.deletion"] {
        let body = json!({"eventType": event, "active": true});
        note(send(sandbox.request(Method::POST, &path("subscriptions")).json(&body)).await);
    }
    let body = json!({"eventType": "contact.propertyChange", "propertyName": "firstname", "active": true});
    note(send(sandbox.request(Method::POST, &path("subscriptions")).json(&body)).await);
    let key = format!("token {}", text("/tentoeight/organizations/0/api_key"));
    let body = json!({"callback_url": receiver.url("/tentoeight"), "scope": "customer"});
    let subscription = sandbox
        .request(Method::POST, "/tentoeight/api/enterprise/v2/subscription/")
        .header("Authorization", &key);
    note(send(subscription.json(&body)).await.without(&receiver));
    let body = json!({"url": receiver.url("/notion"), "verify": true});
    note(sandbox.post("/_sandbox/notion/subscriptions", &body).await.without(&receiver));

    // Everybody edits something; the receiver is away for a while.
    receiver.answer_with([500, 503]);
    let token = text("/hubspot/accounts/0/private_app_token");
    for number in 0..12 {
        let body = json!({"properties": {"firstname": format!("N{number}"), "email": format!("n{number}@example.com")}});
        note(sandbox.call(&token, Method::POST, "/hubspot/crm/v3/objects/contacts", Some(&body)).await);
    }
    note(sandbox.call(&token, Method::GET, "/hubspot/crm/v3/objects/contacts?limit=20", None).await);
    let create =
        json!({"name": "Ada Lovelace", "emails": ["ada@example.com"], "numbers": [], "custom_fields": {}});
    let customers = sandbox
        .request(Method::POST, "/tentoeight/api/enterprise/v2/customer/")
        .header("Authorization", &key);
    note(send(customers.json(&create)).await);
    let base = text("/airtable/bases/0/base_id");
    let table = text("/airtable/bases/0/tables/0/table_id");
    note(
        sandbox
            .call(
                &text("/airtable/users/0/token"),
                Method::GET,
                &format!("/airtable/v0/{base}/{table}?pageSize=10"),
                None,
            )
            .await,
    );
    let source = text("/notion/workspaces/0/databases/0/data_source_id");
    let query = sandbox.request(Method::POST, &format!("/notion/v1/data_sources/{source}/query"));
    let query = query.bearer_auth(text("/notion/workspaces/0/token")).header("Notion-Version", "2025-09-03");
    note(send(query.json(&json!({"page_size": 5}))).await);
    note(sandbox.call("wrong", Method::GET, "/hubspot/crm/v3/objects/contacts", None).await);

    // Two days pass.
    for _ in 0..48 {
        sandbox.advance(Duration::from_secs(3_600)).await;
    }
    for received in receiver.take() {
        let signatures: Vec<&str> = ["x-hubspot-signature", "x-notion-signature"]
            .into_iter()
            .map(|name| received.header(name))
            .collect();
        story.push(format!("{} {signatures:?} {}", received.uri, String::from_utf8_lossy(&received.body)));
    }
    story
}

impl Answer {
    /// Without the receiver's address, whose port nobody chose.
    fn without(mut self, receiver: &Receiver) -> Self {
        let address = receiver.url("");
        self.body = self.body.replace(&address, "http://receiver.test");
        self.headers.remove("content-length");
        self
    }
}

/// Installs the app as a browser and the application behind it do.
async fn install(sandbox: &TestSandbox, client: &str, secret: &str) -> [Answer; 2] {
    let query = [
        ("client_id", client),
        ("redirect_uri", "http://127.0.0.1:1/callback"),
        ("scope", "oauth"),
        ("optional_scope", "crm.objects.contacts.read"),
        ("state", "s"),
    ];
    let consent = send(sandbox.request(Method::GET, "/hubspot/oauth/authorize").query(&query)).await;
    let mut parameters = consent.header("location").split(['?', '&']);
    let code = parameters.find_map(|part| part.strip_prefix("code=")).expect("a code").to_owned();
    let form = format!(
        "grant_type=authorization_code&client_id={client}&client_secret={secret}\
         &redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback&code={code}"
    );
    let exchange = sandbox.request(Method::POST, "/hubspot/oauth/2026-03/token").body(form);
    let tokens = send(exchange.header("Content-Type", "application/x-www-form-urlencoded")).await;
    [consent, tokens]
}

#[tokio::test]
async fn the_same_seed_and_script_tell_the_same_story() {
    let (one, two) = (tell(11).await, tell(11).await);
    assert_eq!(one.len(), two.len());
    for (one, two) in one.iter().zip(&two) {
        assert_eq!(one, two);
    }
    let told = |path: &str| one.iter().filter(|line| line.starts_with(path)).count();
    assert!(told("/hubspot") >= 3 && told("/tentoeight") >= 1, "webhooks are part of the story: {one:#?}");
}

#[tokio::test]
async fn another_seed_tells_another_story() {
    assert_ne!(tell(11).await, tell(12).await);
}
