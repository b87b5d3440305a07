//! The popup's way back from the provider.

use super::pages::Page;
use super::{Popup, cookie};
use crate::connect::{self, Return};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use syncline_core::secret::Secret;

/// What providers send along (RFC 6749, 4.1.2); whatever else they send is theirs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BackQuery {
    state: Option<Secret>,
    code: Option<Secret>,
    error: Option<String>,
    error_description: Option<String>,
}

/// `GET /integrations/{provider}/oauth2callback`.
pub(super) async fn come_back(
    State(popup): State<Popup>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    query: Result<Query<BackQuery>, QueryRejection>,
) -> Response {
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let browser = cookie::find(&popup, &headers);
    let back = Return {
        provider: Some(&provider),
        state: query.state.as_ref().map_or("", Secret::expose),
        code: query.code.as_ref(),
        error: query.error.as_deref(),
        error_description: query.error_description.as_deref(),
        browser: browser.as_ref(),
    };
    popup.page(&Page::of_outcome(&connect::complete(&popup.api.cx, back).await))
}
