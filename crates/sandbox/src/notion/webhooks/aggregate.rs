//! What is told of several changes of one entity within a window (Notion facts 8).

use super::event::Event;
use crate::notion::content::hand::{Author, Change, SchemaChange, What};
use crate::notion::settings::Webhooks;

/// The events that `changes` of one entity become.
pub(crate) fn aggregate(changes: &[Change], settings: &Webhooks) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for change in changes {
        match events.iter_mut().find(|event| event.what.verb() == change.what.verb()) {
            Some(event) => join(event, change),
            None => events.push(first(change)),
        }
    }
    let has = |events: &[Event], what: &What| events.iter().any(|event| event.what == *what);
    let (created, deleted, undeleted) =
        (has(&events, &What::Created), has(&events, &What::Deleted), has(&events, &What::Undeleted));
    let gone = changes.iter().rev().find_map(|change| match change.what {
        What::Deleted => Some(true),
        What::Undeleted => Some(false),
        _ => None,
    });
    if settings.cancel_out {
        if created && gone == Some(true) {
            return Vec::new();
        }
        // There and back again, or back and there again: only an odd number of turns is news.
        let turns =
            changes.iter().filter(|change| matches!(change.what, What::Deleted | What::Undeleted)).count();
        if deleted && undeleted {
            events.retain(|event| match event.what {
                What::Deleted => turns % 2 == 1 && gone == Some(true),
                What::Undeleted => turns % 2 == 1 && gone == Some(false),
                _ => true,
            });
        }
    }
    if created && settings.created_absorbs_updates {
        events
            .retain(|event| !matches!(event.what, What::Properties(_) | What::Content(_) | What::Schema(_)));
    }
    events
}

fn first(change: &Change) -> Event {
    Event {
        workspace: change.workspace,
        entity: change.entity.id,
        kind: change.entity.kind,
        parent: change.parent,
        what: change.what.clone(),
        at: change.at,
        authors: vec![change.author],
    }
}

fn join(event: &mut Event, change: &Change) {
    event.at = change.at;
    event.parent = change.parent;
    add(&mut event.authors, &change.author);
    match (&mut event.what, &change.what) {
        (What::Properties(all), What::Properties(more)) => more.iter().for_each(|id| add(all, id)),
        (What::Content(all), What::Content(more)) => more.iter().for_each(|block| add(all, block)),
        (What::Schema(all), What::Schema(more)) => more.iter().for_each(|change| join_schema(all, change)),
        _ => {}
    }
}

fn add<T: PartialEq + Clone>(all: &mut Vec<T>, one: &T) {
    if !all.contains(one) {
        all.push(one.clone());
    }
}

/// A property that was created and updated was created; one that was created and deleted was never there.
fn join_schema(all: &mut Vec<SchemaChange>, change: &SchemaChange) {
    let Some(at) = all.iter().position(|known| known.id == change.id) else {
        all.push(change.clone());
        return;
    };
    match (all[at].action, change.action) {
        ("created", "deleted") => {
            all.remove(at);
        }
        ("created", _) => all[at].name.clone_from(&change.name),
        _ => all[at] = change.clone(),
    }
}

/// The authors, each once.
pub(crate) fn authors(authors: &[Author]) -> Vec<serde_json::Value> {
    authors.iter().map(|author| serde_json::json!({ "id": author.id, "type": author.kind.name() })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notion::content::hand::{AuthorKind, Entity, EntityKind, ParentRef};
    use crate::notion::id::Id;

    fn change(what: What, at: i64, author: u128) -> Change {
        Change {
            workspace: 0,
            entity: Entity { id: Id(1), kind: EntityKind::Page },
            parent: ParentRef { id: Id(2), kind: "page", source: None },
            what,
            at,
            author: Author { id: Id(author), kind: AuthorKind::Person },
        }
    }

    fn properties(id: &str) -> What {
        What::Properties(vec![id.to_owned()])
    }

    fn verbs(changes: &[Change], settings: &Webhooks) -> Vec<&'static str> {
        aggregate(changes, settings).iter().map(|event| event.what.verb()).collect()
    }

    #[test]
    fn edits_of_one_page_become_one_event_with_all_properties_and_authors() {
        let changes =
            [change(properties("a"), 1, 8), change(properties("b"), 5, 9), change(properties("a"), 7, 8)];
        let events = aggregate(&changes, &Webhooks::default());
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].what, What::Properties(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!((events[0].authors.len(), events[0].at), (2, 7));
    }

    #[test]
    fn what_came_and_went_is_not_told() {
        let settings = Webhooks::default();
        let came_and_went =
            [change(What::Created, 1, 8), change(properties("a"), 2, 8), change(What::Deleted, 3, 8)];
        assert!(aggregate(&came_and_went, &settings).is_empty());
        let there_and_back = [change(What::Deleted, 1, 8), change(What::Undeleted, 2, 8)];
        assert!(aggregate(&there_and_back, &settings).is_empty());
        let there_back_there =
            [change(What::Deleted, 1, 8), change(What::Undeleted, 2, 8), change(What::Deleted, 3, 8)];
        assert_eq!(verbs(&there_back_there, &settings), ["deleted"]);
        let told = Webhooks { cancel_out: false, ..settings };
        assert_eq!(verbs(&there_and_back, &told), ["deleted", "undeleted"]);
    }

    #[test]
    fn what_is_new_is_told_without_its_first_updates() {
        let changes = [change(What::Created, 1, 8), change(properties("a"), 2, 8), change(What::Moved, 3, 8)];
        assert_eq!(verbs(&changes, &Webhooks::default()), ["created", "moved"]);
        let all = Webhooks { created_absorbs_updates: false, ..Webhooks::default() };
        assert_eq!(verbs(&changes, &all), ["created", "properties_updated", "moved"]);
    }

    #[test]
    fn changes_of_a_schema_are_joined_by_property() {
        let schema = |id: &str, action| {
            What::Schema(vec![SchemaChange { id: id.to_owned(), name: Some(id.to_owned()), action }])
        };
        let changes = [
            change(schema("a", "created"), 1, 8),
            change(schema("b", "updated"), 2, 8),
            change(schema("a", "deleted"), 3, 8),
            change(schema("b", "deleted"), 4, 8),
        ];
        let What::Schema(joined) = aggregate(&changes, &Webhooks::default())[0].what.clone() else {
            panic!("schema")
        };
        assert_eq!(
            joined.iter().map(|one| (one.id.as_str(), one.action)).collect::<Vec<_>>(),
            [("b", "deleted")]
        );
    }
}
