//! Setting up at HubSpot: properties of the account, then target and subscriptions of the app (HubSpot facts 4 and 6.1).

use super::app_api::{self, AppApi, Target};
use super::kind::Kind as ObjectKind;
use super::properties;
use super::subscriptions::{self, Existing};
use super::{HubSpot, load};
use crate::load::{At, Load as _, Wish};
use crate::setup::{Kept, Kind, Planned, Preparation, Property, Setup, Step, Taken, Topic, Want};
use crate::wire::{Fault, Reply};
use http::StatusCode;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;
use syncline_core::secret::Secret;

impl Setup for HubSpot {
    fn usual(&self, wish: &Wish) -> Vec<Topic> {
        let lanes = self.lanes(wish);
        let kinds = lanes.iter().map(|lane| ObjectKind::of(&lane.object_type));
        kinds.flat_map(|kind| subscriptions::usual(&kind, &load::told(&kind, wish))).collect()
    }

    fn begin(&self, want: &Want) -> Box<dyn Preparation> {
        Box::new(Prepare::new(want))
    }

    /// Subscriptions do not end (facts 6.1).
    fn renew_before(&self) -> Option<Duration> {
        None
    }
}

/// One thing to do.
#[derive(Clone, Debug)]
pub(super) enum Todo {
    /// Look which properties a type has.
    Properties(String),
    /// Look which groups it has, because a property has to go into one.
    Groups(String),
    /// Make the group of this property.
    MakeGroup(Property),
    /// Make this property.
    Make(Property),
    /// Look where the app's webhooks go.
    Target,
    /// Look which subscriptions it has.
    Subscriptions,
    /// Have them go elsewhere.
    Redirect(Target),
    /// Have this subscription work or rest.
    Switch { id: String, topic: Topic, on: bool },
    /// Subscribe to this.
    Subscribe(Topic),
    /// Something to say.
    Say(Planned),
}

/// A set-up under way.
#[derive(Debug)]
struct Prepare {
    want: Want,
    /// Where and as whom the app is set up; none when it is not.
    app: Option<AppApi>,
    /// What is left to do, the next thing first.
    todo: VecDeque<Todo>,
    /// Where the app's webhooks go, as was looked up.
    target: Option<Target>,
    /// Types whose properties somebody else changed while we did: they are looked up a second time, not a third.
    surprised: BTreeSet<String>,
    /// Ids of subscriptions that we paused.
    paused: BTreeSet<String>,
}

impl Prepare {
    fn new(want: &Want) -> Self {
        let mut types: Vec<&str> = Vec::new();
        for property in &want.properties {
            if !types.contains(&property.object_type.as_str()) {
                types.push(&property.object_type);
            }
        }
        let mut todo: VecDeque<Todo> =
            types.into_iter().map(|name| Todo::Properties(name.to_owned())).collect();
        let mut app = None;
        if !want.topics.is_empty() {
            match AppApi::of(want) {
                Ok(api) => {
                    app = Some(api);
                    todo.extend([Todo::Target, Todo::Subscriptions]);
                }
                Err(by_hand) => todo.push_back(Todo::Say(by_hand)),
            }
        }
        Self {
            want: want.clone(),
            app,
            todo,
            target: None,
            surprised: BTreeSet::new(),
            paused: BTreeSet::new(),
        }
    }

    /// Puts these before everything else.
    fn first(&mut self, todo: Vec<Todo>) {
        for one in todo.into_iter().rev() {
            self.todo.push_front(one);
        }
    }

    /// The properties wanted of this type.
    fn of_type(&self, object_type: &str) -> Vec<Property> {
        let wanted = self.want.properties.iter();
        wanted.filter(|property| property.object_type == object_type).cloned().collect()
    }

    /// A name that is taken although it was not there: somebody made the property since we looked, perhaps as we would
    /// have, perhaps not. If it does not show on a second look either, that is the end of it.
    fn take_made(&mut self, property: &Property, reply: &Reply<'_>) -> Result<Vec<Todo>, Fault> {
        let object_type = &property.object_type;
        if reply.status != StatusCode::CONFLICT || !self.surprised.insert(object_type.clone()) {
            return properties::made(reply).map(|()| Vec::new());
        }
        self.todo.retain(|todo| !matches!(todo, Todo::Make(other) if other.object_type == *object_type));
        Ok(vec![Todo::Properties(object_type.clone())])
    }

    fn take_subscriptions(&mut self, reply: &Reply<'_>) -> Result<(Taken, Vec<Todo>), Fault> {
        let existing = subscriptions::listed(reply)?;
        let kept = existing.iter().filter(|one| one.is_wanted(&self.want.topics)).map(Existing::kept);
        let kept: Vec<Kept> = kept.collect();
        let todo = subscriptions::plan(&self.want, self.target.as_ref(), &existing);
        Ok((Taken { kept, ..Taken::default() }, todo))
    }

    /// Reads the answer to what was done: what it brought, and what has to be done because of it.
    fn read(&mut self, doing: &Todo, reply: &Reply<'_>) -> Result<(Taken, Vec<Todo>), Fault> {
        let nothing = Taken::default();
        Ok(match doing {
            Todo::Properties(name) => (nothing, properties::plan(name, &self.of_type(name), reply)?),
            Todo::Groups(name) => (nothing, properties::plan_groups(&self.missing(name), reply)?),
            Todo::MakeGroup(_) => (nothing, properties::group_made(reply).map(|()| Vec::new())?),
            Todo::Make(property) => (nothing, self.take_made(property, reply)?),
            Todo::Target => {
                self.target = app_api::target(reply)?;
                (nothing, Vec::new())
            }
            Todo::Subscriptions => self.take_subscriptions(reply)?,
            Todo::Redirect(_) => (nothing, app_api::redirected(reply).map(|()| Vec::new())?),
            Todo::Switch { id, topic, on } => {
                let switched = subscriptions::switched(id, topic, *on, reply)?;
                if !on {
                    self.paused.insert(id.clone());
                }
                switched
            }
            Todo::Subscribe(topic) => subscriptions::subscribed(topic, reply)?,
            Todo::Say(_) => (nothing, Vec::new()),
        })
    }

    /// The properties of this type that are about to be made.
    fn missing(&self, object_type: &str) -> Vec<Property> {
        let making = self.todo.iter().filter_map(|todo| match todo {
            Todo::Make(property) if property.object_type == object_type => Some(property.clone()),
            _ => None,
        });
        making.collect()
    }

    /// A refusal of the app's key is no refusal of the connection's token.
    fn fault(&self, doing: &Todo, fault: Fault) -> Fault {
        let about_app = matches!(
            doing,
            Todo::Target | Todo::Subscriptions | Todo::Redirect(_) | Todo::Switch { .. } | Todo::Subscribe(_)
        );
        let Some(app) = self.app.as_ref().filter(|_| about_app) else { return fault };
        match fault.without(&app.key) {
            Fault::Unauthorized => {
                Fault::Forbidden("HubSpot does not accept the app's developer API key".to_owned())
            }
            Fault::Gone => Fault::Rejected("HubSpot knows no app with the app's id".to_owned()),
            other => other,
        }
    }
}

impl Preparation for Prepare {
    fn next(&self, at: &At<'_>) -> Step {
        let Some(doing) = self.todo.front() else { return Step::Done };
        let missing = || Step::Note(refused("The app's keys are not there.".to_owned()));
        let app = |call: &dyn Fn(&AppApi) -> Step| self.app.as_ref().map_or_else(missing, call);
        match doing {
            Todo::Properties(name) => Step::Look(properties::list(at, name)),
            Todo::Groups(name) => Step::Look(properties::groups(at, name)),
            Todo::MakeGroup(property) => properties::make_group(at, property),
            Todo::Make(property) => properties::make(at, property),
            Todo::Target => app(&|app| Step::Look(app.look(at, "settings"))),
            Todo::Subscriptions => app(&|app| Step::Look(app.look(at, "subscriptions"))),
            Todo::Redirect(target) => app(&|app| app.redirect(at, target, self.target.as_ref())),
            Todo::Switch { id, topic, on } => app(&|app| app.switch(at, id, topic, *on)),
            Todo::Subscribe(topic) => app(&|app| app.subscribe(at, topic)),
            Todo::Say(planned) => Step::Note(planned.clone()),
        }
    }

    fn take(&mut self, _at: &At<'_>, reply: &Reply<'_>) -> Result<Taken, Fault> {
        let Some(doing) = self.todo.pop_front() else { return Ok(Taken::default()) };
        match self.read(&doing, reply) {
            Ok((taken, then)) => {
                self.first(then);
                Ok(taken)
            }
            Err(fault) => {
                let fault = self.fault(&doing, fault);
                self.todo.push_front(doing);
                Err(fault)
            }
        }
    }

    fn skip(&mut self) {
        self.todo.pop_front();
    }

    fn give_up(&mut self) {
        match self.todo.pop_front() {
            Some(Todo::Properties(name) | Todo::Groups(name)) => self.todo.retain(|todo| match todo {
                Todo::Groups(other) => *other != name,
                Todo::MakeGroup(property) | Todo::Make(property) => property.object_type != name,
                _ => true,
            }),
            Some(Todo::MakeGroup(group)) => self.todo.retain(|todo| match todo {
                Todo::Make(property) => {
                    (&property.object_type, &property.group) != (&group.object_type, &group.group)
                }
                _ => true,
            }),
            Some(Todo::Target) => self.todo.retain(|todo| !matches!(todo, Todo::Subscriptions)),
            // What was paused for it works on; nothing else begins that would go to the wrong place.
            Some(Todo::Redirect(_)) => {
                let paused = std::mem::take(&mut self.paused);
                self.todo.retain(|todo| match todo {
                    Todo::Subscribe(_) => false,
                    Todo::Switch { id, .. } => paused.contains(id),
                    _ => true,
                });
            }
            Some(_) | None => {}
        }
    }
}

/// That something is not done.
pub(super) fn refused(what: String) -> Planned {
    Planned { kind: Kind::Refused, what }
}

/// The host of a URL, for people; the rest may be known to nobody else.
pub(super) fn host(url: &Secret) -> String {
    let url = url::Url::parse(url.expose()).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "somewhere".to_owned())
}
