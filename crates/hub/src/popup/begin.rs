//! The popup's first step: from a ticket or a token to the provider's consent page.

use super::pages::{Choice, KeyForm, Page};
use super::sealed::{self, SealedError, Ticket, Token};
use super::{Popup, cookie};
use crate::audit::By;
use crate::connect::begin::may_begin;
use crate::connect::{self, Begin};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use syncline_providers::connect::CONNECTORS;

/// `GET /connect/start?ticket=…`.
#[derive(Debug, Deserialize)]
pub(super) struct StartQuery {
    #[serde(default)]
    ticket: String,
}

/// Begins an authorization in the browser that opens the link.
pub(super) async fn with_ticket(
    State(popup): State<Popup>,
    headers: HeaderMap,
    query: Result<Query<StartQuery>, QueryRejection>,
) -> Response {
    let text = query.map(|Query(query)| query.ticket).unwrap_or_default();
    match sealed::open::<Ticket>(&popup.api.cx, &text) {
        Ok(ticket) => away(&popup, &headers, &ticket).await,
        Err(error) => refused(&popup, error),
    }
}

/// `GET /connect?token=…&provider=…&origin=…`: the popup that an embedding page opens.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ConnectQuery {
    token: String,
    provider: String,
    origin: String,
    /// `key` for the form that takes a key where there is OAuth, too.
    method: String,
}

/// Begins as the token allows: the choice of providers, the form for a key, or the provider's consent page.
pub(super) async fn with_token(
    State(popup): State<Popup>,
    headers: HeaderMap,
    query: Result<Query<ConnectQuery>, QueryRejection>,
) -> Response {
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let cx = &popup.api.cx;
    let token = match sealed::open::<Token>(cx, &query.token) {
        Ok(token) => token,
        Err(error) => return refused(&popup, error),
    };
    let origin = Some(query.origin.clone()).filter(|origin| !origin.is_empty());
    if let Some(origin) = origin.as_deref().filter(|origin| !may_begin(&cx.config, origin)) {
        return popup.page(&Page::origin_not_allowed(origin));
    }
    if query.provider.is_empty() {
        return popup.page(&Page::choose(choices(&popup, &token), &query.token, &query.origin));
    }
    let Some(connector) = syncline_providers::connect::connect(&query.provider) else {
        return popup.page(&Page::unknown_provider());
    };
    if !token.allows(&query.provider) {
        return popup.page(&Page::not_for_this_token(&query.provider, origin));
    }
    if connector.oauth().is_none() || query.method == "key" {
        return popup.page(&Page::key(KeyForm::new(query.provider, query.token, query.origin)));
    }
    let Token { org_id, user_id, .. } = token;
    let ticket = Ticket { org_id, user_id, provider: query.provider, app: None, origin };
    away(&popup, &headers, &ticket).await
}

/// What the token allows and this hub can do.
fn choices(popup: &Popup, token: &Token) -> Vec<Choice> {
    let has_app = |provider: &str| {
        popup
            .api
            .cx
            .config
            .apps
            .values()
            .any(|app| app.provider.as_str() == provider && app.client_id.is_some())
    };
    let allowed = CONNECTORS.iter().filter(|(provider, _)| token.allows(provider));
    allowed
        .map(|(provider, connector)| Choice {
            provider: (*provider).to_owned(),
            oauth: connector.oauth().is_some() && has_app(provider),
        })
        .collect()
}

/// Sends the browser to the provider.
async fn away(popup: &Popup, headers: &HeaderMap, ticket: &Ticket) -> Response {
    let by = By::on_page(&ticket.user_id, ticket.origin.as_deref());
    let cx = &popup.api.cx.on_word_of(&by);
    let (browser, made) = cookie::find_or_make(popup, headers);
    let begin = Begin {
        org_id: &ticket.org_id,
        user_id: &ticket.user_id,
        provider: &ticket.provider,
        app: ticket.app.as_deref(),
        redirect_uri: &format!(
            "{}/integrations/{}/oauth2callback",
            cx.config.server.public_url, ticket.provider
        ),
        origin: ticket.origin.as_deref(),
        browser: &browser,
    };
    match connect::begin(cx, begin).await {
        Ok(url) => {
            let mut response = (StatusCode::FOUND, [(header::LOCATION, url)]).into_response();
            if let Some(cookie) = made {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => popup.page(&Page::not_begun(error, &ticket.provider, ticket.origin.clone())),
    }
}

/// The page for a ticket or a token that is not taken.
pub(super) fn refused(popup: &Popup, error: SealedError) -> Response {
    match error {
        SealedError::NotOurs => popup.page(&Page::link_unknown()),
        SealedError::Expired => popup.page(&Page::link_expired()),
        SealedError::Keys(error) => popup.problem(&error.into()),
    }
}
