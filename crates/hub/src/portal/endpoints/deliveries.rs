//! Deliveries to all endpoints, searched.

use super::super::connections::some;
use super::super::query::Query;
use super::super::session::Session;
use super::super::suggest;
use super::super::views::endpoints::{DeliveriesPage, DeliveryRow};
use super::super::views::{Filter, Narrow, Section, Turn, text};
use super::super::{Failure, Portal, render};
use super::show::delivery_row;
use crate::api::notify::with_kinds;
use crate::http::Problem;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use std::collections::HashMap;
use syncline_core::time::Timestamp;
use syncline_store::Scope;
use syncline_store::notify::deliveries::{
    self, Delivery, Found, LOOKED_AT, Page, Place, Search, State as DeliveryState,
};
use syncline_store::notify::endpoints;

/// Deliveries on a page.
const PAGE: u32 = 25;

/// The states, with their words.
pub(super) const STATES: [(&str, &str); 4] =
    [("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Failed"), ("skipped", "Skipped")];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    message: String,
    endpoint: String,
    state: String,
    #[serde(rename = "type")]
    kind: String,
    organization: String,
    from: String,
    to: String,
    cursor: Turn,
}

impl ListQuery {
    /// What is searched for.
    ///
    /// # Errors
    /// What cannot be understood, in a sentence.
    fn search(&self) -> Result<Search, String> {
        let state = match some(&self.state) {
            None => None,
            Some(name) => Some(state_named(&name).ok_or("There is no such state.")?),
        };
        Ok(Search {
            message_id: some(&self.message),
            endpoint_id: some(&self.endpoint),
            state,
            kind: some(&self.kind),
            org_id: some(&self.organization),
            from: moment("From", &self.from)?,
            to: moment("To", &self.to)?,
        })
    }

    fn narrow(&self, organization: Filter, endpoint: Option<&String>) -> Narrow {
        Narrow {
            base: "/portal/deliveries".into(),
            filters: vec![
                Filter::of("state", "State", self.state.trim(), &STATES),
                Filter::new("type", "Event type", self.kind.trim()),
                organization,
                Filter {
                    shown: endpoint.cloned().unwrap_or_default(),
                    ..Filter::new("endpoint", "Endpoint ID", self.endpoint.trim())
                },
                Filter::new("message", "Message ID", self.message.trim()),
                Filter::instant("from", "Made from", self.from.trim()),
                Filter::instant("to", "Made before", self.to.trim()),
            ],
            cursor: self.cursor.clone(),
        }
    }
}

/// The state of a delivery that goes by a name.
pub(super) fn state_named(name: &str) -> Option<DeliveryState> {
    DeliveryState::ALL.into_iter().find(|state| state.name() == name)
}

fn moment(label: &str, typed: &str) -> Result<Option<Timestamp>, String> {
    let read = |typed: String| Timestamp::parse(&typed).map_err(|why| format!("{label}: {why}."));
    some(typed).map(read).transpose()
}

/// Where a page ended, as its address says it.
fn cursor_of(place: &Place) -> String {
    format!("{}.{}.{}", place.at.as_millis(), place.message_id, place.endpoint_id)
}

/// The same, read.
fn read_place(cursor: &str) -> Option<Place> {
    let mut parts = cursor.splitn(3, '.');
    let (at, message_id, endpoint_id) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Place {
        at: Timestamp::from_millis(at.parse().ok()?),
        message_id: message_id.to_owned(),
        endpoint_id: endpoint_id.to_owned(),
    })
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let place = match some(&query.cursor) {
        None => Ok(None),
        Some(cursor) => {
            read_place(&cursor).map(Some).ok_or("The place to go on at is none of ours. Begin again.")
        }
    };
    let (page, problem) = match query.search().and_then(|search| Ok((search, place?))) {
        Ok((search, place)) => {
            let store = &portal.api.cx.store;
            (deliveries::search(store, &Scope::All, &search, place.as_ref(), PAGE).await?, None)
        }
        Err(problem) => (Page::default(), Some(text::preview(&problem, 200).into_owned())),
    };
    let wanted = some(&query.endpoint);
    let urls = urls(&portal, &page.found, wanted.as_ref()).await?;
    Ok(render(&DeliveriesPage {
        shell: session.shell(&portal, Section::Deliveries),
        narrow: query.narrow(
            suggest::organization(&portal, &query.organization).await?,
            wanted.as_ref().and_then(|id| urls.get(id)),
        ),
        problem,
        looked_at: LOOKED_AT as u64,
        next: page.next.as_ref().map(cursor_of),
        deliveries: rows(&portal, page.found, &urls).await?,
    }))
}

/// Where these endpoints are, by id. Those that were deleted have no address.
async fn urls(
    portal: &Portal,
    found: &[Found],
    wanted: Option<&String>,
) -> Result<HashMap<String, String>, Failure> {
    let mut ids: Vec<&str> = found.iter().map(|one| one.delivery.endpoint_id.as_str()).collect();
    ids.extend(wanted.map(String::as_str).filter(|id| !id.contains('\0')));
    ids.sort_unstable();
    ids.dedup();
    let known = endpoints::get_many(&portal.api.cx.store, &ids).await?;
    Ok(known.into_iter().map(|one| (one.id, one.url)).collect())
}

async fn rows(
    portal: &Portal,
    found: Vec<Found>,
    urls: &HashMap<String, String>,
) -> Result<Vec<DeliveryRow>, Problem> {
    let whose: Vec<Option<String>> = found.iter().map(|one| one.org_id.clone()).collect();
    let found: Vec<Delivery> = found.into_iter().map(|one| one.delivery).collect();
    let views = with_kinds(&portal.api, found).await?;
    let row = |(view, organization)| {
        let row = delivery_row(view);
        DeliveryRow { endpoint_url: urls.get(&row.endpoint_id).cloned(), organization, ..row }
    };
    Ok(views.into_iter().zip(whose).map(row).collect())
}

/// The address of an endpoint's deliveries.
pub(super) fn of_endpoint(id: &str, state: &str) -> String {
    format!("/portal/deliveries?{}", text::query(&[("state", state), ("endpoint", id)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        for endpoint_id in ["ep_1", ""] {
            let place = Place {
                at: Timestamp::from_millis(-7),
                message_id: "msg_1".to_owned(),
                endpoint_id: endpoint_id.to_owned(),
            };
            assert_eq!(read_place(&cursor_of(&place)), Some(place));
        }
        for odd in ["", "x", "1.msg_1", "x.msg_1.ep_1", "99999999999999999999.a.b"] {
            assert_eq!(read_place(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_said_in_a_sentence() {
        let query = |state: &str, from: &str| ListQuery {
            state: state.to_owned(),
            from: from.to_owned(),
            ..ListQuery::default()
        };
        assert_eq!(query("", "").search(), Ok(Search::default()));
        assert_eq!(query(" failed ", "2026-01-31").search().unwrap().state, Some(DeliveryState::Failed));
        assert_eq!(query("odd", "").search(), Err("There is no such state.".to_owned()));
        let say = query("", "soon").search().unwrap_err();
        assert!(say.starts_with("From: ") && say.ends_with('.'), "{say}");
    }
}
