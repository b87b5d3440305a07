//! The 48 event types an app can subscribe to (HubSpot facts 6.2).

use super::super::change::What;
use super::super::types::TypeId;

/// What a subscription is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// `contact`, `company`, `deal`, `ticket`, `product`, `line_item`.
    Records(TypeId),
    /// `object`: any type, named by its id.
    Objects,
    /// `conversation`.
    Conversation,
    /// `event`.
    Event,
}

/// What has to happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Creation,
    Deletion,
    Merge,
    Restore,
    PropertyChange,
    AssociationChange,
    PrivacyDeletion,
    NewMessage,
    Completed,
}

/// An event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventType {
    /// About what.
    pub(crate) subject: Subject,
    /// What happened.
    pub(crate) kind: Kind,
}

const SUBJECTS: &[(&str, Subject)] = &[
    ("contact", Subject::Records(TypeId::CONTACT)),
    ("company", Subject::Records(TypeId::COMPANY)),
    ("deal", Subject::Records(TypeId::DEAL)),
    ("ticket", Subject::Records(TypeId::TICKET)),
    ("product", Subject::Records(PRODUCT)),
    ("line_item", Subject::Records(TypeId { space: 0, number: 8 })),
    ("object", Subject::Objects),
    ("conversation", Subject::Conversation),
    ("event", Subject::Event),
];

const PRODUCT: TypeId = TypeId { space: 0, number: 7 };

const KINDS: &[(&str, Kind)] = &[
    ("creation", Kind::Creation),
    ("deletion", Kind::Deletion),
    ("merge", Kind::Merge),
    ("restore", Kind::Restore),
    ("propertyChange", Kind::PropertyChange),
    ("associationChange", Kind::AssociationChange),
    ("privacyDeletion", Kind::PrivacyDeletion),
    ("newMessage", Kind::NewMessage),
    ("completed", Kind::Completed),
];

/// Properties nobody can subscribe to.
pub(crate) const UNSUBSCRIBABLE: &[&str] = &["num_unique_conversion_events", "hs_lastmodifieddate"];

impl EventType {
    /// Reads `contact.creation`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (subject, kind) = text.split_once('.')?;
        let subject = SUBJECTS.iter().find(|(name, _)| *name == subject)?.1;
        let kind = KINDS.iter().find(|(name, _)| *name == kind)?.1;
        Self { subject, kind }.exists().then_some(Self { subject, kind })
    }

    fn exists(self) -> bool {
        match (self.subject, self.kind) {
            (Subject::Conversation, kind) => matches!(
                kind,
                Kind::Creation
                    | Kind::Deletion
                    | Kind::NewMessage
                    | Kind::PrivacyDeletion
                    | Kind::PropertyChange
            ),
            (Subject::Event, kind) => kind == Kind::Completed,
            (_, Kind::NewMessage | Kind::Completed) => false,
            (subject, Kind::PrivacyDeletion) => subject == Subject::Records(TypeId::CONTACT),
            (subject, Kind::AssociationChange) => subject != Subject::Records(PRODUCT),
            _ => true,
        }
    }

    /// The scope without which an account is not told of; none for types HubSpot's facts name no scope of.
    pub(crate) fn read_scope(self, object_type: TypeId) -> Option<String> {
        match self.subject {
            Subject::Conversation => Some("conversations.read".to_owned()),
            Subject::Event => None,
            Subject::Records(_) | Subject::Objects => read_scope(object_type),
        }
    }
}

/// The scope that lets an app read records of this type.
pub(crate) fn read_scope(object_type: TypeId) -> Option<String> {
    match object_type {
        TypeId::TICKET => Some("tickets".to_owned()),
        TypeId { space: 2, .. } => Some("crm.objects.custom.read".to_owned()),
        TypeId::CONTACT | TypeId::COMPANY | TypeId::DEAL => {
            object_type.plural().map(|plural| format!("crm.objects.{plural}.read"))
        }
        _ => None,
    }
}

/// What kind of event tells of a change, and to which records it happened.
pub(crate) fn told_as(what: &What) -> (Kind, TypeId) {
    match what {
        What::Created { object_type, .. } => (Kind::Creation, *object_type),
        What::Deleted { object_type, .. } => (Kind::Deletion, *object_type),
        What::Restored { object_type, .. } => (Kind::Restore, *object_type),
        What::Property { object_type, .. } => (Kind::PropertyChange, *object_type),
        What::Merged { object_type, .. } => (Kind::Merge, *object_type),
        What::PrivacyDeleted { object_type, .. } => (Kind::PrivacyDeletion, *object_type),
        What::Association { from_type, .. } => (Kind::AssociationChange, *from_type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_48_event_types() {
        let all = SUBJECTS.iter().flat_map(|(subject, _)| KINDS.iter().map(move |kind| (subject, kind.0)));
        let known = all.filter(|(subject, kind)| EventType::parse(&format!("{subject}.{kind}")).is_some());
        assert_eq!(known.count(), 48);
    }

    #[test]
    fn what_does_not_exist_cannot_be_subscribed_to() {
        let no = [
            "contact",
            "contact.install",
            "product.associationChange",
            "company.privacyDeletion",
            "object.privacyDeletion",
            "conversation.merge",
            "event.creation",
            "form.creation",
            "Contact.creation",
            "contact.newMessage",
            "",
        ];
        for name in no {
            assert_eq!(EventType::parse(name), None, "{name}");
        }
    }

    #[test]
    fn each_object_is_read_with_a_scope_of_its_own() {
        let scope = |text: &str| read_scope(TypeId::parse(text).expect("an id"));
        assert_eq!(scope("0-1").as_deref(), Some("crm.objects.contacts.read"));
        assert_eq!(scope("0-2").as_deref(), Some("crm.objects.companies.read"));
        assert_eq!(scope("0-5").as_deref(), Some("tickets"));
        assert_eq!(scope("2-50158913").as_deref(), Some("crm.objects.custom.read"));
        let conversation = EventType::parse("conversation.creation").expect("known");
        assert_eq!(conversation.read_scope(TypeId::CONTACT).as_deref(), Some("conversations.read"));
    }
}
