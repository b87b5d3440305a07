//! `syncline doctor`: looks at everything a hub depends on, and says what to do about what is missing.

mod counters;
mod notifications;

use super::settings::Flags;
use super::{out, runtime};
use crate::app::options;
use crate::config::{Config, IntakeLog, Loaded, Provider};
use crate::http::client;
use crate::intake::log::kafka;
use crate::keys::{self, addresses, sealing};
use crate::notify;
use anyhow::Result;
use clap::Args;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use syncline_store::counters::definitions;
use syncline_store::{Store, connections};

/// Check the database, the log, keys, the public URL and provider apps, and say what to do.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Fine,
    Warning,
    Broken,
}

/// One look at one thing.
#[derive(Debug, serde::Serialize)]
struct Finding {
    what: &'static str,
    verdict: Verdict,
    found: String,
    /// What to do; empty when nothing.
    advice: String,
}

impl Finding {
    fn fine(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Fine, found: found.into(), advice: String::new() }
    }

    fn warning(what: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Warning, found: found.into(), advice: advice.into() }
    }

    fn broken(what: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Broken, found: found.into(), advice: advice.into() }
    }
}

impl Doctor {
    pub(super) fn run(&self, settings: &Flags) -> Result<ExitCode> {
        let loaded = settings.load_for_client()?;
        let findings = runtime()?.block_on(examine(&loaded));
        if self.json {
            out::line(serde_json::to_string_pretty(&findings)?);
        } else {
            findings.iter().for_each(show);
        }
        let broken = findings.iter().any(|finding| finding.verdict == Verdict::Broken);
        Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn show(finding: &Finding) {
    let mark = match finding.verdict {
        Verdict::Fine => "ok  ",
        Verdict::Warning => "warn",
        Verdict::Broken => "FAIL",
    };
    out::line(format!("{mark}  {:<14} {}", finding.what, finding.found));
    if !finding.advice.is_empty() {
        out::line(format!("      {:<14} → {}", "", finding.advice));
    }
}

async fn examine(loaded: &Loaded) -> Vec<Finding> {
    let config = &loaded.config;
    let mut findings =
        vec![configuration(loaded), data_dir(&config.data_dir), database(config).await, log(config).await];
    findings.extend(redis(config).await);
    findings.push(sealing_keys(config).await);
    findings.extend(notifications::look(config).await);
    findings.extend(counters::look(config).await);
    findings.push(webhook_addresses(config));
    findings.push(public_url(config).await);
    findings.extend(apps(config));
    findings
}

fn configuration(loaded: &Loaded) -> Finding {
    let from = loaded
        .file
        .as_ref()
        .map_or("defaults, environment and flags".to_owned(), |file| file.display().to_string());
    if loaded.warnings.is_empty() {
        return Finding::fine("configuration", from);
    }
    Finding::warning("configuration", from, loaded.warnings.join("; "))
}

fn data_dir(path: &Path) -> Finding {
    let shown = path.display().to_string();
    let probe = path.join(format!(".doctor-{}", std::process::id()));
    if !path.exists() {
        return Finding::fine("data directory", format!("{shown} (will be made at the first start)"));
    }
    let written = write_through(&probe);
    let _ = std::fs::remove_file(&probe);
    if let Err(error) = written {
        let advice = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space on its disk",
            _ => "make it writable for this user, or choose another with data_dir",
        };
        return Finding::broken("data directory", format!("{shown}: {error}"), advice);
    }
    let exposed: Vec<String> = keys::exposed(path).iter().map(|file| file.display().to_string()).collect();
    if !exposed.is_empty() {
        let says = format!("every user of this machine can read {}", exposed.join(", "));
        return Finding::warning("data directory", says, format!("run chmod 700 {shown}"));
    }
    Finding::fine("data directory", shown)
}

/// As much as a few rows take, down to the disk: an empty file finds room on a full one.
fn write_through(probe: &Path) -> std::io::Result<()> {
    let mut file = std::fs::File::create(probe)?;
    file.write_all(&[0; 64 << 10])?;
    file.sync_all()
}

async fn database(config: &Config) -> Finding {
    let options = options(config);
    if options.url == "sqlite" && !config.data_dir.exists() {
        return Finding::fine("database", "SQLite (will be made at the first start)");
    }
    match Store::open(&options) {
        Err(error) => Finding::broken("database", error.to_string(), "correct database.url"),
        Ok(store) => match store.ping(PATIENCE).await {
            Ok(()) => schema(&store).await,
            Err(error) => Finding::broken(
                "database",
                error.to_string(),
                "start the server, check database.url, its user and its password",
            ),
        },
    }
}

/// Whether this version can work with what is in the database.
async fn schema(store: &Store) -> Finding {
    let name = store.dialect().name();
    match store.missing_migrations().await {
        Ok(0) => Finding::fine("database", format!("{name} answers")),
        Ok(missing) => {
            let says =
                format!("{name} answers; the next start brings its schema up to date ({missing} missing)");
            Finding::fine("database", says)
        }
        Err(error) => Finding::broken("database", error.to_string(), "start the version that it belongs to"),
    }
}

async fn log(config: &Config) -> Finding {
    if config.intake.log == IntakeLog::Database {
        return Finding::fine("intake log", "in the database");
    }
    let topic = &config.intake.kafka.topic;
    match kafka::ping(&config.intake.kafka).await {
        Ok(0) => Finding::warning(
            "intake log",
            format!("Kafka answers; topic {topic} is not there yet"),
            "the hub makes it at its start, if it may create topics",
        ),
        Ok(partitions) => {
            Finding::fine("intake log", format!("Kafka, topic {topic}, {partitions} partitions"))
        }
        Err(error) => Finding::broken("intake log", format!("Kafka: {error}"), "check intake.kafka.brokers"),
    }
}

async fn redis(config: &Config) -> Option<Finding> {
    let url = config.redis.url.as_ref()?;
    let ask = async {
        let client = redis::Client::open(url.expose())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<String>(&mut connection).await
    };
    Some(match tokio::time::timeout(PATIENCE, ask).await {
        Ok(Ok(_)) => Finding::fine("redis", "answers"),
        Ok(Err(error)) => Finding::warning(
            "redis",
            error.to_string(),
            "check redis.url; without Redis all still works, slower",
        ),
        Err(_) => {
            Finding::warning("redis", "no answer", "check redis.url; without Redis all still works, slower")
        }
    })
}

/// Whether the keys are there, and every one that stored credentials need.
async fn sealing_keys(config: &Config) -> Finding {
    const WHAT: &str = "sealing keys";
    let advice = "bring the keys back from a backup; what was sealed with lost ones has to be connected anew";
    let ring = match sealing::look(config) {
        Ok(None) => return Finding::fine(WHAT, "will be made at the first start; back them up then"),
        Ok(Some(ring)) => ring,
        Err(error) => return Finding::broken(WHAT, error.to_string(), advice),
    };
    let known: Vec<String> = ring.ids().iter().map(ToString::to_string).collect();
    let options = options(config);
    let asked = match Store::open(&options) {
        Ok(store) if options.url != "sqlite" || config.data_dir.exists() => {
            let of_endpoints = notify::sealing_keys(&store).await.unwrap_or_default();
            let of_counters = definitions::sealing_keys(&store).await.unwrap_or_default();
            connections::sealing_keys(&store)
                .await
                .unwrap_or_default()
                .into_iter()
                .chain(of_endpoints)
                .chain(of_counters)
                .collect()
        }
        _ => Vec::new(),
    };
    let lost: i64 = asked.iter().filter(|(id, _)| !known.contains(id)).map(|(_, count)| count).sum();
    if lost > 0 {
        return Finding::broken(
            WHAT,
            format!(
                "{lost} of the connections and the secrets of endpoints and counters are sealed with keys that are not there"
            ),
            advice,
        );
    }
    Finding::fine(WHAT, format!("{}, sealing with {}", known.len(), ring.current()))
}

/// Whether the addresses given to providers that sign nothing can be checked.
fn webhook_addresses(config: &Config) -> Finding {
    const WHAT: &str = "webhook key";
    match addresses::look(config) {
        Ok(None) => Finding::fine(WHAT, "will be made at the first start; back it up then"),
        Ok(Some(keys)) => {
            Finding::fine(WHAT, format!("{}, for the addresses given to Airtable and 10to8", keys.len()))
        }
        Err(error) => Finding::broken(
            WHAT,
            format!("{}: {error}", addresses::path(&config.data_dir).display()),
            "bring the file back from a backup, or remove it and run `syncline setup` for every connection to Airtable and 10to8",
        ),
    }
}

/// Asks the public URL for our own health page, as a provider would come in.
async fn public_url(config: &Config) -> Finding {
    let base = &config.server.public_url;
    let ask = async { client::client()?.get(format!("{base}/healthz")).timeout(PATIENCE).send().await };
    let reached = matches!(ask.await, Ok(answer) if answer.status().is_success());
    let shown = base.to_string();
    if base.is_loopback() {
        return Finding::warning(
            "public URL",
            shown,
            "providers cannot reach this machine's own address: set server.public_url to your https URL",
        );
    }
    if !base.is_https() {
        return Finding::broken(
            "public URL",
            shown,
            "providers only call https: put a TLS proxy in front and say https here",
        );
    }
    if reached {
        return Finding::fine("public URL", format!("{shown} reaches the hub"));
    }
    Finding::warning(
        "public URL",
        format!("{shown} does not answer"),
        "start the hub, or check DNS and the proxy in front of it",
    )
}

fn apps(config: &Config) -> Vec<Finding> {
    if config.apps.is_empty() {
        let advice = "add [apps.NAME] with provider and client_secret, or try `syncline demo`";
        return vec![Finding::warning("provider apps", "none", advice)];
    }
    let look = |(name, app): (&String, &crate::config::App)| {
        let url = format!("{}/webhooks/{}/{name}", config.server.public_url, app.provider);
        match (&app.client_secret, syncline_providers::by_id(app.provider.as_str())) {
            (_, None) => Finding::warning(
                "app",
                format!("{name} ({})", app.provider),
                "this version takes no webhooks from that provider",
            ),
            // 10to8 signs nothing and has keys only: there is no secret to be had.
            (None, Some(_)) if app.provider == Provider::Tentoeight => {
                Finding::fine("app", format!("{name}: webhooks come to {url}"))
            }
            (None, Some(_)) => Finding::broken(
                "app",
                format!("{name} ({}): no client_secret", app.provider),
                format!("set apps.{name}.client_secret; until then its webhooks are refused"),
            ),
            (Some(_), Some(_)) => Finding::fine("app", format!("{name}: webhooks come to {url}")),
        }
    };
    config.apps.iter().map(look).collect()
}
