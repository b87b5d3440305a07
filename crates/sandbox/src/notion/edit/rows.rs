//! Pages, blocks and comments, as people edit them.

use super::{Person, plain, refused};
use crate::house::EditError;
use crate::notion::content::blocks;
use crate::notion::content::hand::What;
use crate::notion::content::model::{Block, Parent};
use crate::notion::content::rich::Rich;
use crate::notion::content::state::{Sort, State};
use crate::notion::content::value_write::{Edit as ValueEdit, Writer};
use crate::notion::id::Id;
use serde::Deserialize;
use serde_json::{Value, json};

/// An event that nothing in the sandbox leads to: of views, of file uploads, of types that are not known yet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEvent {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) entity: Value,
    #[serde(default)]
    pub(crate) data: Value,
}

type Done = Result<Value, EditError>;

impl Person<'_> {
    fn values(&self, state: &State, parent: Parent) -> Result<Vec<ValueEdit>, EditError> {
        let mut writer = Writer::new(state, self.eyes(), self.author.id);
        let source = if let Parent::Source(source) = parent { state.sources.get(&source) } else { None };
        let edits = match source {
            Some(source) => {
                let properties = plain::properties(state, source, &self.edit.properties);
                writer.row(source, &properties, "properties")
            }
            None => {
                let mut properties = self.edit.properties.clone();
                if let Some(Value::String(title)) = properties.get("title") {
                    let title = json!([{ "text": { "content": title } }]);
                    properties.insert("title".to_owned(), title);
                }
                writer.lone_page(&Value::Object(properties), "properties", true)
            }
        };
        edits.map_err(refused)
    }

    /// A row of a data source, or a page on the page `to`.
    pub(super) fn create(&self) -> Done {
        let mut state = self.notion.state.write();
        let parent = if self.edit.data_source_id.is_some() {
            Parent::Source(self.source(&state)?)
        } else if self.edit.to.is_some() {
            let to = self.known(&state, self.edit.to.as_deref(), "to")?;
            if !state.pages.contains_key(&to) {
                return Err(EditError::Invalid(format!("{to} is no page")));
            }
            Parent::Page(to)
        } else {
            Parent::Workspace
        };
        let edits = self.values(&state, parent)?;
        let mut hand = self.hand();
        let id = state.add_page(&mut hand, self.workspace, parent, edits);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "object": "page" }))
    }

    pub(super) fn update(&self) -> Done {
        let mut state = self.notion.state.write();
        let id = self.id(&state)?;
        let Some(parent) = state.pages.get(&id).map(|page| page.parent) else {
            return Err(EditError::Invalid(format!("{id} is no page")));
        };
        if state.is_trashed(id) {
            return Err(EditError::Invalid(format!("{id} is in the trash")));
        }
        let edits = self.values(&state, parent)?;
        let mut hand = self.hand();
        state.edit_page(&mut hand, id, edits);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "object": "page" }))
    }

    pub(super) fn trash(&self, in_trash: bool) -> Done {
        let mut state = self.notion.state.write();
        let id = self.id(&state)?;
        let mut hand = self.hand();
        let changed = state.set_trash(&mut hand, id, in_trash);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "in_trash": in_trash, "changed": changed }))
    }

    pub(super) fn move_to(&self) -> Done {
        let mut state = self.notion.state.write();
        let id = self.id(&state)?;
        let to = self.known(&state, self.edit.to.as_deref(), "to")?;
        let parent = match (state.sort_of(id), state.sort_of(to)) {
            (Some(Sort::Page | Sort::Database), Some(Sort::Page)) => Parent::Page(to),
            (Some(Sort::Page), Some(Sort::Source)) => Parent::Source(to),
            (Some(Sort::Page), Some(Sort::Database)) => {
                let database = &state.databases[&to];
                Parent::Source(state.only_source(database).map_err(refused)?)
            }
            _ => return Err(EditError::Invalid(format!("{id} cannot be moved to {to}"))),
        };
        if state.is_within(to, id) {
            return Err(EditError::Invalid(format!("{id} cannot be moved into itself")));
        }
        let mut hand = self.hand();
        state.move_to(&mut hand, id, parent);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "parent": to }))
    }

    pub(super) fn lock(&self, locked: bool) -> Done {
        let mut state = self.notion.state.write();
        let id = self.id(&state)?;
        let mut hand = self.hand();
        state.set_lock(&mut hand, id, locked);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "is_locked": locked }))
    }

    /// Paragraphs below a page or a block.
    pub(super) fn append(&self) -> Done {
        let mut state = self.notion.state.write();
        let id = self.id(&state)?;
        let parent = match state.sort_of(id) {
            Some(Sort::Page) => Parent::Page(id),
            Some(Sort::Block) => Parent::Block(id),
            _ => return Err(EditError::Invalid(format!("{id} is neither a page nor a block"))),
        };
        let new = blocks::of_markdown(self.edit.text.as_deref().unwrap_or_default());
        if new.is_empty() {
            return Err(EditError::Invalid("text is missing".to_owned()));
        }
        let mut hand = self.hand();
        let added = state.add_blocks(&mut hand, parent, None, new);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "blocks": added }))
    }

    pub(super) fn comment(&self) -> Done {
        let mut state = self.notion.state.write();
        let id = self.id(&state)?;
        let parent = match state.sort_of(id) {
            Some(Sort::Page) => Parent::Page(id),
            Some(Sort::Block) => Parent::Block(id),
            _ => return Err(EditError::Invalid(format!("{id} is neither a page nor a block"))),
        };
        let text = Rich::new(self.edit.text.as_deref().unwrap_or_default());
        let mut hand = self.hand();
        let comment = state.add_comment(&mut hand, (parent, None), text);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": comment, "object": "comment" }))
    }

    fn comment_at(&self, state: &State) -> Result<usize, EditError> {
        let id = self.edit.id.as_deref().and_then(Id::parse);
        let at = state
            .comments
            .iter()
            .position(|comment| Some(comment.id) == id && usize::from(comment.workspace) == self.workspace);
        at.ok_or_else(|| EditError::NotFound("there is no such comment".to_owned()))
    }

    pub(super) fn update_comment(&self) -> Done {
        let mut state = self.notion.state.write();
        let at = self.comment_at(&state)?;
        let mut hand = self.hand();
        let id = state.comments[at].id;
        state.comments[at].text = Rich::new(self.edit.text.as_deref().unwrap_or_default());
        hand.touch(&mut state.comments[at].traces);
        state.tell_comment(&mut hand, id, What::Updated);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "object": "comment" }))
    }

    pub(super) fn delete_comment(&self) -> Done {
        let mut state = self.notion.state.write();
        let at = self.comment_at(&state)?;
        let mut hand = self.hand();
        let id = state.comments[at].id;
        state.tell_comment(&mut hand, id, What::Deleted);
        state.comments.remove(at);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "object": "comment" }))
    }

    /// Meeting notes on a page: only people make them (Notion facts 1).
    pub(super) fn add_transcript(&self) -> Done {
        let mut state = self.notion.state.write();
        let page = self.id(&state)?;
        if !state.pages.contains_key(&page) {
            return Err(EditError::Invalid(format!("{page} is no page")));
        }
        let mut hand = self.hand();
        let id = state.new_id();
        let block = Block {
            workspace: u8::try_from(self.workspace).unwrap_or_default(),
            parent: Parent::Page(page),
            traces: hand.traces(),
            kind: "meeting_notes".to_owned(),
            content: json!({ "title": Rich::new(self.edit.text.as_deref().unwrap_or("Meeting")).render() }),
            children: Vec::new(),
            in_trash: false,
        };
        state.blocks.insert(id, block);
        state.attach(id, Parent::Page(page));
        hand.note(&state, page, What::Content(vec![(id, "block")]));
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "object": "block" }))
    }

    pub(super) fn delete_transcript(&self) -> Done {
        let mut state = self.notion.state.write();
        let id = self.id(&state)?;
        let page = state.page_above(id);
        let block = state.blocks.get_mut(&id).filter(|block| block.kind == "meeting_notes");
        let (Some(block), Some(page)) = (block, page) else {
            return Err(EditError::Invalid(format!("{id} is no transcript")));
        };
        block.in_trash = true;
        let mut hand = self.hand();
        hand.note(&state, page, What::TranscriptDeleted);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "object": "block" }))
    }

    /// Sends an event as it is given.
    pub(super) fn event(&self) -> Done {
        let Some(event) = self.edit.event.clone() else {
            return Err(EditError::Invalid("event is missing".to_owned()));
        };
        let sent = self.notion.send_raw(self.workspace, self.author, &event);
        Ok(json!({ "sent": sent }))
    }
}
