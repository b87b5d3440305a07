//! Trying a definition by hand: its trigger called once, its property read.

use super::ask::{self, PURPOSE, Stopped};
use super::{engine, seal};
use crate::connect::{Line, Trouble};
use crate::cx::Cx;
use crate::hold::Hold;
use crate::keys::KeysError;
use std::sync::Arc;
use std::time::Duration;
use syncline_core::counters::push::{Answer, Property};
use syncline_store::counters::definitions::Stored;

/// Why nothing was tried.
#[derive(Debug, thiserror::Error)]
pub enum Untried {
    /// There is no trigger.
    #[error("the counter has no trigger: its property is written directly")]
    NoTrigger,
    /// Ours: the sealing keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// HubSpot, or the connection to it; for people.
    #[error("{0}")]
    Provider(String),
}

/// What a trigger answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What was sent.
    pub payload: serde_json::Value,
    /// The status; none: no answer came.
    pub status: Option<u16>,
    /// What it says, which is little: that it was accepted does not say that a record matches.
    pub answer: Answer,
    /// How long it took.
    pub latency: Duration,
}

/// What the trigger would be sent for this key and value.
#[must_use]
pub fn payload(of: &Stored, key: &str, value: i64) -> serde_json::Value {
    of.definition.template().render(key, value)
}

/// Calls the trigger once, outside of all order: for setting a workflow up, before anything counts.
///
/// # Errors
/// [`Untried`].
pub async fn trigger(cx: &Cx, of: &Stored, key: &str, value: i64) -> Result<Tried, Untried> {
    let definition = seal::open(cx, of)?;
    let url = definition.target.url().ok_or(Untried::NoTrigger)?;
    let payload = definition.template().render(key, value);
    let (whose, limit) = engine::budget(cx, of, url);
    let place = cx.calls.budgets.try_permit(&whose, limit).await.map_err(|wait| {
        let seconds = wait.as_secs() + 1;
        Untried::Provider(format!(
            "the account's calls of triggers are used up (counters.account_calls): try again in {seconds} s"
        ))
    })?;
    let posted = engine::post(cx, url, &payload).await;
    place.answered();
    Ok(Tried { payload, status: posted.status, answer: posted.answer, latency: posted.latency })
}

/// What the property shows of records, at most a hundred, in the order of `keys`.
///
/// # Errors
/// [`Untried::Provider`], [`Untried::Keys`].
pub async fn look(cx: &Cx, of: &Stored, keys: &[&str]) -> Result<Vec<Property>, Untried> {
    let line = Line::new(cx, &of.definition.connection_id, PURPOSE);
    let hold = Hold::new(Arc::clone(&cx.clock), cx.now().plus(Duration::from_secs(86_400)));
    let mut calls = 0;
    match ask::look(&line, &hold, &mut calls, &of.definition, keys).await {
        Ok((shown, at)) => Ok(shown.iter().map(|shown| ask::seen(shown.as_ref(), at).property).collect()),
        Err(Stopped::Trouble(Trouble::Keys(error))) => Err(Untried::Keys(error)),
        Err(Stopped::Trouble(trouble)) => Err(Untried::Provider(trouble.to_string())),
        Err(Stopped::Lost) => Err(Untried::Provider("it took too long".to_owned())),
    }
}
