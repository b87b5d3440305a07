//! What people do in Notion's own pages: rows, databases, sharing, and connections that are withdrawn.

mod access;
mod plain;
mod rows;
mod structure;

pub(crate) use rows::RawEvent;

use super::Notion;
use super::content::hand::{Author, AuthorKind, Hand};
use super::content::state::{Eyes, State};
use super::error::Failure;
use super::id::Id;
use super::settings::Settings;
use crate::house::EditError;
use serde::Deserialize;
use serde_json::{Map, Value};

/// An edit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    action: String,
    /// Id or name; the first one when it is not given.
    workspace_id: Option<String>,
    /// Id or name.
    #[serde(alias = "database", alias = "database_id")]
    data_source_id: Option<String>,
    /// A page, a database, a data source, a block or a comment.
    id: Option<String>,
    /// Where to.
    to: Option<String>,
    /// By name: plain values, or Notion's own.
    #[serde(default)]
    properties: Map<String, Value>,
    /// Name, e-mail address or id; the first person when it is not given.
    user: Option<String>,
    /// `agent`: the change was made by an agent of Notion's.
    author_type: Option<String>,
    /// Of a property, a page or a data source.
    name: Option<String>,
    /// The new name of a property.
    new_name: Option<String>,
    /// A property's type, and what belongs to it, as the API takes it.
    config: Option<Value>,
    /// Of a comment, or of paragraphs to add, one a line.
    text: Option<String>,
    /// An access token.
    token: Option<String>,
    /// An event as it is to be sent.
    event: Option<RawEvent>,
}

/// Somebody who edits.
struct Person<'a> {
    notion: &'a Notion,
    settings: &'a Settings,
    edit: &'a Edit,
    workspace: usize,
    author: Author,
}

/// Does what a person would do in Notion.
///
/// # Errors
/// When the edit makes no sense; then nothing has changed.
pub(crate) fn edit(notion: &Notion, value: &Value) -> Result<Value, EditError> {
    let edit: Edit =
        serde_json::from_value(value.clone()).map_err(|error| EditError::Invalid(error.to_string()))?;
    let settings = notion.settings.get();
    let (workspace, author) = {
        let state = notion.state.read();
        let workspace = state.workspace_named(edit.workspace_id.as_deref())?;
        (workspace, author(&state, workspace, &edit)?)
    };
    let person = Person { notion, settings: &settings, edit: &edit, workspace, author };
    match edit.action.as_str() {
        "create" => person.create(),
        "update" => person.update(),
        "trash" => person.trash(true),
        "restore" => person.trash(false),
        "move" => person.move_to(),
        "lock" => person.lock(true),
        "unlock" => person.lock(false),
        "append" => person.append(),
        "comment" => person.comment(),
        "update_comment" => person.update_comment(),
        "delete_comment" => person.delete_comment(),
        "add_transcript" => person.add_transcript(),
        "delete_transcript" => person.delete_transcript(),
        "event" => person.event(),
        "add_property" => person.add_property(),
        "rename_property" => person.rename_property(),
        "delete_property" => person.delete_property(),
        "add_data_source" => person.add_data_source(),
        "share" => person.share(true),
        "unshare" => person.share(false),
        "revoke" => person.revoke(),
        "expire_token" => person.expire_token(),
        "disconnect" => person.disconnect(),
        other => Err(EditError::Invalid(format!("there is no action {other}"))),
    }
}

fn author(state: &State, workspace: usize, edit: &Edit) -> Result<Author, EditError> {
    let users = &state.workspaces[workspace].users;
    let found = match &edit.user {
        None => users.first(),
        Some(named) => users.iter().find(|user| {
            user.name == *named || user.email == *named || Id::parse(named).is_some_and(|id| id == user.id)
        }),
    };
    let Some(user) = found else {
        let named = edit.user.as_deref().unwrap_or("anybody");
        return Err(EditError::NotFound(format!("the workspace does not know {named}")));
    };
    let kind = match edit.author_type.as_deref() {
        None | Some("person") => AuthorKind::Person,
        Some("agent") => AuthorKind::Agent,
        Some(other) => {
            return Err(EditError::Invalid(format!("an author is a person or an agent, not {other}")));
        }
    };
    Ok(Author { id: user.id, kind })
}

impl Person<'_> {
    fn eyes(&self) -> Eyes<'static> {
        Eyes::Person(self.workspace)
    }

    fn hand(&self) -> Hand<'_> {
        Hand::new(self.author, self.notion.house.now(), self.settings)
    }

    /// The id that is edited, which is in this workspace.
    fn id(&self, state: &State) -> Result<Id, EditError> {
        self.known(state, self.edit.id.as_deref(), "id")
    }

    fn known(&self, state: &State, text: Option<&str>, key: &str) -> Result<Id, EditError> {
        let Some(text) = text else { return Err(EditError::Invalid(format!("{key} is missing"))) };
        let id = Id::parse(text).or_else(|| state.source_named(self.workspace, text));
        let id = id.filter(|id| state.workspace_of(*id) == Some(self.workspace));
        id.ok_or_else(|| EditError::NotFound(format!("the workspace has no {text}")))
    }

    /// The data source that is edited.
    fn source(&self, state: &State) -> Result<Id, EditError> {
        let Some(named) = self.edit.data_source_id.as_deref().or(self.edit.id.as_deref()) else {
            return Err(EditError::Invalid("data_source_id is missing".to_owned()));
        };
        let found = state.source_named(self.workspace, named);
        found.ok_or_else(|| EditError::NotFound(format!("the workspace has no data source {named}")))
    }
}

/// Notion's own words, for whoever edits by hand.
fn refused(failure: Failure) -> EditError {
    if failure.status == 404 {
        EditError::NotFound(failure.message)
    } else {
        EditError::Invalid(failure.message)
    }
}
