//! What happened, as a file of the journal tells it (HubSpot facts 6.7).

use super::super::change::{Change, What};
use super::super::types::TypeId;
use super::subscription::Action;
use crate::house::clock::iso;
use serde::Serialize;
use std::collections::BTreeMap;

/// One event. The order of the fields is the order in the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) portal_id: u64,
    pub(crate) occurred_at: String,
    pub(crate) action: Action,
    pub(crate) object_type_id: String,
    pub(crate) object_id: u64,
    pub(crate) property_changes: BTreeMap<String, String>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) association: Option<Association>,
}

/// The other end of an association; the facts do not say how it is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Association {
    to_object_type_id: String,
    to_object_id: u64,
    association_type_id: u64,
    association_category: &'static str,
}

/// What happened to one record at once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Happening {
    pub(crate) at: i64,
    pub(crate) action: Action,
    pub(crate) object_type: TypeId,
    pub(crate) object_id: u64,
    /// The values that changed.
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) association: Option<(TypeId, Association)>,
}

/// Changes put together: the values written to a record at once are one update, or belong to its creation.
pub(crate) fn happenings(changes: &[Change]) -> Vec<Happening> {
    let mut happenings: Vec<Happening> = Vec::new();
    for change in changes {
        if let What::Property { object_type, id, name, value, .. } = &change.what {
            let before = happenings.last_mut().filter(|last| {
                (last.object_type, last.object_id, last.at) == (*object_type, *id, change.at)
                    && matches!(last.action, Action::Create | Action::Update)
            });
            match before {
                Some(last) => {
                    last.values.insert(name.clone(), value.clone());
                }
                None => {
                    let mut update = plain(change.at, Action::Update, *object_type, *id);
                    update.values.insert(name.clone(), value.clone());
                    happenings.push(update);
                }
            }
        } else {
            happenings.push(other(change));
        }
    }
    happenings
}

fn plain(at: i64, action: Action, object_type: TypeId, object_id: u64) -> Happening {
    Happening { at, action, object_type, object_id, values: BTreeMap::new(), association: None }
}

fn other(change: &Change) -> Happening {
    let at = change.at;
    match &change.what {
        What::Created { object_type, id } => plain(at, Action::Create, *object_type, *id),
        What::Deleted { object_type, id } => plain(at, Action::Delete, *object_type, *id),
        What::Restored { object_type, id } => plain(at, Action::Restore, *object_type, *id),
        What::Property { object_type, id, .. } => plain(at, Action::Update, *object_type, *id),
        What::Merged { object_type, new, .. } => plain(at, Action::Merge, *object_type, *new),
        What::PrivacyDeleted { object_type, id } => plain(at, Action::GdprDelete, *object_type, *id),
        What::Association { from_type, from, to_type, to, type_id, category, removed, .. } => {
            let action = if *removed { Action::AssociationRemoved } else { Action::AssociationAdded };
            let association = Association {
                to_object_type_id: to_type.to_string(),
                to_object_id: *to,
                association_type_id: *type_id,
                association_category: category,
            };
            Happening { association: Some((*to_type, association)), ..plain(at, action, *from_type, *from) }
        }
    }
}

impl Happening {
    /// As the file tells it, with the values that were asked for; none: all of them.
    pub(crate) fn entry(&self, portal_id: u64, wanted: Option<&[String]>) -> Entry {
        let told = |name: &String| wanted.is_none_or(|wanted| wanted.contains(name));
        Entry {
            kind: if self.association.is_some() { "association" } else { "crmObject" },
            portal_id,
            occurred_at: iso(self.at),
            action: self.action,
            object_type_id: self.object_type.to_string(),
            object_id: self.object_id,
            property_changes: self
                .values
                .iter()
                .filter(|(name, _)| told(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            association: self.association.as_ref().map(|(_, association)| association.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::change::Source;
    use super::*;

    fn change(what: What) -> Change {
        Change { at: 1_767_225_600_000, source: Source::person(1), what }
    }

    fn property(id: u64, name: &str, value: &str) -> Change {
        let (name, value) = (name.to_owned(), value.to_owned());
        change(What::Property { object_type: TypeId::CONTACT, id, name, value, sensitive: false })
    }

    #[test]
    fn values_written_at_once_are_one_event() {
        let changes = [
            change(What::Created { object_type: TypeId::CONTACT, id: 1 }),
            property(1, "email", "a@b.example"),
            property(1, "firstname", "Ann"),
            property(2, "email", "c@d.example"),
            change(What::Deleted { object_type: TypeId::CONTACT, id: 2 }),
            property(2, "email", ""),
        ];
        let told: Vec<(Action, u64, usize)> = happenings(&changes)
            .iter()
            .map(|happening| (happening.action, happening.object_id, happening.values.len()))
            .collect();
        let expected =
            [(Action::Create, 1, 2), (Action::Update, 2, 1), (Action::Delete, 2, 0), (Action::Update, 2, 1)];
        assert_eq!(told, expected);
    }

    #[test]
    fn an_event_is_written_with_the_keys_of_the_file() {
        let happening = happenings(&[property(7, "email", "a@b.example")]).remove(0);
        let text = serde_json::to_string(&happening.entry(62_515, None)).expect("JSON");
        let expected = r#"{"type":"crmObject","portalId":62515,"occurredAt":"2026-01-01T00:00:00.000Z","action":"UPDATE","objectTypeId":"0-1","objectId":7,"propertyChanges":{"email":"a@b.example"}}"#;
        assert_eq!(text, expected);
        let unasked = happening.entry(62_515, Some(&["phone".to_owned()]));
        assert!(unasked.property_changes.is_empty());
    }

    #[test]
    fn an_association_names_its_other_end() {
        let what = What::Association {
            from_type: TypeId::CONTACT,
            from: 1,
            to_type: TypeId::COMPANY,
            to: 2,
            type_id: 279,
            category: "HUBSPOT_DEFINED",
            removed: false,
            primary: false,
        };
        let entry = happenings(&[change(what)]).remove(0).entry(62_515, None);
        let text = serde_json::to_string(&entry).expect("JSON");
        assert!(
            text.contains(r#""type":"association""#) && text.contains(r#""action":"ASSOCIATION_ADDED""#),
            "{text}"
        );
        assert!(text.ends_with(r#""toObjectTypeId":"0-2","toObjectId":2,"associationTypeId":279,"associationCategory":"HUBSPOT_DEFINED"}"#), "{text}");
    }
}
