//! Setting up at Notion: there is no API for webhook subscriptions, so this says what a person has to do (Notion facts 8).

use super::Notion;
use crate::load::{At, Wish};
use crate::setup::{Kind, Planned, Preparation, Setup, Step, Taken, Topic, Want};
use crate::wire::{Fault, Reply};
use std::time::Duration;

/// What keeps the mirror up to date, in Notion's words.
const EVENTS: [&str; 3] = ["page", "database", "data_source"];

impl Setup for Notion {
    fn usual(&self, wish: &Wish) -> Vec<Topic> {
        let wanted = EVENTS.iter().filter(|kind| crate::objects::wants(wish, kind));
        wanted.map(|kind| Topic { event: format!("{kind}.*"), object_type: None, property: None }).collect()
    }

    fn begin(&self, want: &Want) -> Box<dyn Preparation> {
        Box::new(Prepare { todo: advice(want) })
    }

    /// Subscriptions do not end.
    fn renew_before(&self) -> Option<Duration> {
        None
    }
}

/// What there is to say.
#[derive(Debug)]
struct Prepare {
    todo: Option<Planned>,
}

/// What a person has to do. The address is no secret: Notion signs.
fn advice(want: &Want) -> Option<Planned> {
    if want.topics.is_empty() {
        return None;
    }
    if want.kept.iter().any(|kept| kept.secret.is_some()) {
        let what = "Webhooks are checked with the verification token of the configuration; whether the subscription is there, \
                    only Notion's page shows"
            .to_owned();
        return Some(Planned { kind: Kind::Unchanged, what });
    }
    let topics: Vec<&str> = want.topics.iter().map(|topic| topic.event.as_str()).collect();
    let what = match &want.notify {
        Some(url) => format!(
            "In the integration's settings at Notion, under Webhooks, create a subscription with the URL {} and the events {}",
            url.expose(),
            topics.join(", ")
        ),
        None => "Webhooks need an address: add [apps.NAME] with provider = \"notion\" to the configuration"
            .to_owned(),
    };
    Some(Planned { kind: Kind::ByHand, what })
}

impl Preparation for Prepare {
    fn next(&self, _at: &At<'_>) -> Step {
        self.todo.clone().map_or(Step::Done, Step::Note)
    }

    fn take(&mut self, _at: &At<'_>, _reply: &Reply<'_>) -> Result<Taken, Fault> {
        Ok(Taken::default())
    }

    fn skip(&mut self) {
        self.todo = None;
    }

    fn give_up(&mut self) {
        self.todo = None;
    }
}
