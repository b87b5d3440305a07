//! Connecting with a key: the form, and what came of it.

use super::Popup;
use super::begin::refused;
use super::pages::{KeyForm, Page};
use super::sealed::{self, Token};
use crate::audit::By;
use crate::connect::begin::may_begin;
use crate::connect::{self, KeyError};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::Response;
use serde::Deserialize;
use syncline_core::secret::Secret;

/// `POST /connect/key`. What lets it connect is the token, so no other page can send it.
#[derive(Debug, Deserialize)]
pub(super) struct KeyFields {
    token: String,
    provider: String,
    #[serde(default)]
    origin: String,
    key: Secret,
}

/// Connects with a key; asks again when the provider does not take it.
pub(super) async fn connect(
    State(popup): State<Popup>,
    form: Result<Form<KeyFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = form else { return popup.page(&Page::bad_form()) };
    let cx = &popup.api.cx;
    let token = match sealed::open::<Token>(cx, &fields.token) {
        Ok(token) => token,
        Err(error) => return refused(&popup, error),
    };
    let origin = Some(fields.origin.clone()).filter(|origin| !origin.is_empty());
    if let Some(origin) = origin.as_deref().filter(|origin| !may_begin(&cx.config, origin)) {
        return popup.page(&Page::origin_not_allowed(origin));
    }
    if !token.allows(&fields.provider) {
        return popup.page(&Page::not_for_this_token(&fields.provider, origin));
    }
    let by = By::on_page(&token.user_id, origin.as_deref());
    let cx = &cx.on_word_of(&by);
    let connected =
        connect::connect_with_key(cx, &token.org_id, &token.user_id, &fields.provider, &fields.key).await;
    match connected {
        Ok(connection) => popup.page(&Page::connected(&connection, origin)),
        Err(KeyError::App(_)) => popup.page(&Page::unknown_provider()),
        Err(error) => {
            let form = KeyForm::new(fields.provider, fields.token, fields.origin);
            popup.page(&Page::key_again(form, error))
        }
    }
}
