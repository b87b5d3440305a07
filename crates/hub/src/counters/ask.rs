//! Asking HubSpot for a counter's sake: calls under the account's budget, repeated while that helps.

use crate::connect::{Line, Patience, Trouble};
use crate::hold::Hold;
use std::time::Duration;
use syncline_core::counters::definition::{Definition, KeyBy};
use syncline_core::counters::push::{Property, Seen};
use syncline_core::time::Timestamp;
use syncline_providers::hubspot::counters::{self as hubspot, Place, Shown};
use syncline_providers::load::At;
use syncline_providers::wire::{Call, Fault, Reply};

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Stopped {
    /// Whoever asked does not hold any more what it asked for.
    Lost,
    /// The connection, the provider, or the database.
    Trouble(Trouble),
}

impl From<Trouble> for Stopped {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// The purpose that the calls of this room have among those of an account.
pub(super) const PURPOSE: &str = "counters";

/// Asks until there is an answer that is understood, or none is to be had now; answers when what was answered had been sent. `calls` counts
/// what was sent.
pub(super) async fn ask<T>(
    line: &Line<'_>,
    hold: &Hold,
    calls: &mut u64,
    build: impl Fn(&At<'_>) -> Call,
    understand: impl Fn(&Reply<'_>) -> Result<T, Fault>,
) -> Result<(T, Timestamp), Stopped> {
    let mut patience = Patience::default();
    loop {
        let ready = line.ready().await?;
        let at = ready.at();
        let (call, sent_at) = (build(&at), at.now);
        let answer = ready.send_while(hold, &call).await.ok_or(Stopped::Lost)?;
        *calls += 1;
        let fault = match answer.and_then(|answer| understand(&answer.reply())) {
            Ok(understood) => return Ok((understood, sent_at)),
            Err(fault) => fault,
        };
        line.recover(&ready, &call, fault.without(&ready.access.token), &mut patience).await?;
    }
}

/// Where a definition's counters show.
pub(super) fn place(definition: &Definition) -> Place<'_> {
    let key = match &definition.key {
        KeyBy::RecordId => None,
        KeyBy::Property(name) => Some(name.as_str()),
    };
    Place { object_type: &definition.object_type, property: &definition.property, key }
}

/// What records show, at most a hundred.
pub(super) async fn look(
    line: &Line<'_>,
    hold: &Hold,
    calls: &mut u64,
    definition: &Definition,
    keys: &[&str],
) -> Result<(Vec<Option<Shown>>, Timestamp), Stopped> {
    let place = place(definition);
    let build = |at: &At<'_>| hubspot::read(at, place, keys);
    ask(line, hold, calls, build, |reply| hubspot::shown(place, keys, reply)).await
}

/// What a record shows, as it is kept.
pub(super) fn seen(shown: Option<&Shown>, at: Timestamp) -> Seen {
    let property = shown.map_or(Property::NoRecord, |shown| Property::of_text(shown.text.as_deref()));
    Seen { property, at }
}

/// How long somebody waits whom only a person can help.
const PERSON: Duration = Duration::from_secs(300);
/// How long somebody waits until the account is connected again.
const AGAIN: Duration = Duration::from_secs(10);

/// How long what stopped is left alone, and why, for people; none where nothing is known.
pub(super) fn rest(stopped: &Stopped) -> Option<(Duration, String)> {
    match stopped {
        Stopped::Lost => None,
        Stopped::Trouble(trouble) => {
            let wait = match trouble {
                Trouble::Later { .. } | Trouble::Keys(_) => trouble.wait().unwrap_or(Duration::from_secs(5)),
                Trouble::Store(_) => Duration::from_secs(1),
                // Looking whether somebody connected again asks nobody but the database.
                Trouble::Paused(_) | Trouble::Ended => AGAIN,
                Trouble::Refused(_) => PERSON,
            };
            Some((wait, trouble.to_string()))
        }
    }
}
