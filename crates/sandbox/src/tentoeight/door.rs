//! The door: which request means what, and who may ask (10to8 facts 1 to 3).

use super::Tentoeight;
use super::answers::{Refused, empty, with};
use super::settings::{MissingSlash, Settings};
use super::uris::{API, Writer};
use super::{keys, pages};
use crate::house::json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use std::sync::Arc;

/// A request whose key is known.
pub(super) struct Call<'a> {
    pub(super) organization: usize,
    pub(super) settings: &'a Settings,
    pub(super) uris: Writer,
    pub(super) now: i64,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// What a path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    Customers,
    Customer(&'a str),
    Subscriptions,
    Subscription(&'a str),
    ManageKeys,
}

impl<'a> Place<'a> {
    /// Without the slash at the end.
    fn of(path: &'a str) -> Option<Self> {
        let mut parts = path.strip_prefix(API)?.strip_prefix('/')?.split('/');
        match (parts.next()?, parts.next(), parts.next()) {
            ("customer", None, None) => Some(Self::Customers),
            ("customer", Some(id), None) if !id.is_empty() => Some(Self::Customer(id)),
            ("subscription", None, None) => Some(Self::Subscriptions),
            ("subscription", Some(id), None) if !id.is_empty() => Some(Self::Subscription(id)),
            ("manage-keys", None, None) => Some(Self::ManageKeys),
            _ => None,
        }
    }
}

/// Answers every request below the prefix.
pub(super) async fn serve(State(vendor): State<Arc<Tentoeight>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    // The house has read the whole of it already and refused what is too large.
    let Ok(body) = to_bytes(body, usize::MAX).await else { return json::empty(StatusCode::BAD_REQUEST) };
    let settings = vendor.settings.get();
    vendor.answer(&parts, &body, &settings).unwrap_or_else(|refused| refused.answer(&settings))
}

impl Tentoeight {
    fn answer(&self, parts: &Parts, body: &[u8], settings: &Settings) -> Result<Response, Refused> {
        let path = parts.uri.path();
        let query = parts.uri.query().unwrap_or_default();
        let (bare, has_slash) = path.strip_suffix('/').map_or((path, false), |bare| (bare, true));
        let place = Place::of(bare).ok_or(Refused::NotFound)?;
        if !has_slash {
            match settings.uris.missing_slash {
                MissingSlash::Serve => {}
                MissingSlash::NotFound => return Err(Refused::NotFound),
                MissingSlash::Redirect => return Ok(self.redirect(path, query)),
            }
        }
        if place == Place::ManageKeys && matches!(parts.method, Method::GET | Method::HEAD) {
            return Ok(pages::manage_keys(&self.state.read()));
        }
        let (organization, now) = (self.enter(&parts.headers, settings)?, self.house.now());
        let uris = self.uris(settings);
        let call = Call { organization, settings, uris, now, query, headers: &parts.headers, body };
        self.dispatch(place, &parts.method, &call)
    }

    fn redirect(&self, path: &str, query: &str) -> Response {
        let mark = if query.is_empty() { "" } else { "?" };
        let to = format!("{}{path}/{mark}{query}", self.house.url_of("tentoeight"));
        with(empty(StatusCode::MOVED_PERMANENTLY), header::LOCATION, &to)
    }

    /// The organization whose key this is, if it may ask now.
    fn enter(&self, headers: &HeaderMap, settings: &Settings) -> Result<usize, Refused> {
        let key = keys::presented(headers, &settings.authorization).map_err(Refused::NoKey)?;
        let organization = self.state.read().keys.get(key).copied();
        let organization = organization.ok_or(Refused::NoKey("Invalid token."))?;
        self.throttle.admit(key, || self.house.now(), &settings.limits).map_err(Refused::Throttled)?;
        Ok(organization)
    }

    fn dispatch(&self, place: Place<'_>, method: &Method, call: &Call<'_>) -> Result<Response, Refused> {
        // What answers HEAD is what answers GET; the server leaves the body out.
        let method = if method == Method::HEAD { "GET" } else { method.as_str() };
        match (place, method) {
            (Place::Customers, "GET") => self.list_customers(call),
            (Place::Customers, "POST") => self.create_customer(call),
            (Place::Customer(id), "GET") => self.get_customer(call, id),
            (Place::Customer(id), "PATCH") => self.update_customer(call, id),
            (Place::Customer(id), "DELETE") => self.delete_customer(call, id),
            (Place::Subscriptions, "GET") => self.list_subscriptions(call),
            (Place::Subscriptions, "POST") => self.create_subscription(call),
            (Place::Subscription(id), "DELETE") => self.delete_subscription(call, id),
            (Place::Customers | Place::Subscriptions, other) => Err(not_allowed(other, "GET, HEAD, POST")),
            (Place::Customer(_), other) => Err(not_allowed(other, "GET, HEAD, PATCH, DELETE")),
            (Place::Subscription(_), other) => Err(not_allowed(other, "DELETE")),
            (Place::ManageKeys, other) => Err(not_allowed(other, "GET, HEAD")),
        }
    }
}

fn not_allowed(method: &str, allow: &'static str) -> Refused {
    Refused::Method(method.to_owned(), allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_for_what_they_say_and_others_for_nothing() {
        for (path, place) in [
            ("/api/enterprise/v2/customer", Some(Place::Customers)),
            ("/api/enterprise/v2/customer/123", Some(Place::Customer("123"))),
            ("/api/enterprise/v2/subscription/c_ab", Some(Place::Subscription("c_ab"))),
            ("/api/enterprise/v2/manage-keys", Some(Place::ManageKeys)),
            ("/api/enterprise/v2/customer/", None),
            ("/api/enterprise/v2/customer/1/2", None),
            ("/api/enterprise/v2/customers", None),
            ("/api/enterprise/v2", None),
            ("/api/enterprise/v2customer", None),
            ("", None),
        ] {
            assert_eq!(Place::of(path), place, "{path}");
        }
    }
}
