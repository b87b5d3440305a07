//! Who asks: a page on an origin that may, or a caller with an API key.

use super::detail::Detail;
use crate::api::Api;
use crate::api::access::Caller;
use crate::audit::By;
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use syncline_store::Scope;

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub struct Asker {
    /// What it may see: with a key, what the key may; from an allowed page, whatever it names.
    pub caller: Caller,
    /// The page, if it is one that may be told results.
    pub origin: Option<String>,
}

/// The origin a request says it comes from.
pub fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok())
}

/// The same, where it is one of those that are configured.
pub fn allowed_origin<'a>(api: &Api, headers: &'a HeaderMap) -> Option<&'a str> {
    origin(headers).filter(|origin| api.cx.config.connect.allowed_origins.has(origin))
}

impl FromRequestParts<Api> for Asker {
    type Rejection = Detail;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Detail> {
        let allowed = allowed_origin(api, &parts.headers).map(str::to_owned);
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let caller = Caller::from_request_parts(parts, api).await?;
            return Ok(Self { caller, origin: allowed });
        }
        match (allowed, origin(&parts.headers)) {
            (Some(_), _) if !api.cx.config.connect.open_routes => Err(Detail::new(
                StatusCode::UNAUTHORIZED,
                "These routes want an API key, unless the operator opens them to pages: connect.open_routes.",
            )),
            (Some(allowed), _) => {
                let by = By::on_page("", Some(&allowed));
                Ok(Self { caller: Caller { scope: Scope::All, by }, origin: Some(allowed) })
            }
            (None, Some(_)) => Err(Detail::new(
                StatusCode::FORBIDDEN,
                "Pages of this origin may not connect accounts: it is not in connect.allowed_origins.",
            )),
            (None, None) => Err(Detail::new(
                StatusCode::UNAUTHORIZED,
                "This answers pages on connect.allowed_origins, and callers with an API key: `Authorization: Bearer syn_…`.",
            )),
        }
    }
}
