//! Comments (Notion facts 5): on pages, on blocks, and in discussions that are there.

use super::{Answer, Call, Done, May};
use crate::notion::check::Fields;
use crate::notion::content::hand::{Entity, EntityKind, Hand, What};
use crate::notion::content::model::{Comment, Parent};
use crate::notion::content::rich::Rich;
use crate::notion::content::state::State;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::query::paging::{self, Paging};

/// Where a new comment goes: a new discussion there, or one that is there.
type Place = (Parent, Option<Id>);

impl State {
    /// Adds a comment.
    pub(crate) fn add_comment(&mut self, hand: &mut Hand<'_>, (parent, discussion): Place, text: Rich) -> Id {
        let (id, fresh) = (self.new_id(), self.new_id());
        let workspace = parent.id().and_then(|id| self.workspace_of(id)).unwrap_or_default();
        self.comments.push(Comment {
            id,
            workspace: u8::try_from(workspace).unwrap_or_default(),
            parent,
            discussion: discussion.unwrap_or(fresh),
            traces: hand.traces(),
            text,
        });
        self.tell_comment(hand, id, What::Created);
        id
    }

    /// Tells what happened to a comment that is still there.
    pub(crate) fn tell_comment(&self, hand: &mut Hand<'_>, id: Id, what: What) {
        let Some(comment) = self.comments.iter().find(|comment| comment.id == id) else { return };
        let workspace = usize::from(comment.workspace);
        let page = comment.parent.id().and_then(|above| self.page_above(above)).unwrap_or(Id(0));
        let entity = Entity { id, kind: EntityKind::Comment { page } };
        hand.push(workspace, entity, self.parent_ref(comment.parent, workspace), what);
    }
}

/// `POST /v1/comments`
pub(super) fn create(call: &Call<'_>) -> Answer {
    call.may(May::InsertComments)?;
    let mut state = call.notion.state.write();
    let fields = Fields::of(&call.body, "body")?;
    let place = place(call, &state, fields)?;
    let text = text(fields)?;
    if place.0.id().is_some_and(|id| state.is_trashed(id)) {
        return Err(Failure::archived());
    }
    let mut hand = call.hand();
    let id = state.add_comment(&mut hand, place, text);
    let body = state.comments.last().map(|comment| call.printer(&state).comment(comment)).unwrap_or_default();
    drop(state);
    call.notion.announce(hand.changes);
    Done::created(body, id)
}

fn text(fields: Fields<'_>) -> Result<Rich, Failure> {
    match fields.get("rich_text") {
        Some(text) => Rich::parse(text, "body.rich_text"),
        None => Err(Failure::expected("body.rich_text", "defined", None)),
    }
}

fn place(call: &Call<'_>, state: &State, fields: Fields<'_>) -> Result<Place, Failure> {
    if let Some(discussion) = fields.id("discussion_id")? {
        let first = state.comments.iter().find(|comment| comment.discussion == discussion);
        let first = first.filter(|comment| sees(call, state, comment));
        return match first {
            Some(comment) => Ok((comment.parent, Some(discussion))),
            None => Err(Failure::not_found("discussion", discussion)),
        };
    }
    let Some(parent) = fields.get("parent") else {
        return Err(Failure::expected("body.parent", "defined", None));
    };
    let parent = Fields::of(parent, "body.parent")?;
    if let Some(block) = parent.id("block_id")? {
        let seen = state.blocks.contains_key(&block) && state.sees(call.eyes(), block);
        return if seen { Ok((Parent::Block(block), None)) } else { Err(Failure::not_found("block", block)) };
    }
    Ok((Parent::Page(call.seen_page(state, parent)?), None))
}

fn sees(call: &Call<'_>, state: &State, comment: &Comment) -> bool {
    comment.parent.id().is_some_and(|above| state.sees(call.eyes(), above))
}

/// `GET /v1/comments?block_id=…`
pub(super) fn list(call: &Call<'_>) -> Answer {
    call.may(May::ReadComments)?;
    let paging = Paging::of_query(&call.query)?;
    let named = call.query.iter().find(|(key, _)| key == "block_id").map(|(_, value)| value.as_str());
    let Some(above) = named else { return Err(Failure::expected("query.block_id", "defined", None)) };
    let above = Id::parse(above)
        .ok_or_else(|| Failure::expected("query.block_id", "a valid uuid", Some(&above.into())))?;
    let state = call.notion.state.read();
    if state.sort_of(above).is_none() || !state.sees(call.eyes(), above) {
        return Err(Failure::not_found("block", above));
    }
    let on: Vec<&Comment> =
        state.comments.iter().filter(|comment| comment.parent.id() == Some(above)).collect();
    let ids: Vec<Id> = on.iter().map(|comment| comment.id).collect();
    let start = paging.start(&ids, call.settings.query.invalid_cursor)?;
    let (shown, next) = paging::cut(&ids, start, paging.size);
    let printer = call.printer(&state);
    let results = on[start..start + shown.len()].iter().map(|comment| printer.comment(comment)).collect();
    Done::read(paging::list("comment", results, next))
}

fn find(call: &Call<'_>, state: &State, id: Id) -> Result<usize, Failure> {
    let at = state.comments.iter().position(|comment| comment.id == id && sees(call, state, comment));
    at.ok_or_else(|| Failure::not_found("comment", id))
}

/// `GET /v1/comments/{id}`
pub(super) fn get(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::ReadComments)?;
    let state = call.notion.state.read();
    let at = find(call, &state, id)?;
    Done::read(call.printer(&state).comment(&state.comments[at]))
}

/// `PATCH /v1/comments/{id}`
pub(super) fn update(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::InsertComments)?;
    let mut state = call.notion.state.write();
    let at = find(call, &state, id)?;
    let text = text(Fields::of(&call.body, "body")?)?;
    let mut hand = call.hand();
    state.comments[at].text = text;
    hand.touch(&mut state.comments[at].traces);
    state.tell_comment(&mut hand, id, What::Updated);
    let body = call.printer(&state).comment(&state.comments[at]);
    drop(state);
    call.notion.announce(hand.changes);
    Done::changed(body)
}

/// `DELETE /v1/comments/{id}`
pub(super) fn delete(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::InsertComments)?;
    let mut state = call.notion.state.write();
    let at = find(call, &state, id)?;
    let mut hand = call.hand();
    state.tell_comment(&mut hand, id, What::Deleted);
    let body = call.printer(&state).comment(&state.comments[at]);
    state.comments.remove(at);
    drop(state);
    call.notion.announce(hand.changes);
    Done::changed(body)
}
