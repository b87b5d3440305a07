//! A call to what belongs to apps rather than to accounts: read whole, and answered at once.

use super::super::Hubspot;
use super::super::error::ApiError;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts as _, RawPathParams, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A request, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// How.
    pub(crate) method: Method,
    /// Below HubSpot's host.
    pub(crate) path: String,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
    params: Vec<(String, String)>,
    query: Vec<(String, String)>,
}

/// What answers a call.
pub(crate) type Act = fn(&Arc<Hubspot>, &Call) -> Result<Response, ApiError>;

/// The route of `act`.
pub(crate) fn on(method: MethodFilter, act: Act) -> MethodRouter<Arc<Hubspot>> {
    axum::routing::on(method, move |State(hubspot): State<Arc<Hubspot>>, call: Call| async move {
        act(&hubspot, &call).unwrap_or_else(ApiError::into_response)
    })
}

impl Call {
    /// A part of the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        find(&self.params, name).unwrap_or_default()
    }

    /// A number in the path; HubSpot knows no path with anything else there.
    ///
    /// # Errors
    /// 404 when it is no number.
    pub(crate) fn number(&self, name: &str) -> Result<u64, ApiError> {
        self.param(name).parse().map_err(|_| ApiError::resource_not_found())
    }

    /// A query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// The bearer token.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let text = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// 400 when it is none.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, ApiError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            ApiError::validation(format!("Invalid input JSON on line {line}, column {column}: {error}"))
        })
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

impl FromRequest<Arc<Hubspot>> for Call {
    type Rejection = ApiError;

    async fn from_request(request: Request, hubspot: &Arc<Hubspot>) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, hubspot).await;
        let params = params.map_err(|_| ApiError::resource_not_found())?;
        let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let query = query.into_owned().collect();
        // The house's door has read it already and let in no more than it takes.
        let body = to_bytes(body, usize::MAX)
            .await
            .map_err(|_| ApiError::bare(StatusCode::BAD_REQUEST, "There was a problem with the request."))?;
        let path = parts.uri.path().to_owned();
        Ok(Self { method: parts.method, path, headers: parts.headers, body, params, query })
    }
}
