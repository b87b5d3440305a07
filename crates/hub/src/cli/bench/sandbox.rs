//! `syncline bench sandbox`: that the sandbox is never what another benchmark measures. It starts `syncline sandbox` in a process
//! of its own, with as many contacts as asked for, and reads single records as fast as they come; the ceiling beside it is a bare
//! route of the same server library under the same generator.

use super::client::{Outcome, closed_loop};
use super::process::Process;
use crate::cli::out;
use crate::http::server;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result};
use axum::Router;
use axum::routing::get;
use clap::Args;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Measure the sandbox.
#[derive(Debug, Args)]
pub struct Sandbox {
    /// People, and so contacts, to hold
    #[arg(long, default_value_t = 1_000_000)]
    people: usize,
    /// Connections at once
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Seconds for each kind of read
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// A kind of read: its name and the requests to repeat.
struct Read {
    name: &'static str,
    requests: Vec<Vec<u8>>,
}

impl Sandbox {
    pub(super) fn run(self) -> Result<ExitCode> {
        super::super::runtime()?.block_on(self.measure())
    }

    async fn measure(&self) -> Result<ExitCode> {
        let mut process = Process::start(&["--no-limits"])?;
        let empty = Stopwatch::start();
        process.wait_until_ready().await?;
        out::line(format!("ready after {:.2} s", empty.elapsed().as_secs_f64()));
        self.populate(&process).await?;
        let ceiling = self.load(bare().await?, &[request("127.0.0.1", "/bare", "none")]).await?;
        let of = ceiling.rate();
        report("a bare route of the same server", ceiling, None);
        let address = process.address()?;
        for read in reads(&process).await? {
            report(read.name, self.load(address, &read.requests).await?, Some(of));
        }
        out::line(format!("resident after the reads: {} MiB", super::resident_mib(process.id())));
        Ok(ExitCode::SUCCESS)
    }

    async fn populate(&self, process: &Process) -> Result<()> {
        let before = super::resident_mib(process.id());
        let seeding = Stopwatch::start();
        // HubSpot alone holds a million: the others are told of as many as an account there would have.
        process
            .post(
                "/_sandbox/hubspot/seed",
                json!({ "people": self.people, "companies": self.people / 20, "deals": self.people / 50 }),
            )
            .await?;
        process
            .post("/_sandbox/seed", json!({ "people": 200, "companies": 50, "deals": 50, "seed": 2 }))
            .await?;
        out::line(format!(
            "{} contacts in {:.1} s; resident {before} MiB before, {} MiB now\n",
            self.people,
            seeding.elapsed().as_secs_f64(),
            super::resident_mib(process.id()),
        ));
        out::line("                                          reads/s    p50 ms   p99 ms");
        Ok(())
    }

    async fn load(&self, address: SocketAddr, requests: &[Vec<u8>]) -> Result<Outcome> {
        let shares = (0..self.connections)
            .map(|connection| {
                let mut mine = requests.to_vec();
                mine.rotate_left(connection % requests.len());
                mine
            })
            .collect();
        closed_loop(address, shares, Duration::from_secs(self.seconds)).await
    }
}

fn report(name: &str, mut outcome: Outcome, of: Option<f64>) {
    let (p50, p99) = (outcome.percentile(0.5), outcome.percentile(0.99));
    out::line(format!(
        "{name:<40} {:>8.0} {p50:>9.2} {p99:>8.2}{}{}",
        outcome.rate(),
        of.map_or_else(String::new, |of| format!("   {:.0} % of it", 100.0 * outcome.rate() / of)),
        if outcome.refused > 0 { format!("   {} REFUSED", outcome.refused) } else { String::new() },
    ));
}

/// One route of the hub's own server, in this process.
async fn bare() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let never = CancellationToken::new();
    let app = Router::new().route("/bare", get(async || "{}"));
    tokio::spawn(server::serve(listener, app, never.clone(), never));
    Ok(address)
}

/// Single records of each provider.
async fn reads(process: &Process) -> Result<Vec<Read>> {
    let credentials = process.get("/_sandbox/credentials", "").await?;
    let text =
        |value: &Value| value.as_str().map(str::to_owned).context("the sandbox's credentials lack a value");
    let hubspot = format!("Bearer {}", text(&credentials["hubspot"]["accounts"][0]["private_app_token"])?);
    let airtable = format!("Bearer {}", text(&credentials["airtable"]["users"][0]["token"])?);
    let notion = format!("Bearer {}", text(&credentials["notion"]["workspaces"][0]["token"])?);
    let tentoeight = format!("token {}", text(&credentials["tentoeight"]["organizations"][0]["api_key"])?);
    let base = &credentials["airtable"]["bases"][0];
    let table = format!("/airtable/v0/{}/{}", text(&base["base_id"])?, text(&base["tables"][0]["table_id"])?);
    let source = text(&credentials["notion"]["workspaces"][0]["databases"][0]["data_source_id"])?;
    let contacts = "/hubspot/crm/v3/objects/contacts";
    let ids = |list: &Value| -> Vec<String> {
        list.as_array()
            .into_iter()
            .flatten()
            .filter_map(|row| row["id"].as_str().map(str::to_owned))
            .collect()
    };
    let hubspot_ids = ids(&process.get(&format!("{contacts}?limit=100"), &hubspot).await?["results"]);
    let airtable_ids = ids(&process.get(&format!("{table}?pageSize=100"), &airtable).await?["records"]);
    let query = format!("/notion/v1/data_sources/{source}/query");
    let notion_ids = ids(&process.post_as(&query, &notion, json!({})).await?["results"]);
    let customers = process.get("/tentoeight/api/enterprise/v2/customer/?limit=10", &tentoeight).await?;
    let uris =
        customers["results"].as_array().into_iter().flatten().filter_map(|row| row["resource_uri"].as_str());
    let host = process.address()?.to_string();
    let each = |ids: &[String], prefix: &str, token: &str| -> Vec<Vec<u8>> {
        ids.iter().map(|id| request(&host, &format!("{prefix}/{id}"), token)).collect()
    };
    Ok(vec![
        Read { name: "HubSpot: one contact", requests: each(&hubspot_ids, contacts, &hubspot) },
        Read {
            name: "HubSpot: a page of ten",
            requests: vec![request(&host, &format!("{contacts}?limit=10"), &hubspot)],
        },
        Read { name: "Notion: one page", requests: each(&notion_ids, "/notion/v1/pages", &notion) },
        Read { name: "Airtable: one record", requests: each(&airtable_ids, &table, &airtable) },
        Read {
            name: "10to8: one customer",
            requests: uris
                .filter_map(|uri| uri.strip_prefix(&process.base))
                .map(|path| request(&host, path, &tentoeight))
                .collect(),
        },
    ])
}

/// A request as ready bytes.
fn request(host: &str, path: &str, authorization: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\nNotion-Version: 2025-09-03\r\n\r\n").into_bytes()
}
