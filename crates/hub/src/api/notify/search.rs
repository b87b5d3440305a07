//! Deliveries over the API, whichever endpoint they go to.

use super::deliveries::{DeliveryView, state_of, with_kinds};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::organization;
use crate::api::events::{checked, time};
use crate::api::paging::{limit, some};
use crate::http::{Problem, json};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use syncline_core::time::Timestamp;
use syncline_store::notify::deliveries::{self, Place, Search};

/// Which deliveries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// `waiting`, `delivered`, `failed` or `skipped`.
    pub state: Option<String>,
    /// Of messages of this type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Of this organization's messages.
    pub org_id: Option<String>,
    /// To this endpoint.
    pub endpoint_id: Option<String>,
    /// Of this message.
    pub message_id: Option<String>,
    /// Of messages made at this instant or later.
    pub from: Option<String>,
    /// Of messages made before this instant.
    pub to: Option<String>,
    /// Deliveries on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

impl SearchQuery {
    fn search(&self, caller: &Caller) -> Result<Search, Problem> {
        let org_id = some(self.org_id.clone());
        if let Some(asked) = &org_id {
            organization(caller, Some(asked))?;
        }
        Ok(Search {
            message_id: some(self.message_id.clone()),
            endpoint_id: some(self.endpoint_id.clone()),
            state: state_of(self.state.as_deref())?,
            kind: some(self.kind.clone()),
            org_id,
            from: time("from", some(self.from.clone()))?,
            to: time("to", some(self.to.clone()))?,
        })
    }
}

/// A delivery with whose message it carries.
#[derive(Debug, Serialize)]
struct Found {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// None when the message is gone.
    org_id: Option<String>,
}

/// `GET /v1/deliveries`: the latest message first; those in a state: the latest change first.
///
/// # Errors
/// 400 for a query that makes no sense, 403 for another organization's, 503 when the database is away.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<SearchQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let (search, limit) = (query.search(&caller)?, limit(query.limit)?);
    let before = some(query.cursor).as_deref().map(read).transpose()?;
    let page = deliveries::search(&api.cx.store, &caller.scope, &search, before.as_ref(), limit).await?;
    let next = page.next.as_ref().map(cursor);
    let (found, whose): (Vec<_>, Vec<_>) =
        page.found.into_iter().map(|one| (one.delivery, one.org_id)).unzip();
    let views = with_kinds(&api, found).await?;
    let data: Vec<Found> =
        views.into_iter().zip(whose).map(|(delivery, org_id)| Found { delivery, org_id }).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

/// A place in the list, as a cursor says it.
fn cursor(place: &Place) -> String {
    format!("{}.{}.{}", place.at.as_millis(), place.message_id, place.endpoint_id)
}

/// The same, read.
fn read(cursor: &str) -> Result<Place, Problem> {
    let parts = || {
        let mut parts = cursor.splitn(3, '.');
        let (at, message_id, endpoint_id) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Place {
            at: Timestamp::from_millis(at.parse().ok()?),
            message_id: message_id.to_owned(),
            endpoint_id: endpoint_id.to_owned(),
        })
    };
    let say = "`cursor`: the cursor is not one of ours. Start again without one.";
    parts().ok_or_else(|| Problem::bad_request("bad_cursor", say))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        for endpoint_id in ["ep_1", ""] {
            let place = Place {
                at: Timestamp::from_millis(-7),
                message_id: "msg_1".to_owned(),
                endpoint_id: endpoint_id.to_owned(),
            };
            assert_eq!(read(&cursor(&place)), Ok(place));
        }
        for odd in ["x", "1.msg_1", "x.msg_1.ep_1", "99999999999999999999.a.b"] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }
}
