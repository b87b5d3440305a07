//! Events: what they are called under which version, and what they say. Never any values (Notion facts 8).

use crate::notion::content::hand::{Author, EntityKind, ParentRef, SchemaChange, What};
use crate::notion::id::Id;
use serde_json::{Map, Value, json};

/// What happened to one entity within one window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) workspace: usize,
    pub(crate) entity: Id,
    pub(crate) kind: EntityKind,
    pub(crate) parent: ParentRef,
    pub(crate) what: What,
    /// Of the last change.
    pub(crate) at: i64,
    pub(crate) authors: Vec<Author>,
}

/// All types there are (Notion facts 8).
pub(crate) const TYPES: [&str; 34] = [
    "page.created",
    "page.content_updated",
    "page.properties_updated",
    "page.moved",
    "page.deleted",
    "page.undeleted",
    "page.locked",
    "page.unlocked",
    "page.transcription_block.transcript_deleted",
    "database.created",
    "database.content_updated",
    "database.schema_updated",
    "database.moved",
    "database.deleted",
    "database.undeleted",
    "data_source.created",
    "data_source.content_updated",
    "data_source.schema_updated",
    "data_source.moved",
    "data_source.deleted",
    "data_source.undeleted",
    "comment.created",
    "comment.updated",
    "comment.deleted",
    "view.created",
    "view.updated",
    "view.deleted",
    "file_upload.created",
    "file_upload.completed",
    "file_upload.expired",
    "file_upload.upload_failed",
    "page.*",
    "database.*",
    "data_source.*",
];

/// An event as a subscription of one version sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) kind: String,
    pub(crate) entity: Value,
    pub(crate) data: Value,
}

impl Event {
    /// What a subscription hears; none when its version has no such event.
    pub(crate) fn tell(&self, with_sources: bool) -> Option<Told> {
        let verb = self.what.verb();
        let (thing, id, parent) = match self.kind {
            EntityKind::Page => ("page", self.entity, self.parent),
            EntityKind::Comment { .. } => ("comment", self.entity, self.parent),
            // Deprecated where data sources tell it themselves.
            EntityKind::Database
                if with_sources && matches!(self.what, What::Content(_) | What::Schema(_)) =>
            {
                return None;
            }
            EntityKind::Database => ("database", self.entity, self.parent),
            EntityKind::Source { .. } if with_sources => ("data_source", self.entity, self.parent),
            EntityKind::Source { database, above } => match self.what {
                What::Content(_) | What::Schema(_) => ("database", database, above),
                _ => return None,
            },
        };
        Some(Told {
            kind: format!("{thing}.{verb}"),
            entity: json!({ "id": id, "type": if verb.starts_with("transcription") { "block" } else { thing } }),
            data: self.data(parent, with_sources),
        })
    }

    fn data(&self, parent: ParentRef, with_sources: bool) -> Value {
        let mut place = json!({ "id": parent.id, "type": parent.kind });
        if let (Some(source), true) = (parent.source, with_sources) {
            place["data_source_id"] = json!(source);
        }
        let mut data = Map::new();
        data.insert("parent".to_owned(), place);
        if let EntityKind::Comment { page } = self.kind {
            data.insert("page_id".to_owned(), json!(page));
        }
        match &self.what {
            What::Properties(ids) => {
                data.insert("updated_properties".to_owned(), json!(ids));
            }
            What::Content(blocks) => {
                let blocks: Vec<Value> =
                    blocks.iter().map(|(id, kind)| json!({ "id": id, "type": kind })).collect();
                data.insert("updated_blocks".to_owned(), blocks.into());
            }
            What::Schema(changes) => {
                let changes: Vec<Value> = changes.iter().map(SchemaChange::render).collect();
                data.insert("updated_properties".to_owned(), changes.into());
            }
            _ => {}
        }
        Value::Object(data)
    }
}

impl SchemaChange {
    fn render(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "action": self.action })
    }
}

impl What {
    /// `properties_updated`
    pub(crate) fn verb(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Deleted => "deleted",
            Self::Undeleted => "undeleted",
            Self::Moved => "moved",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::Updated => "updated",
            Self::Properties(_) => "properties_updated",
            Self::Content(_) => "content_updated",
            Self::Schema(_) => "schema_updated",
            Self::TranscriptDeleted => "transcription_block.transcript_deleted",
        }
    }

    /// Whether it waits for others of its kind.
    pub(crate) fn is_aggregated(&self, kind: EntityKind) -> bool {
        !matches!(self, Self::Locked | Self::Unlocked | Self::TranscriptDeleted)
            && !matches!(kind, EntityKind::Comment { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notion::content::hand::AuthorKind;

    fn event(kind: EntityKind, what: What) -> Event {
        Event {
            workspace: 0,
            entity: Id(1),
            kind,
            parent: ParentRef { id: Id(2), kind: "database", source: Some(Id(3)) },
            what,
            at: 0,
            authors: vec![Author { id: Id(4), kind: AuthorKind::Person }],
        }
    }

    #[test]
    fn older_subscriptions_hear_of_databases_and_newer_ones_of_data_sources() {
        let above = ParentRef { id: Id(9), kind: "page", source: None };
        let source = EntityKind::Source { database: Id(2), above };
        let schema = event(source, What::Schema(Vec::new()));
        let (old, new) = (schema.tell(false).expect("told"), schema.tell(true).expect("told"));
        assert_eq!(
            (old.kind.as_str(), &old.entity),
            ("database.schema_updated", &json!({"id": Id(2), "type": "database"}))
        );
        assert_eq!(old.data["parent"], json!({"id": Id(9), "type": "page"}));
        assert_eq!(
            (new.kind.as_str(), &new.entity),
            ("data_source.schema_updated", &json!({"id": Id(1), "type": "data_source"}))
        );
        assert_eq!(event(source, What::Created).tell(false), None);
        assert_eq!(event(EntityKind::Database, What::Content(Vec::new())).tell(true), None);
        assert_eq!(event(EntityKind::Database, What::Moved).tell(true).expect("told").kind, "database.moved");
    }

    #[test]
    fn the_parent_names_the_data_source_where_the_version_knows_it() {
        let page = event(EntityKind::Page, What::Properties(vec!["a%3A".to_owned()]));
        let new = page.tell(true).expect("told");
        assert_eq!(new.data["parent"], json!({"id": Id(2), "type": "database", "data_source_id": Id(3)}));
        assert_eq!(new.data["updated_properties"], json!(["a%3A"]));
        let old = page.tell(false).expect("told");
        assert_eq!(old.data["parent"], json!({"id": Id(2), "type": "database"}));
    }
}
