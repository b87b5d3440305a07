//! `syncline audit`: who did what.

use super::remote::Target;
use super::rows::{given, print, rows};
use super::settings::Flags;
use super::{out, runtime};
use anyhow::Result;
use clap::Subcommand;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;
use std::process::ExitCode;

/// See who did what, when, to what, and which way they came in.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List what was done, the latest first
    List {
        #[command(flatten)]
        target: Target,
        /// portal, api, cli, page or hub
        #[arg(long)]
        door: Option<String>,
        /// The API key's name, or the portal's session
        #[arg(long)]
        actor: Option<String>,
        /// An action such as connection.disconnected, or a group of them such as connection
        #[arg(long)]
        action: Option<String>,
        /// Only what concerns this organization
        #[arg(long, value_name = "ORG")]
        org_id: Option<String>,
        /// Only what was done to the object with this id
        #[arg(long, value_name = "ID")]
        object: Option<String>,
        /// From this moment on, like 2026-01-31 or 2026-01-31T09:30:00Z
        #[arg(long, value_name = "WHEN")]
        since: Option<String>,
        /// Before this moment
        #[arg(long, value_name = "WHEN")]
        until: Option<String>,
        /// How many
        #[arg(long, short = 'n', default_value_t = 20)]
        limit: usize,
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
    },
}

impl Audit {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let Self::List { target, door, actor, action, org_id, object, since, until, limit, json } = self;
        let hub = target.find(settings)?;
        let filters = given([
            ("door", door),
            ("actor", actor),
            ("action", action),
            ("org_id", org_id),
            ("object_id", object),
            ("since", since),
            ("until", until),
        ]);
        let found = runtime()?.block_on(rows(&hub, "/v1/audit", &filters, limit))?;
        print(&found, json, table);
        Ok(ExitCode::SUCCESS)
    }
}

fn table(rows: &[Value]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["WHEN", "DOOR", "WHO", "WHAT", "ORGANIZATION", "OBJECT", "IN WHAT WAY"]);
    for row in rows {
        let names = ["at", "door", "actor", "action", "org_id", "object_id", "detail"];
        table.add_row(names.map(|name| out::plain(row[name].as_str().unwrap_or(""))));
    }
    table
}
