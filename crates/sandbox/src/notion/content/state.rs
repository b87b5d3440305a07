//! Everything in Notion, and who may see what of it.

use super::model::{Block, Comment, Connection, Database, Page, Parent, Source, User, Workspace};
use crate::house::Dice;
use crate::notion::id::Id;
use std::collections::HashMap;
use std::sync::Arc;

/// All workspaces and what they hold. Maps are for looking up, never for listing: lists have an order of their own.
pub(crate) struct State {
    pub(crate) workspaces: Vec<Workspace>,
    /// By bot.
    pub(crate) connections: HashMap<Id, Arc<Connection>>,
    /// In the order in which they came.
    pub(crate) bots: Vec<Id>,
    pub(crate) pages: HashMap<Id, Page>,
    pub(crate) databases: HashMap<Id, Database>,
    pub(crate) sources: HashMap<Id, Source>,
    pub(crate) blocks: HashMap<Id, Block>,
    /// In the order in which they came.
    pub(crate) comments: Vec<Comment>,
    /// Where ids come from.
    pub(crate) dice: Dice,
    /// Counts everything that is made.
    pub(crate) seq: u32,
}

/// What an id stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Page,
    Database,
    Source,
    Block,
}

/// Whose eyes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Eyes<'a> {
    /// A person sees everything in this workspace.
    Person(usize),
    /// A connection sees what was shared with it, and everything below.
    Connection(&'a Connection),
}

impl Eyes<'_> {
    /// The workspace.
    pub(crate) fn workspace(&self) -> usize {
        match self {
            Self::Person(workspace) => *workspace,
            Self::Connection(connection) => connection.workspace,
        }
    }
}

impl State {
    /// Nothing at all.
    pub(crate) fn new(dice: Dice) -> Self {
        Self {
            workspaces: Vec::new(),
            connections: HashMap::new(),
            bots: Vec::new(),
            pages: HashMap::new(),
            databases: HashMap::new(),
            sources: HashMap::new(),
            blocks: HashMap::new(),
            comments: Vec::new(),
            dice,
            seq: 0,
        }
    }

    /// A new id.
    pub(crate) fn new_id(&mut self) -> Id {
        Id::new(&mut self.dice)
    }

    /// Dice of their own for a draft that may be thrown away.
    pub(crate) fn fork_dice(&mut self) -> Dice {
        let seed = (u64::from(self.dice.u32()) << 32) | u64::from(self.dice.u32());
        Dice::new(seed, "draft")
    }

    /// The next in the order of creation.
    pub(crate) fn next_seq(&mut self) -> u32 {
        self.seq += 1;
        self.seq
    }

    /// What `id` stands for.
    pub(crate) fn sort_of(&self, id: Id) -> Option<Sort> {
        if self.pages.contains_key(&id) {
            Some(Sort::Page)
        } else if self.sources.contains_key(&id) {
            Some(Sort::Source)
        } else if self.databases.contains_key(&id) {
            Some(Sort::Database)
        } else if self.blocks.contains_key(&id) {
            Some(Sort::Block)
        } else {
            None
        }
    }

    /// Where `id` is, and whether it is itself in the trash.
    fn place(&self, id: Id) -> Option<(Parent, bool, u8)> {
        if let Some(page) = self.pages.get(&id) {
            return Some((page.parent, page.in_trash, page.workspace));
        }
        if let Some(source) = self.sources.get(&id) {
            return Some((Parent::Database(source.database), source.in_trash, source.workspace));
        }
        if let Some(database) = self.databases.get(&id) {
            return Some((database.parent, database.in_trash, database.workspace));
        }
        self.blocks.get(&id).map(|block| (block.parent, block.in_trash, block.workspace))
    }

    /// The workspace that holds `id`.
    pub(crate) fn workspace_of(&self, id: Id) -> Option<usize> {
        self.place(id).map(|(_, _, workspace)| usize::from(workspace))
    }

    /// Whether these eyes see `id`.
    pub(crate) fn sees(&self, eyes: Eyes<'_>, id: Id) -> bool {
        let connection = match eyes {
            Eyes::Person(workspace) => return self.workspace_of(id) == Some(workspace),
            Eyes::Connection(connection) => connection,
        };
        let mut at = Some(id);
        while let Some(id) = at {
            if connection.shared.contains(&id) {
                return true;
            }
            at = self.place(id).and_then(|(parent, _, _)| parent.id());
        }
        false
    }

    /// Whether `id`, or something it is in, is in the trash.
    pub(crate) fn is_trashed(&self, id: Id) -> bool {
        let mut at = Some(id);
        while let Some(id) = at {
            let Some((parent, in_trash, _)) = self.place(id) else { return false };
            if in_trash {
                return true;
            }
            at = parent.id();
        }
        false
    }

    /// Whether `id` is `above` or somewhere in it.
    pub(crate) fn is_within(&self, id: Id, above: Id) -> bool {
        let mut at = Some(id);
        while let Some(id) = at {
            if id == above {
                return true;
            }
            at = self.place(id).and_then(|(parent, _, _)| parent.id());
        }
        false
    }

    /// A person.
    pub(crate) fn user(&self, workspace: usize, id: Id) -> Option<&User> {
        self.workspaces.get(workspace)?.users.iter().find(|user| user.id == id)
    }

    /// The bots of a workspace, in the order in which they came.
    pub(crate) fn bots_in(&self, workspace: usize) -> impl Iterator<Item = &Arc<Connection>> {
        self.bots
            .iter()
            .filter_map(|bot| self.connections.get(bot))
            .filter(move |connection| connection.workspace == workspace)
    }

    /// Whether this is a person or a bot of the workspace.
    pub(crate) fn is_user(&self, workspace: usize, id: Id) -> bool {
        self.user(workspace, id).is_some()
            || self.connections.get(&id).is_some_and(|connection| connection.workspace == workspace)
    }

    /// What a page, a database or a block has on it.
    pub(crate) fn children(&self, id: Id) -> &[Id] {
        match (self.pages.get(&id), self.blocks.get(&id)) {
            (Some(page), _) => page.children(),
            (_, Some(block)) => &block.children,
            _ => &[],
        }
    }

    /// The same, to change.
    pub(crate) fn children_mut(&mut self, id: Id) -> Option<&mut Vec<Id>> {
        if let Some(page) = self.pages.get_mut(&id) {
            return Some(&mut page.extras().children);
        }
        self.blocks.get_mut(&id).map(|block| &mut block.children)
    }

    /// Puts `child` where `parent` lists what it has.
    pub(crate) fn attach(&mut self, child: Id, parent: Parent) {
        match parent {
            Parent::Page(id) | Parent::Block(id) => {
                if let Some(children) = self.children_mut(id) {
                    children.push(child);
                }
            }
            Parent::Source(id) => {
                if let Some(source) = self.sources.get_mut(&id) {
                    source.rows.push(child);
                }
            }
            Parent::Database(id) => {
                if let Some(database) = self.databases.get_mut(&id) {
                    database.sources.push(child);
                }
            }
            Parent::Workspace => {}
        }
    }

    /// Takes `child` from where `parent` lists what it has.
    pub(crate) fn detach(&mut self, child: Id, parent: Parent) {
        match parent {
            Parent::Page(id) | Parent::Block(id) => {
                if let Some(children) = self.children_mut(id) {
                    children.retain(|id| *id != child);
                }
            }
            Parent::Source(id) => {
                if let Some(source) = self.sources.get_mut(&id) {
                    source.rows.retain(|id| *id != child);
                }
            }
            Parent::Database(id) => {
                if let Some(database) = self.databases.get_mut(&id) {
                    database.sources.retain(|id| *id != child);
                }
            }
            Parent::Workspace => {}
        }
    }
}
