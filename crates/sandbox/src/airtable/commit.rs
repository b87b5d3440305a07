//! A change becomes real: the plan is carried out, webhooks get their payloads, files are fetched.

use super::Airtable;
use super::auth::Caller;
use super::model::base::World;
use super::model::plan::{self, Applied, Author, Plan, Write};
use super::model::read::Reader;
use super::settings::Settings;
use super::webhooks::observe::{self, Touched};
use super::webhooks::payload::payloads;
use super::webhooks::ping::Target;
use super::webhooks::transaction::{Source, Transaction};
use crate::house::Dice;
use crate::house::clock::iso;
use serde_json::{Value, json};

/// Who does something in which base, and how it reaches Airtable.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) base: usize,
    pub(super) user: usize,
    /// `publicApi`, `client`, …
    pub(super) source: String,
    /// What the source adds about itself.
    pub(super) about: Value,
}

impl Act {
    /// Through the API: what comes back in payloads has the source `publicApi`.
    pub(super) fn by_api(caller: &Caller, base: usize) -> Self {
        Self { base, user: caller.user, source: "publicApi".to_owned(), about: Value::Null }
    }

    /// By Airtable itself.
    pub(super) fn by_system(base: usize) -> Self {
        Self { base, user: 0, source: "system".to_owned(), about: Value::Null }
    }

    /// As payloads tell it. A person is behind `client` and `publicApi` only.
    pub(super) fn source(&self, world: &World) -> Source {
        let mut metadata = self.about.clone();
        if let ("client" | "publicApi", Some(user)) = (self.source.as_str(), world.users.get(self.user)) {
            let level = world.bases[self.base].level(self.user).name();
            metadata = json!({ "user": {
                "id": user.id, "email": user.email, "name": user.name, "permissionLevel": level,
                "profilePicUrl": null,
            } });
        }
        Source { name: self.source.clone(), metadata }
    }
}

impl Airtable {
    /// Carries a plan out and lets the webhooks know.
    pub(super) fn commit(
        &self,
        world: &mut World,
        act: &Act,
        mut plan: Plan,
        settings: &Settings,
        dice: &mut Dice,
    ) -> Applied {
        let (now, base, table) = (self.house.now(), act.base, plan.table);
        let fetches = std::mem::take(&mut plan.fetches);
        let watched = world.bases[base].hooks.iter().any(|hook| hook.is_active(now));
        let mut touched = if watched { plan.touched(&world.bases[base]) } else { Touched::new() };
        let files = self.files(settings);
        let computed = settings.webhooks.computed_changes;
        // Both looks are at one moment: addresses of files and formulas with the time in them are no changes.
        let look = |world: &World, touched: &Touched| {
            let reader = Reader { base: &world.bases[base], users: &world.users, now, files: &files };
            observe::look(&reader, touched, computed)
        };
        let before = look(world, &touched);
        let creates: Vec<bool> = plan.writes.iter().map(|write| matches!(write, Write::Create(_))).collect();
        let author = Author { user: act.user, now };
        let applied = plan::apply(world, base, plan, author, dice);
        if watched {
            let created = creates.iter().zip(&applied.written).filter(|(create, _)| **create);
            touched.extend(created.map(|(_, number)| (table, *number)));
            touched.extend(&applied.linked);
            let after = look(world, &touched);
            let tables: Vec<String> = world.bases[base].tables.iter().map(|table| table.id.clone()).collect();
            let source = act.source(world);
            let transaction = observe::compare(&tables, before, after, iso(now), source);
            self.publish(world, base, transaction, settings);
        } else {
            world.bases[base].transaction += 1;
        }
        for fetch in fetches {
            let id = world.bases[base].id.clone();
            if let Some(number) = applied.written.get(fetch.write) {
                self.fetch_later(id, table, *number, fetch, settings.attachments.fetch_ms);
            }
        }
        applied
    }

    /// Gives every webhook its payloads of a transaction, and has it pinged.
    pub(super) fn publish(
        &self,
        world: &mut World,
        base: usize,
        mut transaction: Transaction,
        settings: &Settings,
    ) {
        let (now, rules) = (self.house.now(), &settings.webhooks);
        let base = &mut world.bases[base];
        base.transaction += 1;
        transaction.number = base.transaction;
        let mut hooks = std::mem::take(&mut base.hooks);
        for hook in hooks.iter_mut().filter(|hook| hook.is_active(now)) {
            let mut news = payloads(&hook.spec, &transaction, rules.split_records);
            if hook.spec.is_broken(base) && !hook.told_broken {
                hook.told_broken = true;
                news.push(error_payload("INVALID_FILTERS", &transaction.timestamp, transaction.number));
            }
            if news.is_empty() {
                continue;
            }
            hook.push(news, now, rules);
            if hook.url.is_some() && hook.notifications && !hook.ping_pending {
                hook.ping_pending = rules.coalesce_ms > 0;
                let due = now.saturating_add(rules.ping_after_ms.max(rules.coalesce_ms));
                let target = Target { base: base.id.clone(), hook: hook.id.clone(), spurious: false };
                self.ping_at(due, target, 0);
            }
        }
        base.hooks = hooks;
    }
}

/// A payload that says that a webhook no longer works as it was meant to.
pub(super) fn error_payload(code: &str, timestamp: &str, number: u64) -> Value {
    json!({
        "error": true, "code": code, "timestamp": timestamp, "baseTransactionNumber": number, "payloadFormat": "v0",
    })
}
