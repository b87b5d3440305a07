//! Tokens, codes, keys and proofs of whole lives, as the providers gave them: looked for everywhere anybody could read.

use crate::notify::receiver::{Receiver, Reply};
use crate::support::browser::Browser;
use crate::support::child::{Desk, files_below};
use crate::support::wait::until;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use syncline_sandbox::{ConsentMode, Options, Population, Sandbox};

/// A hub as a process, with the most talkative log there is, and a sandbox in this one.
struct Life {
    sandbox: Sandbox,
    desk: Desk,
    client: reqwest::Client,
    key: String,
    seen: Vec<(String, String)>,
}

impl Life {
    async fn api(&mut self, method: Method, path: &str, body: Value) -> Value {
        let request =
            self.client.request(method, format!("{}{path}", self.desk.base())).bearer_auth(&self.key);
        let answer = request.json(&body).send().await.unwrap();
        let (status, headers) = (answer.status(), format!("{:?}", answer.headers()));
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status}: {text}");
        self.seen.push((format!("{path}, headers"), headers));
        self.seen.push((path.to_owned(), text.clone()));
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// As a browser: follows every redirect with its cookies; answers the addresses it came by and the last page.
    async fn walk(&mut self, start: &str) -> String {
        let (mut next, mut cookie) = (start.to_owned(), String::new());
        loop {
            let answer = self.client.get(&next).header("Cookie", &cookie).send().await.unwrap();
            if let Some(set) = answer.headers().get("set-cookie") {
                cookie = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            }
            match answer.headers().get("location") {
                Some(to) => {
                    next = reqwest::Url::parse(&next).unwrap().join(to.to_str().unwrap()).unwrap().to_string()
                }
                None => return answer.text().await.unwrap(),
            }
        }
    }

    /// Every secret that went over the wire between the hub and the providers.
    async fn secrets(&self) -> BTreeSet<String> {
        let url = format!("{}/_sandbox/requests?direction=in&limit=1000", self.sandbox.url());
        let page: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        let mut secrets = BTreeSet::new();
        for exchange in page["requests"].as_array().unwrap() {
            let answer: Value =
                serde_json::from_str(exchange["answer"].as_str().unwrap_or_default()).unwrap_or_default();
            for name in ["access_token", "refresh_token"] {
                secrets.extend(answer[name].as_str().map(str::to_owned));
            }
            let body = exchange["body"].as_str().unwrap_or_default();
            let form: Value = serde_json::from_str(body).unwrap_or_default();
            for name in ["code", "code_verifier", "refresh_token", "client_secret"] {
                secrets.extend(form[name].as_str().map(str::to_owned));
                let field = body.split('&').find_map(|part| part.strip_prefix(&format!("{name}=")));
                secrets.extend(field.filter(|_| form.is_null()).map(str::to_owned));
            }
        }
        let credentials = self.sandbox.credentials();
        for value in [
            &credentials["hubspot"]["app"]["client_secret"],
            &credentials["notion"]["app"]["client_secret"],
            &credentials["airtable"]["app"]["client_secret"],
            &credentials["tentoeight"]["organizations"][0]["api_key"],
            &credentials["hubspot"]["accounts"][0]["private_app_token"],
        ] {
            secrets.extend(value.as_str().map(str::to_owned));
        }
        secrets.retain(|secret| secret.len() > 15);
        secrets
    }
}

fn config(sandbox: &Sandbox, base: &str) -> String {
    let credentials = sandbox.credentials();
    let mut text = format!(
        "data_dir = \"data\"\n[server]\npublic_url = \"{base}\"\n[log]\nlevel = \"trace\"\n[load]\nevery = \"never\"\n"
    );
    for provider in ["hubspot", "notion", "airtable", "tentoeight"] {
        let url = format!("{}/{provider}", sandbox.url());
        text += &format!("[providers.{provider}]\napi_url = \"{url}\"\nweb_url = \"{url}\"\nbudget = 0.0\n");
        let app = &credentials[provider]["app"];
        if app.is_object() {
            text += &format!(
                "[apps.{provider}]\nprovider = \"{provider}\"\nclient_id = {}\nclient_secret = {}\n",
                app["client_id"], app["client_secret"]
            );
        }
    }
    text
}

/// Both running, nobody connected.
async fn begin() -> (Life, crate::support::child::Running) {
    let off = json!({ "limits": { "enabled": false } });
    let sandbox = Sandbox::start(Options {
        listen: ([127, 0, 0, 1], 0).into(),
        consent: ConsentMode::Approve,
        population: Population { people: 40, companies: 10, deals: 10 },
        settings: vec![json!({ "hubspot": off, "notion": off, "airtable": off, "tentoeight": off })],
        ..Options::default()
    })
    .await
    .unwrap();
    let desk = Desk::new().env("SYNCLINE_LOG", "trace");
    desk.write("syncline.toml", &config(&sandbox, &desk.base()));
    let hub = desk.serve(&["serve"]).await;
    let key = std::fs::read_to_string(desk.path("data/local.key")).unwrap().trim().to_owned();
    let client = syncline_hub::http::client::client().unwrap();
    (Life { sandbox, desk, client, key, seen: Vec::new() }, hub)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_code_key_or_proof_is_found_anywhere() {
    let (mut life, mut hub) = begin().await;
    let mut tickets = Vec::new();
    for provider in ["hubspot", "notion", "airtable"] {
        let ask = json!({"provider": provider, "org_id": "acme", "user_id": "ada"});
        let begun = life.api(Method::POST, "/v1/connections/authorize", ask).await;
        let url = begun["url"].as_str().unwrap().to_owned();
        tickets.push(url.rsplit_once('=').unwrap().1.to_owned());
        let page = life.walk(&url).await;
        life.seen.push((format!("{provider}, the last page"), page));
    }
    // What the caller asked for is shown to the caller alone.
    life.seen.retain(|(at, _)| at != "/v1/connections/authorize");
    let api_key = life.sandbox.credentials()["tentoeight"]["organizations"][0]["api_key"].clone();
    let by_key = json!({"provider": "tentoeight", "org_id": "acme", "key": api_key});
    life.api(Method::POST, "/v1/connections", by_key).await;
    let connections = life.api(Method::GET, "/v1/connections", Value::Null).await;
    let ids: Vec<String> = connections["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 4, "{connections}");
    for id in &ids {
        until("its first load ends", async || {
            let runs = life.api(Method::GET, &format!("/v1/connections/{id}/runs"), Value::Null).await;
            let state = runs["data"][0]["state"].as_str()?.to_owned();
            (state != "running" && state != "waiting").then_some(())
        })
        .await;
        life.api(Method::GET, &format!("/v1/connections/{id}"), Value::Null).await;
    }
    for path in [
        "/v1/records?limit=500",
        "/v1/runs",
        "/v1/budgets",
        "/v1/jobs?state=waiting",
        "/v1/keys",
        "/metrics",
        "/v1/status",
    ] {
        life.api(Method::GET, path, Value::Null).await;
    }
    // A wrong return, a replayed one, and ends of both kinds.
    life.walk(&format!(
        "{}/integrations/hubspot/oauth2callback?code=canary-code-0123456789&state=canary-state-0123456789",
        life.desk.base()
    ))
    .await;
    life.api(Method::DELETE, &format!("/v1/connections/{}?data=erase", ids[0]), Value::Null).await;
    for args in [
        &["connections", "list"][..],
        &["runs", "list"],
        &["records", "list"],
        &["keys", "list"],
        &["doctor"],
        &["config", "show"],
    ] {
        let output = life.desk.run(args).await;
        life.seen.push((format!("{args:?}"), format!("{}{}", output.stdout, output.stderr)));
    }
    let link = life.desk.run(&["portal-link"]).await.ok().trim().to_owned();
    let mut browser = Browser::at(life.desk.base());
    let password = crate::support::browser::PASSWORD;
    browser.choose(link.rsplit_once('=').unwrap().1, password, password).await;
    let mut pages =
        vec!["/portal/connections".to_owned(), "/portal/runs".to_owned(), "/portal/records".to_owned()];
    pages.extend(ids.iter().map(|id| format!("/portal/connections/{id}")));
    for page in pages {
        let answer = browser.get(&page).await;
        assert_eq!(answer.status, 200, "{page}");
        life.seen.push((page, answer.text()));
    }

    hub.signal("TERM");
    assert!(hub.ended().await.success());
    life.seen.push(("the log".to_owned(), hub.err.all().join("\n")));
    life.seen.push(("standard output".to_owned(), hub.out.all().join("\n")));
    for file in files_below(&life.desk.path("data")) {
        let bytes = std::fs::read(&file).unwrap();
        life.seen.push((file.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    let mut secrets = life.secrets().await;
    assert!(secrets.len() > 10, "the providers gave secrets: {}", secrets.len());
    secrets.extend(["canary-code-0123456789".to_owned(), "canary-state-0123456789".to_owned()]);
    secrets.extend(tickets);
    for secret in &secrets {
        for (at, text) in &life.seen {
            assert!(!text.contains(secret.as_str()), "{secret} in {at}: {}", around(text, secret));
        }
    }
}

/// Where it was found, for whoever has to mend it.
fn around<'a>(text: &'a str, secret: &str) -> &'a str {
    let at = text.find(secret).unwrap_or(0);
    let start = text[..at].char_indices().rev().nth(200).map_or(0, |(start, _)| start);
    let end = text[at..].char_indices().nth(200).map_or(text.len(), |(end, _)| at + end);
    &text[start..end]
}

/// What an endpoint's messages are signed with, and the headers it wants, as an application gave them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_endpoints_are_given_is_read_by_the_receiver_and_nobody_else() {
    const HEADER: &str = "canary-header-0123456789";
    const SECRET: &str = "whsec_Y2FuYXJ5LXNlY3JldC0wMTIzNDU2Nzg5YWJjZGVm";
    let log = "[log]\nlevel = \"trace\"\n[notify]\nallow = \"127.0.0.0/8\"\nplain_http = true\n";
    let desk = Desk::configured(&format!("data_dir = \"data\"\n{log}"));
    let mut hub = desk.serve(&["serve"]).await;
    let receiver = Receiver::always(Reply::Status(500, "", "")).await;
    let client = syncline_hub::http::client::client().unwrap();
    let key = std::fs::read_to_string(desk.path("data/local.key")).unwrap();
    let ask = async |method: Method, path: &str, body: Value| {
        let request = client.request(method, format!("{}{path}", desk.base())).bearer_auth(key.trim());
        request.json(&body).send().await.unwrap().text().await.unwrap()
    };
    let body = json!({ "url": receiver.url("/"), "headers": { "x-key": HEADER }, "secret": SECRET });
    let made: Value = serde_json::from_str(&ask(Method::POST, "/v1/endpoints", body).await).unwrap();
    let path = format!("/v1/endpoints/{}", made["id"].as_str().unwrap());
    let rotated: Value =
        serde_json::from_str(&ask(Method::POST, &format!("{path}/secrets"), json!({})).await).unwrap();
    let second = rotated["secret"].as_str().unwrap().to_owned();
    ask(Method::POST, &format!("{path}/test"), json!({})).await;
    let got = receiver.receives(1).await.remove(0);
    assert_eq!(got.header("x-key"), HEADER, "the receiver gets it");

    let mut seen: Vec<(String, String)> = Vec::new();
    for path in [
        path.clone(),
        format!("{path}/secrets"),
        format!("{path}/deliveries"),
        "/v1/endpoints".into(),
        "/v1/messages".into(),
        "/metrics".into(),
    ] {
        let answer = ask(Method::GET, &path, Value::Null).await;
        seen.push((path, answer));
    }
    hub.signal("TERM");
    assert!(hub.ended().await.success());
    seen.push(("the log".to_owned(), [hub.out.all(), hub.err.all()].concat().join("\n")));
    for file in files_below(desk.dir.path()) {
        let bytes = std::fs::read(&file).unwrap();
        seen.push((file.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    assert!(seen.iter().any(|(place, _)| place.ends_with("syncline.db")), "the database was looked at");
    for (place, text) in &seen {
        for canary in [HEADER, SECRET, SECRET.trim_start_matches("whsec_"), second.as_str()] {
            assert!(!text.contains(canary), "{canary} is in {place}");
        }
    }
}
