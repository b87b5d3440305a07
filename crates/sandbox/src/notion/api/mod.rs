//! The API's endpoints (Notion facts 5).

mod blocks;
mod comments;
mod data_sources;
mod databases;
mod pages;
mod places;
mod property_item;
mod rows;
mod search;
mod users;

use super::Notion;
use super::content::hand::{Author, AuthorKind, Hand};
use super::content::model::Connection;
use super::content::render::Printer;
use super::content::state::{Eyes, State};
use super::error::Failure;
use super::id::Id;
use super::settings::Settings;
use super::version::Version;
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;

/// A call that was let in.
pub(crate) struct Call<'a> {
    pub(crate) notion: &'a Notion,
    pub(crate) settings: &'a Settings,
    pub(crate) version: Version,
    pub(crate) connection: &'a Arc<Connection>,
    pub(crate) now: i64,
    pub(crate) query: Vec<(String, String)>,
    /// Always an object.
    pub(crate) body: Value,
}

/// What a call answers, and whether it changed something.
pub(crate) struct Done {
    pub(crate) body: Value,
    pub(crate) commit: Option<Commit>,
}

/// What a write did, for those whose answer is lost.
pub(crate) enum Commit {
    Changed,
    Created(Id),
    /// Blocks below a parent.
    Appended(Id, Vec<Id>),
}

type Answer = Result<Done, Failure>;

/// What an integration needs to be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum May {
    Read,
    Update,
    Insert,
    ReadComments,
    InsertComments,
    ReadUsers,
}

impl Done {
    /// Nothing changed.
    pub(crate) fn read(body: Value) -> Answer {
        Ok(Self { body, commit: None })
    }

    /// Something changed.
    pub(crate) fn changed(body: Value) -> Answer {
        Ok(Self { body, commit: Some(Commit::Changed) })
    }

    /// Something is new.
    pub(crate) fn created(body: Value, id: Id) -> Answer {
        Ok(Self { body, commit: Some(Commit::Created(id)) })
    }
}

impl<'a> Call<'a> {
    /// What the connection sees.
    pub(crate) fn eyes(&self) -> Eyes<'a> {
        Eyes::Connection(self.connection)
    }

    /// The connection at work.
    pub(crate) fn hand(&self) -> Hand<'a> {
        let author = Author { id: self.connection.bot, kind: AuthorKind::Bot };
        Hand::new(author, self.now, self.settings)
    }

    /// For answers.
    pub(crate) fn printer<'s>(&self, state: &'s State) -> Printer<'s>
    where
        'a: 's,
    {
        Printer { state, settings: self.settings, version: self.version, now: self.now }
    }

    /// Refuses what the integration lacks the capability for.
    pub(crate) fn may(&self, what: May) -> Result<(), Failure> {
        let capabilities = &self.settings.capabilities;
        let (has, name) = match what {
            May::Read => (capabilities.read_content, "read content"),
            May::Update => (capabilities.update_content, "update content"),
            May::Insert => (capabilities.insert_content, "insert content"),
            May::ReadComments => (capabilities.read_comments, "read comments"),
            May::InsertComments => (capabilities.insert_comments, "insert comments"),
            May::ReadUsers => (capabilities.user_information, "read user information"),
        };
        if has { Ok(()) } else { Err(Failure::restricted(name)) }
    }

    /// What is read, perhaps only in part (Notion facts 7 and 11).
    pub(crate) fn perhaps_partial(&self, object: Value) -> Value {
        if self.notion.by_chance(self.settings.pages.partial_share) {
            return json!({ "object": object["object"], "id": object["id"] });
        }
        object
    }

    /// Refuses one more row or block than there may be.
    pub(crate) fn room_for(&self, state: &State, blocks: usize, source: Option<Id>) -> Result<(), Failure> {
        let sizes = &self.settings.sizes;
        let rows = source.and_then(|source| state.sources.get(&source)).map_or(0, |source| source.rows.len());
        if sizes.rows_per_data_source.is_some_and(|most| source.is_some() && rows >= most) {
            return Err(Failure::new(
                409,
                "row_limit_exceeded",
                "This data source has reached its limit of rows.",
            ));
        }
        if let Some(most) = sizes.free_plan_blocks {
            let workspace = &state.workspaces[self.connection.workspace];
            let mine = |block: &&super::content::model::Block| {
                usize::from(block.workspace) == self.connection.workspace
            };
            let there = workspace.pages.len() + state.blocks.values().filter(mine).count();
            if there + blocks > most {
                let message = "This workspace has reached the block limit of the Free plan.";
                let failure = Failure::new(403, "restricted_resource", message);
                return Err(failure.with("block_limit", most.to_string()));
            }
        }
        Ok(())
    }
}

/// An id in a path.
fn path_id(name: &str, segment: &str) -> Result<Id, Failure> {
    Id::parse(segment)
        .ok_or_else(|| Failure::expected(&format!("path.{name}"), "a valid uuid", Some(&json!(segment))))
}

/// Whether a call changes something.
pub(crate) fn is_write(method: &Method, segments: &[&str]) -> bool {
    let reads = segments == ["search"] || segments.last() == Some(&"query");
    (method == Method::POST && !reads) || method == Method::PATCH || method == Method::DELETE
}

/// `POST /v1/data_sources/{id}/query`
pub(crate) fn endpoint(method: &Method, segments: &[&str]) -> String {
    let mut name = format!("{method} /v1");
    for segment in segments {
        name.push('/');
        name.push_str(if Id::parse(segment).is_some() { "{id}" } else { segment });
    }
    name
}

/// Sends a call to its endpoint.
pub(crate) fn dispatch(call: &mut Call<'_>, method: &Method, segments: &[&str]) -> Answer {
    match (method.as_str(), segments) {
        ("POST", ["search"]) => search::search(call),
        ("GET", ["users"]) => users::list(call),
        ("GET", ["users", "me"]) => users::me(call),
        ("GET", ["users", id]) => users::get(call, path_id("user_id", id)?),
        ("POST", ["pages"]) => pages::create(call),
        ("GET", ["pages", id]) => pages::get(call, path_id("page_id", id)?),
        ("PATCH", ["pages", id]) => pages::update(call, path_id("page_id", id)?),
        ("POST", ["pages", id, "move"]) => pages::move_to(call, path_id("page_id", id)?),
        ("GET", ["pages", id, "properties", property]) => {
            property_item::get(call, path_id("page_id", id)?, property)
        }
        ("POST", ["databases"]) => databases::create(call),
        ("GET", ["databases", id]) => databases::get(call, path_id("database_id", id)?),
        ("PATCH", ["databases", id]) => databases::update(call, path_id("database_id", id)?),
        ("POST", ["databases", id, "query"]) => rows::query_database(call, path_id("database_id", id)?),
        _ => dispatch_more(call, method, segments),
    }
}

fn dispatch_more(call: &mut Call<'_>, method: &Method, segments: &[&str]) -> Answer {
    match (method.as_str(), segments) {
        ("GET", ["blocks", id]) => blocks::get(call, path_id("block_id", id)?),
        ("PATCH", ["blocks", id]) => blocks::update(call, path_id("block_id", id)?),
        ("DELETE", ["blocks", id]) => blocks::delete(call, path_id("block_id", id)?),
        ("GET", ["blocks", id, "children"]) => blocks::children(call, path_id("block_id", id)?),
        ("PATCH", ["blocks", id, "children"]) => blocks::append(call, path_id("block_id", id)?),
        ("GET", ["comments"]) => comments::list(call),
        ("POST", ["comments"]) => comments::create(call),
        ("GET", ["comments", id]) => comments::get(call, path_id("comment_id", id)?),
        ("PATCH", ["comments", id]) => comments::update(call, path_id("comment_id", id)?),
        ("DELETE", ["comments", id]) => comments::delete(call, path_id("comment_id", id)?),
        ("GET", ["async_tasks", id]) => Err(Failure::not_found("async task", path_id("async_task_id", id)?)),
        // What follows came with 2025-09-03.
        _ if call.version.is_old() => Err(Failure::invalid_url()),
        ("POST", ["data_sources"]) => data_sources::create(call),
        ("GET", ["data_sources", id]) => data_sources::get(call, path_id("data_source_id", id)?),
        ("PATCH", ["data_sources", id]) => data_sources::update(call, path_id("data_source_id", id)?),
        ("POST", ["data_sources", id, "query"]) => rows::query_source(call, path_id("data_source_id", id)?),
        ("GET", ["data_sources", id, "templates"]) => {
            data_sources::templates(call, path_id("data_source_id", id)?)
        }
        _ => Err(Failure::invalid_url()),
    }
}
