//! Setting up at Airtable: one webhook in every base, which tells that something changed and lasts seven days (Airtable facts 7).
//!
//! Ours are the webhooks that go to our address, which nobody else has, and those an earlier set-up kept. All others belong to
//! somebody else, another connection of this hub perhaps: they stay as they are.

use super::hooks::{self, Existing};
use super::payloads::{Payloads, payloads, read_payloads};
use super::record::{BASE, ROW, TABLE};
use super::{Airtable, call, errors};
use crate::load::{At, Wish};
use crate::objects::{self, list, name, text, wants};
use crate::setup::{Kept, Kind, Planned, Preparation, Pulled, Setup, Step, Taken, Topic, Want};
use crate::wire::{Call, Fault, Reply};
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;

/// How long before its end a webhook is renewed: of its seven days enough are left for a hub that is away over a weekend.
pub(super) const RENEW_BEFORE: Duration = Duration::from_secs(2 * 24 * 60 * 60);

impl Setup for Airtable {
    /// In Airtable's words, types of data.
    fn usual(&self, wish: &Wish) -> Vec<Topic> {
        let tables = wants(wish, TABLE) || wants(wish, BASE);
        let kinds = [("tableData", wants(wish, ROW)), ("tableFields", tables), ("tableMetadata", tables)];
        let topic = |event: &str| Topic { event: event.to_owned(), object_type: None, property: None };
        kinds.iter().filter(|(_, wanted)| *wanted).map(|(event, _)| topic(event)).collect()
    }

    fn begin(&self, want: &Want) -> Box<dyn Preparation> {
        Box::new(Prepare::new(want))
    }

    fn renew_before(&self) -> Option<Duration> {
        Some(RENEW_BEFORE)
    }

    fn pinged(&self, kind: &str, raw: &[u8]) -> Option<String> {
        let ping: Value = serde_json::from_slice(raw).ok().filter(|_| kind == PING)?;
        text(&ping["webhook"], "id").map(str::to_owned)
    }

    fn pull(&self, at: &At<'_>, part: &str, remote_id: &str, cursor: u64) -> Option<Call> {
        Some(payloads(at, part, remote_id, cursor))
    }

    fn pulled(&self, at: &At<'_>, part: &str, reply: &Reply<'_>) -> Result<Pulled, Fault> {
        let Payloads { events, cursor, more, problems } = read_payloads(at, part, reply)?;
        Ok(Pulled { events, cursor, more, problems })
    }
}

/// The kind of a ping's event, as `webhook.rs` has it.
const PING: &str = "webhook.ping";

/// A base, as the list of bases has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub id: String,
    /// For people.
    pub name: String,
}

/// One thing to do.
#[derive(Clone, Debug)]
pub(super) enum Todo {
    /// Look which bases there are, from this page on.
    Bases(Option<String>),
    /// Look which webhooks a base has.
    Hooks(Base),
    /// Take a webhook of ours away, and why.
    Delete(Base, String, &'static str),
    /// Make one.
    Create(Base),
    /// Have one tell of changes again.
    Enable(Base, Kept),
    /// Prolong one.
    Refresh(Base, Kept),
    /// Something to say.
    Say(Planned),
}

/// A set-up under way.
#[derive(Debug)]
struct Prepare {
    want: Want,
    /// What is left to do, the next thing first.
    todo: VecDeque<Todo>,
    /// The bases that were seen.
    seen: Vec<String>,
}

impl Prepare {
    fn new(want: &Want) -> Self {
        let mut todo = VecDeque::new();
        if !want.topics.is_empty() {
            todo.push_back(if want.notify.is_some() { Todo::Bases(None) } else { Todo::Say(no_address()) });
        }
        Self { want: want.clone(), todo, seen: Vec::new() }
    }

    /// Puts these before everything else.
    fn first(&mut self, todo: Vec<Todo>) {
        for one in todo.into_iter().rev() {
            self.todo.push_front(one);
        }
    }

    /// What has to be looked at in the bases of a page, and what is gone with bases that are no more.
    fn take_bases(&mut self, body: &Value, after: Option<&String>) -> Result<(Taken, Vec<Todo>), Fault> {
        let mut todo = Vec::new();
        for base in list(body, "bases")? {
            let id = text(base, "id").ok_or(Fault::Unreadable("a base without an id"))?;
            self.seen.push(id.to_owned());
            if !self.want.parts.is_empty() && !self.want.parts.iter().any(|part| part == id) {
                continue;
            }
            let base_of = Base { id: id.to_owned(), name: name(text(base, "name").unwrap_or(id)) };
            todo.push(match text(base, "permissionLevel") {
                // All that the connection sees of it is that it exists.
                Some("none") => continue,
                Some(level) if level != "create" => Todo::Say(not_creator(&base_of)),
                _ => Todo::Hooks(base_of),
            });
        }
        match text(body, "offset") {
            Some(next) if Some(next) == after.map(String::as_str) => {
                Err(Fault::Unreadable("the next page is this page again"))
            }
            Some(next) => {
                todo.push(Todo::Bases(Some(next.to_owned())));
                Ok((Taken::default(), todo))
            }
            None => {
                let gone = self.want.kept.iter().filter(|kept| !self.seen.contains(&kept.part));
                let gone = gone.map(|kept| kept.remote_id.clone()).collect();
                Ok((Taken { gone, ..Taken::default() }, todo))
            }
        }
    }

    /// Reads the answer to what was done: what it brought, and what has to be done because of it.
    fn read(&mut self, at: &At<'_>, doing: &Todo, reply: &Reply<'_>) -> Result<(Taken, Vec<Todo>), Fault> {
        let body = || objects::success(reply, errors::fault, at.token);
        match doing {
            Todo::Bases(after) => self.take_bases(&body()?, after.as_ref()),
            Todo::Hooks(base) => {
                let existing: Vec<Existing> =
                    list(&body()?, "webhooks")?.iter().filter_map(Existing::read).collect();
                Ok(hooks::plan(&self.want, base, &existing, at.now))
            }
            Todo::Delete(_, id, _) => {
                hooks::done(reply, at).or_else(gone_is_done)?;
                Ok((Taken { gone: vec![id.clone()], ..Taken::default() }, Vec::new()))
            }
            Todo::Create(base) => {
                Ok((Taken { kept: vec![hooks::created(base, &body()?)?], ..Taken::default() }, Vec::new()))
            }
            Todo::Enable(base, kept) => match hooks::done(reply, at) {
                Ok(()) => Ok((Taken { kept: vec![kept.clone()], ..Taken::default() }, Vec::new())),
                Err(fault) => hooks::anew(base, kept, fault),
            },
            Todo::Refresh(base, kept) => match body().and_then(|body| hooks::renewed(kept, &body)) {
                Ok(kept) => Ok((Taken { kept: vec![kept], ..Taken::default() }, Vec::new())),
                Err(fault) => hooks::anew(base, kept, fault),
            },
            Todo::Say(_) => Ok((Taken::default(), Vec::new())),
        }
    }
}

impl Preparation for Prepare {
    fn next(&self, at: &At<'_>) -> Step {
        let Some(doing) = self.todo.front() else { return Step::Done };
        let change = |call, kind, what: String| Step::Change { call, what: Planned { kind, what } };
        match doing {
            Todo::Bases(after) => {
                let offset: Vec<(&str, &str)> =
                    after.as_deref().map(|offset| ("offset", offset)).into_iter().collect();
                Step::Look(call::bases(at, &offset))
            }
            Todo::Hooks(base) => Step::Look(hooks::look(at, base)),
            Todo::Delete(base, id, why) => {
                let what = format!("Delete our webhook of {}: {why}", base.name);
                change(hooks::delete(at, base, id), Kind::Delete, what)
            }
            Todo::Create(base) => match hooks::create(at, base, &self.want) {
                Some(call) => change(call, Kind::Create, format!("Create a webhook for {}", base.name)),
                None => Step::Note(no_address()),
            },
            Todo::Enable(base, kept) => {
                let what = format!("Have the webhook of {} tell of changes again", base.name);
                change(hooks::enable(at, base, &kept.remote_id), Kind::Activate, what)
            }
            Todo::Refresh(base, kept) => {
                let what = format!("Renew the webhook of {}, which is about to end", base.name);
                change(hooks::refresh(at, base, &kept.remote_id), Kind::Renew, what)
            }
            Todo::Say(planned) => Step::Note(planned.clone()),
        }
    }

    fn take(&mut self, at: &At<'_>, reply: &Reply<'_>) -> Result<Taken, Fault> {
        let Some(doing) = self.todo.pop_front() else { return Ok(Taken::default()) };
        match self.read(at, &doing, reply) {
            Ok((taken, then)) => {
                self.first(then);
                Ok(taken)
            }
            Err(fault) => {
                self.todo.push_front(doing);
                Err(fault)
            }
        }
    }

    fn skip(&mut self) {
        self.todo.pop_front();
    }

    /// A base is nothing to another one. What cannot be deleted may have to make room for what comes after it.
    fn give_up(&mut self) {
        if let Some(Todo::Delete(base, ..)) = self.todo.pop_front() {
            self.todo.retain(|todo| !matches!(todo, Todo::Create(other) if other.id == base.id));
        }
    }
}

fn gone_is_done(fault: Fault) -> Result<(), Fault> {
    if fault == Fault::Gone { Ok(()) } else { Err(fault) }
}

fn no_address() -> Planned {
    let what = "Webhooks need an address: add [apps.NAME] with provider = \"airtable\" to the configuration"
        .to_owned();
    Planned { kind: Kind::ByHand, what }
}

fn not_creator(base: &Base) -> Planned {
    let what = format!(
        "{} gets no webhook: Airtable lets only creators of a base make one. Its changes are seen by scheduled loads; for \
         webhooks make the connected person a creator there",
        base.name
    );
    Planned { kind: Kind::ByHand, what }
}
