//! A hub and the sandbox, joined by the wire alone, both by one clock that the test moves.

use super::wait::until;
use super::{START, TestHub};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_hub::connect;
use syncline_hub::load::{self, Wanted};
use syncline_sandbox::{Options, Population, Sandbox};
use syncline_store::Scope;
use syncline_store::connections::{self, Connection};
use syncline_store::records::{self, Filter, Stored};
use syncline_store::runs::{self, LaneRow, Mode, Run, Trigger};
use syncline_store::testing::{TestDb, Which};

/// The organization of these tests.
pub const ORG: &str = "acme";

/// Both.
pub struct Joined {
    pub sandbox: Sandbox,
    pub hub: TestHub,
    client: reqwest::Client,
}

impl Joined {
    /// With so many people and the rest in proportion, no limits, and these settings of the hub.
    pub async fn start(people: usize, settings: &[(&str, &str)]) -> Self {
        Self::on(TestDb::of(Which::Sqlite, "").await.expect("SQLite is always there"), people, settings).await
    }

    /// The same on a given database.
    pub async fn on(db: TestDb, people: usize, settings: &[(&str, &str)]) -> Self {
        let off = json!({ "limits": { "enabled": false } });
        let options = Options {
            population: Population { people, companies: people / 5, deals: people / 4 },
            settings: vec![json!({ "hubspot": off, "notion": off, "airtable": off, "tentoeight": off })],
            epoch_ms: Some(START.as_millis()),
            ..Options::for_tests()
        };
        Self::with_db(db, options, settings).await
    }

    /// With a sandbox of the test's choice.
    pub async fn with(options: Options, settings: &[(&str, &str)]) -> Self {
        let db = TestDb::of(Which::Sqlite, "").await.expect("SQLite is always there");
        Self::with_db(db, options, settings).await
    }

    async fn with_db(db: TestDb, options: Options, settings: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let credentials = sandbox.credentials();
        let mut all: Vec<(String, String)> = Vec::new();
        for provider in ["hubspot", "notion", "airtable", "tentoeight"] {
            let url = format!("{}/{provider}", sandbox.url());
            all.push((format!("providers.{provider}.api_url"), url.clone()));
            all.push((format!("providers.{provider}.web_url"), url));
            let app = &credentials[provider]["app"];
            if app.is_object() {
                all.push((format!("apps.{provider}.provider"), provider.to_owned()));
            }
            for key in ["client_id", "client_secret", "developer_api_key"] {
                if let Some(value) = app[key].as_str() {
                    all.push((format!("apps.{provider}.{key}"), value.to_owned()));
                }
            }
        }
        if let Some(app_id) = credentials["hubspot"]["app"]["app_id"].as_u64() {
            all.push(("apps.hubspot.app_id".to_owned(), app_id.to_string()));
        }
        all.extend(
            [("load.on_connect", "false"), ("load.every", "never"), ("jobs.poll", "10ms")]
                .iter()
                .chain(settings)
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
        );
        let all: Vec<(&str, &str)> = all.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let hub = TestHub::with(db, &all).await;
        let client = syncline_hub::http::client::client().unwrap();
        Self { sandbox, hub, client }
    }

    /// Both clocks move; what the sandbox does in that time is done.
    pub async fn advance(&self, span: Duration) {
        self.hub.clock.advance(span);
        let ms = u64::try_from(span.as_millis()).unwrap();
        self.control(Method::POST, "clock/advance", json!({ "ms": ms })).await;
    }

    /// A call of the sandbox's control interface.
    pub async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let request =
            self.client.request(method, format!("{}/_sandbox/{path}", self.sandbox.url())).json(&body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Somebody edits a record in the provider's own pages.
    pub async fn edit(&self, provider: &str, edit: Value) -> Value {
        self.control(Method::POST, &format!("{provider}/edit"), edit).await
    }

    /// The same, where the provider may refuse.
    pub async fn try_edit(&self, provider: &str, edit: Value) {
        let url = format!("{}/_sandbox/{provider}/edit", self.sandbox.url());
        let answer = self.client.post(url).json(&edit).send().await.unwrap();
        assert!(answer.status().is_success() || answer.status().is_client_error(), "{answer:?}");
    }

    /// What a fault does, from now on.
    pub async fn fault(&self, rule: Value) {
        self.control(Method::POST, "faults", rule).await;
    }

    /// Connects the first account of a provider by its key.
    pub async fn connect(&self, provider: &str) -> Connection {
        let credentials = self.sandbox.credentials();
        let key = match provider {
            "hubspot" => &credentials["hubspot"]["accounts"][0]["private_app_token"],
            "notion" => &credentials["notion"]["workspaces"][0]["token"],
            "airtable" => &credentials["airtable"]["users"][0]["token"],
            _ => &credentials["tentoeight"]["organizations"][0]["api_key"],
        };
        let key = Secret::new(key.as_str().unwrap());
        connect::connect_with_key(&self.hub.cx, ORG, "ada", provider, &key).await.unwrap()
    }

    /// Connects an account by consent, as a browser and the provider's page do it together.
    pub async fn consent(&self, provider: &str) -> Connection {
        let browser = Secret::new("a browser's token, long enough to be one");
        let redirect_uri = format!("http://127.0.0.1:1/integrations/{provider}/oauth2callback");
        let begin = connect::Begin {
            org_id: ORG,
            user_id: "ada",
            provider,
            app: Some(provider),
            redirect_uri: &redirect_uri,
            origin: None,
            browser: &browser,
        };
        let url = connect::begin(&self.hub.cx, begin).await.unwrap();
        let answer = self.client.get(url).send().await.unwrap();
        let back = reqwest::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let query: BTreeMap<String, String> = back.query_pairs().into_owned().collect();
        let code = Secret::new(query["code"].as_str());
        let back = connect::Return {
            provider: Some(provider),
            state: &query["state"],
            code: Some(&code),
            browser: Some(&browser),
            ..connect::Return::default()
        };
        match connect::complete(&self.hub.cx, back).await.completed {
            connect::complete::Completed::Connected(connection) => connection,
            other => panic!("{other:?}"),
        }
    }

    /// Asks for a run and waits for its end; a moment passes before and after, so that no two readings are of one moment.
    pub async fn load(&self, connection: &Connection, mode: Mode) -> (Run, Vec<LaneRow>) {
        self.advance(Duration::from_secs(1)).await;
        let run_id = self.ask(connection, mode, &Wanted::default()).await;
        let ended = self.ended(&run_id).await;
        self.advance(Duration::from_secs(1)).await;
        ended
    }

    /// Asks for a run.
    pub async fn ask(&self, connection: &Connection, mode: Mode, wanted: &Wanted) -> String {
        let cx = &self.hub.cx;
        let asked = load::request(cx, connection, mode, Trigger::Manual, wanted).await.unwrap();
        asked.run().id.clone()
    }

    /// Waits for the end of a run.
    pub async fn ended(&self, run_id: &str) -> (Run, Vec<LaneRow>) {
        let run =
            until("the run ends", async || self.run(run_id).await.filter(|run| !run.state.is_unfinished()))
                .await;
        (run, runs::lanes(&self.hub.cx.store, run_id).await.unwrap())
    }

    /// The same while time passes, so that what waits for a later moment goes on.
    pub async fn ended_as_time_passes(&self, run_id: &str) -> (Run, Vec<LaneRow>) {
        let passing = async {
            loop {
                self.advance(Duration::from_millis(500)).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            ended = self.ended(run_id) => ended,
            () = passing => unreachable!("time passes for ever"),
        }
    }

    pub async fn run(&self, run_id: &str) -> Option<Run> {
        runs::get(&self.hub.cx.store, &Scope::All, run_id).await.unwrap()
    }

    pub async fn connection(&self, id: &str) -> Connection {
        connections::get(&self.hub.cx.store, &Scope::All, id).await.unwrap().unwrap()
    }

    /// Every record of the mirror that is not gone, by type and id.
    pub async fn mirror(&self, connection: &Connection) -> BTreeMap<(String, String), Stored> {
        let filter =
            Filter { connection_id: Some(connection.id.clone()), gone: Some(false), ..Filter::default() };
        let mut all = BTreeMap::new();
        let mut after = None;
        loop {
            let page = records::page(&self.hub.cx.store, &Scope::All, &filter, after, 500).await.unwrap();
            let Some(last) = page.last() else { return all };
            after = Some((last.connection_id.clone(), last.object_type.clone(), last.record_id.clone()));
            all.extend(page.into_iter().map(|row| ((row.object_type.clone(), row.record_id.clone()), row)));
        }
    }

    /// The keys of a provider's tables, as the sandbox calls them.
    pub async fn tables(&self, provider: &str) -> Vec<String> {
        let request = self.client.get(format!("{}/_sandbox/{provider}/records", self.sandbox.url()));
        let tables: Value = request.send().await.unwrap().json().await.unwrap();
        let keys = tables["tables"].as_array().unwrap().iter().map(|table| table["table"].as_str().unwrap());
        keys.map(str::to_owned).collect()
    }

    /// What the provider has of a table, by id: its cells, and whether it is gone there.
    pub async fn truth(&self, provider: &str, table: &str) -> BTreeMap<String, Value> {
        let mut rows = BTreeMap::new();
        let mut after = String::new();
        loop {
            let path = format!("{provider}/records?table={table}&limit=1000{after}");
            let request = self.client.get(format!("{}/_sandbox/{path}", self.sandbox.url()));
            let page: Value = request.send().await.unwrap().json().await.unwrap();
            for row in page["rows"].as_array().unwrap_or_else(|| panic!("{page}")) {
                if !row["gone"].as_bool().unwrap() {
                    rows.insert(row["id"].as_str().unwrap().to_owned(), row["cells"].clone());
                }
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return rows,
            }
        }
    }

    /// The ids and bodies of the mirror's records of a type.
    pub async fn mirrored(&self, connection: &Connection, object_type: &str) -> BTreeMap<String, Value> {
        let all = self.mirror(connection).await;
        let of_type = all.into_iter().filter(|((kind, _), row)| kind == object_type && !row.archived);
        of_type.map(|((_, id), row)| (id, serde_json::from_str(&row.body).unwrap())).collect()
    }

    /// How many of the last 1,000 requests that the provider got have this in their path.
    pub async fn requests(&self, provider: &str, path: &str) -> usize {
        self.recorded(provider)
            .await
            .iter()
            .filter(|one| one["path"].as_str().unwrap().contains(path))
            .count()
    }

    /// How many of them were answered with this status.
    pub async fn answers(&self, provider: &str, status: u16) -> usize {
        self.recorded(provider).await.iter().filter(|one| one["status"] == status).count()
    }

    pub async fn recorded(&self, provider: &str) -> Vec<Value> {
        let url =
            format!("{}/_sandbox/requests?provider={provider}&direction=in&limit=1000", self.sandbox.url());
        let page: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        page["requests"].as_array().unwrap_or_else(|| panic!("{page}")).clone()
    }

    /// What HubSpot's own list says of the properties of all records of a type.
    pub async fn hubspot(&self, object_type: &str, properties: &str) -> BTreeMap<String, Value> {
        let credentials = self.sandbox.credentials();
        let token = credentials["hubspot"]["accounts"][0]["private_app_token"].as_str().unwrap().to_owned();
        let base = format!(
            "{}/hubspot/crm/v3/objects/{object_type}?limit=100&properties={properties}",
            self.sandbox.url()
        );
        let mut all = BTreeMap::new();
        let mut after = String::new();
        loop {
            let request = self.client.get(format!("{base}{after}")).bearer_auth(&token);
            let page: Value = request.send().await.unwrap().json().await.unwrap();
            for row in page["results"].as_array().unwrap_or_else(|| panic!("{page}")) {
                all.insert(row["id"].as_str().unwrap().to_owned(), row["properties"].clone());
            }
            match page["paging"]["next"]["after"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return all,
            }
        }
    }
}
