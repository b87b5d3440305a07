//! The simulated providers as their people use them: in their own pages, past the hub.

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_sandbox::{ConsentMode, Options, Population, Sandbox};

/// Who the providers' customers know.
const POPULATION: Population = Population { people: 120, companies: 30, deals: 40 };
/// How long the sandbox may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The simulated providers.
pub(super) struct World {
    sandbox: Sandbox,
    client: reqwest::Client,
}

/// A record as its provider's own page lists it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) cells: BTreeMap<String, String>,
    pub(super) gone: bool,
}

impl World {
    /// Begins, the same for the same seed.
    ///
    /// # Errors
    /// When no port is free.
    pub(super) async fn start(seed: u64) -> Result<Self> {
        let options = Options {
            listen: ([127, 0, 0, 1], 0).into(),
            seed,
            consent: ConsentMode::Approve,
            settings: vec![settings()],
            population: POPULATION,
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.context("the simulated providers cannot start")?;
        Ok(Self { sandbox, client: crate::http::client::client()? })
    }

    /// Where they are.
    pub(super) fn url(&self) -> &str {
        self.sandbox.url()
    }

    /// What clients need to call them.
    pub(super) fn credentials(&self) -> Value {
        self.sandbox.credentials()
    }

    /// A call of the sandbox's own interface.
    ///
    /// # Errors
    /// With what it said was wrong.
    pub(super) async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let mut request =
            self.client.request(method, format!("{}/_sandbox/{path}", self.url())).timeout(PATIENCE);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "the simulated providers refused {path}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Somebody does something in a provider's own pages.
    ///
    /// # Errors
    /// When the provider would not let them.
    pub(super) async fn edit(&self, provider: &str, edit: Value) -> Result<Value> {
        self.control(Method::POST, &format!("{provider}/edit"), Some(edit)).await
    }

    /// Something goes wrong for so long, then no more.
    ///
    /// # Errors
    /// When the rule makes no sense.
    pub(super) async fn fault(&self, mut rule: Value, lasts: Duration) -> Result<()> {
        let now = self.control(Method::GET, "clock", None).await?["now_ms"].as_i64().context("the time")?;
        rule["until_ms"] = json!(now.saturating_add(i64::try_from(lasts.as_millis())?));
        self.control(Method::POST, "faults", Some(rule)).await?;
        Ok(())
    }

    /// Nothing goes wrong on purpose any more.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub(super) async fn mend(&self) -> Result<()> {
        self.control(Method::DELETE, "faults", None).await.map(drop)
    }

    /// Notion's subscription is made by a person in its own pages; answers what it signs with.
    ///
    /// # Errors
    /// When it is not made.
    pub(super) async fn subscribe_at_notion(&self, url: &str) -> Result<String> {
        let wanted = json!({ "url": url, "verify": true });
        let made = self.control(Method::POST, "notion/subscriptions", Some(wanted)).await?;
        Ok(made["verification_token"].as_str().context("Notion's verification token")?.to_owned())
    }

    /// All rows of a table, in the order in which its provider lists them.
    ///
    /// # Errors
    /// When there is no such table.
    pub(super) async fn rows(&self, provider: &str, table: &str) -> Result<Vec<Row>> {
        let table = crate::cli::remote::segment(table);
        let (mut rows, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("{provider}/records?table={table}&limit=1000{after}");
            let page = self.control(Method::GET, &path, None).await?;
            let columns: Vec<&str> =
                page["columns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            rows.extend(page["rows"].as_array().into_iter().flatten().map(|row| row_of(&columns, row)));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={}", crate::cli::remote::segment(next)),
                None => return Ok(rows),
            }
        }
    }

    /// A call of a provider's own API, with its own key.
    ///
    /// # Errors
    /// When it does not succeed.
    pub(super) async fn call(
        &self,
        method: Method,
        url: &str,
        key: &str,
        body: Option<Value>,
    ) -> Result<Value> {
        let url = if url.starts_with("http") { url.to_owned() } else { format!("{}{url}", self.url()) };
        let mut request = self.client.request(method, &url).header("Authorization", key).timeout(PATIENCE);
        request = request.header("Notion-Version", "2025-09-03");
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{url}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

fn row_of(columns: &[&str], row: &Value) -> Row {
    let cells = row["cells"].as_array().into_iter().flatten().map(|cell| cell.as_str().unwrap_or_default());
    Row {
        id: row["id"].as_str().unwrap_or_default().to_owned(),
        cells: columns.iter().map(|name| (*name).to_owned()).zip(cells.map(str::to_owned)).collect(),
        gone: row["gone"] == true,
    }
}

/// HubSpot's, Notion's and Airtable's limits are on. What takes minutes at the real providers takes seconds here.
fn settings() -> Value {
    json!({
        "hubspot": {
            "webhooks": { "retry_after_s": vec![2; 30] },
            "workflows": { "delay_ms": 400, "history": 100_000 },
        },
        "notion": { "webhooks": { "aggregation_ms": 1_000, "jitter_ms": 500, "backoff_s": vec![2; 30] } },
        "airtable": { "webhooks": { "first_retry_secs": 2 } },
        "tentoeight": {
            "limits": { "enabled": false },
            "notifications": { "coalesce_ms": 300, "retry_after_ms": vec![2_000; 30] },
        },
    })
}
