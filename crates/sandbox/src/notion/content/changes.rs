//! Changes to what a workspace holds, once they are known to make sense: by a connection or by a person.

use super::blocks::NewBlock;
use super::hand::{Hand, What};
use super::model::{Block, Database, Page, Parent, Source, TITLE};
use super::rich::Rich;
use super::schema_write::Drafted;
use super::state::{Sort, State};
use super::value::Val;
use super::value_write::Edit;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use serde_json::Value;

/// A database to be made.
pub(crate) struct NewDatabase {
    pub(crate) parent: Parent,
    pub(crate) title: Rich,
    pub(crate) description: Rich,
    pub(crate) is_inline: bool,
    pub(crate) icon: Option<Value>,
    pub(crate) cover: Option<Value>,
    pub(crate) schema: Drafted,
}

impl State {
    /// The one data source of a database, for versions that know no other.
    ///
    /// # Errors
    /// The trap: there are several (Notion facts 6).
    pub(crate) fn only_source(&self, database: &Database) -> Result<Id, Failure> {
        let is_there = |id: &&Id| self.sources.get(id).is_some_and(|source| !source.in_trash);
        let sources: Vec<Id> = database.sources.iter().filter(is_there).copied().collect();
        match (sources.as_slice(), database.sources.first()) {
            ([only], _) => Ok(*only),
            ([], Some(trashed)) => Ok(*trashed),
            ([], None) => Err(Failure::not_found("database", database.id)),
            (several, _) => {
                let children: Vec<String> = several.iter().map(Id::to_string).collect();
                Err(Failure::validation(
                    "Databases with multiple data sources are not supported in this API version.",
                )
                .with("error_type", "multiple_data_sources_for_database")
                .with("database_id", database.id.to_string())
                .with("child_data_source_ids", children)
                .with("minimum_api_version", "2025-09-03"))
            }
        }
    }

    /// Adds a page.
    pub(crate) fn add_page(
        &mut self,
        hand: &mut Hand<'_>,
        workspace: usize,
        parent: Parent,
        edits: Vec<Edit>,
    ) -> Id {
        let (id, seq) = (self.new_id(), self.next_seq());
        let number = match parent {
            Parent::Source(source) => self.sources.get_mut(&source).map_or(0, |source| {
                source.numbered += 1;
                source.numbered
            }),
            _ => 0,
        };
        let page = Page {
            id,
            parent,
            traces: hand.traces(),
            seq,
            number,
            workspace: u8::try_from(workspace).unwrap_or_default(),
            in_trash: false,
            is_archived: false,
            is_locked: false,
            values: Vec::new(),
            extras: None,
        };
        self.pages.insert(id, page);
        self.workspaces[workspace].pages.push(id);
        self.attach(id, parent);
        self.store(hand, id, edits);
        hand.note(self, id, What::Created);
        self.note_content(hand, parent, id, "page");
        id
    }

    /// What `parent` has on it changed: `child` came or went.
    fn note_content(&mut self, hand: &mut Hand<'_>, parent: Parent, child: Id, kind: &'static str) {
        let above = match parent {
            Parent::Page(id) | Parent::Block(id) => self.page_above(id),
            Parent::Source(id) => Some(id),
            Parent::Workspace | Parent::Database(_) => None,
        };
        if let Some(above) = above {
            hand.note(self, above, What::Content(vec![(child, kind)]));
        }
    }

    /// Stores new values on a page that is there; says whether any is new.
    pub(crate) fn edit_page(&mut self, hand: &mut Hand<'_>, id: Id, edits: Vec<Edit>) -> bool {
        let changed = self.store(hand, id, edits);
        if changed.is_empty() {
            return false;
        }
        self.touch_page(hand, id);
        hand.note(self, id, What::Properties(changed));
        true
    }

    /// The page was edited now.
    pub(crate) fn touch_page(&mut self, hand: &Hand<'_>, id: Id) {
        if let Some(page) = self.pages.get_mut(&id) {
            hand.touch(&mut page.traces);
        }
    }

    /// Puts something into the trash, or takes it out; says whether that changed anything.
    pub(crate) fn set_trash(&mut self, hand: &mut Hand<'_>, id: Id, in_trash: bool) -> bool {
        let (flag, traces, parent, kind) = if let Some(page) = self.pages.get_mut(&id) {
            (&mut page.in_trash, &mut page.traces, page.parent, "page")
        } else if let Some(database) = self.databases.get_mut(&id) {
            (&mut database.in_trash, &mut database.traces, database.parent, "child_database")
        } else if let Some(source) = self.sources.get_mut(&id) {
            (&mut source.in_trash, &mut source.traces, Parent::Database(source.database), "data_source")
        } else {
            return false;
        };
        if *flag == in_trash {
            return false;
        }
        *flag = in_trash;
        hand.touch(traces);
        hand.note(self, id, if in_trash { What::Deleted } else { What::Undeleted });
        self.note_content(hand, parent, id, kind);
        true
    }

    /// Locks or unlocks a page or a database.
    pub(crate) fn set_lock(&mut self, hand: &mut Hand<'_>, id: Id, locked: bool) {
        let flag = match (self.pages.get_mut(&id), self.databases.get_mut(&id)) {
            (Some(page), _) => &mut page.is_locked,
            (_, Some(database)) => &mut database.is_locked,
            _ => return,
        };
        if *flag == locked {
            return;
        }
        *flag = locked;
        if self.sort_of(id) == Some(Sort::Page) {
            hand.note(self, id, if locked { What::Locked } else { What::Unlocked });
        }
    }

    /// Moves a page or a database.
    pub(crate) fn move_to(&mut self, hand: &mut Hand<'_>, id: Id, to: Parent) {
        let from = match (self.pages.get_mut(&id), self.databases.get_mut(&id)) {
            (Some(page), _) => {
                hand.touch(&mut page.traces);
                std::mem::replace(&mut page.parent, to)
            }
            (_, Some(database)) => {
                hand.touch(&mut database.traces);
                std::mem::replace(&mut database.parent, to)
            }
            _ => return,
        };
        if from == to {
            return;
        }
        self.detach(id, from);
        self.attach(id, to);
        self.carry_values(id, from, to);
        hand.note(self, id, What::Moved);
        self.note_content(hand, from, id, "page");
        self.note_content(hand, to, id, "page");
    }

    /// A row that moves keeps its title, and the plain values whose property is there too, by name and type.
    fn carry_values(&mut self, id: Id, from: Parent, to: Parent) {
        let number = match to {
            Parent::Source(source) => self.sources.get_mut(&source).map_or(0, |source| {
                source.numbered += 1;
                source.numbered
            }),
            _ => 0,
        };
        let Some(values) = self.pages.get_mut(&id).map(|page| std::mem::take(&mut page.values)) else {
            return;
        };
        let kept: Vec<(u16, Val)> = values
            .into_iter()
            .filter_map(|(slot, value)| Some((self.same_property(from, to, slot, &value)?, value)))
            .collect();
        let Some(page) = self.pages.get_mut(&id) else { return };
        page.number = number;
        for (slot, value) in kept {
            page.put(slot, Some(value));
        }
    }

    fn same_property(&self, from: Parent, to: Parent, slot: u16, value: &Val) -> Option<u16> {
        if slot == TITLE {
            return Some(TITLE);
        }
        let (Parent::Source(from), Parent::Source(to)) = (from, to) else { return None };
        if matches!(value, Val::Choice(_) | Val::Choices(_) | Val::Ids(_)) {
            return None;
        }
        let old = self.sources.get(&from)?.in_slot(slot)?;
        let new = self.sources.get(&to)?.properties.iter().find(|property| property.name == old.name)?;
        (new.kind.name() == old.kind.name()).then_some(new.slot)
    }

    /// Adds a database with its first data source.
    pub(crate) fn add_database(&mut self, hand: &mut Hand<'_>, workspace: usize, new: NewDatabase) -> Id {
        let id = self.new_id();
        let database = Database {
            id,
            workspace: u8::try_from(workspace).unwrap_or_default(),
            parent: new.parent,
            traces: hand.traces(),
            title: new.title.clone(),
            description: new.description,
            is_inline: new.is_inline,
            is_locked: false,
            in_trash: false,
            icon: new.icon,
            cover: new.cover,
            sources: Vec::new(),
        };
        self.databases.insert(id, database);
        self.workspaces[workspace].databases.push(id);
        self.attach(id, new.parent);
        hand.note(self, id, What::Created);
        self.add_source(hand, id, new.title, new.schema);
        self.note_content(hand, new.parent, id, "child_database");
        id
    }

    /// Adds a data source to a database.
    pub(crate) fn add_source(
        &mut self,
        hand: &mut Hand<'_>,
        database: Id,
        title: Rich,
        schema: Drafted,
    ) -> Id {
        let (id, seq) = (self.new_id(), self.next_seq());
        let workspace = self.databases.get(&database).map_or(0, |database| database.workspace);
        let source = Source {
            id,
            database,
            workspace,
            traces: hand.traces(),
            seq,
            title,
            description: Rich::empty(),
            icon: None,
            in_trash: false,
            properties: Vec::new(),
            next_slot: 1,
            next_choice: 1,
            rows: Vec::new(),
            numbered: 0,
        };
        self.sources.insert(id, source);
        self.workspaces[usize::from(workspace)].sources.push(id);
        self.attach(id, Parent::Database(database));
        // What a new data source begins with is no change of its schema.
        self.take_over(hand, id, schema.quiet());
        hand.note(self, id, What::Created);
        id
    }

    /// Adds blocks below `parent`, at a place among what is there; returns the ids of the uppermost.
    pub(crate) fn add_blocks(
        &mut self,
        hand: &mut Hand<'_>,
        parent: Parent,
        at: Option<usize>,
        blocks: Vec<NewBlock>,
    ) -> Vec<Id> {
        let Some(above) = parent.id() else { return Vec::new() };
        let mut added = Vec::new();
        let mut told = Vec::new();
        for block in blocks {
            told.push(block.kind);
            added.push(self.add_block(hand, parent, block));
        }
        let Some(children) = self.children_mut(above) else { return Vec::new() };
        let at = at.unwrap_or(children.len()).min(children.len());
        children.splice(at..at, added.iter().copied());
        if let Some(page) = self.page_above(above) {
            self.touch_page(hand, page);
            hand.note(self, page, What::Content(added.iter().copied().zip(told).collect()));
        }
        added
    }

    fn add_block(&mut self, hand: &Hand<'_>, parent: Parent, new: NewBlock) -> Id {
        let id = self.new_id();
        let workspace = parent.id().and_then(|parent| self.workspace_of(parent)).unwrap_or_default();
        let block = Block {
            workspace: u8::try_from(workspace).unwrap_or_default(),
            parent,
            traces: hand.traces(),
            kind: new.kind.to_owned(),
            content: new.content,
            children: Vec::new(),
            in_trash: false,
        };
        self.blocks.insert(id, block);
        for child in new.children {
            let child = self.add_block(hand, Parent::Block(id), child);
            if let Some(block) = self.blocks.get_mut(&id) {
                block.children.push(child);
            }
        }
        id
    }
}
