//! Blocks (Notion facts 5).

use super::{Answer, Call, Commit, Done, May};
use crate::notion::check::Fields;
use crate::notion::content::blocks;
use crate::notion::content::hand::What;
use crate::notion::content::model::Parent;
use crate::notion::content::state::State;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::query::paging::{self, Paging};
use crate::notion::version::Version;
use serde_json::Value;

fn seen(call: &Call<'_>, state: &State, id: Id) -> Result<(), Failure> {
    let known =
        state.blocks.contains_key(&id) || state.pages.contains_key(&id) || state.databases.contains_key(&id);
    if known && state.sees(call.eyes(), id) { Ok(()) } else { Err(Failure::not_found("block", id)) }
}

fn render(call: &Call<'_>, state: &State, id: Id) -> Value {
    call.printer(state).block(id).unwrap_or_default()
}

/// `GET /v1/blocks/{id}`
pub(super) fn get(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Read)?;
    let state = call.notion.state.read();
    seen(call, &state, id)?;
    Done::read(render(call, &state, id))
}

/// `GET /v1/blocks/{id}/children`
pub(super) fn children(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Read)?;
    let paging = Paging::of_query(&call.query)?;
    let state = call.notion.state.read();
    seen(call, &state, id)?;
    let ids: Vec<Id> = state.children(id).iter().copied().filter(|child| !state.is_trashed(*child)).collect();
    let start = paging.start(&ids, call.settings.query.invalid_cursor)?;
    let (shown, next) = paging::cut(&ids, start, paging.size);
    let results = shown.iter().map(|id| render(call, &state, *id)).collect();
    Done::read(paging::list("block", results, next))
}

/// `PATCH /v1/blocks/{id}/children`
pub(super) fn append(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Insert)?;
    let mut state = call.notion.state.write();
    seen(call, &state, id)?;
    let parent = if state.pages.contains_key(&id) {
        Parent::Page(id)
    } else if state.blocks.contains_key(&id) {
        Parent::Block(id)
    } else {
        return Err(Failure::validation("Blocks cannot be added to a database."));
    };
    if state.is_trashed(id) {
        return Err(Failure::archived());
    }
    let Some(children) = call.body.get("children") else {
        return Err(Failure::expected("body.children", "defined", None));
    };
    let new = blocks::parse(children, "body.children")?;
    let at = place(call, state.children(id))?;
    call.room_for(&state, new.len(), None)?;
    let mut hand = call.hand();
    let added = state.add_blocks(&mut hand, parent, at, new);
    let results = added.iter().map(|id| render(call, &state, *id)).collect();
    drop(state);
    call.notion.announce(hand.changes);
    Ok(Done { body: paging::list("block", results, None), commit: Some(Commit::Appended(id, added)) })
}

/// Among what is there: behind `after` in older versions, at `position` in the newest.
fn place(call: &Call<'_>, children: &[Id]) -> Result<Option<usize>, Failure> {
    let fields = Fields::of(&call.body, "body")?;
    let behind = |id: Id| {
        let at = children.iter().position(|child| *child == id);
        at.map(|at| Some(at + 1)).ok_or_else(|| {
            Failure::validation(format!("Block to append after not found among the children: {id}."))
        })
    };
    if call.version < Version::Trash {
        fields.refuse("position")?;
        return match fields.id("after")? {
            Some(after) => behind(after),
            None => Ok(None),
        };
    }
    fields.refuse("after")?;
    let Some(position) = fields.get("position") else { return Ok(None) };
    let position = Fields::of(position, "body.position")?;
    match position.text("type")? {
        Some("start") => Ok(Some(0)),
        Some("end") => Ok(None),
        Some("after_block") => {
            let path = position.at("after_block");
            let Some(after) = position.get("after_block") else {
                return Err(Failure::expected(&path, "defined", None));
            };
            match Fields::of(after, &path)?.id("id")? {
                Some(id) => behind(id),
                None => Err(Failure::expected(&format!("{path}.id"), "defined", None)),
            }
        }
        _ => {
            let what = "`\"after_block\"`, `\"start\"` or `\"end\"`";
            Err(Failure::expected("body.position.type", what, position.get("type")))
        }
    }
}

/// `PATCH /v1/blocks/{id}`
pub(super) fn update(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Update)?;
    let mut state = call.notion.state.write();
    seen(call, &state, id)?;
    let trash = call.trash_flag()?;
    let Some(block) = state.blocks.get(&id) else {
        return Err(Failure::validation("Pages and databases are updated at their own endpoints."));
    };
    if state.is_trashed(id) && trash != Some(false) {
        return Err(Failure::archived());
    }
    let kind = block.kind.clone();
    let content = match call.body.get(&kind) {
        Some(value) => Some(blocks::update(&kind, &block.content, value, &format!("body.{kind}"))?),
        None => None,
    };
    if content.is_none() && trash.is_none() {
        return Err(Failure::expected(&format!("body.{kind}"), "defined", None));
    }
    let mut hand = call.hand();
    if let Some(block) = state.blocks.get_mut(&id) {
        block.content = content.unwrap_or_else(|| block.content.clone());
        block.in_trash = trash.unwrap_or(block.in_trash);
        hand.touch(&mut block.traces);
    }
    tell(&mut state, &mut hand, id);
    let body = render(call, &state, id);
    drop(state);
    call.notion.announce(hand.changes);
    Done::changed(body)
}

/// `DELETE /v1/blocks/{id}`: into the trash; pages too.
pub(super) fn delete(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Update)?;
    let mut state = call.notion.state.write();
    seen(call, &state, id)?;
    if state.is_trashed(id) {
        return Err(Failure::archived());
    }
    let mut hand = call.hand();
    if let Some(block) = state.blocks.get_mut(&id) {
        block.in_trash = true;
        hand.touch(&mut block.traces);
        tell(&mut state, &mut hand, id);
    } else if call.settings.pages.delete_block_trashes_pages {
        state.set_trash(&mut hand, id, true);
    } else {
        return Err(Failure::validation("Pages and databases are not deleted as blocks."));
    }
    let body = render(call, &state, id);
    drop(state);
    call.notion.announce(hand.changes);
    Done::changed(body)
}

/// The page a block is on was edited.
fn tell(state: &mut State, hand: &mut crate::notion::content::hand::Hand<'_>, id: Id) {
    if let Some(page) = state.page_above(id) {
        state.touch_page(hand, page);
        hand.note(state, page, What::Content(vec![(id, "block")]));
    }
}
