//! The webhooks journal: the same changes, to be pulled (HubSpot facts 6.7).
//!
//! What subscriptions ask for is turned into entries ([`entry`]), gathered in a [`feed`] per app and published as files.

mod entrance;
mod entry;
mod feed;
mod filter;
mod manage;
mod read;
mod settings;
mod snapshots;
mod subscription;

pub(crate) use settings::Settings;

use super::Hubspot;
use super::change::Change;
use super::state::{Portal, State};
use super::webhooks::audience;
use crate::house::clock::iso;
use crate::house::{Dice, House};
use axum::Router;
use entry::{Entry, Happening};
use feed::Feed;
use filter::Filter;
use parking_lot::Mutex;
use snapshots::Snapshot;
use std::collections::BTreeMap;
use std::sync::Arc;
use subscription::{Action, INSTALL, Kind, Subscription, UNINSTALL};

/// Journal.
#[derive(Debug)]
pub(crate) struct Journal(Mutex<Journals>);

/// All apps' journals. Locked after the records, never before them.
#[derive(Debug)]
struct Journals {
    /// Counts resets: what was due before one must not come after it.
    generation: u64,
    apps: BTreeMap<u64, AppJournal>,
    dice: Dice,
    /// Signs the addresses of files.
    secret: String,
    last_id: u64,
    calls: entrance::Calls,
}

#[derive(Debug, Default)]
struct AppJournal {
    feed: Feed,
    subscriptions: BTreeMap<u64, Subscription>,
    filters: BTreeMap<u64, Filter>,
    snapshots: BTreeMap<String, Snapshot>,
}

impl Journals {
    fn new(house: &House, generation: u64) -> Self {
        let mut dice = house.dice("hubspot.journal");
        Self {
            generation,
            apps: BTreeMap::new(),
            secret: dice.hex(32),
            last_id: 10_000 + dice.below(10_000),
            dice,
            calls: entrance::Calls::default(),
        }
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

impl Journal {
    /// With nothing in it.
    pub(crate) fn new(house: &House) -> Self {
        Self(Mutex::new(Journals::new(house, 0)))
    }

    /// With nothing in it again.
    pub(crate) fn reset(&self, house: &House) {
        let mut journals = self.0.lock();
        *journals = Journals::new(house, journals.generation + 1);
    }
}

/// The endpoints.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    Router::new().merge(read::router()).merge(manage::router()).merge(snapshots::router())
}

/// Told of every change, under the lock of the records: `state` is as it is after them.
pub(crate) fn publish(hubspot: &Hubspot, state: &State, portal: u64, changes: &[Change]) {
    let Some(account) = state.portals.get(&portal) else { return };
    let mut journals = hubspot.journal.0.lock();
    if journals.apps.values().all(|app| app.subscriptions.is_empty()) {
        return;
    }
    let needs_install = hubspot.settings.get().journal.needs_install;
    let webhooks = &hubspot.settings.get().webhooks;
    let happenings = entry::happenings(changes);
    let mut told: Vec<(u64, Entry)> = Vec::new();
    for (app_id, app) in &journals.apps {
        if needs_install && audience::of(hubspot, *app_id, portal, webhooks).is_none() {
            continue;
        }
        let entries = happenings.iter().filter_map(|happening| app.entry(account, happening));
        told.extend(entries.map(|entry| (*app_id, entry)));
    }
    for (app_id, entry) in told {
        add(hubspot, &mut journals, app_id, &entry);
    }
}

impl AppJournal {
    /// What the journal holds of this, if a subscription asks for it. However many ask, it is told once.
    fn entry(&self, account: &Portal, happening: &Happening) -> Option<Entry> {
        let asking: Vec<&Subscription> = self
            .subscriptions
            .values()
            .filter(|some| some.wanted.concerns(account.id, happening))
            .filter(|some| self.passes(some.id, account, happening))
            .collect();
        asking.first()?;
        // One that asks for everything gets everything.
        let all = asking.iter().any(|some| some.wanted.properties.is_none());
        let some = asking.iter().flat_map(|some| some.wanted.properties.iter().flatten().cloned());
        let wanted: Option<Vec<String>> = (!all).then(|| some.collect());
        Some(happening.entry(account.id, wanted.as_deref()))
    }

    /// Whether a subscription's filters let it through: one of them does, or there are none.
    fn passes(&self, subscription: u64, account: &Portal, happening: &Happening) -> bool {
        let mut filters = self.filters.values().filter(|some| some.subscription == subscription).peekable();
        if filters.peek().is_none() {
            return true;
        }
        let record = account.objects.of(happening.object_type).and_then(|all| all.get(happening.object_id));
        let look =
            |name: &str| record.as_ref().and_then(|record| record.named(name).map(|value| value.to_string()));
        filters.any(|filter| filter.conditions.iter().all(|condition| condition.holds(&look)))
    }
}

/// Adds an entry, and sees to it that it is published.
fn add(hubspot: &Hubspot, journals: &mut Journals, app_id: u64, entry: &Entry) {
    let (settings, now) = (hubspot.settings.get(), hubspot.house.now());
    let generation = journals.generation;
    let Journals { apps, dice, .. } = journals;
    let feed = &mut apps.entry(app_id).or_default().feed;
    if feed.add(entry, &settings.journal) {
        feed.cut(|| dice.uuid(), now);
        return;
    }
    if feed.cut_is_due {
        return;
    }
    // Work that waits must not keep alive what it waits in.
    let Some(me) = hubspot.me().as_ref().map(Arc::downgrade) else { return };
    feed.cut_is_due = true;
    hubspot.house.schedule.at(now.saturating_add(settings.journal.cut_after_ms.max(0)), async move {
        if let Some(hubspot) = me.upgrade() {
            cut(&hubspot, app_id, generation);
        }
    });
}

fn cut(hubspot: &Hubspot, app_id: u64, generation: u64) {
    let now = hubspot.house.now();
    let kept_ms = hubspot.settings.get().journal.kept_ms;
    let mut journals = hubspot.journal.0.lock();
    if journals.generation != generation {
        return;
    }
    let Journals { apps, dice, .. } = &mut *journals;
    if let Some(app) = apps.get_mut(&app_id) {
        app.feed.cut_is_due = false;
        app.feed.cut(|| dice.uuid(), now);
        app.feed.forget(now, kept_ms);
    }
}

/// Tells the journal that an app came to an account.
pub(crate) fn app_installed(hubspot: &Hubspot, app: u64, portal: u64) {
    lifecycle(hubspot, app, portal, Action::AppInstall, INSTALL);
}

/// Tells the journal that an app left an account.
pub(crate) fn app_uninstalled(hubspot: &Hubspot, app: u64, portal: u64) {
    lifecycle(hubspot, app, portal, Action::AppUninstall, UNINSTALL);
}

fn lifecycle(hubspot: &Hubspot, app_id: u64, portal_id: u64, action: Action, event: &str) {
    let mut journals = hubspot.journal.0.lock();
    let asked = journals.apps.get(&app_id).is_some_and(|app| {
        app.subscriptions.values().any(|some| {
            some.wanted.subscription_type == Kind::AppLifecycleEvent
                && some.wanted.event_type_id.as_deref() == Some(event)
                && some.wanted.wants(action)
                && some.wanted.portal_id.is_none_or(|portal| portal == portal_id)
        })
    });
    if !asked {
        return;
    }
    let entry = Entry {
        kind: "app_lifecycle_event",
        portal_id,
        occurred_at: iso(hubspot.house.now()),
        action,
        object_type_id: event.to_owned(),
        object_id: app_id,
        property_changes: BTreeMap::new(),
        association: None,
    };
    add(hubspot, &mut journals, app_id, &entry);
}
