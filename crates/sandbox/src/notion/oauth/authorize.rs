//! `/v1/oauth/authorize`: a page, or an answer at once (Notion facts 2).

use super::callback;
use super::page::{ConsentPage, MistakePage, items, offers};
use super::vault::Code;
use crate::house::consent::Consent;
use crate::notion::Notion;
use crate::notion::content::model::Connection;
use crate::notion::id::Id;
use askama::Template as _;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the link asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) client_id: String,
    /// As in the link, if it was there.
    pub(crate) redirect_uri: Option<String>,
    /// Where to send the browser.
    pub(crate) target: String,
    pub(crate) state: Option<String>,
}

/// `GET /v1/oauth/authorize`
pub(crate) fn show(notion: &Notion, query: &[(String, String)]) -> Response {
    let asked = match read(notion, query) {
        Ok(asked) => asked,
        Err(message) => return mistake(&message),
    };
    match *notion.house.consent.get() {
        Consent::Deny => deny(notion, &asked),
        Consent::Approve => approve_at_once(notion, &asked),
        Consent::Page => {
            let app = notion.app();
            let page = ConsentPage {
                app: &app.name,
                action: &format!("{}/v1/oauth/authorize", notion.house.url_of("notion")),
                asked: &asked,
                workspaces: offers(notion),
            };
            html(StatusCode::OK, page.render())
        }
    }
}

/// `POST /v1/oauth/authorize`: the person has decided.
pub(crate) fn decide(notion: &Notion, form: &[(String, String)]) -> Response {
    let asked = match read(notion, form) {
        Ok(asked) => asked,
        Err(message) => return mistake(&message),
    };
    if get(form, "decision") != Some("allow") {
        return deny(notion, &asked);
    }
    let workspace = get(form, "workspace").and_then(Id::parse);
    let index = notion.state.read().workspaces.iter().position(|known| Some(known.id) == workspace);
    let Some(index) = index else { return mistake("Choose a workspace.") };
    let offered: BTreeSet<Id> = items(&notion.state.read(), index).iter().map(|item| item.id).collect();
    let chosen = form.iter().filter(|(key, _)| key == "share").filter_map(|(_, value)| Id::parse(value));
    let shared: BTreeSet<Id> = chosen.filter(|id| offered.contains(id)).collect();
    approve(notion, &asked, index, shared)
}

fn get<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

fn read(notion: &Notion, pairs: &[(String, String)]) -> Result<Asked, String> {
    let settings = notion.settings.get();
    let client_id = get(pairs, "client_id").unwrap_or_default();
    if client_id != notion.app().client_id {
        return Err("Missing or invalid client_id.".to_owned());
    }
    if get(pairs, "response_type") != Some("code") {
        return Err("Missing or invalid response_type: it must be code.".to_owned());
    }
    if settings.oauth.require_owner && get(pairs, "owner") != Some("user") {
        return Err("Missing or invalid owner: it must be user.".to_owned());
    }
    let redirect_uri = get(pairs, "redirect_uri").map(str::to_owned);
    let target = match (&redirect_uri, settings.oauth.redirect_uris.as_slice()) {
        (Some(uri), _) if callback::is_allowed(uri, &settings.oauth) => uri.clone(),
        (Some(_), _) => return Err("Missing or invalid redirect_uri.".to_owned()),
        (None, [only]) => only.clone(),
        (None, _) => return Err("Missing or invalid redirect_uri.".to_owned()),
    };
    let state = get(pairs, "state").map(str::to_owned);
    Ok(Asked { client_id: client_id.to_owned(), redirect_uri, target, state })
}

fn approve_at_once(notion: &Notion, asked: &Asked) -> Response {
    let wanted = notion.settings.get().oauth.approve_workspace.clone();
    let state = notion.state.read();
    let index = match &wanted {
        None => Some(0),
        Some(wanted) => state.workspaces.iter().position(|workspace| {
            workspace.name == *wanted || Id::parse(wanted).is_some_and(|id| id == workspace.id)
        }),
    };
    let Some(index) = index else {
        return mistake("The setting oauth.approve_workspace names no workspace.");
    };
    // The pages that hold databases, with all of them; private notes stay private.
    let databases = items(&state, index).into_iter().filter(|item| item.nested);
    let above = databases.filter_map(|item| state.databases.get(&item.id)?.parent.id());
    let shared = above.collect();
    drop(state);
    approve(notion, asked, index, shared)
}

fn approve(notion: &Notion, asked: &Asked, workspace: usize, shared: BTreeSet<Id>) -> Response {
    let settings = notion.settings.get();
    let bot = connect(notion, workspace, shared);
    let expires = notion.house.now().saturating_add(settings.oauth.code_ttl_ms);
    let code = Code { bot, redirect_uri: asked.redirect_uri.clone(), expires };
    let code = notion.vault.write().add_code(code);
    back(asked, &[("code", &code)])
}

/// Lets the public integration into a workspace; whoever was let in before keeps the bot, and sees what is shared now.
fn connect(notion: &Notion, workspace: usize, shared: BTreeSet<Id>) -> Id {
    let app = notion.app();
    let mut state = notion.state.write();
    let known = state.bots_in(workspace).find(|connection| connection.integration == app.integration);
    let bot = known.map(|connection| connection.bot);
    let owner = state.workspaces[workspace].users.first().map(|user| user.id);
    let bot = match bot {
        Some(bot) => bot,
        None => {
            let bot = state.new_id();
            state.bots.push(bot);
            bot
        }
    };
    let connection =
        Connection { bot, integration: app.integration, name: app.name.clone(), workspace, owner, shared };
    state.connections.insert(bot, Arc::new(connection));
    bot
}

fn deny(notion: &Notion, asked: &Asked) -> Response {
    back(asked, &[("error", &notion.settings.get().oauth.denied_error)])
}

fn back(asked: &Asked, parameters: &[(&str, &str)]) -> Response {
    let mut parameters = parameters.to_vec();
    if let Some(state) = &asked.state {
        parameters.push(("state", state));
    }
    let location = callback::with(&asked.target, &parameters);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn mistake(message: &str) -> Response {
    html(StatusCode::BAD_REQUEST, MistakePage { message }.render())
}

fn html(status: StatusCode, text: askama::Result<String>) -> Response {
    let mut response = Response::new(Body::from(text.unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
