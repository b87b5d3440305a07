//! Loading 10to8's customers (10to8 facts 3 to 5).

use super::{TenToEight, errors, record};
use crate::connect::Credential;
use crate::load::{At, Change, Counts, Found, From, Lane, Limit, Load, Page, Walk, Wish};
use crate::objects;
use crate::wire::{Call, Fault, Hosts, Reply};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// The one type of object.
pub(super) const CUSTOMER: &str = "customer";

/// Where customers are, below the host.
pub(super) const CUSTOMERS: &str = "/api/enterprise/v2/customer/";

/// 10to8 facts 2: one call a second is known to be safe; the true limit is not known.
static LIMITS: [Limit; 1] = [Limit {
    name: "second",
    counts: Counts::Both,
    per_part: false,
    calls: 1,
    span: Duration::from_secs(1),
    penalty: Duration::from_secs(60),
}];

impl Load for TenToEight {
    fn limits(&self, _credential: Credential) -> &'static [Limit] {
        &LIMITS
    }

    fn lanes(&self, wish: &Wish) -> Vec<Lane> {
        let lane = Lane {
            key: "customers".to_owned(),
            object_type: CUSTOMER.to_owned(),
            collection: String::new(),
            title: "Customers".to_owned(),
            complete: true,
            detail: Value::Null,
        };
        if objects::wants(wish, CUSTOMER) { vec![lane] } else { Vec::new() }
    }

    /// Customers have no time of change (10to8 facts 4).
    fn knows_changes(&self, _lane: &Lane) -> bool {
        false
    }

    fn overlap(&self) -> Duration {
        Duration::ZERO
    }

    fn walk(
        &self,
        lane: &Lane,
        _wish: &Wish,
        _from: From,
        saved: Option<&Value>,
    ) -> Result<Box<dyn Walk>, Fault> {
        if lane.key != "customers" {
            return Err(Fault::Unreadable("a lane that 10to8 does not have"));
        }
        Ok(Box::new(Customers { place: objects::place(saved)? }))
    }

    fn read_batch(&self) -> usize {
        1
    }

    fn read(&self, at: &At<'_>, _wish: &Wish, _object_type: &str, _collection: &str, ids: &[String]) -> Call {
        get(at, address(at, ids.first().map_or("", String::as_str)))
    }

    /// 10to8 facts 5: a deleted customer answers 404 here.
    fn read_back(
        &self,
        at: &At<'_>,
        _object_type: &str,
        _collection: &str,
        ids: &[String],
        reply: &Reply<'_>,
    ) -> Result<Vec<Found>, Fault> {
        let id = ids.first().cloned().unwrap_or_default();
        match objects::success(reply, errors::fault, at.token) {
            Ok(customer) => Ok(vec![found(id, &customer)?]),
            Err(Fault::Gone) => Ok(vec![Found::Gone(id)]),
            Err(fault) => Err(fault),
        }
    }

    fn change(&self, _kind: &str, object_type: &str, object_id: &str, _raw: &[u8]) -> Vec<Change> {
        if object_type != CUSTOMER || key_in(object_id).is_none() {
            return Vec::new();
        }
        let (object_type, id) = (CUSTOMER.to_owned(), object_id.to_owned());
        vec![Change { object_type, collection: String::new(), id }]
    }
}

/// What was asked for by `id`. Under another URI it is the customer that `id` was merged into, or the same at another name of
/// the host (10to8 facts 1 and 5).
fn found(id: String, customer: &Value) -> Result<Found, Fault> {
    match record::read(customer)? {
        Found::Here(mut record) => {
            if record.id != id {
                record.merged_ids.push(id);
            }
            Ok(Found::Here(record))
        }
        Found::Gone(_) => Ok(Found::Gone(id)),
    }
}

/// Where the customer with this URI is. Always at our host: the URI comes from a webhook that nobody signed, and our key goes with
/// the call.
pub(super) fn address(at: &At<'_>, id: &str) -> String {
    let tail = match (key_in(id), id.ends_with('/')) {
        (Some(key), true) => format!("{key}/"),
        (Some(key), false) => key.to_owned(),
        (None, _) => format!("{}/", objects::segment(id)),
    };
    format!("{}{CUSTOMERS}{tail}", at.hosts.api)
}

/// What names a customer in its URI, if it is one's: the last part of the path.
pub(super) fn key_in(uri: &str) -> Option<&str> {
    let (_, tail) = uri.split_once(CUSTOMERS)?;
    let key = tail.strip_suffix('/').unwrap_or(tail);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (!key.is_empty() && key.bytes().all(plain)).then_some(key)
}

fn get(at: &At<'_>, url: String) -> Call {
    Call::get(url).authorized("token", at.token)
}

/// All customers, the deleted ones too.
struct Customers {
    place: Place,
}

/// How far it went.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// The page that the last one said comes next; none at the beginning.
    next: Option<String>,
    done: bool,
}

impl Customers {
    fn url(&self, hosts: &Hosts) -> String {
        // After a change of the configuration the saved page may be at another host: then from the start.
        match self.place.next.as_ref().filter(|next| is_ours(hosts, next)) {
            Some(next) => next.clone(),
            None => format!("{}{CUSTOMERS}?include_deleted=True&limit=100", hosts.api),
        }
    }

    /// The page after this one; none at the end. The list also ends with an empty page, whatever that says (10to8 facts 5).
    fn after(&self, hosts: &Hosts, body: &Value, is_empty: bool) -> Result<Option<String>, Fault> {
        match body.get("next") {
            _ if is_empty => Ok(None),
            Some(Value::Null) => Ok(None),
            Some(Value::String(next)) if !is_ours(hosts, next) => {
                Err(Fault::Unreadable("the next page is not below the host that is configured for 10to8"))
            }
            Some(Value::String(next)) if *next == self.url(hosts) => {
                Err(Fault::Unreadable("the next page is this page again"))
            }
            Some(Value::String(next)) => Ok(Some(next.clone())),
            _ => Err(Fault::Unreadable("a page that does not say whether another one comes")),
        }
    }
}

impl Walk for Customers {
    fn next(&self, at: &At<'_>) -> Option<Call> {
        (!self.place.done).then(|| get(at, self.url(at.hosts)))
    }

    fn take(&mut self, at: &At<'_>, reply: &Reply<'_>) -> Result<Page, Fault> {
        let body = objects::success(reply, errors::fault, at.token)?;
        let customers = match &body["results"] {
            // 10to8 facts 5: null for an empty list.
            Value::Null if body.get("results").is_some() => &[],
            _ => objects::list(&body, "results")?,
        };
        let mut page = Page::default();
        for customer in customers {
            match record::read(customer)? {
                Found::Here(record) => page.records.push(*record),
                Found::Gone(id) => page.gone.push(id),
            }
        }
        let next = self.after(at.hosts, &body, customers.is_empty())?;
        self.place = Place { done: next.is_none(), next };
        Ok(page)
    }

    fn save(&self) -> Value {
        objects::saved(&self.place)
    }
}

/// Whether a URL is one of customers at the host that is configured: only there may our key go.
fn is_ours(hosts: &Hosts, url: &str) -> bool {
    let (Ok(url), Ok(ours)) = (Url::parse(url), Url::parse(&format!("{}{CUSTOMERS}", hosts.api))) else {
        return false;
    };
    url.origin() == ours.origin()
        && url.path().starts_with(ours.path())
        && url.username().is_empty()
        && url.password().is_none()
}
