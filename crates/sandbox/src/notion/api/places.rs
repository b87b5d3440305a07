//! Where things are put: `parent` in bodies, and icons and covers that come with them (Notion facts 7).

use super::Call;
use crate::notion::check::{Fields, short_text};
use crate::notion::content::model::{Connection, Parent};
use crate::notion::content::state::State;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::version::Version;
use serde_json::{Value, json};

impl Call<'_> {
    /// The `parent` of a new page.
    ///
    /// # Errors
    /// When there is none, it is not shared, or it is in the trash.
    pub(crate) fn page_parent(&self, state: &State) -> Result<Parent, Failure> {
        let Some(parent) = self.body.get("parent") else {
            // Optional in the newest types: then the page is the person's own.
            return if self.version < Version::Trash {
                Err(Failure::expected("body.parent", "defined", None))
            } else {
                workspace(self.connection)
            };
        };
        let fields = Fields::of(parent, "body.parent")?;
        let parent = if fields.get("page_id").is_some() {
            Parent::Page(self.seen_page(state, fields)?)
        } else if fields.get("database_id").is_some() {
            Parent::Source(self.source_of_database(state, fields)?)
        } else if fields.get("data_source_id").is_some() {
            if self.version.is_old() {
                fields.refuse("data_source_id")?;
            }
            Parent::Source(self.seen_source(state, fields)?)
        } else if fields.get("workspace") == Some(&Value::Bool(true)) {
            workspace(self.connection)?
        } else {
            let what = "an object with `page_id`, `database_id`, `data_source_id` or `workspace`";
            return Err(Failure::expected("body.parent", what, Some(parent)));
        };
        match parent.id() {
            Some(id) if state.is_trashed(id) => Err(Failure::archived()),
            _ => Ok(parent),
        }
    }

    /// The page under `page_id`.
    pub(crate) fn seen_page(&self, state: &State, fields: Fields<'_>) -> Result<Id, Failure> {
        let id = required(fields, "page_id")?;
        let seen = state.pages.contains_key(&id) && state.sees(self.eyes(), id);
        if seen { Ok(id) } else { Err(Failure::not_found("page", id)) }
    }

    /// The only data source of the database under `database_id`.
    fn source_of_database(&self, state: &State, fields: Fields<'_>) -> Result<Id, Failure> {
        let id = required(fields, "database_id")?;
        let database = state.databases.get(&id).filter(|_| state.sees(self.eyes(), id));
        state.only_source(database.ok_or_else(|| Failure::not_found("database", id))?)
    }

    /// The data source under `data_source_id`.
    pub(crate) fn seen_source(&self, state: &State, fields: Fields<'_>) -> Result<Id, Failure> {
        let id = required(fields, "data_source_id")?;
        let seen = state.sources.contains_key(&id) && state.sees(self.eyes(), id);
        if seen { Ok(id) } else { Err(Failure::not_found("data source", id)) }
    }

    /// The `parent` of a database: a page, or the workspace.
    pub(crate) fn database_parent(&self, state: &State) -> Result<Parent, Failure> {
        let Some(parent) = self.body.get("parent") else {
            return Err(Failure::expected("body.parent", "defined", None));
        };
        let fields = Fields::of(parent, "body.parent")?;
        if fields.get("workspace") == Some(&Value::Bool(true)) {
            return workspace(self.connection);
        }
        let id = self.seen_page(state, fields)?;
        if state.is_trashed(id) { Err(Failure::archived()) } else { Ok(Parent::Page(id)) }
    }

    /// `in_trash`, or `archived` where the version knows it.
    ///
    /// # Errors
    /// When the version no longer knows `archived`.
    pub(crate) fn trash_flag(&self) -> Result<Option<bool>, Failure> {
        let fields = Fields::of(&self.body, "body")?;
        if self.version >= Version::Trash {
            fields.refuse("archived")?;
        }
        Ok(fields.flag("in_trash")?.or(fields.flag("archived")?))
    }
}

/// The workspace itself: only for connections that a person let in.
fn workspace(connection: &Connection) -> Result<Parent, Failure> {
    match connection.owner {
        Some(_) => Ok(Parent::Workspace),
        None => Err(Failure::validation(
            "Internal integrations aren't owned by a single user, so creating workspace-level private pages is not supported.",
        )),
    }
}

fn required(fields: Fields<'_>, key: &str) -> Result<Id, Failure> {
    fields.id(key)?.ok_or_else(|| Failure::expected(&fields.at(key), "defined", None))
}

/// An icon as it is answered; null takes it away.
///
/// # Errors
/// When it is none.
pub(crate) fn icon(body: &Value) -> Result<Option<Option<Value>>, Failure> {
    let Some(value) = body.get("icon") else { return Ok(None) };
    if value.is_null() {
        return Ok(Some(None));
    }
    let fields = Fields::of(value, "body.icon")?;
    if let Some(emoji) = fields.text("emoji")? {
        return Ok(Some(Some(json!({ "type": "emoji", "emoji": emoji }))));
    }
    external(fields).map(|file| Some(Some(file)))
}

/// A cover as it is answered; null takes it away.
///
/// # Errors
/// When it is none.
pub(crate) fn cover(body: &Value) -> Result<Option<Option<Value>>, Failure> {
    let Some(value) = body.get("cover") else { return Ok(None) };
    if value.is_null() {
        return Ok(Some(None));
    }
    external(Fields::of(value, "body.cover")?).map(|file| Some(Some(file)))
}

fn external(fields: Fields<'_>) -> Result<Value, Failure> {
    let path = fields.at("external");
    let Some(external) = fields.get("external") else {
        return Err(Failure::expected(&path, "defined", None));
    };
    let external = Fields::of(external, &path)?;
    let Some(url) = external.get("url") else {
        return Err(Failure::expected(&external.at("url"), "defined", None));
    };
    let url = short_text(url, &external.at("url"), 2000)?;
    Ok(json!({ "type": "external", "external": { "url": url } }))
}
