//! What people do at 10to8 with a mouse: customers made, changed, deleted, merged and booked, keys made and revoked.

use super::Tentoeight;
use super::input::Changes;
use super::merge;
use super::model::{Customer, Standing, State};
use super::settings::{MergeNotice, Settings};
use super::uris;
use crate::house::EditError;
use crate::house::clock::{iso, parse_iso};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One edit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    action: Action,
    organization: Option<String>,
    id: Option<Value>,
    resource_uri: Option<String>,
    /// Who is merged; ids or URIs.
    ids: Option<Vec<Value>>,
    name: Option<Value>,
    emails: Option<Value>,
    numbers: Option<Value>,
    custom_fields: Option<Value>,
    /// Whether to delete in spite of bookings; people are asked, and say yes.
    force: Option<bool>,
    /// When a booking begins; none: in a day.
    starts_at: Option<String>,
    /// The same, counted from now.
    in_ms: Option<i64>,
    api_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Create,
    Update,
    Delete,
    Restore,
    Merge,
    Book,
    CancelBooking,
    RevokeKey,
    NewKey,
}

fn invalid(reason: impl Into<String>) -> EditError {
    EditError::Invalid(reason.into())
}

/// Reads a number, a text of digits or a URI.
fn id(value: &Value) -> Result<u64, EditError> {
    let id = value.as_u64().or_else(|| value.as_str().and_then(uris::parse));
    id.ok_or_else(|| invalid(format!("{value} is neither the id nor the URI of a customer")))
}

impl Edit {
    /// Where the customer it is about is.
    fn place(&self, state: &State) -> Result<(usize, usize), EditError> {
        let uri = || self.resource_uri.as_ref().map(|uri| Value::from(uri.as_str()));
        let given = self.id.clone().or_else(uri).ok_or_else(|| invalid("give id or resource_uri"))?;
        self.find(state, id(&given)?)
    }

    fn find(&self, state: &State, number: u64) -> Result<(usize, usize), EditError> {
        let unknown = || EditError::NotFound(format!("there is no customer {number}"));
        let (organization, index) = uris::locate(number).ok_or_else(unknown)?;
        state.organizations[organization].any_customer(index).ok_or_else(unknown)?;
        match &self.organization {
            Some(name) if state.organizations[organization].name != name => {
                Err(EditError::NotFound(format!("customer {number} is not one of {name}")))
            }
            _ => Ok((organization, index)),
        }
    }

    /// The organization it names, otherwise the first.
    fn organization(&self, state: &State) -> Result<usize, EditError> {
        let Some(name) = &self.organization else { return Ok(0) };
        let place = state.organizations.iter().position(|organization| organization.name == name);
        place.ok_or_else(|| EditError::NotFound(format!("there is no organization {name}")))
    }

    fn changes(&self, settings: &Settings, is_new: bool) -> Result<Changes, EditError> {
        let fields = [
            ("name", &self.name),
            ("emails", &self.emails),
            ("numbers", &self.numbers),
            ("custom_fields", &self.custom_fields),
        ];
        let given = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?)));
        let body: Map<String, Value> = given.collect();
        Changes::read(&body, settings, is_new).map_err(|errors| invalid(Value::Object(errors).to_string()))
    }

    /// When the booking begins.
    fn begins(&self, now: i64) -> Result<i64, EditError> {
        match (&self.starts_at, self.in_ms) {
            (None, None) => Ok(now.saturating_add(86_400_000)),
            (None, Some(ms)) => Ok(now.saturating_add(ms)),
            (Some(text), None) => {
                parse_iso(text).ok_or_else(|| invalid(format!("starts_at is a moment, not {text}")))
            }
            (Some(_), Some(_)) => Err(invalid("give starts_at or in_ms, not both")),
        }
    }
}

/// The customer, not deleted.
fn live(state: &mut State, (organization, index): (usize, usize)) -> Result<&mut Customer, EditError> {
    let gone = || invalid(format!("customer {} is deleted", uris::number(organization, index)));
    state.organizations[organization].live_mut(index).ok_or_else(gone)
}

impl Tentoeight {
    /// Does it.
    pub(super) fn do_edit(&self, edit: &Value) -> Result<Value, EditError> {
        let edit = Edit::deserialize(edit).map_err(|error| invalid(error.to_string()))?;
        let settings = self.settings.get();
        let mut state = self.state.write();
        let place = match edit.action {
            Action::Create => self.edit_create(&edit, &mut state, &settings)?,
            Action::Update => {
                let place = edit.place(&state)?;
                edit.changes(&settings, false)?.apply(live(&mut state, place)?, &settings.custom_fields);
                place
            }
            Action::Delete => self.edit_delete(&edit, &mut state)?,
            Action::Restore => edit_restore(&edit, &mut state)?,
            Action::Merge => return self.edit_merge(&edit, &mut state, &settings),
            Action::Book | Action::CancelBooking => return self.edit_bookings(&edit, &mut state),
            Action::RevokeKey => return edit_revoke(&edit, &mut state),
            Action::NewKey => {
                let organization = edit.organization(&state)?;
                return Ok(json!({ "api_key": state.new_key(organization) }));
            }
        };
        self.notify(&mut state, uris::number(place.0, place.1), &settings);
        Ok(self.pointer(place, &settings))
    }

    fn pointer(&self, (organization, index): (usize, usize), settings: &Settings) -> Value {
        let number = uris::number(organization, index);
        json!({ "id": number, "resource_uri": self.uris(settings).customer(number) })
    }

    fn edit_create(
        &self,
        edit: &Edit,
        state: &mut State,
        settings: &Settings,
    ) -> Result<(usize, usize), EditError> {
        let organization = edit.organization(state)?;
        let mut customer = Customer::default();
        edit.changes(settings, true)?.apply(&mut customer, &settings.custom_fields);
        let customers = &mut state.organizations[organization].customers;
        customers.push(customer);
        Ok((organization, customers.len() - 1))
    }

    fn edit_delete(&self, edit: &Edit, state: &mut State) -> Result<(usize, usize), EditError> {
        let place = edit.place(state)?;
        let (now, force) = (self.house.now(), edit.force.unwrap_or(true));
        let customer = live(state, place)?;
        if !force && customer.is_booked_after(now) {
            return Err(invalid("the customer has future bookings"));
        }
        customer.delete(now);
        Ok(place)
    }

    fn edit_bookings(&self, edit: &Edit, state: &mut State) -> Result<Value, EditError> {
        let place = edit.place(state)?;
        let now = self.house.now();
        let customer = live(state, place)?;
        if edit.action == Action::Book {
            customer.bookings.push(edit.begins(now)?);
        } else {
            let before = customer.bookings.len();
            customer.bookings.retain(|begins| *begins <= now);
            if customer.bookings.len() == before {
                return Err(invalid("there is no booking ahead to be cancelled"));
            }
        }
        let bookings: Vec<String> = customer.bookings.iter().map(|begins| iso(*begins)).collect();
        Ok(json!({ "bookings": bookings }))
    }

    fn edit_merge(&self, edit: &Edit, state: &mut State, settings: &Settings) -> Result<Value, EditError> {
        let numbers = edit.ids.iter().flatten().map(id).collect::<Result<Vec<u64>, _>>()?;
        let mut places = Vec::with_capacity(numbers.len());
        for number in &numbers {
            let place = edit.find(state, *number)?;
            live(state, place)?;
            if places.contains(&place) || places.first().is_some_and(|(first, _)| *first != place.0) {
                return Err(invalid("merge different customers of one organization"));
            }
            places.push(place);
        }
        if places.len() < 2 {
            return Err(invalid("ids names the customers to be merged, two at least"));
        }
        let kept = merge::survivor(settings.merging.survivor, &numbers);
        if let Some(kept) = kept {
            places[..=kept].rotate_right(1);
        }
        let organization = places[0].0;
        let customers = &mut state.organizations[organization].customers;
        let all: Vec<&Customer> = places.iter().map(|(_, index)| &customers[*index]).collect();
        let merged = merge::merged(&all);
        let survivor = match kept {
            Some(_) => places.remove(0),
            None => (organization, customers.len()),
        };
        if kept.is_some() {
            customers[survivor.1] = merged
        } else {
            customers.push(merged)
        }
        let gone = if settings.merging.losers_listed { Standing::Deleted } else { Standing::Vanished };
        for (_, index) in &places {
            customers[*index].standing = gone;
            customers[*index].bookings.clear();
        }
        self.notify_merge(state, survivor, &places, settings);
        let gone: Vec<Value> = places.iter().map(|place| self.pointer(*place, settings)).collect();
        Ok(json!({ "survivor": self.pointer(survivor, settings), "gone": gone }))
    }

    fn notify_merge(
        &self,
        state: &mut State,
        kept: (usize, usize),
        gone: &[(usize, usize)],
        settings: &Settings,
    ) {
        let notice = settings.merging.notify;
        if matches!(notice, MergeNotice::All | MergeNotice::Survivor) {
            self.notify(state, uris::number(kept.0, kept.1), settings);
        }
        if matches!(notice, MergeNotice::All | MergeNotice::Losers) {
            for (organization, index) in gone {
                self.notify(state, uris::number(*organization, *index), settings);
            }
        }
    }
}

fn edit_restore(edit: &Edit, state: &mut State) -> Result<(usize, usize), EditError> {
    let (organization, index) = edit.place(state)?;
    let customer = &mut state.organizations[organization].customers[index];
    if customer.standing == Standing::Live {
        return Err(invalid("the customer is not deleted"));
    }
    customer.standing = Standing::Live;
    Ok((organization, index))
}

fn edit_revoke(edit: &Edit, state: &mut State) -> Result<Value, EditError> {
    let key = edit.api_key.as_ref().ok_or_else(|| invalid("give api_key"))?;
    if state.revoke_key(key) {
        return Ok(json!({ "revoked": key }));
    }
    Err(EditError::NotFound("there is no such API key".to_owned()))
}
