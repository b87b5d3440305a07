//! For the page and for clients: what is there, and what is needed to call it.

use super::Airtable;
use super::accounts::Integration;
use super::model::base::World;
use super::model::compute::At;
use super::model::strings::Audience;
use super::oauth::scopes::Scopes;
use crate::house::{Page, Row, Table};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// One table per table of each base; the key is the table's id.
pub(super) fn tables(world: &World) -> Vec<Table> {
    let all = world.bases.iter().flat_map(|base| {
        base.live_tables().map(move |(_, table)| Table {
            key: table.id.clone(),
            title: format!("{}: {}", base.name, table.name),
            rows: table.len(),
        })
    });
    all.collect()
}

impl Airtable {
    /// Some rows, oldest first; `after` is the number of the last row seen.
    pub(super) fn show_page(&self, key: &str, after: Option<&str>, limit: usize) -> Option<Page> {
        let settings = self.settings.get();
        let world = self.world.read();
        let mut places =
            world.bases.iter().enumerate().flat_map(|(number, base)| {
                base.live_tables().map(move |(table, rows)| (number, table, rows))
            });
        let (base, table, rows) = places.find(|(_, _, rows)| rows.id == key)?;
        let from = match after {
            None => 0,
            Some(after) => after.parse::<u32>().ok()?.checked_add(1)?,
        };
        let files = self.files(&settings);
        let reader = self.reader(&world, base, &files);
        let audience = Audience { zone: TimeZone::UTC, locale: "en-us".to_owned() };
        let mut found = rows.rows_from(from);
        let mut page = Page {
            columns: rows.live_fields().map(|(_, field)| field.name.clone()).collect(),
            ..Page::default()
        };
        let mut last = None;
        for (number, row) in found.by_ref().take(limit) {
            let at = At { table, number, row };
            let cells = rows
                .live_fields()
                .map(|(slot, _)| reader.string(at, slot, &audience).unwrap_or_default())
                .collect();
            page.rows.push(Row { id: row.id.to_string(), cells, gone: false });
            last = Some(number.to_string());
        }
        page.next = found.next().and(last);
        Some(page)
    }

    /// Apps, users with their tokens, bases.
    pub(super) fn show_credentials(&self) -> Value {
        let settings = self.settings.get();
        let world = self.world.read();
        let integrations = self.integrations.read();
        let app = |integration: &Integration| {
            let mut json = json!({
                "client_id": integration.client_id, "redirect_uris": settings.oauth.redirect_uris,
                "scopes": Scopes::all().names(),
            });
            if let Some(secret) = &integration.secret {
                json["client_secret"] = json!(secret);
            }
            json
        };
        let users: Vec<Value> = world
            .users
            .iter()
            .map(|user| json!({ "user_id": user.id, "name": user.name, "email": user.email, "token": user.token }))
            .collect();
        let bases: Vec<Value> = world
            .bases
            .iter()
            .map(|base| {
                let tables: Vec<Value> = base
                    .live_tables()
                    .map(|(_, table)| json!({ "table_id": table.id, "name": table.name }))
                    .collect();
                json!({ "base_id": base.id, "name": base.name, "tables": tables })
            })
            .collect();
        json!({
            "app": integrations.first().map(app), "public_app": integrations.get(1).map(app), "users": users,
            "workspace_id": world.workspace, "bases": bases,
        })
    }
}
