//! Records as tables for the sandbox's own page: one per account and type, the newest record first.

use super::super::Hubspot;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::store::{Records, View};
use crate::house::{Page, Row, Table};

/// A table for each object type of each account.
pub(crate) fn tables(hubspot: &Hubspot) -> Vec<Table> {
    let state = hubspot.state.read();
    let mut tables = Vec::new();
    for account in state.portals.values() {
        for records in account.objects.types().filter_map(|object_type| account.objects.of(object_type)) {
            tables.push(Table {
                key: format!("{}:{}", account.id, records.object_type),
                title: format!("{}: {}", account.name, title(account, records.object_type)),
                rows: records.len(),
            });
        }
    }
    tables
}

fn title(account: &Portal, object_type: TypeId) -> String {
    let custom = || account.custom_types.get(&object_type).map(|custom| custom.plural.clone());
    let own = object_type.plural().map(|plural| plural.replace('_', " "));
    own.or_else(custom).unwrap_or_else(|| object_type.to_string())
}

/// Some rows of a table.
pub(crate) fn page(hubspot: &Hubspot, table: &str, after: Option<&str>, limit: usize) -> Option<Page> {
    let (portal, object_type) = table.split_once(':')?;
    let state = hubspot.state.read();
    let account = state.portals.get(&portal.parse().ok()?)?;
    let records = account.objects.of(account.object_type(object_type)?)?;
    let before = after.map_or(Some(u64::MAX), |after| after.parse().ok())?;
    let columns = columns(records);
    let mut views: Vec<View<'_>> = records.below(before).take(limit + 1).collect();
    let more = views.len() > limit;
    views.truncate(limit);
    Some(Page {
        next: views.last().filter(|_| more).map(|view| view.id.to_string()),
        rows: views.into_iter().map(|view| row(view, &columns)).collect(),
        columns: ["id".to_owned()].into_iter().chain(columns).collect(),
    })
}

fn row(view: View<'_>, columns: &[String]) -> Row {
    let id = view.id.to_string();
    let value = |name: &String| view.named(name).unwrap_or_default().into_owned();
    Row {
        cells: [id.clone()].into_iter().chain(columns.iter().map(value)).collect(),
        id,
        gone: view.record.archived_at.is_some(),
    }
}

/// What tells most of a record.
fn columns(records: &Records) -> Vec<String> {
    let telling: &[&str] = match records.object_type {
        TypeId::CONTACT => &[
            "firstname",
            "lastname",
            "email",
            "phone",
            "company",
            "jobtitle",
            "city",
            "lifecyclestage",
            "lastmodifieddate",
        ],
        TypeId::COMPANY => &["name", "domain", "city", "country", "industry", "hs_lastmodifieddate"],
        TypeId::DEAL => &["dealname", "pipeline", "dealstage", "amount", "closedate", "hs_lastmodifieddate"],
        _ => return others(records),
    };
    telling.iter().map(|name| (*name).to_owned()).collect()
}

/// The first properties that were ever written.
fn others(records: &Records) -> Vec<String> {
    let written = records.names.texts.iter().take(8).map(|name| (**name).to_owned());
    written.chain(["hs_lastmodifieddate".to_owned()]).collect()
}
