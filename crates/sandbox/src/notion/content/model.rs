//! The things in a workspace.

use super::rich::Rich;
use super::schema::Property;
use super::value::Val;
use crate::notion::id::Id;
use serde_json::Value;
use std::collections::BTreeSet;

/// The slot of every title.
pub(crate) const TITLE: u16 = 0;

/// A customer of Notion.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    pub(crate) id: Id,
    pub(crate) name: String,
    /// On the Business plan: more requests per minute.
    pub(crate) business: bool,
    pub(crate) users: Vec<User>,
    /// The internal integration's bot.
    pub(crate) internal_bot: Id,
    /// Its token.
    pub(crate) token: String,
    /// All pages, in the order of their creation.
    pub(crate) pages: Vec<Id>,
    /// All databases, in the order of their creation.
    pub(crate) databases: Vec<Id>,
    /// All data sources, in the order of their creation.
    pub(crate) sources: Vec<Id>,
}

/// A person in a workspace.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) email: String,
}

/// An integration that was let into a workspace.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// The bot user, `bot_id`.
    pub(crate) bot: Id,
    pub(crate) integration: Id,
    pub(crate) name: String,
    /// Index of the workspace.
    pub(crate) workspace: usize,
    /// The person who let it in; none for internal integrations, which the workspace owns.
    pub(crate) owner: Option<Id>,
    /// Pages and databases it may see, with everything below them.
    pub(crate) shared: BTreeSet<Id>,
}

/// Where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    Workspace,
    Page(Id),
    Database(Id),
    Source(Id),
    Block(Id),
}

impl Parent {
    /// Its id, unless it is the workspace.
    pub(crate) fn id(self) -> Option<Id> {
        match self {
            Self::Workspace => None,
            Self::Page(id) | Self::Database(id) | Self::Source(id) | Self::Block(id) => Some(id),
        }
    }
}

/// Who made and last touched something, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traces {
    pub(crate) created: i64,
    pub(crate) edited: i64,
    pub(crate) created_by: Id,
    pub(crate) edited_by: Id,
}

/// A page: a row of a data source, or on its own.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) id: Id,
    pub(crate) parent: Parent,
    pub(crate) traces: Traces,
    /// Counts everything in the order of its creation.
    pub(crate) seq: u32,
    /// Counts the rows of a data source from 1.
    pub(crate) number: u32,
    pub(crate) workspace: u8,
    pub(crate) in_trash: bool,
    pub(crate) is_archived: bool,
    pub(crate) is_locked: bool,
    /// Values by slot, ascending; what is empty is not there.
    pub(crate) values: Vec<(u16, Val)>,
    /// What few pages have.
    pub(crate) extras: Option<Box<Extras>>,
}

/// What few pages have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extras {
    pub(crate) icon: Option<Value>,
    pub(crate) cover: Option<Value>,
    /// Blocks, pages and databases on the page, in their order.
    pub(crate) children: Vec<Id>,
}

impl Page {
    /// The value in `slot`.
    pub(crate) fn value(&self, slot: u16) -> Option<&Val> {
        let at = self.values.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        Some(&self.values[at].1)
    }

    /// Puts a value into `slot`, or takes it away.
    pub(crate) fn put(&mut self, slot: u16, value: Option<Val>) {
        match (self.values.binary_search_by_key(&slot, |(slot, _)| *slot), value) {
            (Ok(at), Some(value)) => self.values[at].1 = value,
            (Ok(at), None) => {
                self.values.remove(at);
            }
            (Err(at), Some(value)) => self.values.insert(at, (slot, value)),
            (Err(_), None) => {}
        }
    }

    /// The title in plain text.
    pub(crate) fn title(&self) -> String {
        match self.value(TITLE) {
            Some(Val::Rich(rich)) => rich.plain().into_owned(),
            _ => String::new(),
        }
    }

    /// What is on the page.
    pub(crate) fn children(&self) -> &[Id] {
        self.extras.as_ref().map_or(&[], |extras| &extras.children)
    }

    /// The same, to change.
    pub(crate) fn extras(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }
}

/// A container of data sources.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) id: Id,
    pub(crate) workspace: u8,
    pub(crate) parent: Parent,
    pub(crate) traces: Traces,
    pub(crate) title: Rich,
    pub(crate) description: Rich,
    pub(crate) is_inline: bool,
    pub(crate) is_locked: bool,
    pub(crate) in_trash: bool,
    pub(crate) icon: Option<Value>,
    pub(crate) cover: Option<Value>,
    pub(crate) sources: Vec<Id>,
}

/// A schema and its rows.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) id: Id,
    pub(crate) database: Id,
    pub(crate) workspace: u8,
    pub(crate) traces: Traces,
    pub(crate) seq: u32,
    pub(crate) title: Rich,
    pub(crate) description: Rich,
    pub(crate) icon: Option<Value>,
    pub(crate) in_trash: bool,
    pub(crate) properties: Vec<Property>,
    /// The slot of the next property.
    pub(crate) next_slot: u16,
    /// The number of the next option.
    pub(crate) next_choice: u32,
    /// All rows, in the order in which they came.
    pub(crate) rows: Vec<Id>,
    /// How many rows there ever were.
    pub(crate) numbered: u32,
}

impl Source {
    /// The property that `key` names: by name, by id, or by the id as it is written in answers.
    pub(crate) fn property(&self, key: &str) -> Option<&Property> {
        let by_name = self.properties.iter().find(|property| property.name == key);
        by_name.or_else(|| self.properties.iter().find(|property| property.is_id(key)))
    }

    /// The property in `slot`.
    pub(crate) fn in_slot(&self, slot: u16) -> Option<&Property> {
        self.properties.iter().find(|property| property.slot == slot)
    }

    /// The same, to change.
    pub(crate) fn in_slot_mut(&mut self, slot: u16) -> Option<&mut Property> {
        self.properties.iter_mut().find(|property| property.slot == slot)
    }
}

/// A block of a page's content.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) workspace: u8,
    pub(crate) parent: Parent,
    pub(crate) traces: Traces,
    /// `paragraph`; the newest name where versions differ.
    pub(crate) kind: String,
    /// What is under the key of that name.
    pub(crate) content: Value,
    pub(crate) children: Vec<Id>,
    pub(crate) in_trash: bool,
}

/// A comment on a page or a block.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: Id,
    pub(crate) workspace: u8,
    pub(crate) parent: Parent,
    pub(crate) discussion: Id,
    pub(crate) traces: Traces,
    pub(crate) text: Rich,
}
