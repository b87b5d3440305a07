//! `syncline counters create` and `update`: a definition as a JSON file, as flags, or as both.

use super::one::{One, find};
use super::{out, runtime};
use crate::cli::manage::{ask, pretty};
use crate::cli::remote::Target;
use crate::cli::settings::Flags;
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::io::Read;
use std::process::ExitCode;

/// The largest file that is read as a definition.
const LARGEST: u64 = 1 << 20;

/// What a definition says; flags go before the file.
#[derive(Debug, Default, Args)]
pub struct Terms {
    /// The definition as JSON, a file or - for standard input; flags replace what it says
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// Its name: small letters, digits, - and _
    #[arg(long)]
    name: Option<String>,
    /// The HubSpot connection it belongs to, con_…
    #[arg(long, value_name = "CONNECTION")]
    connection: Option<String>,
    /// The type of the records that show it, like 2-50158913
    #[arg(long, value_name = "TYPE")]
    object_type: Option<String>,
    /// The property of theirs that shows it, like total_bookings
    #[arg(long)]
    property: Option<String>,
    /// The unique property that its keys are [default: the record's id]
    #[arg(long, value_name = "PROPERTY")]
    key: Option<String>,
    /// What the trigger is sent, JSON with "{{key}}" and "{{value}}" in it; default: the usual
    #[arg(long, value_name = "JSON")]
    payload: Option<String>,
    /// How values get to the property: trigger, property, or trigger-then-property [default: trigger with a URL, else property]
    #[arg(long, value_parser = ["trigger", "property", "trigger-then-property"])]
    target: Option<String>,
    /// The webhook URL, as HubSpot's workflow editor shows it; - reads it from standard input
    #[arg(long, env = "SYNCLINE_TRIGGER_URL", value_name = "URL", hide_env_values = true)]
    trigger_url: Option<String>,
    /// How long changes are gathered before they are pushed, in milliseconds
    #[arg(long, value_name = "MS")]
    window_ms: Option<u64>,
    /// How long after its answer a call may still take effect, in milliseconds
    #[arg(long, value_name = "MS")]
    settle_ms: Option<u64>,
    /// The least a counter may be
    #[arg(long, allow_negative_numbers = true)]
    minimum: Option<i64>,
    /// How often all numbers are compared, in minutes; never: when somebody asks
    #[arg(long, value_name = "MINUTES")]
    reconcile_minutes: Option<String>,
    /// What is done about drift
    #[arg(long, value_parser = ["repair", "report"])]
    policy: Option<String>,
    /// Where numbers live, JSON like {"kind":"redis","server":"main","key":"exam:{key}:bookings"}
    #[arg(long, value_name = "JSON")]
    store: Option<String>,
    /// Where it is known what they should be, JSON like {"source":"associations","to_object_type":"contacts"}
    #[arg(long, value_name = "JSON")]
    truth: Option<String>,
}

impl Terms {
    /// The members that were given.
    fn body(self) -> Result<Map<String, Value>> {
        let mut body = self.file.as_deref().map(read).transpose()?.unwrap_or_default();
        let target = target(self.target.as_deref(), self.trigger_url, &body)?;
        for (name, text) in [
            ("name", self.name),
            ("connection_id", self.connection),
            ("object_type", self.object_type),
            ("property", self.property),
            ("policy", self.policy),
        ] {
            body.extend(text.map(|text| (name.to_owned(), text.into())));
        }
        for (name, number) in [("window_ms", self.window_ms), ("settle_ms", self.settle_ms)] {
            body.extend(number.map(|number| (name.to_owned(), number.into())));
        }
        body.extend(self.minimum.map(|minimum| ("minimum".to_owned(), minimum.into())));
        body.extend(self.key.map(|key| ("key".to_owned(), key_by(&key))));
        body.extend(target.map(|target| ("target".to_owned(), target)));
        if let Some(minutes) = self.reconcile_minutes {
            body.insert("reconcile_minutes".to_owned(), every(&minutes)?);
        }
        for (name, text) in [("payload", self.payload), ("store", self.store), ("truth", self.truth)] {
            if let Some(text) = text {
                body.insert(name.to_owned(), parsed(name, &text)?);
            }
        }
        Ok(body)
    }
}

fn key_by(key: &str) -> Value {
    if key == "record_id" { json!("record_id") } else { json!({ "property": key }) }
}

fn every(minutes: &str) -> Result<Value> {
    if minutes == "never" {
        return Ok(Value::Null);
    }
    let minutes: u32 = minutes.parse().context("--reconcile-minutes is a number of minutes, or never")?;
    Ok(minutes.into())
}

fn parsed(name: &str, text: &str) -> Result<Value> {
    if name == "payload" && text == "default" {
        return Ok(Value::Null);
    }
    serde_json::from_str(text).with_context(|| format!("--{name} is not JSON"))
}

/// The target that flags name; none when they name none.
fn target(kind: Option<&str>, url: Option<String>, file: &Map<String, Value>) -> Result<Option<Value>> {
    let url = match url.as_deref() {
        Some("-") => Some(text_of("-")?.trim().to_owned()),
        _ => url,
    };
    let in_file = file.get("target").and_then(|target| target["kind"].as_str());
    let kind = match (kind, &url) {
        (Some(kind), _) => kind.replace('-', "_"),
        (None, Some(_)) => in_file.filter(|kind| *kind != "property").unwrap_or("trigger").to_owned(),
        (None, None) => return Ok(None),
    };
    if kind == "property" {
        return Ok(Some(json!({ "kind": kind })));
    }
    Ok(Some(match url {
        Some(url) => json!({ "kind": kind, "url": url }),
        None => json!({ "kind": kind }),
    }))
}

/// A file's text, or standard input's.
fn text_of(name: &str) -> Result<String> {
    let mut text = String::new();
    let source: Box<dyn Read> = if name == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(name).with_context(|| format!("cannot read {name}"))?)
    };
    let name = if name == "-" { "standard input" } else { name };
    source.take(LARGEST + 1).read_to_string(&mut text).with_context(|| format!("cannot read {name}"))?;
    ensure!(text.len() as u64 <= LARGEST, "{name} is larger than a definition can be");
    Ok(text)
}

fn read(name: &str) -> Result<Map<String, Value>> {
    let text = text_of(name)?;
    // What the parser would quote may be the trigger's address.
    serde_json::from_str(&text).map_err(|error| {
        anyhow::anyhow!("{name} is no JSON object (line {}, column {})", error.line(), error.column())
    })
}

/// Make a definition
#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    at: Target,
    #[command(flatten)]
    terms: Terms,
    /// The definition as JSON instead of its id
    #[arg(long)]
    json: bool,
}

impl Create {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let mut body = self.terms.body()?;
        if !body.contains_key("target") {
            body.insert("target".to_owned(), json!({ "kind": "property" }));
        }
        let json = self.json;
        ask(settings, &self.at, Method::POST, "/v1/counters", Some(body.into()), |made| {
            if json {
                return pretty(made);
            }
            let name = out::plain(made["name"].as_str().unwrap_or_default());
            out::note(format!("Made {name}. `syncline counters setup {name}` says what to do at HubSpot."));
            out::line(made["id"].as_str().map(out::plain).unwrap_or_default());
        })
    }
}

/// Change a definition
#[derive(Debug, Args)]
pub struct Update {
    #[command(flatten)]
    at: Target,
    /// The definition's name, or its id, ctr_…
    counter: String,
    #[command(flatten)]
    terms: Terms,
    /// Only if it is still this version
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
}

impl Update {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let mut body = self.terms.body()?;
        ensure!(!body.is_empty(), "nothing was asked for: see syncline counters update --help");
        body.extend(self.if_version.map(|version| ("version".to_owned(), version.into())));
        let one = One { target: self.at, counter: self.counter };
        runtime()?.block_on(async {
            let hub = one.target.find(settings)?;
            let path = find(&hub, &one.counter).await?;
            hub.json(hub.request(Method::PATCH, &path).json(&body)).await?;
            out::line("changed");
            Ok(ExitCode::SUCCESS)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> Map<String, Value> {
        Map::new()
    }

    #[test]
    fn what_is_typed_is_what_the_api_takes() {
        let terms = Terms {
            name: Some("exam-bookings".to_owned()),
            connection: Some("con_1".to_owned()),
            key: Some("exam_code".to_owned()),
            trigger_url: Some("https://x".to_owned()),
            reconcile_minutes: Some("never".to_owned()),
            truth: Some(r#"{"source":"counter"}"#.to_owned()),
            minimum: Some(-1),
            ..Terms::default()
        };
        let wanted = json!({
            "name": "exam-bookings", "connection_id": "con_1", "key": { "property": "exam_code" },
            "target": { "kind": "trigger", "url": "https://x" }, "reconcile_minutes": null,
            "truth": { "source": "counter" }, "minimum": -1
        });
        assert_eq!(Value::Object(terms.body().unwrap()), wanted);
    }

    #[test]
    fn a_url_alone_keeps_the_kind_of_the_file() {
        let file = json!({ "target": { "kind": "trigger_then_property" } });
        let file = file.as_object().unwrap();
        let url = || Some("https://x".to_owned());
        let both = json!({ "kind": "trigger_then_property", "url": "https://x" });
        assert_eq!(target(None, url(), file).unwrap(), Some(both.clone()));
        assert_eq!(target(Some("trigger-then-property"), url(), &none()).unwrap(), Some(both));
        assert_eq!(target(Some("property"), url(), &none()).unwrap(), Some(json!({ "kind": "property" })));
        assert_eq!(target(None, None, &none()).unwrap(), None);
    }

    #[test]
    fn a_mistake_in_a_file_is_told_without_what_is_in_it() {
        let path = std::env::temp_dir().join(format!("syncline-definition-{}", std::process::id()));
        std::fs::write(&path, "{\"target\": {\"url\": \"https://api.hubapi.com/s3cret\"").unwrap();
        let mistake = read(path.to_str().unwrap()).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(mistake.contains("line 1") && !mistake.contains("s3cret"), "{mistake}");
        assert!(every("x").is_err() && parsed("truth", "x").is_err());
    }
}
