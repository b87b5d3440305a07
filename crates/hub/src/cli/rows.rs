//! Lists of the hub's, read to their end and printed.

use super::out;
use super::remote::Remote;
use anyhow::Result;
use reqwest::Method;
use serde_json::Value;

/// The most rows of one answer.
const PAGE: usize = 500;

/// Up to `most` rows of a list, page by page.
///
/// # Errors
/// When nobody listens, or with what the hub said was wrong.
pub async fn rows(hub: &Remote, path: &str, filters: &[(&str, String)], most: usize) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    while found.len() < most {
        let mut query = filters.to_vec();
        query.push(("limit", (most - found.len()).min(PAGE).to_string()));
        query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let mut answer = hub.json(hub.request(Method::GET, path).query(&query)).await?;
        if let Some(data) = answer["data"].as_array_mut() {
            found.append(data);
        }
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    Ok(found)
}

/// The filters that were given.
#[must_use]
pub fn given<const N: usize>(filters: [(&'static str, Option<String>); N]) -> Vec<(&'static str, String)> {
    filters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Rows as one JSON object a line, or as `table` shows them.
pub fn print(rows: &[Value], json: bool, table: impl FnOnce(&[Value]) -> comfy_table::Table) {
    if json {
        rows.iter().for_each(|row| out::json(&row.to_string()));
    } else if rows.is_empty() {
        out::note("None.");
    } else {
        out::line(table(rows));
    }
}
