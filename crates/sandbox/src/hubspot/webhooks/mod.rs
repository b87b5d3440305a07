//! App-level webhook settings, subscriptions and deliveries (HubSpot facts 6.1 to 6.6 and 7).
//!
//! A developer sets one address per app and says what it is to be told of ([`subscriptions`]). What changes in an account
//! is turned into events ([`event`]), gathered in a [`lane`] per app and account, cut into requests and sent
//! ([`delivery`]).

pub(crate) mod audience;
pub(crate) mod call;
mod declared;
mod delivery;
mod desk;
mod endpoints;
mod entrance;
pub(crate) mod event;
mod event_type;
mod lane;
mod settings;
mod signature;
mod subscriptions;

pub(crate) use settings::Settings;

use super::Hubspot;
use super::change::{Change, What};
use super::state::State;
use super::types::TypeId;
use crate::house::{Dice, House};
use axum::Router;
use event::Event;
use lane::{Lane, LaneKey, Pending};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use subscriptions::AppHooks;

/// Webhooks.
#[derive(Debug)]
pub(crate) struct Webhooks {
    hooks: Mutex<Hooks>,
}

/// What apps have set, and what waits to be sent. Locked after the records, never before them.
#[derive(Debug)]
struct Hooks {
    /// Counts resets: what was sent before one must not come back after it.
    generation: u64,
    /// By app id.
    apps: BTreeMap<u64, AppHooks>,
    lanes: BTreeMap<LaneKey, Lane>,
    units: u64,
    last_subscription: u64,
    ids: EventIds,
    /// For the order of events, the jitter of retries, repetitions.
    dice: Dice,
    counts: delivery::Counts,
}

#[derive(Debug)]
struct EventIds {
    dice: Dice,
    last: u32,
}

impl EventIds {
    /// 32 random bits; now and then those of the event before.
    fn throw(&mut self, reuse_chance: f64) -> u32 {
        if reuse_chance <= 0.0 || !self.dice.chance(reuse_chance) {
            self.last = self.dice.u32();
        }
        self.last
    }
}

impl Hooks {
    fn new(house: &House, generation: u64) -> Self {
        let mut dice = house.dice("hubspot.webhooks");
        Self {
            generation,
            apps: BTreeMap::new(),
            lanes: BTreeMap::new(),
            units: 0,
            last_subscription: 1_000_000 + dice.below(1_000_000),
            ids: EventIds { dice: house.dice("hubspot.webhooks.event_ids"), last: 0 },
            dice,
            counts: delivery::Counts::default(),
        }
    }
}

impl Webhooks {
    /// With nothing in it.
    pub(crate) fn new(house: &House) -> Self {
        Self { hooks: Mutex::new(Hooks::new(house, 0)) }
    }

    /// With nothing in it again.
    pub(crate) fn reset(&self, house: &House) {
        let mut hooks = self.hooks.lock();
        *hooks = Hooks::new(house, hooks.generation + 1);
    }
}

/// The endpoints.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    endpoints::router()
}

/// What people do in HubSpot's own pages.
pub(crate) fn control() -> Router<Arc<Hubspot>> {
    desk::router()
}

/// Told of every change, under the lock of the records: `state` is as it is after them.
pub(crate) fn publish(hubspot: &Hubspot, state: &State, portal: u64, changes: &[Change]) {
    let Some(account) = state.portals.get(&portal) else { return };
    let (settings, now) = (hubspot.settings.get(), hubspot.house.now());
    let settings = &settings.webhooks;
    let mut hooks = hubspot.webhooks.hooks.lock();
    let Hooks { apps, lanes, units, ids, generation, .. } = &mut *hooks;
    for (app_id, app) in apps.iter() {
        let active = || app.subscriptions.values().filter(|subscription| subscription.active);
        if app.target.seen(now).is_none() || active().next().is_none() {
            continue;
        }
        let Some(audience) = audience::of(hubspot, *app_id, portal, settings) else { continue };
        let key: LaneKey = (*app_id, (!settings.mix_portals).then_some(portal));
        let mut before = None;
        for change in changes {
            let record = written(&change.what);
            if record.is_none() || record != before {
                *units += 1;
            }
            before = record;
            let (_, object_type) = event_type::told_as(&change.what);
            for subscription in active().filter(|some| event::concerns(&some.wanted, &change.what)) {
                let scope = subscription.wanted.event_type.read_scope(object_type);
                if !audience.may_hear(scope.as_deref()) {
                    continue;
                }
                let id = ids.throw(settings.event_id_reuse_chance);
                let event = event::event(account, *app_id, subscription, change, id, settings);
                let pending = Pending { ready_at: now, unit: *units, event };
                if let Some(due) = lanes.entry(key).or_default().add(pending, settings.batch_window_ms) {
                    delivery::look_at(hubspot, key, *generation, due);
                }
            }
        }
    }
}

/// The record a creation or a value belongs to: what was written to one at once is told in one request.
fn written(what: &What) -> Option<(TypeId, u64)> {
    match what {
        What::Created { object_type, id } | What::Property { object_type, id, .. } => {
            Some((*object_type, *id))
        }
        _ => None,
    }
}

/// Lets `event` wait for the next request to its app.
fn queue(hubspot: &Hubspot, hooks: &mut Hooks, key: LaneKey, ready_at: i64, event: Event, window: i64) {
    hooks.units += 1;
    let pending = Pending { ready_at, unit: hooks.units, event };
    if let Some(due) = hooks.lanes.entry(key).or_default().add(pending, window) {
        delivery::look_at(hubspot, key, hooks.generation, due);
    }
}
