//! Pages: create, read, update, trash, move (Notion facts 7).

use super::places::{cover, icon};
use super::{Answer, Call, Done, May};
use crate::notion::check::Fields;
use crate::notion::content::blocks::{self, NewBlock};
use crate::notion::content::hand::{Hand, What};
use crate::notion::content::model::Parent;
use crate::notion::content::state::State;
use crate::notion::content::value_write::{Edit, Writer};
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::version::Version;
use serde_json::Value;

/// `POST /v1/pages`
pub(super) fn create(call: &Call<'_>) -> Answer {
    call.may(May::Insert)?;
    let mut state = call.notion.state.write();
    let parent = call.page_parent(&state)?;
    let edits = new_values(call, &state, parent)?;
    let children = new_children(call)?;
    let (icon, cover) = (icon(&call.body)?.flatten(), cover(&call.body)?.flatten());
    let source = if let Parent::Source(source) = parent { Some(source) } else { None };
    call.room_for(&state, 1 + children.len(), source)?;
    let mut hand = call.hand();
    let id = state.add_page(&mut hand, call.connection.workspace, parent, edits);
    if let Some(page) = state.pages.get_mut(&id)
        && (icon.is_some() || cover.is_some())
    {
        (page.extras().icon, page.extras().cover) = (icon, cover);
    }
    if parent == Parent::Workspace {
        share(call, &mut state, id);
    }
    if !children.is_empty() {
        state.add_blocks(&mut hand, Parent::Page(id), None, children);
    }
    let body = state.pages.get(&id).map(|page| call.printer(&state).page(page, None)).unwrap_or_default();
    drop(state);
    call.notion.announce(hand.changes);
    Done::created(body, id)
}

/// What a connection makes at the top is shared with it.
fn share(call: &Call<'_>, state: &mut State, id: Id) {
    if let Some(connection) = state.connections.get_mut(&call.connection.bot) {
        std::sync::Arc::make_mut(connection).shared.insert(id);
    }
}

fn new_values(call: &Call<'_>, state: &State, parent: Parent) -> Result<Vec<Edit>, Failure> {
    let Some(properties) = call.body.get("properties") else {
        return if call.version.is_old() {
            Err(Failure::expected("body.properties", "defined", None))
        } else {
            Ok(Vec::new())
        };
    };
    values(call, state, parent, properties)
}

fn values(call: &Call<'_>, state: &State, parent: Parent, properties: &Value) -> Result<Vec<Edit>, Failure> {
    let mut writer = Writer::new(state, call.eyes(), call.connection.bot);
    let source = if let Parent::Source(source) = parent { state.sources.get(&source) } else { None };
    match source {
        Some(source) => writer.row(source, properties, "body.properties"),
        None => writer.lone_page(properties, "body.properties", call.settings.pages.only_title_below_page),
    }
}

/// `children`, `content` or `markdown`, one of them; templates there are none.
fn new_children(call: &Call<'_>) -> Result<Vec<NewBlock>, Failure> {
    let fields = Fields::of(&call.body, "body")?;
    let given: Vec<&str> =
        ["children", "content", "markdown"].into_iter().filter(|key| fields.get(key).is_some()).collect();
    if let [_, second, ..] = given.as_slice() {
        fields.refuse(second)?;
    }
    if fields.get("markdown").is_none() {
        fields.refuse("allow_async")?;
    } else if call.version < Version::Trash {
        fields.refuse("markdown")?;
    }
    check_template(fields)?;
    match given.first() {
        None => Ok(Vec::new()),
        Some(&"markdown") => Ok(blocks::of_markdown(fields.text("markdown")?.unwrap_or_default())),
        Some(key) => blocks::parse(&call.body[*key], &fields.at(key)),
    }
}

fn check_template(fields: Fields<'_>) -> Result<(), Failure> {
    let Some(template) = fields.get("template") else { return Ok(()) };
    let template = Fields::of(template, "body.template")?;
    match template.text("type")? {
        Some("none") => Ok(()),
        Some("default" | "template_id") => Err(Failure::validation("The data source has no such template.")),
        _ => {
            let what = "`\"none\"`, `\"default\"` or `\"template_id\"`";
            Err(Failure::expected("body.template.type", what, template.get("type")))
        }
    }
}

/// `GET /v1/pages/{id}`
pub(super) fn get(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Read)?;
    let state = call.notion.state.read();
    let page = state.pages.get(&id).filter(|_| state.sees(call.eyes(), id));
    let page = page.ok_or_else(|| Failure::not_found("page", id))?;
    let source = if let Parent::Source(source) = page.parent { state.sources.get(&source) } else { None };
    let wanted = super::rows::wanted(call, source)?;
    let body = call.printer(&state).page(page, wanted.as_deref());
    drop(state);
    Done::read(call.perhaps_partial(body))
}

/// What an update asks for, all of it checked.
struct Update {
    trash: Option<bool>,
    archive: Option<bool>,
    lock: Option<bool>,
    erase: bool,
    icon: Option<Option<Value>>,
    cover: Option<Option<Value>>,
    edits: Vec<Edit>,
}

/// `PATCH /v1/pages/{id}`
pub(super) fn update(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Update)?;
    let mut state = call.notion.state.write();
    let update = read_update(call, &state, id)?;
    let mut hand = call.hand();
    apply(&mut state, &mut hand, id, update);
    let body = state.pages.get(&id).map(|page| call.printer(&state).page(page, None)).unwrap_or_default();
    drop(state);
    call.notion.announce(hand.changes);
    Done::changed(body)
}

fn read_update(call: &Call<'_>, state: &State, id: Id) -> Result<Update, Failure> {
    let page = state.pages.get(&id).filter(|_| state.sees(call.eyes(), id));
    let page = page.ok_or_else(|| Failure::not_found("page", id))?;
    let fields = Fields::of(&call.body, "body")?;
    let trash = call.trash_flag()?;
    let edits = match call.body.get("properties") {
        Some(properties) => values(call, state, page.parent, properties)?,
        None => Vec::new(),
    };
    check_template(fields)?;
    let update = Update {
        trash,
        archive: fields.flag("is_archived")?,
        lock: fields.flag("is_locked")?,
        erase: fields.flag("erase_content")?.unwrap_or(false),
        icon: icon(&call.body)?,
        cover: cover(&call.body)?,
        edits,
    };
    let touches = update.archive.is_some()
        || update.lock.is_some()
        || update.erase
        || update.icon.is_some()
        || update.cover.is_some()
        || call.body.get("properties").is_some();
    // What is in the trash can be taken out of it, and edited in the same breath; nothing else.
    let restored = trash == Some(false) && !parent_is_trashed(state, page.parent);
    if state.is_trashed(id) && !restored && (touches || trash == Some(false)) {
        return Err(Failure::archived());
    }
    Ok(update)
}

fn parent_is_trashed(state: &State, parent: Parent) -> bool {
    parent.id().is_some_and(|parent| state.is_trashed(parent))
}

fn apply(state: &mut State, hand: &mut Hand<'_>, id: Id, update: Update) {
    if update.trash == Some(false) {
        state.set_trash(hand, id, false);
    }
    state.edit_page(hand, id, update.edits);
    if let Some(locked) = update.lock {
        state.set_lock(hand, id, locked);
    }
    if update.erase {
        erase(state, hand, id);
    }
    let Some(page) = state.pages.get_mut(&id) else { return };
    if let Some(archived) = update.archive {
        page.is_archived = archived;
    }
    if update.icon.is_some() || update.cover.is_some() {
        let extras = page.extras();
        extras.icon = update.icon.unwrap_or(extras.icon.take());
        extras.cover = update.cover.unwrap_or(extras.cover.take());
        hand.touch(&mut page.traces);
    }
    if update.trash == Some(true) {
        state.set_trash(hand, id, true);
    }
}

/// Trashes all blocks on a page; pages and databases on it stay.
fn erase(state: &mut State, hand: &mut Hand<'_>, id: Id) {
    let blocks: Vec<Id> =
        state.children(id).iter().copied().filter(|id| state.blocks.contains_key(id)).collect();
    let mut told = Vec::new();
    for id in &blocks {
        if let Some(block) = state.blocks.get_mut(id) {
            block.in_trash = true;
            told.push((*id, "block"));
        }
    }
    if told.is_empty() {
        return;
    }
    if let Some(children) = state.children_mut(id) {
        children.retain(|child| !blocks.contains(child));
    }
    state.touch_page(hand, id);
    hand.note(state, id, What::Content(told));
}

/// `POST /v1/pages/{id}/move`
pub(super) fn move_to(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Update)?;
    let mut state = call.notion.state.write();
    let seen = state.pages.contains_key(&id) && state.sees(call.eyes(), id);
    if !seen {
        return Err(Failure::not_found("page", id));
    }
    let Some(parent) = call.body.get("parent") else {
        return Err(Failure::expected("body.parent", "defined", None));
    };
    let fields = Fields::of(parent, "body.parent")?;
    let to = if fields.get("data_source_id").is_some() {
        Parent::Source(call.seen_source(&state, fields)?)
    } else {
        Parent::Page(call.seen_page(&state, fields)?)
    };
    if state.is_trashed(id) || parent_is_trashed(&state, to) {
        return Err(Failure::archived());
    }
    if to.id().is_some_and(|to| state.is_within(to, id)) {
        return Err(Failure::validation("A page cannot be moved into itself."));
    }
    let mut hand = call.hand();
    state.move_to(&mut hand, id, to);
    let body = state.pages.get(&id).map(|page| call.printer(&state).page(page, None)).unwrap_or_default();
    drop(state);
    call.notion.announce(hand.changes);
    Done::changed(body)
}
