//! Links that begin an authorization, made for callers that are no browsers themselves.

use super::sealed::{self, Ticket};
use crate::audit::{self, Action, To};
use crate::config::Config;
use crate::connect::begin::may_begin;
use crate::connect::{AppError, BeginError};
use crate::cx::Cx;
use syncline_core::event::MAX_COLUMN_CHARS;
use syncline_core::time::Timestamp;
use syncline_providers::connect;

/// Where an application sends a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The address, ours.
    pub url: String,
    /// Until when opening it begins an authorization.
    pub expires_at: Timestamp,
}

/// Makes a link, having checked all that can be checked before a browser opens it.
///
/// # Errors
/// [`BeginError`], the same as beginning would have.
pub async fn link(cx: &Cx, mut ticket: Ticket) -> Result<Link, BeginError> {
    check_name("org_id", &ticket.org_id, 1)?;
    check_name("user_id", &ticket.user_id, 0)?;
    ticket.app = Some(app(&cx.config, &ticket.provider, ticket.app.as_deref())?);
    if let Some(origin) = ticket.origin.as_deref().filter(|origin| !may_begin(&cx.config, origin)) {
        return Err(BeginError::OriginNotAllowed(origin.chars().take(MAX_COLUMN_CHARS).collect()));
    }
    let (text, expires_at) = sealed::seal(cx, &ticket, cx.config.connect.state_ttl.get())?;
    let to = To { org_id: &ticket.org_id, id: "" };
    audit::note_after(cx, Action::ConnectionAsked, to, ticket.provider.as_str()).await;
    Ok(Link { url: format!("{}/connect/start?ticket={text}", cx.config.server.public_url), expires_at })
}

/// Names that go into columns.
///
/// # Errors
/// [`BeginError::BadName`].
pub fn check_name(what: &'static str, name: &str, least: usize) -> Result<(), BeginError> {
    let fits =
        (least..=MAX_COLUMN_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(BeginError::BadName(what)) }
}

/// The app that would be used.
fn app(config: &Config, provider: &str, named: Option<&str>) -> Result<String, AppError> {
    let connector = connect::connect(provider).ok_or(AppError::UnknownProvider)?;
    if connector.oauth().is_none() {
        return Err(AppError::KeysOnly(provider.to_owned()));
    }
    let of_provider = config.apps.iter().filter(|(_, app)| app.provider.as_str() == provider);
    let names: Vec<&String> = of_provider.map(|(name, _)| name).collect();
    let name = match (named.filter(|name| !name.is_empty()), names.as_slice()) {
        (Some(named), names) => names
            .iter()
            .find(|name| **name == named)
            .ok_or_else(|| AppError::NoSuchApp { provider: provider.to_owned(), app: named.to_owned() })?,
        (None, []) => return Err(AppError::NoApp(provider.to_owned())),
        (None, [only]) => only,
        (None, several) => {
            let apps = several.iter().map(|name| (*name).clone()).collect();
            return Err(AppError::WhichApp { provider: provider.to_owned(), apps });
        }
    };
    let missing = |missing| AppError::Incomplete { app: (*name).clone(), missing };
    let found = config.apps.get(*name).ok_or_else(|| missing("provider"))?;
    if found.client_id.is_none() {
        return Err(missing("client_id"));
    }
    if found.client_secret.is_none() {
        return Err(missing("client_secret"));
    }
    Ok((*name).clone())
}
