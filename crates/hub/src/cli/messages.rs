//! `syncline messages`: what is told, from the terminal.

use super::endpoints::deliveries;
use super::manage::{ask, pretty};
use super::remote::{Target, segment};
use super::rows::{given, print, rows};
use super::settings::Flags;
use super::syncs::text::{id, table, text};
use super::{out, runtime};
use anyhow::{Context as _, Result, ensure};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value};
use std::io::Read as _;
use std::process::ExitCode;

/// The largest payload that is read.
const LARGEST: u64 = 16 << 20;

/// Publish messages, see what became of them, send them again.
#[derive(Debug, Subcommand)]
pub enum Messages {
    /// Publish a message of your application's own
    Publish(Publish),
    /// List messages, the latest first
    List(List),
    /// Show one message: what it says, where it goes
    Show(Show),
    /// Show the attempts of one delivery, the latest first
    Attempts(Attempts),
    /// Send a message to an endpoint again
    Resend {
        #[command(flatten)]
        target: Target,
        /// The message's id, msg_…
        message: String,
        /// The endpoint's id, ep_…
        endpoint: String,
    },
    /// List the types of messages, or show one with its schema and an example
    Types(Types),
}

/// Publish a message
#[derive(Debug, Args)]
pub struct Publish {
    #[command(flatten)]
    target: Target,
    /// What happened, in a family of your own: invoice.paid
    kind: String,
    /// What is said: a JSON object, a file after @, or - for standard input
    payload: String,
    /// Whose [default: the key's own]
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    /// What it keeps order with, at endpoints that want that
    #[arg(long, value_name = "KEY")]
    order_key: Option<String>,
    /// Publishing again under this key publishes once
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// The answer as JSON instead of the message's id
    #[arg(long)]
    json: bool,
}

impl Publish {
    fn run(self, settings: &Flags) -> Result<ExitCode> {
        let mut body = Map::new();
        body.insert("type".to_owned(), self.kind.into());
        body.insert("payload".to_owned(), payload(&self.payload)?);
        for (name, value) in [("org_id", self.org_id), ("order_key", self.order_key)] {
            if let Some(value) = value {
                body.insert(name.to_owned(), value.into());
            }
        }
        runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            let mut request = hub.request(Method::POST, "/v1/messages").json(&Value::from(body));
            if let Some(key) = &self.idempotency_key {
                request = request.header("idempotency-key", key);
            }
            let made = hub.json(request).await?;
            if self.json {
                pretty(made);
            } else {
                out::line(made["id"].as_str().unwrap_or_default());
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// The payload that was typed, or that is in a file.
fn payload(given: &str) -> Result<Value> {
    let mut text = String::new();
    if given == "-" {
        std::io::stdin().take(LARGEST).read_to_string(&mut text)?;
    } else if let Some(file) = given.strip_prefix('@') {
        let source = std::fs::File::open(file).with_context(|| format!("cannot read {file}"))?;
        source.take(LARGEST).read_to_string(&mut text).with_context(|| format!("cannot read {file}"))?;
    } else {
        given.clone_into(&mut text);
    }
    let payload: Value = serde_json::from_str(&text).context("the payload is not JSON")?;
    ensure!(payload.is_object(), "the payload is a JSON object");
    Ok(payload)
}

/// List messages
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
    /// Only this organization's
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    /// Only of this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Made at this moment or later
    #[arg(long, value_name = "MOMENT")]
    from: Option<String>,
    /// Made before this moment
    #[arg(long, value_name = "MOMENT")]
    to: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl List {
    fn run(self, settings: &Flags) -> Result<ExitCode> {
        let Self { target, org_id, kind, from, to, limit, json } = self;
        let filters = given([("org_id", org_id), ("type", kind), ("from", from), ("to", to)]);
        runtime()?.block_on(async {
            let found = rows(&target.find(settings)?, "/v1/messages", &filters, limit).await?;
            print(&found, json, |found| {
                let mut table = table(&["ID", "TYPE", "ORGANIZATION", "ORDER KEY", "CREATED"]);
                for one in found {
                    let more = ["type", "org_id", "order_key", "created_at"].map(|name| text(&one[name]));
                    table.add_row([id(&one["id"])].into_iter().chain(more));
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Show one message
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    target: Target,
    /// The message's id, msg_…
    message: String,
    /// The message as JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("/v1/messages/{}", segment(&self.message));
        ask(settings, &self.target, Method::GET, &path, None, |message| {
            if self.json {
                return pretty(message);
            }
            let of = text(&message["org_id"]);
            out::line(format!("{} of {of}, {}", text(&message["type"]), text(&message["created_at"])));
            pretty(message["payload"].clone());
            let to = message["deliveries"].as_array().map(Vec::as_slice).unwrap_or_default();
            if to.is_empty() {
                return out::note("It goes nowhere: no endpoint wanted it.");
            }
            out::line(deliveries(to));
        })
    }
}

/// Show the attempts of one delivery
#[derive(Debug, Args)]
pub struct Attempts {
    #[command(flatten)]
    target: Target,
    /// The message's id, msg_…
    message: String,
    /// The endpoint's id, ep_…
    endpoint: String,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl Attempts {
    fn run(self, settings: &Flags) -> Result<ExitCode> {
        let (message, endpoint) = (segment(&self.message), segment(&self.endpoint));
        let path = format!("/v1/messages/{message}/deliveries/{endpoint}/attempts");
        ask(settings, &self.target, Method::GET, &path, None, |answer| {
            let found = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
            print(found, self.json, |found| {
                let mut table = table(&["AT", "STATUS", "MS", "ERROR", "ANSWER"]);
                for one in found {
                    table.add_row(
                        ["at", "status", "latency_ms", "error", "body"].map(|name| text(&one[name])),
                    );
                }
                table
            });
        })
    }
}

/// List the types of messages
#[derive(Debug, Args)]
pub struct Types {
    #[command(flatten)]
    target: Target,
    /// Show this one
    name: Option<String>,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl Types {
    fn run(self, settings: &Flags) -> Result<ExitCode> {
        if let Some(name) = &self.name {
            let path = format!("/v1/event-types/{}", segment(name));
            return ask(settings, &self.target, Method::GET, &path, None, pretty);
        }
        ask(settings, &self.target, Method::GET, "/v1/event-types", None, |answer| {
            let found = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
            print(found, self.json, |found| {
                let mut table = table(&["TYPE", "", "WHAT"]);
                for one in found {
                    let opt_in = if one["opt_in"] == true { "opt-in" } else { "" };
                    table.add_row([text(&one["name"]), opt_in.to_owned(), text(&one["summary"])]);
                }
                table
            });
        })
    }
}

impl Messages {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::Publish(command) => command.run(settings),
            Self::List(command) => command.run(settings),
            Self::Show(command) => command.run(settings),
            Self::Attempts(command) => command.run(settings),
            Self::Resend { target, message, endpoint } => {
                let (message, endpoint) = (segment(&message), segment(&endpoint));
                let path = format!("/v1/messages/{message}/deliveries/{endpoint}/resend");
                ask(settings, &target, Method::POST, &path, None, |_| out::line("sent again"))
            }
            Self::Types(command) => command.run(settings),
        }
    }
}
