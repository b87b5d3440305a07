//! Property definitions and groups, and what values they let in (HubSpot facts 4, 3.5).

mod addresses;
mod api;
pub(crate) mod batch;
mod check;
mod definition;
mod edit;
mod groups;
pub(crate) mod input;
mod limits;
pub(crate) mod requests;
mod rules;
mod schemas;
mod standard;
mod table;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use api::router;
pub(crate) use check::{appended, check, check_all, moment};
pub(crate) use definition::{Choice, Definition, Sensitivity, Type};
pub(crate) use rules::Settings;
pub(crate) use table::Properties;

use super::state::Portal;
use super::types::TypeId;

/// A kept value as webhooks tell it: datetimes as epoch milliseconds, sensitive ones redacted (HubSpot facts 6.3).
/// Also whether the property is sensitive.
pub(crate) fn as_told(portal: &Portal, object_type: TypeId, name: &str, value: &str) -> (String, bool) {
    let Some(definition) = portal.properties.get(object_type, name) else { return (value.to_owned(), false) };
    if definition.sensitivity != Sensitivity::NonSensitive {
        return ("REDACTED".to_owned(), true);
    }
    (check::told(definition, &portal.properties.rules, value), false)
}

/// The unique property with this name, other than `email`, if the type has one.
pub(crate) fn is_unique(portal: &Portal, object_type: TypeId, name: &str) -> bool {
    // A record's id is unique, but it is no value.
    portal
        .properties
        .get(object_type, name)
        .is_some_and(|definition| definition.unique && !definition.hubspot_defined)
}

/// Whether the type has a property with this name: values of archived ones are not shown.
pub(crate) fn is_known(portal: &Portal, object_type: TypeId, name: &str) -> bool {
    portal.properties.get(object_type, name).is_some()
}

/// `Contact` and `Contacts`, `Line item` and `Line items`: a type for people.
fn standard_name(portal: &Portal, object_type: TypeId) -> (String, String) {
    if let Some(custom) = portal.custom_types.get(&object_type) {
        return (custom.singular.clone(), custom.plural.clone());
    }
    let spoken = |name: Option<&str>| {
        let name = name.unwrap_or_default().replace('_', " ");
        let mut letters = name.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    };
    (spoken(object_type.singular()), spoken(object_type.plural()))
}

#[cfg(test)]
mod tests {
    use super::testing::{MOCK_EXAM, NOW, portal};
    use super::*;
    use std::sync::Arc;

    #[test]
    fn webhooks_are_told_moments_in_milliseconds_and_nothing_sensitive() {
        let mut portal = portal();
        let told = |portal: &Portal, name: &str, value: &str| as_told(portal, MOCK_EXAM, name, value).0;
        assert_eq!(told(&portal, "start_time", "2026-01-01T00:00:00.007Z"), "1767225600007");
        assert_eq!(told(&portal, "exam_date", "2026-01-01"), "1767225600000");
        assert_eq!(told(&portal, "start_time", ""), "");
        assert_eq!(told(&portal, "total_bookings", "8"), "8");
        let rules = Settings { dates_told_as_ms: false, ..Settings::default() };
        portal.properties.rules = Arc::new(rules);
        assert_eq!(told(&portal, "exam_date", "2026-01-01"), "2026-01-01");
        let location = portal.properties.of_mut(MOCK_EXAM).live.get_mut("location").expect("there");
        location.sensitivity = Sensitivity::Sensitive;
        assert_eq!(as_told(&portal, MOCK_EXAM, "location", "Ward 5"), ("REDACTED".to_owned(), true));
    }

    #[test]
    fn only_what_an_account_made_unique_is_unique() {
        let portal = portal();
        assert!(is_unique(&portal, MOCK_EXAM, "mock_exam_id"));
        assert!(!is_unique(&portal, MOCK_EXAM, "location") && !is_unique(&portal, MOCK_EXAM, "hs_object_id"));
        assert!(!is_unique(&portal, TypeId::CONTACT, "email"));
    }

    #[test]
    fn every_account_starts_with_definitions_of_every_type() {
        let portal = portal();
        let of = |object_type| portal.properties.of(object_type).map_or(0, |table| table.live.len());
        assert!(of(TypeId::CONTACT) > 60 && of(TypeId::COMPANY) > 30 && of(TypeId::DEAL) > 25);
        assert_eq!(portal.properties.all().count(), 14);
        for (_, table) in portal.properties.all() {
            assert!(table.live.values().all(|definition| table.groups.contains_key(&definition.group)));
        }
        assert_eq!(portal.properties.get(TypeId::CONTACT, "email").map(|found| found.created_at), Some(NOW));
    }
}
