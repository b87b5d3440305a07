//! The hand that changes something: whose it is, when, and what it has changed, for the webhooks.

use super::model::{Parent, Traces};
use super::state::State;
use crate::notion::id::Id;
use crate::notion::settings::Settings;

/// Whose hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) id: Id,
    pub(crate) kind: AuthorKind,
}

/// What the author is (Notion facts 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthorKind {
    Person,
    Bot,
    Agent,
}

impl AuthorKind {
    /// `person`
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Bot => "bot",
            Self::Agent => "agent",
        }
    }
}

/// Somebody at work.
pub(crate) struct Hand<'a> {
    pub(crate) author: Author,
    pub(crate) now: i64,
    pub(crate) settings: &'a Settings,
    /// What was changed so far.
    pub(crate) changes: Vec<Change>,
}

/// Something that changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) workspace: usize,
    pub(crate) entity: Entity,
    pub(crate) parent: ParentRef,
    pub(crate) what: What,
    pub(crate) at: i64,
    pub(crate) author: Author,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entity {
    pub(crate) id: Id,
    pub(crate) kind: EntityKind,
}

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntityKind {
    Page,
    Database,
    /// With its database and that one's place, by which older subscriptions know it.
    Source {
        database: Id,
        above: ParentRef,
    },
    /// With the page it is on.
    Comment {
        page: Id,
    },
}

/// Where it is, as webhooks say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ParentRef {
    pub(crate) id: Id,
    pub(crate) kind: &'static str,
    pub(crate) source: Option<Id>,
}

/// How it changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Created,
    Deleted,
    Undeleted,
    Moved,
    Locked,
    Unlocked,
    /// A comment's text.
    Updated,
    /// Ids of properties.
    Properties(Vec<String>),
    /// Blocks (or pages) with their types.
    Content(Vec<(Id, &'static str)>),
    Schema(Vec<SchemaChange>),
    TranscriptDeleted,
}

/// What happened to a property of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaChange {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    /// `created`, `updated` or `deleted`
    pub(crate) action: &'static str,
}

impl<'a> Hand<'a> {
    /// Nothing changed yet.
    pub(crate) fn new(author: Author, now: i64, settings: &'a Settings) -> Self {
        Self { author, now, settings, changes: Vec::new() }
    }

    /// The traces of something made now.
    pub(crate) fn traces(&self) -> Traces {
        Traces { created: self.now, edited: self.now, created_by: self.author.id, edited_by: self.author.id }
    }

    /// Leaves its trace.
    pub(crate) fn touch(&self, traces: &mut Traces) {
        traces.edited = self.now;
        traces.edited_by = self.author.id;
    }

    /// Notes a change of a page, a database or a data source.
    pub(crate) fn note(&mut self, state: &State, id: Id, what: What) {
        let Some(workspace) = state.workspace_of(id) else { return };
        let (kind, parent) = if let Some(page) = state.pages.get(&id) {
            (EntityKind::Page, state.parent_ref(page.parent, workspace))
        } else if let Some(database) = state.databases.get(&id) {
            (EntityKind::Database, state.parent_ref(database.parent, workspace))
        } else if let Some(source) = state.sources.get(&id) {
            let database = source.database;
            let above = state.databases.get(&database).map_or(Parent::Workspace, |database| database.parent);
            let above = state.parent_ref(above, workspace);
            (
                EntityKind::Source { database, above },
                ParentRef { id: database, kind: "database", source: None },
            )
        } else {
            return;
        };
        self.push(workspace, Entity { id, kind }, parent, what);
    }

    /// Notes a change of anything.
    pub(crate) fn push(&mut self, workspace: usize, entity: Entity, parent: ParentRef, what: What) {
        self.changes.push(Change { workspace, entity, parent, what, at: self.now, author: self.author });
    }
}

impl State {
    /// A place as webhooks say it.
    pub(crate) fn parent_ref(&self, parent: Parent, workspace: usize) -> ParentRef {
        match parent {
            Parent::Workspace => {
                let id = self.workspaces.get(workspace).map_or(Id(0), |workspace| workspace.id);
                ParentRef { id, kind: "space", source: None }
            }
            Parent::Page(id) => ParentRef { id, kind: "page", source: None },
            Parent::Block(id) => ParentRef { id, kind: "block", source: None },
            Parent::Database(id) => ParentRef { id, kind: "database", source: None },
            Parent::Source(source) => {
                let database = self.sources.get(&source).map_or(source, |source| source.database);
                ParentRef { id: database, kind: "database", source: Some(source) }
            }
        }
    }

    /// The page that `id` is, or is on.
    pub(crate) fn page_above(&self, id: Id) -> Option<Id> {
        let mut at = id;
        while let Some(block) = self.blocks.get(&at) {
            at = block.parent.id()?;
        }
        self.pages.contains_key(&at).then_some(at)
    }
}
