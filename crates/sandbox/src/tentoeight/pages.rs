//! Pages for people: the tables the sandbox shows, and where API keys are managed (10to8 facts 1).

use super::model::{Customer, Organization, Standing, State};
use super::uris;
use crate::house::clock::iso;
use crate::house::{Page, Row, Table};
use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, header};
use std::fmt::Write as _;

fn key(organization: &Organization) -> String {
    organization.name.to_lowercase().replace(' ', "-")
}

/// A table of customers for each organization.
pub(super) fn tables(state: &State) -> Vec<Table> {
    let table = |organization: &Organization| Table {
        key: key(organization),
        title: format!("Customers of {}", organization.name),
        rows: organization.customers.len(),
    };
    state.organizations.iter().map(table).collect()
}

/// Customers of one organization, after the one with the id `after`.
pub(super) fn page(state: &State, table: &str, after: Option<&str>, limit: usize) -> Option<Page> {
    let number = state.organizations.iter().position(|organization| key(organization) == table)?;
    let after = after.and_then(uris::parse_id).and_then(uris::locate);
    let first = after.map_or(0, |(_, index)| index.saturating_add(1));
    let customers = state.organizations[number].customers.iter().enumerate().skip(first);
    let rows: Vec<Row> =
        customers.take(limit).map(|(index, customer)| row(number, index, customer)).collect();
    let is_last = first + rows.len() >= state.organizations[number].customers.len();
    let next = rows.last().filter(|_| !is_last).map(|row| row.id.clone());
    let columns = ["Name", "Emails", "Numbers", "Custom fields", "Bookings"].map(str::to_owned).to_vec();
    Some(Page { columns, rows, next })
}

fn row(organization: usize, index: usize, customer: &Customer) -> Row {
    let fields = customer.custom_fields.iter();
    let fields: Vec<String> =
        fields.map(|(name, value)| format!("{name}: {}", value.as_deref().unwrap_or("null"))).collect();
    let bookings: Vec<String> = customer.bookings.iter().map(|begins| iso(*begins)).collect();
    Row {
        id: uris::number(organization, index).to_string(),
        cells: vec![
            customer.name.to_string(),
            customer.emails.join(", "),
            customer.numbers.join(", "),
            fields.join("; "),
            bookings.join(", "),
        ],
        gone: customer.standing != Standing::Live,
    }
}

/// The page on which a user finds the keys. Whoever can reach the sandbox is the user.
pub(super) fn manage_keys(state: &State) -> Response {
    let mut text =
        "<!DOCTYPE html>\n<html><head><title>API keys</title></head><body><h1>API keys</h1>".to_owned();
    for organization in &state.organizations {
        // Names and keys hold nothing that HTML would read as its own.
        let _ = write!(text, "<h2>{}</h2><ul>", organization.name);
        for key in &organization.keys {
            let _ = write!(text, "<li><code>{key}</code></li>");
        }
        text.push_str("</ul>");
    }
    text.push_str("</body></html>\n");
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
