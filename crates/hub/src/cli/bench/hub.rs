//! A hub in a process of its own, so that its memory and its time are nobody else's.

use crate::api::local_key;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

/// A setting, as a variable of the environment.
pub(super) type Setting = (&'static str, String);

/// What a hub has to know of a simulated HubSpot.
pub(super) fn hubspot(sandbox: &str, credentials: &Value, budget: &str) -> Vec<Setting> {
    let app = &credentials["hubspot"]["app"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    vec![
        ("SYNCLINE_PROVIDERS__HUBSPOT__API_URL", format!("{sandbox}/hubspot")),
        ("SYNCLINE_PROVIDERS__HUBSPOT__WEB_URL", format!("{sandbox}/hubspot")),
        ("SYNCLINE_PROVIDERS__HUBSPOT__BUDGET", budget.to_owned()),
        ("SYNCLINE_APPS__BENCH__PROVIDER", "hubspot".to_owned()),
        ("SYNCLINE_APPS__BENCH__CLIENT_ID", text(&app["client_id"])),
        ("SYNCLINE_APPS__BENCH__CLIENT_SECRET", text(&app["client_secret"])),
        ("SYNCLINE_APPS__BENCH__DEVELOPER_API_KEY", text(&app["developer_api_key"])),
        ("SYNCLINE_APPS__BENCH__APP_ID", app["app_id"].to_string()),
    ]
}

/// A hub in a process of its own.
pub(super) struct Hub {
    child: Child,
    base: String,
    key: String,
    client: reqwest::Client,
}

impl Hub {
    pub(super) async fn start(dir: &Path, database: &str, settings: &[Setting]) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let base = format!("http://{address}");
        let child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .current_dir(dir)
            .env("SYNCLINE_SERVER__LISTEN", address.to_string())
            .env("SYNCLINE_SERVER__PUBLIC_URL", &base)
            .env("SYNCLINE_DATA_DIR", "data")
            .env("SYNCLINE_DATABASE__URL", database)
            .env("SYNCLINE_LOG__LEVEL", "warn")
            .env("SYNCLINE_LOAD__ON_CONNECT", "false")
            .env("SYNCLINE_LOAD__EVERY", "never")
            .envs(settings.iter().map(|(name, value)| (*name, value.as_str())))
            .spawn()
            .context("starting the hub")?;
        let client = crate::http::client::client()?;
        let mut hub = Self { child, base, key: String::new(), client };
        hub.wait_until_ready(&dir.join("data")).await?;
        Ok(hub)
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    async fn wait_until_ready(&mut self, data_dir: &Path) -> Result<()> {
        for _ in 0..5_000 {
            if let Some(status) = self.child.try_wait()? {
                bail!("the hub ended: {status}");
            }
            if let Ok(key) = std::fs::read_to_string(local_key::path(data_dir)) {
                self.key = key.trim().to_owned();
                if self.get("/v1/status").await.is_ok() {
                    return Ok(());
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the hub does not get ready")
    }

    /// Connects an account as a browser does, by the page that consents at once.
    pub(super) async fn consent(&self, provider: &str) -> Result<String> {
        let ask = json!({"provider": provider, "org_id": "bench", "user_id": "bench"});
        let begun = self.post("/v1/connections/authorize", ask).await?;
        let mut next = begun["url"].as_str().context("an address")?.to_owned();
        let mut cookie = String::new();
        for _ in 0..5 {
            let answer = self.client.get(&next).header("Cookie", &cookie).send().await?;
            if let Some(set) = answer.headers().get("set-cookie").and_then(|set| set.to_str().ok()) {
                cookie = set.split(';').next().unwrap_or_default().to_owned();
            }
            match answer.headers().get("location").and_then(|to| to.to_str().ok()) {
                Some(to) => next = reqwest::Url::parse(&next)?.join(to)?.to_string(),
                None => break,
            }
        }
        let connections = self.get("/v1/connections").await?;
        let id = connections["data"][0]["id"].as_str().context("no connection was made")?;
        Ok(id.to_owned())
    }

    /// How many calls a provider got so far, those for tokens included.
    pub(super) async fn calls(&self, provider: &str) -> Result<u64> {
        let metrics = self.client.get(format!("{}/metrics", self.base)).send().await?.text().await?;
        let label = format!("provider=\"{provider}\"");
        let of = |line: &str| -> Option<u64> {
            let rest = line.strip_prefix("syncline_provider_calls_total")?;
            rest.contains(&label).then(|| rest.rsplit(' ').next()?.parse().ok())?
        };
        Ok(metrics.lines().filter_map(of).sum::<u64>())
    }

    /// How often a simulated provider said that it was too much.
    pub(super) async fn refusals(&self) -> Result<u64> {
        let metrics = self.client.get(format!("{}/metrics", self.base)).send().await?.text().await?;
        let of = |line: &str| -> Option<u64> {
            line.strip_prefix("syncline_provider_rate_limited_total")?.rsplit(' ').next()?.parse().ok()
        };
        Ok(metrics.lines().filter_map(of).sum::<u64>())
    }

    pub(super) fn address(&self) -> Result<SocketAddr> {
        self.base.trim_start_matches("http://").parse().context("the hub's address")
    }

    /// The beginnings of requests below a path: what stands before and behind the rest of it, up to the length.
    pub(super) fn head_of(&self, address: SocketAddr, path: &str) -> [String; 2] {
        let behind = format!(
            " HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nAuthorization: Bearer {}\r\n",
            self.key
        );
        [format!("POST {path}"), behind]
    }

    /// Where it is, and the key to it.
    pub(super) fn door(&self) -> (String, String) {
        (self.base.clone(), self.key.clone())
    }

    /// Ends it at once, as a power cut does.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The beginning of a request that publishes a message, up to its length.
    pub(super) fn head(&self, address: SocketAddr) -> String {
        format!(
            "POST /v1/messages HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nAuthorization: Bearer {}\r\n",
            self.key
        )
    }

    pub(super) async fn delete(&self, path: &str) -> Result<()> {
        let request = self.client.delete(format!("{}{path}", self.base)).bearer_auth(&self.key);
        let answer = request.send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.text().await?);
        Ok(())
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.key);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Value> {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.key).json(&body);
        let answer = request.send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.text().await?);
        Ok(answer.json().await?)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.kill();
    }
}
