//! Data sources: schemas and their titles (Notion facts 5 and 6).

use super::databases::rich;
use super::places::icon;
use super::{Answer, Call, Done, May};
use crate::notion::check::Fields;
use crate::notion::content::hand::What;
use crate::notion::content::rich::Rich;
use crate::notion::content::schema_write::Draft;
use crate::notion::content::state::State;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::query::paging::Paging;
use serde_json::{Value, json};

fn render(call: &Call<'_>, state: &State, id: Id) -> Value {
    state.sources.get(&id).map(|source| call.printer(state).source(source)).unwrap_or_default()
}

fn seen(call: &Call<'_>, state: &State, id: Id) -> Result<(), Failure> {
    let seen = state.sources.contains_key(&id) && state.sees(call.eyes(), id);
    if seen { Ok(()) } else { Err(Failure::not_found("data source", id)) }
}

/// `GET /v1/data_sources/{id}`
pub(super) fn get(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Read)?;
    let state = call.notion.state.read();
    seen(call, &state, id)?;
    let body = render(call, &state, id);
    drop(state);
    Done::read(call.perhaps_partial(body))
}

/// `POST /v1/data_sources`
pub(super) fn create(call: &Call<'_>) -> Answer {
    call.may(May::Insert)?;
    let mut state = call.notion.state.write();
    let dice = state.fork_dice();
    let fields = Fields::of(&call.body, "body")?;
    let Some(parent) = fields.get("parent") else {
        return Err(Failure::expected("body.parent", "defined", None));
    };
    let parent = Fields::of(parent, "body.parent")?;
    let Some(database) = parent.id("database_id")? else {
        return Err(Failure::expected("body.parent.database_id", "defined", None));
    };
    if !state.databases.contains_key(&database) || !state.sees(call.eyes(), database) {
        return Err(Failure::not_found("database", database));
    }
    if state.is_trashed(database) {
        return Err(Failure::archived());
    }
    let Some(properties) = fields.get("properties") else {
        return Err(Failure::expected("body.properties", "defined", None));
    };
    let draft = Draft::new(&state, call.eyes(), call.version, None, dice);
    let schema = draft.read(properties, "body.properties")?;
    let title = rich(fields, "title")?.unwrap_or_else(Rich::empty);
    let icon = icon(&call.body)?.flatten();
    let mut hand = call.hand();
    let id = state.add_source(&mut hand, database, title, schema);
    if let Some(source) = state.sources.get_mut(&id) {
        source.icon = icon;
    }
    let body = render(call, &state, id);
    drop(state);
    call.notion.announce(hand.changes);
    Done::created(body, id)
}

/// `PATCH /v1/data_sources/{id}`
pub(super) fn update(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Update)?;
    let mut state = call.notion.state.write();
    seen(call, &state, id)?;
    let dice = state.fork_dice();
    let fields = Fields::of(&call.body, "body")?;
    let trash = call.trash_flag()?;
    if state.is_trashed(id) && trash != Some(false) && !(trash == Some(true) && fields.map.len() == 1) {
        return Err(Failure::archived());
    }
    let schema = match fields.get("properties") {
        None => None,
        Some(properties) => {
            let draft = Draft::new(&state, call.eyes(), call.version, state.sources.get(&id), dice);
            Some(draft.read(properties, "body.properties")?)
        }
    };
    let (title, description) = (rich(fields, "title")?, rich(fields, "description")?);
    let icon = icon(&call.body)?;
    let mut hand = call.hand();
    if let Some(in_trash) = trash {
        state.set_trash(&mut hand, id, in_trash);
    }
    if let Some(schema) = schema {
        state.take_over(&mut hand, id, schema);
    }
    let told = title.is_some() || description.is_some();
    if let Some(source) = state.sources.get_mut(&id) {
        hand.touch(&mut source.traces);
        source.title = title.unwrap_or_else(|| source.title.clone());
        source.description = description.unwrap_or_else(|| source.description.clone());
        if let Some(icon) = icon {
            source.icon = icon;
        }
    }
    if told {
        hand.note(&state, id, What::Content(Vec::new()));
    }
    let body = render(call, &state, id);
    drop(state);
    call.notion.announce(hand.changes);
    Done::changed(body)
}

/// `GET /v1/data_sources/{id}/templates`: there are none.
pub(super) fn templates(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Read)?;
    seen(call, &call.notion.state.read(), id)?;
    Paging::of_query(&call.query)?;
    Done::read(json!({ "templates": [], "has_more": false, "next_cursor": null }))
}
