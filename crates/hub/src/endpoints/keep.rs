//! Endpoints made, changed and ended.

use super::secrets::{Made, NewSecret, add_first};
use super::{Change, MOST, NewEndpoint, Refused};
use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::keys::KeysError;
use crate::notify::{self, Headers, seal_headers};
use syncline_store::notify::endpoints::{self, Endpoint, Health, State};
use syncline_store::{Scope, StoreError};

/// Why an endpoint is disabled that a person disabled.
pub const BY_A_PERSON: &str = "disabled by a person";

/// An endpoint.
///
/// # Errors
/// [`Refused::Gone`] when there is none in `scope`.
pub async fn get(cx: &Cx, scope: &Scope, id: &str) -> Result<Endpoint, Refused> {
    endpoints::get(&cx.store, scope, id).await?.ok_or(Refused::Gone)
}

/// An endpoint's headers.
///
/// # Errors
/// [`KeysError`] when they cannot be opened.
pub fn headers(cx: &Cx, endpoint: &Endpoint) -> Result<Headers, KeysError> {
    notify::open_headers(cx, &endpoint.id, endpoint.headers.as_ref())
}

/// Makes an endpoint with its first secret, which is answered this once.
///
/// # Errors
/// [`Refused`] with what cannot be; then nothing was made.
pub async fn create(cx: &Cx, new: NewEndpoint, secret: NewSecret) -> Result<(Endpoint, Made), Refused> {
    let NewEndpoint { org_id, url, terms } = new;
    let org_id = org_id.unwrap_or_default();
    let checked = Change { url: Some(url), ..terms }.checked(cx).await?;
    let now = cx.now();
    let id = cx.dice.id("ep", now);
    let state = checked.state.unwrap_or(State::Enabled);
    let headers = checked.headers.as_ref().map(|headers| seal_headers(cx, &id, headers)).transpose()?;
    let mut endpoint = Endpoint {
        id,
        org_id,
        url: String::new(),
        description: String::new(),
        filter: syncline_core::notify::filter::Filter::default(),
        headers: headers.flatten(),
        rate: None,
        ordered: false,
        schedule: None,
        state,
        reason: (state == State::Disabled).then(|| BY_A_PERSON.to_owned()),
        health: Health::default(),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    checked.put_into(&mut endpoint);
    let mut tx = cx.store.begin().await?;
    if endpoints::count_to_add(&mut tx, &endpoint.org_id).await? >= u64::from(MOST) {
        return Err(Refused::TooMany);
    }
    endpoints::create(&mut tx, &endpoint).await?;
    let made = add_first(cx, &mut tx, &endpoint.id, secret).await?;
    let to = To { org_id: &endpoint.org_id, id: &endpoint.id };
    audit::note(cx, &mut tx, Action::EndpointCreated, to, endpoint.description.as_str()).await?;
    tx.commit().await?;
    notify::changed(cx);
    tracing::info!(endpoint = endpoint.id, org_id = endpoint.org_id, "an endpoint was made");
    Ok((endpoint, made))
}

/// Changes an endpoint; answers it as it is then.
///
/// # Errors
/// [`Refused`] with what cannot be; then nothing changed.
pub async fn update(cx: &Cx, scope: &Scope, id: &str, change: Change) -> Result<Endpoint, Refused> {
    let mut checked = change.checked(cx).await?;
    let headers = checked.headers.take().map(|headers| seal_headers(cx, id, &headers)).transpose()?;
    let (state, now) = (checked.state, cx.now());
    let mut tx = cx.store.begin().await?;
    let mut endpoint = endpoints::get_in(&mut tx, scope, id).await?.ok_or(Refused::Gone)?;
    let changes = checked.has_terms() || headers.is_some();
    if changes {
        checked.put_into(&mut endpoint);
        headers.into_iter().for_each(|headers| endpoint.headers = headers);
        endpoint.updated_at = now;
        if !endpoints::update(&mut tx, &endpoint).await? {
            return Err(Refused::Changed);
        }
    }
    let switched = match state {
        Some(State::Enabled) => endpoints::enable(&mut tx, scope, id, now).await?,
        Some(State::Disabled) => endpoints::disable(&mut tx, scope, id, BY_A_PERSON, now).await?,
        None => false,
    };
    for (action, is_so) in [(Action::EndpointChanged, changes), (switch(state), switched)] {
        if is_so {
            let to = To { org_id: &endpoint.org_id, id };
            audit::note(cx, &mut tx, action, to, endpoint.description.as_str()).await?;
        }
    }
    let changed = endpoints::get_in(&mut tx, scope, id).await?.ok_or(Refused::Gone)?;
    tx.commit().await?;
    notify::changed(cx);
    Ok(changed)
}

/// What it is called that an endpoint's state is set.
fn switch(state: Option<State>) -> Action {
    if state == Some(State::Enabled) { Action::EndpointEnabled } else { Action::EndpointDisabled }
}

/// Enables or disables an endpoint; answers it as it is then.
///
/// # Errors
/// [`Refused::Gone`], [`Refused::Store`].
pub async fn set_state(cx: &Cx, scope: &Scope, id: &str, state: State) -> Result<Endpoint, Refused> {
    update(cx, scope, id, Change { state: Some(state), ..Change::default() }).await
}

/// Ends an endpoint; false when there is none in `scope`.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn delete(cx: &Cx, scope: &Scope, id: &str) -> Result<bool, StoreError> {
    let Some(endpoint) = endpoints::get(&cx.store, scope, id).await? else { return Ok(false) };
    let mut tx = cx.store.begin().await?;
    let deleted = endpoints::delete(&mut tx, scope, id).await?;
    if deleted {
        let to = To { org_id: &endpoint.org_id, id };
        audit::note(cx, &mut tx, Action::EndpointRemoved, to, endpoint.description).await?;
    }
    tx.commit().await?;
    if deleted {
        notify::changed(cx);
        tracing::info!(endpoint = id, "an endpoint was deleted");
    }
    Ok(deleted)
}
