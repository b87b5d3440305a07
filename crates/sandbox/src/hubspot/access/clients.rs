//! What a client sends to the token endpoints, and whether it is who it says (HubSpot facts 1.2).

use super::oauth_error::Bad;
use super::throttle::TooMany;
use crate::hubspot::Hubspot;
use crate::hubspot::access::enter::CorrelationId;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Uri, header};
use subtle::ConstantTimeEq as _;

/// The fields of a form.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Those of the body, when it is a form.
    pub(super) fn of_body(headers: &HeaderMap, body: &Bytes) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        // A body of another kind has no fields that anybody would look for.
        let is_form = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        if is_form { Self(url::form_urlencoded::parse(body).into_owned().collect()) } else { Self::default() }
    }

    /// Those of the query.
    pub(super) fn of_query(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// With those of `other` behind them.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The first field of this name that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

/// Why a client of the token endpoints is refused.
#[derive(Debug)]
pub(super) enum Refused {
    /// In the words of OAuth.
    Bad(Bad),
    /// It calls too often.
    TooMany,
}

impl From<Bad> for Refused {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}

impl Refused {
    /// The answer.
    pub(super) fn answer(&self, hubspot: &Hubspot, id: &CorrelationId) -> Response {
        let settings = hubspot.settings.get();
        match self {
            Self::Bad(bad) => bad.answer(&settings.oauth),
            Self::TooMany => TooMany::Tokens.answer(&settings.limits, None, &id.0),
        }
    }
}

/// The app whose id and secret these are. Counts the call.
///
/// # Errors
/// When they are not an app's, or the app calls too often.
pub(super) fn client(hubspot: &Hubspot, fields: &Fields) -> Result<u64, Refused> {
    let now = hubspot.house.now();
    let id = fields.get("client_id").ok_or(Bad::ClientId)?;
    let (app, secret) = {
        let state = hubspot.state.read();
        let app = state.apps.iter().find(|app| app.client_id == id).ok_or(Bad::ClientId)?;
        (app.app_id, app.client_secret.clone())
    };
    let limits = &hubspot.settings.get().limits;
    if limits.enabled {
        let mut counts = hubspot.access.limits.lock();
        // The time is asked under the lock: who asked before and waited would seem to come from the past.
        if !counts.admit_token(app, hubspot.house.now(), limits) {
            return Err(Refused::TooMany);
        }
    }
    let shown = fields.get("client_secret").ok_or(Bad::ClientSecret)?;
    let good = bool::from(shown.as_bytes().ct_eq(secret.as_bytes()))
        || hubspot.access.grants.read().is_former_secret(app, shown, now);
    if good { Ok(app) } else { Err(Bad::ClientSecret.into()) }
}
