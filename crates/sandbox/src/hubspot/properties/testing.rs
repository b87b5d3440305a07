//! An account for unit tests.

use super::Properties;
use crate::hubspot::account::Pipelines;
use crate::hubspot::associations::Associations;
use crate::hubspot::change::Source;
use crate::hubspot::objects::{By, Objects};
use crate::hubspot::state::{CustomType, Portal, User};
use crate::hubspot::types::TypeId;
use std::collections::BTreeMap;

/// 2026-01-01T00:00:00.000Z
pub(crate) const NOW: i64 = 1_767_225_600_000;

/// The account's own type.
pub(crate) const MOCK_EXAM: TypeId = TypeId { space: 2, number: 50_158_913 };

/// An account with one user and no records.
pub(crate) fn portal() -> Portal {
    let custom = CustomType {
        name: "mock_exams".to_owned(),
        singular: "Mock exam".to_owned(),
        plural: "Mock exams".to_owned(),
    };
    Portal {
        id: 62_515,
        name: "Acme".to_owned(),
        hub_domain: "acme.example".to_owned(),
        account_type: "STANDARD",
        time_zone: "Europe/London",
        hublet: "na1",
        currency: "GBP",
        users: vec![User {
            user_id: 42,
            owner_id: 6_166_860,
            email: "ada@acme.example".to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            super_admin: true,
            archived: false,
        }],
        private_app_token: String::new(),
        private_app_id: 1,
        pipelines: Pipelines::at_start(NOW),
        objects: Objects::default(),
        properties: Properties::at_start(NOW, &[(MOCK_EXAM, &custom)]),
        associations: Associations::default(),
        custom_types: BTreeMap::from([(MOCK_EXAM, custom)]),
    }
}

/// An app, at a moment.
pub(crate) fn by(at: i64) -> By {
    By { at, source: Source::app(54_321) }
}
