//! What an endpoint is to be like: wishes as they were made, and what is wrong with them.

use super::{MAX_DESCRIPTION, Refused};
use crate::cx::Cx;
use crate::notify::{Headers, check_url};
use std::collections::BTreeMap;
use syncline_core::notify::filter::Filter;
use syncline_core::notify::lane::Rate;
use syncline_core::notify::schedule::Schedule;
use syncline_store::notify::endpoints::{Endpoint, State};

/// An endpoint that somebody wants. What is left out is as it usually is.
#[derive(Clone, Debug, Default)]
pub struct NewEndpoint {
    /// Whose; none: it gets every organization's messages.
    pub org_id: Option<String>,
    /// Where it is.
    pub url: String,
    /// The rest.
    pub terms: Change,
}

/// What is to change. What is left out stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Another address.
    pub url: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Other types of messages, all of them.
    pub event_types: Option<Vec<String>>,
    /// Other headers, all of them.
    pub headers: Option<BTreeMap<String, String>>,
    /// Another rate; none in it: as fast as it answers.
    pub rate: Option<Option<Rate>>,
    /// Whether messages of one key come in strict order.
    pub ordered: Option<bool>,
    /// Another retry schedule; none in it: the usual one.
    pub schedule: Option<Option<Schedule>>,
    /// Whether it is sent anything.
    pub state: Option<State>,
}

/// A wish that can be granted.
#[derive(Debug)]
pub(super) struct Checked {
    url: Option<String>,
    description: Option<String>,
    filter: Option<Filter>,
    /// Other headers, yet to be sealed.
    pub(super) headers: Option<Headers>,
    rate: Option<Option<Rate>>,
    ordered: Option<bool>,
    schedule: Option<Option<Schedule>>,
    /// Whether it is sent anything.
    pub(super) state: Option<State>,
}

impl Change {
    /// Looks at everything before anything changes.
    ///
    /// # Errors
    /// [`Refused`] with the first thing that cannot be.
    pub(super) async fn checked(self, cx: &Cx) -> Result<Checked, Refused> {
        let Self { url, description, event_types, headers, rate, ordered, schedule, state } = self;
        if description.as_ref().is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
            return Err(Refused::Description);
        }
        let filter = event_types.map(|types| Filter::new(types.iter().map(String::as_str))).transpose()?;
        let headers = headers.map(|headers| Headers::new(&headers)).transpose()?;
        let url = match url {
            Some(url) => Some(check_url(cx, &url).await?.into()),
            None => None,
        };
        Ok(Checked { url, description, filter, headers, rate, ordered, schedule, state })
    }
}

impl Checked {
    /// Whether it is about anything but the state.
    pub(super) fn has_terms(&self) -> bool {
        self.url.is_some()
            || self.description.is_some()
            || self.filter.is_some()
            || self.headers.is_some()
            || self.rate.is_some()
            || self.ordered.is_some()
            || self.schedule.is_some()
    }

    /// Puts the terms, but for the headers, into an endpoint.
    pub(super) fn put_into(self, endpoint: &mut Endpoint) {
        let Self { url, description, filter, headers: _, rate, ordered, schedule, state: _ } = self;
        url.into_iter().for_each(|url| endpoint.url = url);
        description.into_iter().for_each(|text| endpoint.description = text);
        filter.into_iter().for_each(|filter| endpoint.filter = filter);
        rate.into_iter().for_each(|rate| endpoint.rate = rate);
        ordered.into_iter().for_each(|ordered| endpoint.ordered = ordered);
        schedule.into_iter().for_each(|schedule| endpoint.schedule = schedule);
    }
}
