//! What the providers themselves say is there, read past the hub with their own keys.

use crate::cli::demo::stage::Stage;
use anyhow::{Context as _, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Records by id.
pub(super) type Records = BTreeMap<String, Value>;

/// More pages than any demo has.
const MOST_PAGES: usize = 1_000;

/// All records of a type at HubSpot, with these properties.
///
/// # Errors
/// When it does not answer.
pub(super) async fn at_hubspot(stage: &Stage, object: &str, properties: &str) -> Result<Records> {
    let credentials = stage.world.credentials();
    let token = credentials["hubspot"]["accounts"][0]["private_app_token"].as_str().context("a token")?;
    let (mut all, mut after) = (Records::new(), String::new());
    for _ in 0..MOST_PAGES {
        let url = format!("/hubspot/crm/v3/objects/{object}?limit=100&properties={properties}{after}");
        let page = stage.world.call(Method::GET, &url, &format!("Bearer {token}"), None).await?;
        keep(&mut all, &page["results"], "id");
        match page["paging"]["next"]["after"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(all),
        }
    }
    bail!("HubSpot's list of {object} has no end")
}

/// All customers at 10to8.
///
/// # Errors
/// When it does not answer.
pub(super) async fn at_tentoeight(stage: &Stage) -> Result<Records> {
    let credentials = stage.world.credentials();
    let key = credentials["tentoeight"]["organizations"][0]["api_key"].as_str().context("a key")?;
    let mut all = Records::new();
    let mut next = Some("/tentoeight/api/enterprise/v2/customer/?limit=100".to_owned());
    for _ in 0..MOST_PAGES {
        let Some(url) = next else { return Ok(all) };
        let page = stage.world.call(Method::GET, &url, &format!("token {key}"), None).await?;
        keep(&mut all, &page["results"], "resource_uri");
        next = page["next"].as_str().map(str::to_owned);
    }
    bail!("10to8's list of customers has no end")
}

/// All rows of a table at Airtable, `base/table`.
///
/// # Errors
/// When it does not answer.
pub(super) async fn at_airtable(stage: &Stage, table: &str) -> Result<Records> {
    let credentials = stage.world.credentials();
    let token = credentials["airtable"]["users"][0]["token"].as_str().context("a token")?;
    let (mut all, mut offset) = (Records::new(), String::new());
    for _ in 0..MOST_PAGES {
        let url = format!("/airtable/v0/{table}?pageSize=100{offset}");
        let page = stage.world.call(Method::GET, &url, &format!("Bearer {token}"), None).await?;
        keep(&mut all, &page["records"], "id");
        match page["offset"].as_str() {
            Some(next) => offset = format!("&offset={}", crate::cli::remote::segment(next)),
            None => return Ok(all),
        }
    }
    bail!("Airtable's list of {table} has no end")
}

/// All pages of a data source at Notion.
///
/// # Errors
/// When it does not answer.
pub(super) async fn at_notion(stage: &Stage, source: &str) -> Result<Records> {
    let credentials = stage.world.credentials();
    let token = credentials["notion"]["workspaces"][0]["token"].as_str().context("a token")?;
    let (mut all, mut body) = (Records::new(), json!({ "page_size": 100 }));
    for _ in 0..MOST_PAGES {
        let url = format!("/notion/v1/data_sources/{source}/query");
        let page =
            stage.world.call(Method::POST, &url, &format!("Bearer {token}"), Some(body.clone())).await?;
        keep(&mut all, &page["results"], "id");
        match page["next_cursor"].as_str() {
            Some(next) => body["start_cursor"] = json!(next),
            None => return Ok(all),
        }
    }
    bail!("Notion's list of {source} has no end")
}

fn keep(all: &mut Records, found: &Value, id: &str) {
    for one in found.as_array().into_iter().flatten() {
        if let Some(id) = one[id].as_str() {
            all.insert(id.to_owned(), one.clone());
        }
    }
}
