//! Setting up at 10to8: a subscription that tells which customers changed (10to8 facts 6).
//!
//! A key sees the subscriptions of everybody who uses the organisation. Ours are those that go to our address for this account,
//! whatever token it had, and those an earlier set-up kept. All others stay as they are.

use super::load::CUSTOMER;
use super::{TenToEight, errors};
use crate::load::{At, Wish};
use crate::objects::{self, text, wants};
use crate::setup::{Kept, Kind, Planned, Preparation, Setup, Step, Taken, Topic, Want};
use crate::wire::{Call, Fault, Reply};
use http::Method;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use syncline_core::secret::Secret;
use url::Url;

/// Where subscriptions are, below the host.
const SUBSCRIPTIONS: &str = "/api/enterprise/v2/subscription/";

impl Setup for TenToEight {
    /// 10to8 facts 6: the only scope that is known.
    fn usual(&self, wish: &Wish) -> Vec<Topic> {
        let topic = Topic { event: CUSTOMER.to_owned(), object_type: None, property: None };
        if wants(wish, CUSTOMER) { vec![topic] } else { Vec::new() }
    }

    fn begin(&self, want: &Want) -> Box<dyn Preparation> {
        Box::new(Prepare::new(want))
    }

    /// Nothing is known of an end.
    fn renew_before(&self) -> Option<Duration> {
        None
    }
}

/// One thing to do.
#[derive(Clone, Debug)]
enum Todo {
    /// Look which subscriptions there are, from this page on.
    List(Option<String>),
    /// Take one of ours away, and why.
    Delete(String, &'static str),
    /// Subscribe.
    Create,
    /// Something to say.
    Say(Planned),
}

/// A subscription that is there.
#[derive(Clone, Debug)]
struct Existing {
    uri: String,
    callback: Option<Secret>,
    scope: String,
}

/// A set-up under way.
#[derive(Debug)]
struct Prepare {
    want: Want,
    /// What is left to do, the next thing first.
    todo: VecDeque<Todo>,
    /// What the pages so far showed.
    existing: Vec<Existing>,
    /// Whether we subscribed: a list that does not show it then is no reason to do so again.
    subscribed: bool,
}

impl Prepare {
    fn new(want: &Want) -> Self {
        let mut todo = VecDeque::new();
        if !want.topics.is_empty() {
            todo.push_back(if want.notify.is_some() { Todo::List(None) } else { Todo::Say(no_address()) });
        }
        Self { want: want.clone(), todo, existing: Vec::new(), subscribed: false }
    }

    fn take_list(&mut self, at: &At<'_>, page: Option<&String>, body: &Value) -> Result<Taken, Fault> {
        let results = match &body["results"] {
            Value::Null if body.get("results").is_some() => &[],
            _ => objects::list(body, "results")?,
        };
        self.existing.extend(results.iter().filter_map(read));
        match body["next"].as_str().filter(|_| !results.is_empty()) {
            Some(next) if !is_at(at, next) => {
                Err(Fault::Unreadable("the next page is not below the host that is configured for 10to8"))
            }
            Some(next) if page.is_some_and(|page| page == next) => {
                Err(Fault::Unreadable("the next page is this page again"))
            }
            Some(next) => {
                self.todo.push_front(Todo::List(Some(next.to_owned())));
                Ok(Taken::default())
            }
            None => Ok(self.plan(at)),
        }
    }

    /// What has to be done, now that all are known.
    fn plan(&mut self, at: &At<'_>) -> Taken {
        let existing = std::mem::take(&mut self.existing);
        let was_kept = |one: &Existing| self.want.kept.iter().any(|kept| kept.remote_id == one.uri);
        let ours = |one: &&Existing| {
            one.scope == CUSTOMER
                && is_at(at, &one.uri)
                && (was_kept(one) || self.is_ours(one.callback.as_ref()))
        };
        let (mut taken, mut todo, mut good) = (Taken::default(), Vec::new(), None);
        for one in existing.iter().filter(ours) {
            match (one.callback == self.want.notify, &good) {
                (true, None) => good = Some(kept(&one.uri)),
                (true, Some(_)) => todo.push(Todo::Delete(one.uri.clone(), "there is another one")),
                (false, _) => todo.push(Todo::Delete(one.uri.clone(), "it goes to an old address")),
            }
        }
        let listed = |kept: &&Kept| existing.iter().any(|one| one.uri == kept.remote_id);
        taken.gone =
            self.want.kept.iter().filter(|kept| !listed(kept)).map(|kept| kept.remote_id.clone()).collect();
        match good {
            Some(kept) => {
                taken.kept.push(kept);
                let what = "The subscription to customers is there".to_owned();
                todo.push(Todo::Say(Planned { kind: Kind::Unchanged, what }));
            }
            None if self.subscribed => {}
            None => todo.push(Todo::Create),
        }
        for one in todo.into_iter().rev() {
            self.todo.push_front(one);
        }
        taken
    }

    /// Whether an address is ours for this account, whatever its token.
    fn is_ours(&self, callback: Option<&Secret>) -> bool {
        let place = |url: &Secret| {
            let url = Url::parse(url.expose()).ok()?;
            let account =
                url.query_pairs().find(|(key, _)| key == "account").map(|(_, value)| value.into_owned());
            Some((url.origin(), url.path().to_owned(), account))
        };
        let ours = self.want.notify.as_ref().and_then(place);
        ours.is_some() && callback.and_then(place) == ours
    }

    fn read(&mut self, at: &At<'_>, doing: &Todo, reply: &Reply<'_>) -> Result<Taken, Fault> {
        let refusal = || errors::fault(reply).without(at.token);
        match doing {
            Todo::List(page) => {
                let body = objects::success(reply, errors::fault, at.token)?;
                self.take_list(at, page.as_ref(), &body)
            }
            Todo::Delete(uri, _) => match refusal() {
                _ if reply.status.is_success() => Ok(Taken { gone: vec![uri.clone()], ..Taken::default() }),
                Fault::Gone => Ok(Taken { gone: vec![uri.clone()], ..Taken::default() }),
                fault => Err(fault),
            },
            Todo::Create if !reply.status.is_success() => Err(refusal()),
            Todo::Create => {
                self.subscribed = true;
                let body = reply.json().unwrap_or_default();
                // That the answer names it is likely and no more (facts 6): else the list does.
                match text(&body, "resource_uri").filter(|uri| is_at(at, uri)) {
                    Some(uri) => Ok(Taken { kept: vec![kept(uri)], ..Taken::default() }),
                    None => {
                        self.todo.push_front(Todo::List(None));
                        Ok(Taken::default())
                    }
                }
            }
            Todo::Say(_) => Ok(Taken::default()),
        }
    }
}

impl Preparation for Prepare {
    fn next(&self, at: &At<'_>) -> Step {
        let Some(doing) = self.todo.front() else { return Step::Done };
        let change = |call: Call, kind, what: String| Step::Change {
            call: call.authorized("token", at.token),
            what: Planned { kind, what },
        };
        match doing {
            Todo::List(page) => {
                // After a change of the configuration the page may be at another host: our key goes only to ours.
                let page = page.clone().filter(|page| is_at(at, page));
                let url = page.unwrap_or_else(|| format!("{}{SUBSCRIPTIONS}", at.hosts.api));
                Step::Look(Call::get(url).authorized("token", at.token))
            }
            Todo::Delete(uri, why) => {
                let call = Call { method: Method::DELETE, ..Call::get(uri.clone()) };
                change(call, Kind::Delete, format!("Delete our subscription to customers: {why}"))
            }
            Todo::Create => {
                let callback = self.want.notify.as_ref().map_or("", |notify| notify.expose());
                let body = json!({ "callback_url": callback, "scope": CUSTOMER });
                let url = format!("{}{SUBSCRIPTIONS}", at.hosts.api);
                let what = "Subscribe to changes of customers".to_owned();
                change(Call::json(Method::POST, url, &body), Kind::Create, what)
            }
            Todo::Say(planned) => Step::Note(planned.clone()),
        }
    }

    fn take(&mut self, at: &At<'_>, reply: &Reply<'_>) -> Result<Taken, Fault> {
        let Some(doing) = self.todo.pop_front() else { return Ok(Taken::default()) };
        let before = self.existing.len();
        self.read(at, &doing, reply).inspect_err(|_| {
            self.existing.truncate(before);
            self.todo.push_front(doing);
        })
    }

    fn skip(&mut self) {
        self.todo.pop_front();
    }

    fn give_up(&mut self) {
        self.todo.pop_front();
    }
}

fn read(one: &Value) -> Option<Existing> {
    Some(Existing {
        uri: text(one, "resource_uri")?.to_owned(),
        callback: text(one, "callback_url").map(Secret::new),
        scope: text(one, "scope")?.to_owned(),
    })
}

fn kept(uri: &str) -> Kept {
    Kept { remote_id: uri.to_owned(), part: String::new(), secret: None, expires_at: None }
}

/// Whether a URL is one of subscriptions at the host that is configured: only there may our key go.
fn is_at(at: &At<'_>, url: &str) -> bool {
    let ours = format!("{}{SUBSCRIPTIONS}", at.hosts.api);
    let (Ok(url), Ok(ours)) = (Url::parse(url), Url::parse(&ours)) else { return false };
    url.origin() == ours.origin()
        && url.path().starts_with(ours.path())
        && url.username().is_empty()
        && url.password().is_none()
}

fn no_address() -> Planned {
    let what =
        "Webhooks need an address: add [apps.NAME] with provider = \"tentoeight\" to the configuration"
            .to_owned();
    Planned { kind: Kind::ByHand, what }
}
