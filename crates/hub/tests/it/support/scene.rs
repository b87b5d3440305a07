//! A hub and a sandbox, and a person with a browser between them, over the wire alone.

use super::browser::Browser;
use super::wait::until;
use super::{Answer, START, TestHub};
use reqwest::Method;
use serde_json::{Value, json};
use syncline_hub::api::access::create_key;
use syncline_sandbox::{Options, Population, Sandbox};

/// The page that embeds the script.
pub const PAGE: &str = "https://app.example.com";

/// All of it.
pub struct Scene {
    pub hub: TestHub,
    pub sandbox: Sandbox,
    client: reqwest::Client,
}

impl Scene {
    /// With a few records to load, and apps at all providers that have them.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let off = json!({ "limits": { "enabled": false } });
        let options = Options {
            population: Population { people: 30, companies: 4, deals: 5 },
            settings: vec![json!({ "hubspot": off, "notion": off, "airtable": off, "tentoeight": off })],
            epoch_ms: Some(START.as_millis()),
            ..Options::for_tests()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let credentials = sandbox.credentials();
        let mut all = vec![
            ("server.public_url".to_owned(), "http://localhost:8400".to_owned()),
            ("connect.allowed_origins".to_owned(), PAGE.to_owned()),
            ("connect.open_routes".to_owned(), "true".to_owned()),
        ];
        for provider in ["hubspot", "notion", "airtable", "tentoeight"] {
            let url = format!("{}/{provider}", sandbox.url());
            all.push((format!("providers.{provider}.api_url"), url.clone()));
            all.push((format!("providers.{provider}.web_url"), url));
        }
        for (app, provider) in [("main", "hubspot"), ("notes", "notion"), ("tables", "airtable")] {
            all.push((format!("apps.{app}.provider"), provider.to_owned()));
            for key in ["client_id", "client_secret"] {
                let value = credentials[provider]["app"][key].as_str().unwrap();
                all.push((format!("apps.{app}.{key}"), value.to_owned()));
            }
        }
        all.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let flags: Vec<(&str, &str)> =
            all.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let hub = TestHub::start(&flags).await;
        Self { hub, sandbox, client: syncline_hub::http::client::client().unwrap() }
    }

    /// A key of one organization.
    pub async fn key_of(&self, org_id: &str) -> String {
        create_key(&self.hub.cx, org_id, Some(org_id.to_owned())).await.unwrap().1
    }

    /// A request to the API with the key for everything.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.call_as(&self.hub.key, method, path, body).await
    }

    /// The same with another key.
    pub async fn call_as(&self, key: &str, method: Method, path: &str, body: &Value) -> Answer {
        let mut request = self.hub.request(method, path).bearer_auth(key);
        if !body.is_null() {
            request = request.json(body);
        }
        self.hub.send(request).await
    }

    /// A link that begins an authorization, without our host.
    pub async fn link(&self, body: &Value) -> String {
        let answer = self.call(Method::POST, "/v1/connections/authorize", body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.path(answer.json()["url"].as_str().unwrap())
    }

    /// A token for a page.
    pub async fn token(&self, body: &Value) -> String {
        let answer = self.call(Method::POST, "/v1/connect-tokens", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// An address of ours without our host.
    pub fn path(&self, url: &str) -> String {
        let base = self.hub.cx.config.server.public_url.as_str();
        url.strip_prefix(base).unwrap_or_else(|| panic!("{url} is not below {base}")).to_owned()
    }

    /// Opens a link of ours, goes through the provider's consent page, and answers the way back, without our host.
    pub async fn consent(&self, browser: &mut Browser, link: &str) -> String {
        let away = browser.get(link).await;
        assert_eq!(away.status, 302, "{}", away.text());
        let page = self.client.get(away.header("location")).send().await.unwrap();
        let status = page.status();
        let back = page.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let Some(back) = back else { panic!("{status}: {}", page.text().await.unwrap()) };
        self.path(&back)
    }

    /// Connects an account; answers the last page.
    pub async fn connect(&self, org_id: &str, user_id: &str, provider: &str) -> Answer {
        let body = json!({ "provider": provider, "org_id": org_id, "user_id": user_id, "origin": PAGE });
        let link = self.link(&body).await;
        let mut browser = Browser::new(&self.hub);
        let back = self.consent(&mut browser, &link).await;
        browser.get(&back).await
    }

    /// The id of the only connection of an organization.
    pub async fn connection_of(&self, org_id: &str) -> String {
        let list = self.hub.get(&format!("/v1/connections?org_id={org_id}")).await.json();
        let [one] = list["data"].as_array().unwrap().as_slice() else { panic!("not one: {list}") };
        one["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a connection has no run under way; answers its last one.
    pub async fn loaded(&self, connection_id: &str) -> Value {
        until("the run ends", async || {
            let runs = self.hub.get(&format!("/v1/connections/{connection_id}/runs")).await.json();
            let last = runs["data"][0].clone();
            last["finished_at"].is_string().then_some(last)
        })
        .await
    }

    /// Changes the sandbox's settings, or makes it fail.
    pub async fn control(&self, method: Method, path: &str, body: &Value) {
        let request = self.client.request(method, format!("{}{path}", self.sandbox.url())).json(body);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{status}: {}", answer.text().await.unwrap());
    }
}
