//! Objects as they are answered, in the shape of the version asked for (Notion facts 1, 6 and 7).

use super::model::{Comment, Connection, Database, Page, Parent, Source, TITLE, Traces};
use super::reading::{Reader, rounded};
use super::schema::Property;
use super::state::State;
use super::value::Val;
use super::value_render::Show;
use crate::house::clock::iso;
use crate::notion::id::Id;
use crate::notion::settings::{Capabilities, Settings};
use crate::notion::version::Version;
use serde_json::{Map, Value, json};

/// The largest file a workspace takes (on a paid plan).
const LARGEST_FILE: u64 = 5_368_709_120;

/// Somebody who answers with objects.
#[derive(Clone, Copy)]
pub(crate) struct Printer<'a> {
    pub(crate) state: &'a State,
    pub(crate) settings: &'a Settings,
    pub(crate) version: Version,
    pub(crate) now: i64,
}

impl<'a> Printer<'a> {
    /// For values.
    pub(crate) fn show(&self) -> Show<'a> {
        let reader = Reader::new(self.state, &self.settings.timestamps);
        Show { reader, settings: self.settings, now: self.now }
    }

    fn stamps(&self, traces: &Traces, object: &mut Value) {
        let times = &self.settings.timestamps;
        object["created_time"] = iso(rounded(traces.created, times.created_rounding_ms)).into();
        object["last_edited_time"] = iso(rounded(traces.edited, times.edited_rounding_ms)).into();
        object["created_by"] = partial_user(traces.created_by);
        object["last_edited_by"] = partial_user(traces.edited_by);
    }

    fn trash(&self, in_trash: bool, object: &mut Value) {
        object["in_trash"] = in_trash.into();
        if self.version < Version::Trash {
            object["archived"] = in_trash.into();
        }
    }

    /// A page; of a row only the properties `wanted` lets through.
    pub(crate) fn page(&self, page: &'a Page, wanted: Option<&[u16]>) -> Value {
        let extras = page.extras.as_ref();
        let mut object = json!({
            "object": "page", "id": page.id, "parent": self.parent(page.parent),
            "icon": extras.and_then(|extras| extras.icon.as_ref()),
            "cover": extras.and_then(|extras| extras.cover.as_ref()),
            "properties": self.properties(page, wanted),
            "url": url(&page.title(), page.id), "public_url": null,
        });
        self.stamps(&page.traces, &mut object);
        self.trash(self.state.is_trashed(page.id), &mut object);
        if !self.version.is_old() {
            object["is_archived"] = page.is_archived.into();
            object["is_locked"] = page.is_locked.into();
        }
        object
    }

    fn properties(&self, page: &'a Page, wanted: Option<&[u16]>) -> Value {
        let mut properties = Map::new();
        let lets_through = |slot: u16| wanted.is_none_or(|wanted| wanted.contains(&slot));
        let source = match page.parent {
            Parent::Source(source) => self.state.sources.get(&source),
            _ => None,
        };
        let Some(source) = source else {
            if lets_through(TITLE) {
                let title = match page.value(TITLE) {
                    Some(Val::Rich(rich)) => rich.render(),
                    _ => json!([]),
                };
                properties
                    .insert("title".to_owned(), json!({ "id": "title", "type": "title", "title": title }));
            }
            return Value::Object(properties);
        };
        let show = self.show();
        for property in source.properties.iter().filter(|property| lets_through(property.slot)) {
            properties.insert(property.name.clone(), show.property(source, property, page));
        }
        Value::Object(properties)
    }

    /// Where something is.
    pub(crate) fn parent(&self, parent: Parent) -> Value {
        match parent {
            Parent::Workspace => json!({ "type": "workspace", "workspace": true }),
            Parent::Page(id) => json!({ "type": "page_id", "page_id": id }),
            Parent::Block(id) => json!({ "type": "block_id", "block_id": id }),
            Parent::Database(id) => json!({ "type": "database_id", "database_id": id }),
            Parent::Source(id) => {
                let database = self.state.sources.get(&id).map(|source| source.database);
                if self.version.is_old() {
                    json!({ "type": "database_id", "database_id": database })
                } else {
                    json!({ "type": "data_source_id", "data_source_id": id, "database_id": database })
                }
            }
        }
    }

    /// A database; under the older version with the schema of its data source.
    pub(crate) fn database(&self, database: &'a Database) -> Value {
        let mut object = json!({
            "object": "database", "id": database.id, "parent": self.parent(database.parent),
            "title": database.title.render(), "description": database.description.render(),
            "is_inline": database.is_inline, "icon": database.icon, "cover": database.cover,
            "url": url("", database.id), "public_url": null,
        });
        self.stamps(&database.traces, &mut object);
        self.trash(self.state.is_trashed(database.id), &mut object);
        let sources = database.sources.iter().filter_map(|id| self.state.sources.get(id));
        if self.version.is_old() {
            let first = { sources }.next();
            object["properties"] = first.map_or_else(|| json!({}), |source| self.schema(source));
        } else {
            let listed = sources.filter(|source| !source.in_trash);
            object["data_sources"] =
                listed.map(|source| json!({ "id": source.id, "name": source.title.plain() })).collect();
            object["is_locked"] = database.is_locked.into();
            let Value::Object(map) = &mut object else { return object };
            map.remove("created_by");
            map.remove("last_edited_by");
        }
        object
    }

    fn schema(&self, source: &'a Source) -> Value {
        let one = |property: &Property| {
            (property.name.clone(), property.render(self.state, source.id, self.version))
        };
        Value::Object(source.properties.iter().map(one).collect())
    }

    /// A data source.
    pub(crate) fn source(&self, source: &'a Source) -> Value {
        let database = self.state.databases.get(&source.database);
        let mut object = json!({
            "object": "data_source", "id": source.id, "parent": self.parent(Parent::Database(source.database)),
            "database_parent": self.parent(database.map_or(Parent::Workspace, |database| database.parent)),
            "title": source.title.render(), "description": source.description.render(),
            "is_inline": database.is_some_and(|database| database.is_inline),
            "icon": source.icon, "cover": database.and_then(|database| database.cover.as_ref()),
            "properties": self.schema(source),
            "url": url("", source.database), "public_url": null,
        });
        self.stamps(&source.traces, &mut object);
        self.trash(self.state.is_trashed(source.id), &mut object);
        object
    }

    /// A block, a page as a block, or a database as a block.
    pub(crate) fn block(&self, id: Id) -> Option<Value> {
        let (parent, traces, kind, content, has_children) = if let Some(block) = self.state.blocks.get(&id) {
            let kind = match block.kind.as_str() {
                "meeting_notes" if self.version < Version::Trash => "transcription",
                kind => kind,
            };
            (block.parent, block.traces, kind, block.content.clone(), !block.children.is_empty())
        } else if let Some(page) = self.state.pages.get(&id) {
            let content = json!({ "title": page.title() });
            (page.parent, page.traces, "child_page", content, !page.children().is_empty())
        } else {
            let database = self.state.databases.get(&id)?;
            let content = json!({ "title": database.title.plain() });
            (database.parent, database.traces, "child_database", content, false)
        };
        let mut object = json!({
            "object": "block", "id": id, "parent": self.parent(parent), "has_children": has_children, "type": kind,
        });
        object[kind] = content;
        self.stamps(&traces, &mut object);
        self.trash(self.state.is_trashed(id), &mut object);
        Some(object)
    }

    /// A comment.
    pub(crate) fn comment(&self, comment: &Comment) -> Value {
        let author = comment.traces.created_by;
        let bot = self.state.connections.get(&author);
        let name = match bot {
            Some(bot) => Some(bot.name.clone()),
            None => self.state.user(usize::from(comment.workspace), author).map(|user| user.name.clone()),
        };
        let kind = if bot.is_some() { "integration" } else { "user" };
        json!({
            "object": "comment", "id": comment.id, "parent": self.parent(comment.parent),
            "discussion_id": comment.discussion, "created_time": iso(comment.traces.created),
            "last_edited_time": iso(comment.traces.edited), "created_by": partial_user(author),
            "rich_text": comment.text.render(), "display_name": { "type": kind, "resolved_name": name },
        })
    }
}

/// `{"object":"user","id"}`
pub(crate) fn partial_user(id: Id) -> Value {
    json!({ "object": "user", "id": id })
}

/// A person or a bot, as whole as the capabilities allow.
pub(crate) fn user(state: &State, workspace: usize, id: Id, may: &Capabilities) -> Value {
    if !may.user_information {
        return partial_user(id);
    }
    if let Some(user) = state.user(workspace, id) {
        let person = if may.user_emails { json!({ "email": user.email }) } else { json!({}) };
        return json!({
            "object": "user", "id": id, "name": user.name, "avatar_url": null, "type": "person", "person": person,
        });
    }
    match state.connections.get(&id) {
        Some(connection) => bot(state, connection, may),
        None => partial_user(id),
    }
}

/// A bot (Notion facts 2).
pub(crate) fn bot(state: &State, connection: &Connection, may: &Capabilities) -> Value {
    let workspace = &state.workspaces[connection.workspace];
    let owner = match connection.owner {
        Some(owner) => json!({ "type": "user", "user": user(state, connection.workspace, owner, may) }),
        None => json!({ "type": "workspace", "workspace": true }),
    };
    json!({
        "object": "user", "id": connection.bot, "name": connection.name, "avatar_url": null, "type": "bot",
        "bot": {
            "owner": owner, "workspace_id": workspace.id, "workspace_name": workspace.name,
            "workspace_limits": { "max_file_upload_size_in_bytes": LARGEST_FILE },
        },
    })
}

/// The address of a page or a database in the browser.
pub(crate) fn url(title: &str, id: Id) -> String {
    let mut slug = String::new();
    for character in title.chars().take(60) {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    if !slug.is_empty() && !slug.ends_with('-') {
        slug.push('-');
    }
    format!("https://www.notion.so/{slug}{}", id.bare())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_carry_the_title_and_the_bare_id() {
        let id = Id(0xab);
        assert_eq!(url("Ada & Söhne", id), format!("https://www.notion.so/Ada-S-hne-{}", id.bare()));
        assert_eq!(url("", id), format!("https://www.notion.so/{}", id.bare()));
    }
}
