//! What happened to records: told to webhooks and the journal (HubSpot facts 6.2, 6.3).

use super::types::TypeId;

/// Something happened, at a moment, by somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Simulated milliseconds since 1970.
    pub(crate) at: i64,
    /// By whom.
    pub(crate) source: Source,
    /// What.
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// A record came to be. A `Property` for each value it was given follows.
    Created { object_type: TypeId, id: u64 },
    /// A record was archived.
    Deleted { object_type: TypeId, id: u64 },
    /// An archived record came back.
    Restored { object_type: TypeId, id: u64 },
    /// A value changed. `value` is as a webhook tells it (datetimes as epoch milliseconds), empty when cleared.
    Property { object_type: TypeId, id: u64, name: String, value: String, sensitive: bool },
    /// Two records became a third.
    Merged { object_type: TypeId, primary: u64, merged: Vec<u64>, new: u64, properties_moved: u64 },
    /// A contact was erased for good. A `Deleted` follows.
    PrivacyDeleted { object_type: TypeId, id: u64 },
    /// An association came or went, seen from one side; the other side is a `Change` of its own.
    Association {
        from_type: TypeId,
        from: u64,
        to_type: TypeId,
        to: u64,
        type_id: u64,
        category: &'static str,
        removed: bool,
        primary: bool,
    },
}

/// By whom something was done, as webhooks and property history tell it (HubSpot facts 6.3, 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// `CRM_UI`, `INTEGRATION`, `API`, `IMPORT`, `AUTOMATION_PLATFORM`, …
    pub(crate) kind: &'static str,
    /// `userId:42`, or the app's id.
    pub(crate) id: String,
    /// Who did it, where it was a person.
    pub(crate) user: Option<u64>,
    /// The app that did it, where it was one: it need not be told of its own doing, but it is.
    pub(crate) app: Option<u64>,
}

impl Source {
    /// A person in HubSpot's own pages.
    pub(crate) fn person(user: u64) -> Self {
        Self { kind: "CRM_UI", id: format!("userId:{user}"), user: Some(user), app: None }
    }

    /// An app through the API.
    pub(crate) fn app(app: u64) -> Self {
        Self { kind: "INTEGRATION", id: app.to_string(), user: None, app: Some(app) }
    }
}
