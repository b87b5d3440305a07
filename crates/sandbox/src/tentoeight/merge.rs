//! What is left when customers are merged (10to8 facts 5, "Merge").

use super::model::{Customer, Field};
use super::settings::Survivor;

/// The custom field that holds the other system's id.
const EXTERNAL_ID: &str = "External ID";

/// The place, among `ids`, of the one whose URI survives; none when a new one is made.
pub(super) fn survivor(rule: Survivor, ids: &[u64]) -> Option<usize> {
    let places = || (0..ids.len()).map(|place| (ids[place], place));
    match rule {
        Survivor::First => (!ids.is_empty()).then_some(0),
        Survivor::Oldest => places().min().map(|(_, place)| place),
        Survivor::Newest => places().max().map(|(_, place)| place),
        Survivor::New => None,
    }
}

/// All of them in one, the first one's word counting most. `External ID` holds all ids, joined by a comma and a space.
pub(super) fn merged(all: &[&Customer]) -> Customer {
    let mut one = Customer::default();
    let (mut emails, mut numbers): (Vec<Box<str>>, Vec<Box<str>>) = (Vec::new(), Vec::new());
    let mut external_ids: Vec<&str> = Vec::new();
    for customer in all {
        if one.name.is_empty() {
            one.name.clone_from(&customer.name);
        }
        add(&mut emails, &customer.emails);
        add(&mut numbers, &customer.numbers);
        one.bookings.extend(&customer.bookings);
        for (name, value) in &customer.custom_fields {
            if &**name == EXTERNAL_ID {
                external_ids.extend(value.as_deref().filter(|id| !id.is_empty()));
            } else if !one.custom_fields.iter().any(|(other, _)| other == name) {
                one.custom_fields.push((name.clone(), value.clone()));
            }
        }
    }
    if !external_ids.is_empty() {
        let field: Field = (EXTERNAL_ID.into(), Some(external_ids.join(", ").into()));
        one.custom_fields.insert(0, field);
    }
    one.emails = emails.into();
    one.numbers = numbers.into();
    one
}

fn add(to: &mut Vec<Box<str>>, more: &[Box<str>]) {
    for text in more {
        if !to.contains(text) {
            to.push(text.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(name: &str, email: &str, external_id: Option<&str>) -> Customer {
        let fields = external_id.map(|id| (EXTERNAL_ID.into(), Some(id.into())));
        Customer {
            name: name.into(),
            emails: [email.into()].into(),
            custom_fields: fields.into_iter().chain([("Sync Status".into(), Some(name.into()))]).collect(),
            ..Customer::default()
        }
    }

    #[test]
    fn external_ids_are_joined_and_the_first_ones_word_counts() {
        let (ada, byron, nobody) = (
            customer("Ada", "a@x", Some("7")),
            customer("Byron", "b@x", Some("8, 9")),
            customer("", "a@x", None),
        );
        let one = merged(&[&nobody, &ada, &byron]);
        assert_eq!(&*one.name, "Ada");
        assert_eq!(one.emails, ["a@x".into(), "b@x".into()].into());
        let fields: Vec<_> =
            one.custom_fields.iter().map(|(name, value)| (&**name, value.as_deref())).collect();
        assert_eq!(fields, [("External ID", Some("7, 8, 9")), ("Sync Status", Some(""))]);
        assert!(merged(&[&nobody, &nobody]).custom_fields.iter().all(|(name, _)| &**name != EXTERNAL_ID));
    }

    #[test]
    fn who_survives_is_as_set() {
        let ids = [30, 10, 20];
        let survivors = [Survivor::First, Survivor::Oldest, Survivor::Newest, Survivor::New]
            .map(|rule| survivor(rule, &ids));
        assert_eq!(survivors, [Some(0), Some(1), Some(0), None]);
    }
}
