//! Settling: what became of attempts, many in one transaction, with how their endpoints do and what is to be told of that.

use super::caught::failing;
use super::terms::Terms;
use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::telemetry::metrics;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use syncline_core::notify::verdict::Disabled;
use syncline_core::time::Timestamp;
use syncline_store::notifications::{self, Notification};
use syncline_store::notify::deliveries::{self, Outcome, Settlement};
use syncline_store::notify::endpoints::{self, Health};
use syncline_store::{StoreError, Tx};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Attempts in one transaction.
const GROUP: usize = 512;
/// The first wait while the database is away; it doubles up to the longest.
const WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// An attempt that ended, and what follows for its endpoint.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub settlement: Settlement,
    /// How the endpoint does, when that changed.
    pub health: Option<Health>,
    /// Why it is to be disabled, if it is.
    pub disable: Option<Disabled>,
    pub terms: Arc<Terms>,
}

/// What the engine has to know of it.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub endpoint_id: String,
    pub message_id: String,
    /// When it is due again.
    pub retry: Option<Timestamp>,
    /// Whether others may have waited for it.
    pub keyed: bool,
}

/// Settles what comes until nobody sends any more. While the database is away it waits: what is not settled takes up room, so
/// nothing more is sent than fits.
pub(super) async fn run(cx: Cx, mut ended: UnboundedReceiver<Ended>, done: UnboundedSender<Vec<Done>>) {
    let mut group = Vec::with_capacity(GROUP);
    while ended.recv_many(&mut group, GROUP).await > 0 {
        store(&cx, &group).await;
        let told = group.drain(..).map(|one| Done {
            keyed: one.settlement.order_key.is_some(),
            endpoint_id: one.settlement.attempt.endpoint_id,
            message_id: one.settlement.attempt.message_id,
            retry: match one.settlement.outcome {
                Outcome::Retry(at) => Some(at),
                Outcome::Delivered | Outcome::Failed => None,
            },
        });
        // The engine is gone only when nobody is to be told.
        let _ = done.send(told.collect());
    }
}

/// How much of an attempt is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// Everything.
    Whole,
    /// That it was made, and not what came back.
    Brief,
    /// What it came to, and nothing else.
    Outcome,
}

/// Settles a group. Where the database refuses it, one by one, and of the culprit less and less: what is not settled at all would be sent
/// again whenever its lease ends.
async fn store(cx: &Cx, group: &[Ended]) {
    for kept in [Kept::Whole, Kept::Brief, Kept::Outcome] {
        let Err(error) = persist(cx, group, kept).await else { return };
        let [one] = group else {
            for one in group {
                Box::pin(store(cx, std::slice::from_ref(one))).await;
            }
            return;
        };
        let attempt = &one.settlement.attempt;
        tracing::error!(message = attempt.message_id, endpoint = attempt.endpoint_id, %error, ?kept, "an attempt cannot be settled so");
    }
}

/// Tries until the database is there; an error is its refusal.
async fn persist(cx: &Cx, group: &[Ended], kept: Kept) -> Result<(), StoreError> {
    let mut wait = WAIT;
    loop {
        match failing(try_store(cx, group, kept)).await {
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, attempts = group.len(), "attempts cannot be settled; trying again");
            }
            ended => return ended,
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// What is kept of an attempt whose answer the database refuses.
const REFUSED: &str = "what came back could not be kept: the log says why";

async fn try_store(cx: &Cx, group: &[Ended], kept: Kept) -> Result<(), StoreError> {
    let now = cx.now();
    let mut settlements: Vec<Settlement> = group.iter().map(|one| one.settlement.clone()).collect();
    let mut tx = cx.store.begin().await?;
    if kept == Kept::Outcome {
        deliveries::settle_outcomes(&mut tx, &cx.me, &settlements, now).await?;
        return tx.commit().await;
    }
    if kept == Kept::Brief {
        for Settlement { attempt, .. } in &mut settlements {
            (attempt.headers, attempt.body, attempt.error) = (None, None, Some(REFUSED.to_owned()));
        }
    }
    deliveries::settle(&mut tx, &cx.me, &settlements, now).await?;
    let news = endpoints_changed(cx, &mut tx, group, now).await?;
    tx.commit().await?;
    if news {
        cx.wake.news();
    }
    Ok(())
}

/// Writes down how endpoints do, each once and in the order of their ids, unless they were changed since what is known of them was read;
/// answers whether there is news.
async fn endpoints_changed(
    cx: &Cx,
    tx: &mut Tx,
    group: &[Ended],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut health: BTreeMap<&str, (i64, Health)> = BTreeMap::new();
    let mut disable: BTreeMap<&str, (&Ended, Disabled)> = BTreeMap::new();
    for one in group {
        let id = one.settlement.attempt.endpoint_id.as_str();
        if let Some(latest) = one.health {
            health.insert(id, (one.terms.version, latest));
        }
        if let Some(why) = one.disable {
            disable.entry(id).or_insert((one, why));
        }
    }
    for (id, (version, health)) in &health {
        endpoints::set_health(tx, id, *version, health).await?;
    }
    let mut news = false;
    for (id, (one, why)) in disable {
        if endpoints::give_up(tx, id, one.terms.version, &why.to_string(), now).await? {
            let to = To { org_id: &one.terms.org_id, id };
            audit::note(cx, tx, Action::EndpointDisabled, to, why.to_string()).await?;
            tell(cx, tx, id, &one.terms, why, now).await?;
            metrics::endpoint_disabled();
            tracing::warn!(endpoint = id, reason = %why, "an endpoint was disabled");
            news = true;
        }
    }
    Ok(news)
}

/// A query may hold a token, and others are told of this. A fragment, which no saved URL has, would go with it.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// Tells the others that an endpoint was disabled.
async fn tell(
    cx: &Cx,
    tx: &mut Tx,
    id: &str,
    terms: &Terms,
    why: Disabled,
    now: Timestamp,
) -> Result<(), StoreError> {
    let failing_since = match why {
        Disabled::Gone => None,
        Disabled::Failing(since) => Some(since),
    };
    let payload = serde_json::json!({
        "webhook_event_type": "endpoint.disabled",
        "customer_id": terms.org_id,
        "endpoint_id": id,
        "url": without_query(&terms.url),
        "reason": why.to_string(),
        "failing_since": failing_since,
    });
    let notification = Notification {
        id: cx.dice.id("ntf", now),
        org_id: terms.org_id.clone(),
        connection_id: None,
        kind: "endpoint.disabled".to_owned(),
        payload: payload.to_string(),
        created_at: now,
        dispatched_at: None,
    };
    notifications::queue(tx, &notification).await
}
