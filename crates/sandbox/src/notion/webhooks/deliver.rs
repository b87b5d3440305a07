//! From a change to a delivery: when it is told, to whom, and again when nobody acknowledges it (Notion facts 8).

use super::aggregate;
use super::event::{Event, Told};
use super::office::{Status, Subscription};
use super::signature::{HEADER, sign};
use crate::house::clock::iso;
use crate::house::{Outcome, Webhook, post};
use crate::notion::Notion;
use crate::notion::content::hand::{Author, Change, EntityKind};
use crate::notion::content::model::Connection;
use crate::notion::content::state::{Eyes, State};
use crate::notion::edit::RawEvent;
use crate::notion::id::Id;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// An event on its way to one subscription.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) subscription: Id,
    /// The envelope, but for the number of the attempt.
    pub(crate) envelope: Value,
}

impl Notion {
    /// Tells of changes, at once or when their window ends.
    pub(crate) fn announce(&self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let settings = self.settings.get();
        let mut office = self.office.lock();
        if !office.subscriptions.iter().any(|subscription| subscription.status == Status::Active) {
            return;
        }
        let mut at_once = Vec::new();
        for change in changes {
            if !change.what.is_aggregated(change.entity.kind) {
                at_once.extend(aggregate::aggregate(&[change], &settings.webhooks));
            } else if let Some(due) = office.add(change, &settings.webhooks) {
                let Some(me) = self.me.upgrade() else { continue };
                self.house.schedule.at(due, async move { me.flush() });
            }
        }
        drop(office);
        self.send_out(&at_once);
    }

    /// Sends what is due.
    fn flush(&self) {
        let settings = self.settings.get();
        let events = self.office.lock().take_due(self.house.now(), &settings.webhooks);
        self.send_out(&events);
    }

    /// Gives each event to every subscription that may hear of it, each a little later than the other.
    fn send_out(&self, events: &[Event]) {
        let settings = self.settings.get();
        let mut parcels = Vec::new();
        {
            let state = self.state.read();
            let mut office = self.office.lock();
            let office = &mut *office;
            for event in events {
                for subscription in office.subscriptions.iter().filter(|one| one.status == Status::Active) {
                    let Some(told) = event.tell(subscription.with_sources()) else { continue };
                    let listeners = listeners(&state, subscription, event);
                    if listeners.is_empty() || !subscription.wants(&told.kind) {
                        continue;
                    }
                    let id = office.dice.uuid();
                    let envelope = envelope(&state, subscription, event, &told, (&id, &listeners));
                    let late = office.dice.between(0, settings.webhooks.jitter_ms.max(0));
                    parcels.push((late, Parcel { subscription: subscription.id, envelope }));
                }
            }
        }
        for (late, parcel) in parcels {
            self.deliver_at(self.house.now().saturating_add(late), parcel, 1);
        }
    }

    /// Sends an event as it is given to every active subscription of the workspace; says how many there are.
    pub(crate) fn send_raw(&self, workspace: usize, author: Author, event: &RawEvent) -> usize {
        let now = self.house.now();
        let mut parcels = Vec::new();
        {
            let state = self.state.read();
            let mut office = self.office.lock();
            let office = &mut *office;
            let active = office.subscriptions.iter().filter(|one| one.status == Status::Active);
            for subscription in active.filter(|one| one.workspace.is_none_or(|mine| mine == workspace)) {
                if !subscription.wants(&event.kind) {
                    continue;
                }
                let place = &state.workspaces[workspace];
                let envelope = json!({
                    "id": office.dice.uuid(), "timestamp": iso(now), "workspace_id": place.id,
                    "workspace_name": place.name, "subscription_id": subscription.id,
                    "integration_id": subscription.integration, "type": event.kind,
                    "api_version": subscription.api_version, "authors": aggregate::authors(&[author]),
                    "entity": event.entity, "data": event.data,
                });
                parcels.push(Parcel { subscription: subscription.id, envelope });
            }
        }
        let sent = parcels.len();
        for parcel in parcels {
            self.deliver_at(now, parcel, 1);
        }
        sent
    }

    /// Sends a parcel when its time has come.
    pub(crate) fn deliver_at(&self, due: i64, parcel: Parcel, attempt: usize) {
        let Some(me) = self.me.upgrade() else { return };
        self.house.schedule.at(due, async move { me.deliver(parcel, attempt).await });
    }

    async fn deliver(&self, parcel: Parcel, attempt: usize) {
        let found = self.office.lock().find(parcel.subscription).cloned();
        let Some(subscription) = found.filter(|one| one.status == Status::Active) else { return };
        let mut envelope = parcel.envelope.clone();
        envelope["attempt_number"] = attempt.into();
        let outcome = self.post(&subscription, &envelope, true).await;
        let settings = self.settings.get();
        let answered = matches!(outcome, Outcome::Answered { .. });
        let acknowledged = outcome.is_success() || (settings.webhooks.any_answer_acknowledges && answered);
        let again = !acknowledged || self.office.lock().dice.chance(settings.webhooks.redelivered_share);
        if let (true, Some(wait)) = (again, settings.webhooks.backoff_s.get(attempt - 1)) {
            let due = self.house.now().saturating_add(wait.max(&0).saturating_mul(1000));
            self.deliver_at(due, parcel, attempt + 1);
        }
    }

    /// Posts a body to a subscription, signed with its token.
    pub(crate) async fn post(&self, subscription: &Subscription, body: &Value, signed: bool) -> Outcome {
        let token = subscription.token.clone();
        let webhook = Webhook {
            provider: "notion",
            url: subscription.url.clone(),
            body: Bytes::from(body.to_string()),
            sign: Arc::new(move |body, wrong| headers(&token, body, signed, wrong)),
            timeout: Duration::from_millis(self.settings.get().webhooks.timeout_ms),
        };
        post::send(&self.house, webhook).await
    }
}

fn headers(token: &str, body: &[u8], signed: bool, wrong: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static("notion-api"));
    if signed {
        let signature = if wrong { sign("another secret", body) } else { sign(token, body) };
        if let Ok(value) = HeaderValue::try_from(signature) {
            headers.insert(HEADER, value);
        }
    }
    headers
}

/// The connections of the subscription's integration that see the entity.
fn listeners<'a>(state: &'a State, subscription: &Subscription, event: &Event) -> Vec<&'a Arc<Connection>> {
    if subscription.workspace.is_some_and(|workspace| workspace != event.workspace) {
        return Vec::new();
    }
    let seen = match event.kind {
        EntityKind::Comment { page } => page,
        _ => event.entity,
    };
    state
        .bots_in(event.workspace)
        .filter(|connection| connection.integration == subscription.integration)
        .filter(|connection| state.sees(Eyes::Connection(connection), seen))
        .collect()
}

fn envelope(
    state: &State,
    subscription: &Subscription,
    event: &Event,
    told: &Told,
    (id, listeners): (&str, &[&Arc<Connection>]),
) -> Value {
    let workspace = &state.workspaces[event.workspace];
    let mut envelope = json!({
        "id": id, "timestamp": iso(event.at), "workspace_id": workspace.id, "workspace_name": workspace.name,
        "subscription_id": subscription.id, "integration_id": subscription.integration, "type": told.kind,
        "api_version": subscription.api_version, "authors": aggregate::authors(&event.authors),
        "entity": told.entity, "data": told.data,
    });
    // Only public connections are told who can see it.
    if subscription.workspace.is_none() {
        let mut accessible = Vec::new();
        for connection in listeners {
            accessible.extend(connection.owner.map(|owner| json!({ "id": owner, "type": "person" })));
            accessible.push(json!({ "id": connection.bot, "type": "bot" }));
        }
        envelope["accessible_by"] = accessible.into();
    }
    envelope
}
