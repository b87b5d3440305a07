//! The popup in a real browser, opened by a page on another site.

mod pages;

use crate::support::child::{Desk, Running};
use crate::support::chromium::{Chromium, Tab};
use crate::support::wait::until;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use reqwest::Method;
use serde_json::{Value, json};
use syncline_sandbox::{Options, Population, Sandbox};

/// A hub, a sandbox that asks people, and somebody's own page, each at an address of its own.
struct Stage {
    desk: Desk,
    hub: Running,
    _sandbox: Sandbox,
    page: String,
    token: String,
}

/// Somebody's own page.
fn page(hub: &str, token: &str) -> String {
    format!(
        "<!doctype html><title>Ours</title><button id=connect>Connect</button><script src=\"{hub}/connect.js\"></script>\
         <script>document.querySelector('#connect').onclick = () => {{ window.ended = null; \
         Syncline.connect({{ token: {token}, provider: 'hubspot' }})\
         .then((result) => {{ window.ended = {{ result }}; }}, (error) => {{ window.ended = {{ error }}; }}); }}</script>",
        token = json!(token)
    )
}

impl Stage {
    async fn set() -> Self {
        let options = Options {
            listen: ([127, 0, 0, 1], 0).into(),
            population: Population { people: 3, companies: 1, deals: 1 },
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Another host name is another site.
        let page = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let desk = Desk::new();
        let app = sandbox.credentials()["hubspot"]["app"].clone();
        desk.write(
            "syncline.toml",
            &format!(
                "data_dir = \"data\"\n[server]\npublic_url = \"{}\"\n[log]\nlevel = \"trace\"\n[connect]\n\
                 allowed_origins = \"{page}\"\n[apps.main]\nprovider = \"hubspot\"\nclient_id = {}\nclient_secret = {}\n\
                 [providers.hubspot]\napi_url = \"{url}/hubspot\"\nweb_url = \"{url}/hubspot\"\n",
                desk.base(),
                app["client_id"],
                app["client_secret"],
                url = sandbox.url(),
            ),
        );
        let hub = desk.serve(&["serve"]).await;
        let mut stage = Self { desk, hub, _sandbox: sandbox, page, token: String::new() };
        let made =
            stage.api(Method::POST, "/v1/connect-tokens", &json!({"org_id": "acme", "user_id": "ada"})).await;
        stage.token = made["token"].as_str().unwrap().to_owned();
        let html = self::page(&stage.desk.base(), &stage.token);
        let ours = Router::new().route("/", get(async move || Html(html)));
        tokio::spawn(async move { axum::serve(listener, ours).await });
        stage
    }

    async fn api(&self, method: Method, path: &str, body: &Value) -> Value {
        let key = std::fs::read_to_string(self.desk.path("data/local.key")).unwrap();
        let client = syncline_hub::http::client::client().unwrap();
        let request = client.request(method, format!("{}{path}", self.desk.base())).bearer_auth(key.trim());
        let request = if body.is_null() { request } else { request.json(body) };
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Clicks Connect and answers the consent page in the popup.
    async fn consent_page(&self, browser: &Chromium, ours: &Tab) -> Tab {
        browser.click(ours, "#connect").await;
        let popup = browser.at("/hubspot/oauth/authorize").await;
        assert!(
            !browser.eval(&popup, "window.opener === null").await.unwrap().as_bool().unwrap(),
            "it has an opener"
        );
        popup
    }

    /// Waits until the popup is gone; answers what the page was told.
    async fn ended(&self, browser: &Chromium, ours: &Tab, popup: &Tab) -> Value {
        let ended = browser.until(ours, "window.ended").await;
        until("the popup is closed", async || {
            let pages = browser.pages().await;
            (!pages.iter().any(|(target, _)| *target == popup.target)).then_some(())
        })
        .await;
        ended
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_on_another_site_connects_an_account_in_a_popup_and_is_told_what_came_of_it() {
    let Some(browser) = Chromium::start("popup: connecting in a browser").await else { return };
    let stage = Stage::set().await;
    let ours = browser.open(&stage.page).await;

    let popup = stage.consent_page(&browser, &ours).await;
    browser.click(&popup, "button[value=cancel]").await;
    let refused = stage.ended(&browser, &ours, &popup).await;
    assert_eq!(refused["error"]["outcome"], "denied", "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("declined"), "{refused}");

    let popup = stage.consent_page(&browser, &ours).await;
    let state = browser.until(&popup, "new URL(location).searchParams.get('state')").await;
    let state = state.as_str().unwrap().to_owned();
    browser.click(&popup, "button[value=connect]").await;
    let told = stage.ended(&browser, &ours, &popup).await;
    let list = stage.api(Method::GET, "/v1/connections", &Value::Null).await;
    let connection = &list["data"][0];
    let expected = json!({
        "connection_id": connection["id"], "provider": "hubspot",
        "account_name": connection["account_name"], "status": "active",
    });
    assert_eq!(told["result"], expected, "{told}");
    assert_eq!(connection["org_id"], "acme");

    let popup = stage.consent_page(&browser, &ours).await;
    browser.eval(&popup, "window.close()").await;
    let closed = stage.ended(&browser, &ours, &popup).await;
    assert_eq!(closed["error"]["outcome"], "closed", "{closed}");
    assert_eq!(*browser.complaints.lock().unwrap(), Vec::<String>::new());

    // The log at its most talkative holds nothing of what went through the browser.
    let log = stage.hub.err.all().join("\n");
    assert!(log.contains("\"TRACE\"") && log.contains("\"connected\""), "{log}");
    for secret in [stage.token.as_str(), &state] {
        assert!(secret.len() >= 40 && !log.contains(secret), "{secret} in {log}");
    }
    assert!(!log.contains("code=") && !log.contains("state=") && !log.contains("token="), "{log}");
}
