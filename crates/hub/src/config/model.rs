//! The configuration as types: what the rest of the hub reads. Defaults live in `syncline.default.toml`, not here.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};
use syncline_core::secret::Secret;
use syncline_providers::wire::Hosts;

use super::counters::Counters;
use super::demo::Demo;
use super::notify::Notify;
use super::units::{Every, Keep, Size, Span};
use super::urls::{BaseUrl, Brokers, DatabaseUrl, Origins};

/// Every setting.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Directory for everything kept on this machine: SQLite files, the local key.
    pub data_dir: PathBuf,
    /// The HTTP server.
    pub server: Server,
    /// Where events, records and jobs are kept.
    pub database: Database,
    /// Taking in webhooks.
    pub intake: Intake,
    /// Our registrations at the providers, by the name that is part of their webhook URL.
    #[serde(default)]
    pub apps: BTreeMap<String, App>,
    /// Connecting accounts.
    pub connect: Connect,
    /// How secrets are sealed before they are stored.
    pub sealing: Sealing,
    /// Where the providers are.
    pub providers: Providers,
    /// Work in the background.
    pub jobs: Jobs,
    /// Loading records.
    pub load: Load,
    /// Two-way sync.
    pub sync: Syncs,
    /// Counters and the properties that follow them.
    pub counters: Counters,
    /// Setting up accounts.
    pub setup: Setup,
    /// Telling applications over HTTP.
    pub notify: Notify,
    /// How long things are kept.
    pub retention: Retention,
    /// Shared budgets and wake-ups.
    pub redis: Redis,
    /// The pages for operators.
    pub portal: Portal,
    /// The demo that this hub is part of.
    pub demo: Demo,
    /// What is written to standard error, and how.
    pub log: Log,
    /// Metrics and traces.
    pub telemetry: Telemetry,
}

impl Config {
    /// The SQLite file in use, or nothing when the database is a server.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        match &self.database.url {
            DatabaseUrl::Sqlite(None) => Some(self.data_dir.join("syncline.db")),
            DatabaseUrl::Sqlite(Some(path)) => Some(path.clone()),
            DatabaseUrl::Postgres(_) | DatabaseUrl::Mysql(_) => None,
        }
    }
}

/// `[server]`: the HTTP server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// The URL providers and browsers use; signatures are checked against it.
    pub public_url: BaseUrl,
    /// How long one request may take.
    pub request_timeout: Span,
    /// How long a stop may take before it is forced.
    pub shutdown_grace: Span,
}

/// `[database]`: where events, records and jobs are kept.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Which database.
    pub url: DatabaseUrl,
    /// Connections per process.
    pub max_connections: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Span,
}

/// `[intake]`: taking in webhooks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    /// Where webhooks become durable.
    pub log: IntakeLog,
    /// Largest body, in bytes.
    pub max_body: Size,
    /// How long a webhook may wait to become durable.
    pub commit_timeout: Span,
    /// Deliveries that may wait for the log before 503.
    pub queue: usize,
    /// Events per processing transaction.
    pub batch: usize,
    /// What webhook addresses are proven with, keys with commas between them; nothing: the file in the data directory.
    #[serde(deserialize_with = "none_when_empty")]
    pub address_keys: Option<Secret>,
    /// The log on Kafka.
    pub kafka: Kafka,
}

/// Where webhooks become durable before they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntakeLog {
    /// In the database.
    Database,
    /// In a Kafka topic.
    Kafka,
}

/// `[intake.kafka]`: the log on Kafka. Appends always wait for all in-sync replicas.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// Brokers to start from.
    pub brokers: Brokers,
    /// Topic appended to.
    pub topic: String,
    /// Consumer group of the readers.
    pub group: String,
    /// Partitions of a topic we create.
    pub partitions: i32,
    /// Copies of each partition of a topic we create.
    pub replication: i32,
}

/// `[apps.NAME]`: one registration of ours at a provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Whose registration it is.
    pub provider: Provider,
    /// The client id.
    pub client_id: Option<String>,
    /// The client secret; never empty when present.
    pub client_secret: Option<Secret>,
    /// The secret before this one, during rotation; never empty when present.
    pub previous_client_secret: Option<Secret>,
    /// The provider's number for the registration.
    pub app_id: Option<String>,
    /// The key of the app's developer (HubSpot), with which the app's webhooks are set up; never empty when present.
    pub developer_api_key: Option<Secret>,
    /// The secret that its webhooks are signed with where that is not the client secret (Notion); never empty when present.
    pub webhook_secret: Option<Secret>,
    /// Scopes that must be granted, with spaces between them; nothing: the provider's usual ones.
    pub scopes: Option<String>,
    /// Scopes that may be granted, likewise.
    pub optional_scopes: Option<String>,
}

impl App {
    /// The secrets a signature may have been made with, the present one first.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.client_secret.iter().chain(&self.previous_client_secret)
    }

    /// The secrets that its webhooks may be signed with.
    pub fn door_secrets(&self) -> impl Iterator<Item = &Secret> {
        let told = self.webhook_secret.iter();
        // Notion signs with what it told in a handshake and never with the client secret.
        let ours = self.secrets().filter(|_| self.provider != Provider::Notion);
        told.chain(ours)
    }
}

/// The providers an app can be registered at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// HubSpot.
    Hubspot,
    /// Notion.
    Notion,
    /// Airtable.
    Airtable,
    /// 10to8.
    Tentoeight,
}

impl Provider {
    /// Its name in configuration and URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hubspot => "hubspot",
            Self::Notion => "notion",
            Self::Airtable => "airtable",
            Self::Tentoeight => "tentoeight",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `[connect]`: connecting accounts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connect {
    /// How long a person may take to consent.
    pub state_ttl: Span,
    /// How long before its end an access token is renewed.
    pub refresh_before: Span,
    /// Pages on which connecting may begin.
    pub allowed_origins: Origins,
    /// Whether the form routes answer such pages without an API key.
    pub open_routes: bool,
}

/// `[sealing]`: how secrets are sealed before they are stored.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealing {
    /// The keys with commas between them, the one that seals first; nothing: those in the data directory.
    #[serde(deserialize_with = "none_when_empty")]
    pub keys: Option<Secret>,
}

/// `[providers]`: where the providers are.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Providers {
    /// How long an answer may take, to its last byte.
    pub timeout: Span,
    /// HubSpot.
    pub hubspot: Place,
    /// Notion.
    pub notion: Place,
    /// Airtable.
    pub airtable: Place,
    /// 10to8.
    pub tentoeight: Place,
}

/// `[providers.NAME]`: where one provider is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Where its API is.
    pub api_url: BaseUrl,
    /// Where browsers are sent to consent.
    pub web_url: BaseUrl,
    /// How much of its limits to use, as a multiple of the documented ones; 0: no limits are kept to.
    pub budget: f64,
}

impl Place {
    /// As the providers' functions want it.
    #[must_use]
    pub fn hosts(&self) -> Hosts {
        Hosts { api: self.api_url.as_str().to_owned(), web: self.web_url.as_str().to_owned() }
    }
}

impl Providers {
    /// Where the provider of this name is; none when there is no such provider.
    #[must_use]
    pub fn place(&self, provider: &str) -> Option<&Place> {
        Some(match provider {
            "hubspot" => &self.hubspot,
            "notion" => &self.notion,
            "airtable" => &self.airtable,
            "tentoeight" => &self.tentoeight,
            _ => return None,
        })
    }
}

/// `[jobs]`: work in the background.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    /// Jobs at the same time, per process.
    pub workers: usize,
    /// Of these, at most so many for one organization.
    pub per_organization: usize,
    /// How long a worker owns a job.
    pub lease: Span,
    /// How often to look for due jobs unprompted.
    pub poll: Span,
    /// Tries before a job is parked.
    pub max_attempts: u32,
}

/// `[load]`: loading records.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Whether a connection is loaded as soon as it is made.
    pub on_connect: bool,
    /// How often what changed is read.
    pub every: Every,
    /// How often everything is read.
    pub full_every: Every,
    /// Loads at the same time, per process.
    pub runs: usize,
    /// Lanes of one load at the same time.
    pub lanes: usize,
    /// The most pages read of each lane; 0: all.
    pub max_pages: u32,
    /// What to read at HubSpot.
    pub hubspot: Objects,
}

/// `[sync]`: two-way sync.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Syncs {
    /// Whether a sync runs in full as soon as it is made.
    pub on_create: bool,
    /// How often every sync runs in full, unless it says otherwise itself.
    pub every: Every,
    /// Syncs worked on at the same time, per process.
    pub workers: usize,
    /// Calls of one sync to one side at the same time.
    pub calls: usize,
    /// How old a reading may be when what it shows is overwritten.
    pub fresh: Span,
    /// How long a deletion waits before it is carried over.
    pub deletion_delay: Span,
    /// How long a new record waits before it is created on the other side.
    pub creation_delay: Span,
    /// The most planned actions that a dry run keeps.
    pub kept_plan: u64,
}

/// `[setup]`: setting up accounts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Whether contacts at HubSpot get the properties that keep them together with customers of 10to8.
    pub customer_properties: bool,
}

/// What to read at a provider.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objects {
    /// Object types; the provider's usual ones when empty.
    #[serde(rename = "objects", deserialize_with = "words")]
    pub types: Vec<String>,
    /// Properties by object type.
    #[serde(deserialize_with = "words_by_name")]
    pub properties: BTreeMap<String, Vec<String>>,
}

impl Load {
    /// What to read at this provider.
    #[must_use]
    pub fn objects(&self, provider: &str) -> &Objects {
        static ALL: Objects = Objects { types: Vec::new(), properties: BTreeMap::new() };
        if provider == Provider::Hubspot.as_str() { &self.hubspot } else { &ALL }
    }
}

fn split(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn words<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    String::deserialize(source).map(|text| split(&text))
}

/// `contacts=email,phone deals=amount`.
fn words_by_name<'de, D: Deserializer<'de>>(source: D) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    let text = String::deserialize(source)?;
    let one = |part: &str| {
        let (name, list) =
            part.split_once('=').filter(|(name, list)| !name.is_empty() && !list.is_empty())?;
        let list = list.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned);
        Some((name.to_owned(), list.collect()))
    };
    let parts: Option<BTreeMap<_, _>> = text.split_whitespace().map(one).collect();
    parts.ok_or_else(|| {
        serde::de::Error::custom("properties are written as type=property,property type=property")
    })
}

/// `[retention]`: how long things are kept.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Events.
    pub events: Keep,
    /// Jobs that ran out of attempts.
    pub parked: Keep,
    /// Runs that ended.
    pub runs: Keep,
    /// Notifications.
    pub notifications: Keep,
    /// Messages to endpoints, with what became of them.
    pub messages: Keep,
    /// What syncs did to which record, and settled conflicts.
    pub history: Keep,
    /// What moved counters, how they were pushed, and what comparing them found.
    pub counters: Keep,
    /// Who did what.
    pub audit: Keep,
}

/// `[redis]`: shared budgets and wake-ups.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// Where it is (a URL that may hold a password); nothing when it is not used.
    #[serde(deserialize_with = "none_when_empty")]
    pub url: Option<Secret>,
}

/// `[portal]`: the pages for operators.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// Whether it is served.
    pub enabled: bool,
    /// How long a login lasts.
    pub session: Span,
}

/// `[log]`: what is written to standard error, and how.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The least important messages still written.
    pub level: LogLevel,
    /// For people or for machines.
    pub format: LogFormat,
}

/// How important a message must be to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Something failed and needs a person.
    Error,
    /// Something is off and was handled.
    Warn,
    /// What an operator wants to see go by.
    Info,
    /// What a developer wants to see.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// Its name, as log filters spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[telemetry]`: metrics and traces.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// Whether `/metrics` is served.
    pub metrics: bool,
    /// The bearer token `/metrics` wants; nothing when it is open.
    #[serde(deserialize_with = "none_when_empty")]
    pub metrics_token: Option<Secret>,
    /// Where traces go by OTLP over HTTP; nothing when they are off.
    #[serde(deserialize_with = "none_when_empty")]
    pub otlp_endpoint: Option<BaseUrl>,
    /// The share of requests and jobs that are traced, 0 to 1.
    pub trace_sample: f64,
}

/// An empty text stands for "not set" where a default must have some value.
pub(super) fn none_when_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    source: D,
) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(source)?;
    if text.is_empty() {
        return Ok(None);
    }
    T::deserialize(serde::de::value::StringDeserializer::new(text)).map(Some)
}
