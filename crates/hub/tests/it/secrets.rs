//! Secrets stay where they belong: planted everywhere they can be, looked for everywhere they must not be.

use crate::support::Answer;
use crate::support::browser::Browser;
use crate::support::child::{Desk, files_below};
use crate::support::wait::until;
use reqwest::Method;
use serde_json::json;

const CLIENT: &str = "canary-client-secret-1f0c";
const PREVIOUS: &str = "canary-previous-secret-2e1b";
const METRICS: &str = "canary-metrics-token-3d2a";
const DATABASE: &str = "canary-database-password-4c39";
const REDIS: &str = "canary-redis-password-5b48";
const PASSWORD: &str = "canary-portal-password-6a57";
const STRANGER: &str = "syn_canary-unknown-key-7966";
const GUESS: &str = "canary-wrong-password-8875";
const PLANTED: [&str; 8] = [CLIENT, PREVIOUS, METRICS, DATABASE, REDIS, PASSWORD, STRANGER, GUESS];

/// Everything anybody could read, with where it was.
#[derive(Default)]
struct Seen(Vec<(String, String)>);

impl Seen {
    fn add(&mut self, at: impl Into<String>, text: impl Into<String>) {
        self.0.push((at.into(), text.into()));
    }

    fn answer(&mut self, at: &str, answer: &Answer) {
        // A cookie is for the one who gets it.
        let headers = answer.headers.iter().filter(|(name, _)| *name != "set-cookie");
        self.add(format!("{at}, headers"), format!("{:?}", headers.collect::<Vec<_>>()));
        self.add(at, String::from_utf8_lossy(&answer.body));
    }

    fn has_none_of(&self, secrets: &[&str]) {
        assert!(self.0.iter().all(|(at, _)| !at.is_empty()) && !self.0.is_empty());
        for secret in secrets {
            assert!(secret.len() > 15, "too short to be looked for: {secret}");
            for (at, text) in &self.0 {
                assert!(!text.contains(secret), "{secret} in {at}: {text}");
            }
        }
    }
}

fn config(more: &str) -> String {
    format!(
        "data_dir = \"data\"\n[log]\nlevel = \"trace\"\n[telemetry]\nmetrics_token = \"{METRICS}\"\n[apps.main]\n\
         provider = \"hubspot\"\nclient_secret = \"{CLIENT}\"\nprevious_client_secret = \"{PREVIOUS}\"\n{more}"
    )
}

/// Commands that look at the configuration, whatever state the hub is in.
async fn look_at_configuration(desk: &Desk, seen: &mut Seen) {
    for args in [
        &["config", "show"][..],
        &["config", "show", "--json"],
        &["config", "show", "--changed"],
        &["doctor"],
        &["doctor", "--json"],
        &["config", "show", "--set", "jobs.workers=none"],
        &["webhook", "send", "--secret", GUESS],
    ] {
        let output = desk.run(args).await;
        assert!(!output.stdout.is_empty() || !output.stderr.is_empty(), "{args:?}");
        seen.add(format!("{args:?}"), format!("{}{}", output.stdout, output.stderr));
    }
}

/// Signs in, with a wrong guess first, and opens every page.
async fn use_the_portal(desk: &Desk, seen: &mut Seen) -> Vec<String> {
    let link = desk.run(&["portal-link"]).await.ok().trim().to_owned();
    let token = link.rsplit_once('=').unwrap().1.to_owned();
    let mut browser = Browser::at(desk.base());
    let refused = browser.choose(&token, PASSWORD, GUESS).await;
    assert_eq!(refused.status, 422);
    // The form carries the link's token on; it is what the form is for.
    seen.add("setup, refused", refused.text().replace(&token, ""));
    assert_eq!(browser.choose(&token, PASSWORD, PASSWORD).await.status, 303);
    let wrong = Browser::at(desk.base()).log_in(GUESS, "").await;
    assert_eq!(wrong.status, 401);
    seen.answer("login, refused", &wrong);
    let right = browser.log_in(PASSWORD, "/portal/events").await;
    assert_eq!(right.status, 303);
    seen.answer("login", &right);
    for path in [
        "/portal",
        "/portal/events",
        "/portal/jobs",
        "/portal/keys",
        "/portal/apps",
        "/portal/sealing",
        "/portal/audit",
        "/portal/nothing",
        "/portal/login",
    ] {
        seen.answer(path, &browser.get(path).await);
    }
    let session = browser.cookies["syncline_session"].clone();
    vec![token, session]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_ever_shown_again() {
    // The variable turns on what libraries say, too.
    let desk = Desk::configured(&config("")).env("SYNCLINE_LOG", "trace");
    let mut hub = desk.serve(&["serve"]).await;
    let mut seen = Seen::default();
    look_at_configuration(&desk, &mut seen).await;
    desk.write("misfit.json", "[{\"note\":1}]");
    desk.run(&["webhook", "send", "--body", "misfit.json"]).await.ok();
    desk.run(&["webhook", "send", "--count", "3"]).await.ok();
    desk.run(&["webhook", "send", "--secret", PREVIOUS]).await.ok();

    let client = syncline_hub::http::client::client().unwrap();
    let ask = |path: &str| client.get(format!("{}{path}", desk.base()));
    seen.answer("/metrics, refused", &Answer::of(ask("/metrics").bearer_auth(GUESS)).await);
    until("the figures are measured", async || {
        let metrics = Answer::of(ask("/metrics").bearer_auth(METRICS)).await;
        metrics.text().contains("syncline_events_stored_total 4").then_some(())
    })
    .await;
    seen.answer("/metrics", &Answer::of(ask("/metrics").bearer_auth(METRICS)).await);

    // The one place where a key's secret is shown, and from there on never again.
    let key = desk.run(&["api-key", "create", "shown once"]).await.ok().trim().to_owned();
    let local_key = std::fs::read_to_string(desk.path("data/local.key")).unwrap().trim().to_owned();
    for path in ["/v1/events", "/v1/jobs", "/v1/api-keys", "/v1/accounts", "/v1/status", "/v1/events?limit=0"]
    {
        seen.answer(path, &Answer::of(ask(path).bearer_auth(&key)).await);
        seen.answer(path, &Answer::of(ask(path).bearer_auth(STRANGER)).await);
    }
    let create = client.request(Method::POST, format!("{}/v1/api-keys", desk.base())).bearer_auth(&key);
    seen.answer("a key with a bad name", &Answer::of(create.json(&json!({ "name": "" }))).await);
    let refused = desk.run(&["events", "list", "--server", &desk.base(), "--api-key", STRANGER]).await;
    assert_eq!(refused.code, 1);
    seen.add("a refused command", refused.stderr);
    for args in [&["events", "list"][..], &["jobs", "list"], &["api-key", "list"], &["status"]] {
        seen.add(format!("{args:?}"), desk.run(args).await.ok());
    }
    let mut all = use_the_portal(&desk, &mut seen).await;

    hub.signal("TERM");
    assert!(hub.ended().await.success());
    let log = hub.err.all();
    assert!(log.iter().any(|line| line.contains("\"TRACE\"")), "the level is really that low");
    seen.add("the log", log.join("\n"));
    seen.add("standard output", hub.out.all().join("\n"));
    for file in files_below(&desk.path("data")) {
        if file.file_name().is_some_and(|name| name != "local.key") {
            let bytes = std::fs::read(&file).unwrap();
            seen.add(file.display().to_string(), String::from_utf8_lossy(&bytes));
        }
    }
    all.extend([key, local_key]);
    let all: Vec<&str> = PLANTED.into_iter().chain(all.iter().map(String::as_str)).collect();
    seen.has_none_of(&all);
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_in_urls_are_not_shown_when_nothing_works() {
    let urls = format!(
        "[database]\nurl = \"postgres://hub:{DATABASE}@127.0.0.1:9/hub\"\n[redis]\nurl = \"redis://:{REDIS}@127.0.0.1:9\"\n"
    );
    let desk = Desk::configured(&config(&urls)).env("SYNCLINE_LOG", "trace");
    let mut hub = desk.start(&["serve"]);
    let mut seen = Seen::default();
    hub.err.having("waiting for the database").await;
    hub.err.having("Redis is away").await;
    look_at_configuration(&desk, &mut seen).await;
    let client = syncline_hub::http::client::client().unwrap();
    for path in ["/readyz", "/v1/status", "/portal/events", "/webhooks/hubspot/main"] {
        seen.answer(path, &Answer::of(client.get(format!("{}{path}", desk.base()))).await);
    }
    hub.signal("TERM");
    hub.ended().await;
    seen.add("the log", hub.err.all().join("\n"));
    let mysql =
        desk.run(&["doctor", "--set", &format!("database.url=mysql://hub:{DATABASE}@127.0.0.1:9/hub")]).await;
    assert_eq!(mysql.code, 1);
    seen.add("doctor, MySQL", mysql.stdout);
    let broken =
        desk.run(&["serve", "--set", &format!("database.url=postgres://hub:{DATABASE}@[bad/hub")]).await;
    assert_eq!(broken.code, 1);
    seen.add("a broken URL", broken.stderr);
    seen.has_none_of(&PLANTED);
}
