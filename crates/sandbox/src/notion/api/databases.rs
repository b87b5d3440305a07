//! Databases: containers, or, under the older version, schemas too (Notion facts 5 and 6).

use super::places::{cover, icon};
use super::{Answer, Call, Done, May};
use crate::notion::check::Fields;
use crate::notion::content::changes::NewDatabase;
use crate::notion::content::hand::{Hand, What};
use crate::notion::content::model::Parent;
use crate::notion::content::rich::Rich;
use crate::notion::content::schema_write::{Draft, Drafted};
use crate::notion::content::state::State;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use serde_json::Value;

/// `POST /v1/databases`
pub(super) fn create(call: &Call<'_>) -> Answer {
    call.may(May::Insert)?;
    let mut state = call.notion.state.write();
    let dice = state.fork_dice();
    let fields = Fields::of(&call.body, "body")?;
    let parent = call.database_parent(&state)?;
    let (properties, path) = first_schema(call, fields)?;
    let schema = Draft::new(&state, call.eyes(), call.version, None, dice).read(properties, &path)?;
    let new = NewDatabase {
        parent,
        title: rich(fields, "title")?.unwrap_or_else(Rich::empty),
        description: rich(fields, "description")?.unwrap_or_else(Rich::empty),
        is_inline: fields.flag("is_inline")?.unwrap_or(false),
        icon: icon(&call.body)?.flatten(),
        cover: cover(&call.body)?.flatten(),
        schema,
    };
    let mut hand = call.hand();
    let id = state.add_database(&mut hand, call.connection.workspace, new);
    if parent == Parent::Workspace
        && let Some(connection) = state.connections.get_mut(&call.connection.bot)
    {
        std::sync::Arc::make_mut(connection).shared.insert(id);
    }
    let body = render(call, &state, id);
    drop(state);
    call.notion.announce(hand.changes);
    Done::created(body, id)
}

/// The properties of the first data source: in the database itself under the older version.
fn first_schema<'b>(call: &'b Call<'_>, fields: Fields<'b>) -> Result<(&'b Value, String), Failure> {
    if call.version.is_old() {
        fields.refuse("initial_data_source")?;
        let properties = fields.get("properties");
        return match properties {
            Some(properties) => Ok((properties, "body.properties".to_owned())),
            None => Err(Failure::expected("body.properties", "defined", None)),
        };
    }
    fields.refuse("properties")?;
    let path = "body.initial_data_source.properties";
    let first = fields.get("initial_data_source");
    let first = first.ok_or_else(|| Failure::expected("body.initial_data_source", "defined", None))?;
    let properties = Fields::of(first, "body.initial_data_source")?.get("properties");
    let properties = properties.ok_or_else(|| Failure::expected(path, "defined", None))?;
    Ok((properties, path.to_owned()))
}

/// A rich text under `key`, if there is one.
pub(super) fn rich(fields: Fields<'_>, key: &str) -> Result<Option<Rich>, Failure> {
    fields.get(key).map(|text| Rich::parse(text, &fields.at(key))).transpose()
}

fn render(call: &Call<'_>, state: &State, id: Id) -> Value {
    state.databases.get(&id).map(|database| call.printer(state).database(database)).unwrap_or_default()
}

fn seen(call: &Call<'_>, state: &State, id: Id) -> Result<(), Failure> {
    let database = state.databases.get(&id).filter(|_| state.sees(call.eyes(), id));
    let database = database.ok_or_else(|| Failure::not_found("database", id))?;
    // The trap: older versions cannot show several data sources.
    if call.version.is_old() {
        state.only_source(database)?;
    }
    Ok(())
}

/// `GET /v1/databases/{id}`
pub(super) fn get(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Read)?;
    let state = call.notion.state.read();
    seen(call, &state, id)?;
    let body = render(call, &state, id);
    drop(state);
    Done::read(call.perhaps_partial(body))
}

/// What an update asks for, all of it checked.
struct Update {
    title: Option<Rich>,
    description: Option<Rich>,
    is_inline: Option<bool>,
    is_locked: Option<bool>,
    trash: Option<bool>,
    icon: Option<Option<Value>>,
    cover: Option<Option<Value>>,
    parent: Option<Parent>,
    schema: Option<(Id, Drafted)>,
}

/// `PATCH /v1/databases/{id}`
pub(super) fn update(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Update)?;
    let mut state = call.notion.state.write();
    seen(call, &state, id)?;
    let update = read_update(call, &mut state, id)?;
    let mut hand = call.hand();
    apply(&mut state, &mut hand, id, update);
    let body = render(call, &state, id);
    drop(state);
    call.notion.announce(hand.changes);
    Done::changed(body)
}

fn read_update(call: &Call<'_>, state: &mut State, id: Id) -> Result<Update, Failure> {
    let dice = state.fork_dice();
    let fields = Fields::of(&call.body, "body")?;
    let trash = call.trash_flag()?;
    if state.is_trashed(id) && trash != Some(false) && !(trash == Some(true) && fields.map.len() == 1) {
        return Err(Failure::archived());
    }
    let schema = match fields.get("properties") {
        None => None,
        Some(_) if !call.version.is_old() => {
            fields.refuse("properties")?;
            None
        }
        Some(properties) => {
            let database = state.databases.get(&id).ok_or_else(|| Failure::not_found("database", id))?;
            let source = state.only_source(database)?;
            let draft = Draft::new(state, call.eyes(), call.version, state.sources.get(&source), dice);
            Some((source, draft.read(properties, "body.properties")?))
        }
    };
    let parent = match fields.get("parent") {
        None => None,
        Some(_) => {
            let parent = call.database_parent(state)?;
            if parent.id().is_some_and(|parent| state.is_within(parent, id)) {
                return Err(Failure::validation("A database cannot be moved into itself."));
            }
            Some(parent)
        }
    };
    if call.version.is_old() {
        fields.refuse("is_locked")?;
    }
    Ok(Update {
        title: rich(fields, "title")?,
        description: rich(fields, "description")?,
        is_inline: fields.flag("is_inline")?,
        is_locked: fields.flag("is_locked")?,
        trash,
        icon: icon(&call.body)?,
        cover: cover(&call.body)?,
        parent,
        schema,
    })
}

fn apply(state: &mut State, hand: &mut Hand<'_>, id: Id, update: Update) {
    if let Some(in_trash) = update.trash {
        state.set_trash(hand, id, in_trash);
    }
    if let Some((source, schema)) = update.schema {
        state.take_over(hand, source, schema);
    }
    if let Some(parent) = update.parent {
        state.move_to(hand, id, parent);
    }
    if let Some(locked) = update.is_locked {
        state.set_lock(hand, id, locked);
    }
    let Some(database) = state.databases.get_mut(&id) else { return };
    // A database with one data source is that data source: they share the title until there are more.
    let only = if let [only] = database.sources.as_slice() { Some(*only) } else { None };
    let told = update.title.is_some() || update.description.is_some();
    if let Some(title) = update.title {
        if let Some(source) = only.and_then(|only| state.sources.get_mut(&only)) {
            source.title = title.clone();
        }
        database.title = title;
    }
    database.description = update.description.unwrap_or_else(|| database.description.clone());
    database.is_inline = update.is_inline.unwrap_or(database.is_inline);
    if let Some(icon) = update.icon {
        database.icon = icon;
    }
    if let Some(cover) = update.cover {
        database.cover = cover;
    }
    hand.touch(&mut database.traces);
    if told {
        hand.note(state, only.unwrap_or(id), What::Content(Vec::new()));
    }
}
