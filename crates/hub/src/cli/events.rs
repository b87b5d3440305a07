//! `syncline events`: the timeline in the terminal.

use super::remote::{Remote, Target, read, segment};
use super::settings::Flags;
use super::{out, runtime};
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{ContentArrangement, Table, presets};
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::Value;
use std::process::ExitCode;
use std::time::Duration;

/// Read events.
#[derive(Debug, Subcommand)]
pub enum Events {
    /// List events by the time they happened
    List(List),
    /// Show events as they are stored, until Ctrl-C
    Tail(Tail),
    /// Show one event, the raw form included
    Show(Show),
}

/// Which events.
#[derive(Clone, Debug, Default, Args)]
struct Filter {
    /// Only this organization's
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    /// Only this provider's, e.g. hubspot
    #[arg(long)]
    provider: Option<String>,
    /// Only this account's (HubSpot: portal id)
    #[arg(long)]
    account: Option<String>,
    /// Only records of this type, e.g. contact
    #[arg(long, value_name = "TYPE")]
    object_type: Option<String>,
    /// Only this record's
    #[arg(long, value_name = "ID")]
    object_id: Option<String>,
    /// Only this kind, e.g. contact.propertyChange
    #[arg(long)]
    kind: Option<String>,
    /// Only changes of this property
    #[arg(long)]
    property: Option<String>,
}

impl Filter {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("org_id", &self.org_id),
            ("provider", &self.provider),
            ("account", &self.account),
            ("object_type", &self.object_type),
            ("object_id", &self.object_id),
            ("kind", &self.kind),
            ("property", &self.property),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// Newest first
    Desc,
    /// Oldest first
    Asc,
}

/// List events by the time they happened
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    filter: Filter,
    /// Occurred at this time or later (RFC 3339, a date, or epoch milliseconds)
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Occurred before this time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Which way to read the timeline
    #[arg(long, value_enum, default_value = "desc")]
    order: Order,
    /// How many
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

/// Show events as they are stored
#[derive(Debug, Args)]
pub struct Tail {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    filter: Filter,
    /// Begin behind this place in the order of storing (0: with everything there is) instead of now
    #[arg(long, value_name = "N")]
    since: Option<i64>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Show one event
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    target: Target,
    /// The event's id, evt_…
    id: String,
}

impl Events {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(async {
            match self {
                Self::List(list) => list.run(settings).await,
                Self::Tail(tail) => tail.run(settings).await,
                Self::Show(show) => show.run(settings).await,
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self, settings: &Flags) -> Result<()> {
        let hub = self.target.find(settings)?;
        let events = self.fetch(&hub).await?;
        if self.json {
            events.iter().for_each(|event| out::json(&event.to_string()));
        } else if events.is_empty() {
            out::note("No events. `syncline webhook send` sends one.");
        } else {
            out::line(table(&events));
        }
        Ok(())
    }

    async fn fetch(&self, hub: &Remote) -> Result<Vec<Value>> {
        let mut pairs = self.filter.pairs();
        pairs.extend(self.from.clone().map(|from| ("from", from)));
        pairs.extend(self.to.clone().map(|to| ("to", to)));
        pairs.push(("order", if self.order == Order::Asc { "asc" } else { "desc" }.to_owned()));
        let mut events = Vec::new();
        let mut cursor: Option<String> = None;
        while events.len() < self.limit {
            let mut page = pairs.clone();
            page.push(("limit", (self.limit - events.len()).min(500).to_string()));
            page.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let mut answer = hub.json(hub.request(Method::GET, "/v1/events").query(&page)).await?;
            if let Some(data) = answer["data"].as_array_mut() {
                events.append(data);
            }
            match answer["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        Ok(events)
    }
}

/// Events as a table that fits the terminal.
fn table(events: &[Value]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["OCCURRED", "KIND", "OBJECT", "CHANGE", "ACCOUNT", "ORGANIZATION", "ID"]);
    for event in events {
        table.add_row(cells(event));
    }
    table
}

fn cells(event: &Value) -> [String; 7] {
    let text = |name: &str| out::plain(event[name].as_str().unwrap_or(""));
    let value = event["raw"]["propertyValue"].as_str().unwrap_or("");
    let change = event["property"]
        .as_str()
        .map_or(String::new(), |_| format!("{} = {}", text("property"), short(value)));
    [
        text("occurred_at"),
        text("kind"),
        format!("{} {}", text("object_type"), text("object_id")),
        change,
        format!("{} {}", text("provider"), text("account")),
        event["org_id"].as_str().map_or("-".to_owned(), out::plain),
        text("id"),
    ]
}

/// What fits in a cell.
fn short(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", out::plain(&text[..end])),
        None => out::plain(text),
    }
}

impl Tail {
    async fn run(self, settings: &Flags) -> Result<()> {
        let hub = self.target.find(settings)?;
        let mut last = self.since;
        // A stream that ends (the hub restarts) is taken up again where it ended.
        let following = async {
            loop {
                if let Err(error) = self.follow(&hub, &mut last).await {
                    out::note(format!("syncline: {error:#}; trying again"));
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            () = following => Ok(()),
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    }

    async fn follow(&self, hub: &Remote, last: &mut Option<i64>) -> Result<()> {
        let mut request = hub.request(Method::GET, "/v1/events/stream").query(&self.filter.pairs());
        if let Some(last) = *last {
            request = request.header("Last-Event-ID", last.to_string());
        }
        let mut body = hub.send(request).await?.bytes_stream();
        let mut buffer = Vec::new();
        while let Some(chunk) = body.next().await {
            buffer.extend_from_slice(&chunk?);
            while let Some(end) = buffer.windows(2).position(|at| at == b"\n\n") {
                let message: Vec<u8> = buffer.drain(..end + 2).collect();
                self.show(&String::from_utf8_lossy(&message), last);
            }
        }
        Ok(())
    }

    fn show(&self, message: &str, last: &mut Option<i64>) {
        for line in message.lines() {
            if let Some(id) = line.strip_prefix("id:") {
                *last = id.trim().parse().ok().or(*last);
            } else if let Some(data) = line.strip_prefix("data:") {
                match read(data.trim_start()) {
                    Ok(event) if !self.json => out::line(cells(&event).join("  ")),
                    _ => out::json(data.trim_start()),
                }
            }
        }
    }
}

impl Show {
    async fn run(self, settings: &Flags) -> Result<()> {
        let hub = self.target.find(settings)?;
        let event = hub.json(hub.request(Method::GET, &format!("/v1/events/{}", segment(&self.id)))).await?;
        out::json(&serde_json::to_string_pretty(&event)?);
        Ok(())
    }
}
