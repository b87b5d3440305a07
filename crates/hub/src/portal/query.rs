//! What an address asks for. One that cannot be read is answered with a page, not with the framework's bare text.

use super::Failure;
use crate::http::Problem;
use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

/// The query of the address, taken apart.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let found = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        found.map(|axum::extract::Query(query)| Self(query)).map_err(|error| {
            let said = error.body_text();
            let what = said.strip_prefix("Failed to deserialize query string: ").unwrap_or(&said);
            let detail =
                format!("What stands behind the question mark of this address cannot be read: {what}.");
            Problem::bad_request("bad_query", detail).into()
        })
    }
}
