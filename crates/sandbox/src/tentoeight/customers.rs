//! Customers over the API: list, get, create, update, delete (10to8 facts 4 and 5).

use super::Tentoeight;
use super::answers::{Refused, empty, json, with};
use super::door::Call;
use super::input::{self, Changes};
use super::model::{Customer, Field, Standing};
use super::parameters::{self, Wanted};
use super::settings::{Reply, Settings};
use super::uris;
use axum::response::Response;
use http::{StatusCode, header};
use serde::{Serialize, Serializer};
use serde_json::json;

/// A customer as clients see one. Keys that are not there are None.
#[derive(Serialize)]
pub(super) struct Face<'a> {
    resource_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emails: Option<&'a [Box<str>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    numbers: Option<&'a [Box<str>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_fields: Option<Fields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
}

struct Fields<'a>(&'a [Field]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// One page of a list.
#[derive(Serialize)]
pub(super) struct List<T> {
    results: Option<Vec<T>>,
    next: Option<String>,
}

impl<T: Serialize> List<T> {
    /// As JSON.
    pub(super) fn answer(results: Vec<T>, next: Option<String>, settings: &Settings) -> Response {
        let is_null = results.is_empty() && settings.lists.null_when_empty;
        json(StatusCode::OK, &Self { results: (!is_null).then_some(results), next })
    }
}

/// As `settings` want a customer shown.
pub(super) fn face<'a>(customer: &'a Customer, resource_uri: String, settings: &Settings) -> Face<'a> {
    let is_deleted = customer.standing != Standing::Live;
    if is_deleted && !settings.customers.deleted_keep_fields {
        let (name, emails, numbers, custom_fields) = (None, None, None, None);
        return Face { resource_uri, name, emails, numbers, custom_fields, deleted: Some(true) };
    }
    let fields = &customer.custom_fields;
    Face {
        resource_uri,
        name: Some(&customer.name),
        emails: Some(&customer.emails),
        numbers: Some(&customer.numbers),
        custom_fields: (settings.custom_fields.always_present || !fields.is_empty())
            .then_some(Fields(fields)),
        deleted: (is_deleted || settings.customers.deleted_always_present).then_some(is_deleted),
    }
}

fn reply(reply: Reply, status: StatusCode, full: &impl Serialize, uri: &str) -> Response {
    match reply {
        Reply::Full => json(status, full),
        Reply::Uri => json(status, &json!({ "resource_uri": uri })),
        Reply::EmptyObject => json(status, &json!({})),
        Reply::NoContent => empty(if status == StatusCode::OK { StatusCode::NO_CONTENT } else { status }),
    }
}

/// The answer to a create: 201 with `Location`.
pub(super) fn created(kind: Reply, full: &impl Serialize, uri: &str) -> Response {
    with(reply(kind, StatusCode::CREATED, full, uri), header::LOCATION, uri)
}

impl Call<'_> {
    /// The index of the customer with this id, if it may belong to whoever asks.
    fn index(&self, id: &str) -> Result<usize, Refused> {
        let place = uris::parse_id(id).and_then(uris::locate);
        let mine = place.filter(|(organization, _)| *organization == self.organization);
        mine.map(|(_, index)| index).ok_or(Refused::NotFound)
    }

    fn uri(&self, index: usize) -> String {
        self.uris.customer(uris::number(self.organization, index))
    }

    fn changes(&self, is_new: bool) -> Result<Changes, Refused> {
        let body = input::object(self.headers, self.body)?;
        Changes::read(&body, self.settings, is_new).map_err(Refused::Fields)
    }
}

impl Tentoeight {
    pub(super) fn list_customers(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let wanted = Wanted::read(call.query, &call.settings.lists)?;
        let shown = |customer: &Customer| match customer.standing {
            Standing::Live => true,
            Standing::Deleted => wanted.include_deleted,
            Standing::Vanished => false,
        };
        let state = self.state.read();
        let customers = &state.organizations[call.organization].customers;
        let (entries, next) = parameters::page(customers, &wanted, &call.settings.lists, shown);
        let faces = entries.iter().map(|(index, customer)| face(customer, call.uri(*index), call.settings));
        let next = next.map(|query| call.uris.collection("customer", &query));
        Ok(List::answer(faces.collect(), next, call.settings))
    }

    pub(super) fn get_customer(&self, call: &Call<'_>, id: &str) -> Result<Response, Refused> {
        let index = call.index(id)?;
        let state = self.state.read();
        let customer = state.organizations[call.organization].live(index).ok_or(Refused::NotFound)?;
        Ok(json(StatusCode::OK, &face(customer, call.uri(index), call.settings)))
    }

    pub(super) fn create_customer(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let changes = call.changes(true)?;
        let mut customer = Customer::default();
        changes.apply(&mut customer, &call.settings.custom_fields);
        let mut state = self.state.write();
        let customers = &mut state.organizations[call.organization].customers;
        let (index, uri) = (customers.len(), call.uri(customers.len()));
        let kind = call.settings.customers.create_reply;
        let answer = created(kind, &face(&customer, uri.clone(), call.settings), &uri);
        customers.push(customer);
        if call.settings.notifications.own_writes {
            self.notify(&mut state, uris::number(call.organization, index), call.settings);
        }
        Ok(answer)
    }

    pub(super) fn update_customer(&self, call: &Call<'_>, id: &str) -> Result<Response, Refused> {
        let index = call.index(id)?;
        // Read before the lock is taken, judged after the customer was found.
        let changes = call.changes(false);
        let mut state = self.state.write();
        let customer = state.organizations[call.organization].live_mut(index).ok_or(Refused::NotFound)?;
        let differs = changes?.apply(customer, &call.settings.custom_fields);
        let uri = call.uri(index);
        let kind = call.settings.customers.update_reply;
        let answer = reply(kind, StatusCode::OK, &face(customer, uri.clone(), call.settings), &uri);
        let notifications = &call.settings.notifications;
        if notifications.own_writes && (differs || notifications.unchanged_writes) {
            self.notify(&mut state, uris::number(call.organization, index), call.settings);
        }
        Ok(answer)
    }

    pub(super) fn delete_customer(&self, call: &Call<'_>, id: &str) -> Result<Response, Refused> {
        let force = parameters::force(call.query, call.settings.deletion.force_default)?;
        let index = call.index(id)?;
        let mut state = self.state.write();
        let organization = &mut state.organizations[call.organization];
        let Some(customer) = organization.live_mut(index) else {
            let was_there = organization.any_customer(index).is_some();
            let is_fine = was_there && call.settings.deletion.twice == 204;
            return if is_fine { Ok(empty(StatusCode::NO_CONTENT)) } else { Err(Refused::NotFound) };
        };
        if !force && customer.is_booked_after(call.now) {
            return Err(Refused::Booked);
        }
        customer.delete(call.now);
        if call.settings.notifications.own_writes {
            self.notify(&mut state, uris::number(call.organization, index), call.settings);
        }
        Ok(empty(StatusCode::NO_CONTENT))
    }
}
