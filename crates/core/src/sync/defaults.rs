//! Ready-made agreements.

use super::agreement::{Agreement, Key, Party};
use super::mapping::{Form, Normalise, Rule};
use super::side::{Side, Sides};

/// A provider and a type of its records.
type Object<'a> = (&'a str, &'a str);

const CONTACTS: Object<'_> = ("hubspot", "contacts");
const CUSTOMERS: Object<'_> = ("tentoeight", "customer");

/// Which agreement two providers have ready-made: HubSpot's contacts and 10to8's customers, as the seed has it (10to8 facts 8).
/// The sides are as named.
#[must_use]
pub fn between(left: (&str, &str), right: (&str, &str)) -> Option<Agreement> {
    match (left, right) {
        (CONTACTS, CUSTOMERS) => Some(contacts_and_customers(Side::Left)),
        (CUSTOMERS, CONTACTS) => Some(contacts_and_customers(Side::Right)),
        _ => None,
    }
}

/// With HubSpot on this side.
fn contacts_and_customers(hubspot: Side) -> Agreement {
    let sides = Placed { hubspot };
    let party = |object: Object<'_>, external: &str, status: &str| Party {
        object_type: object.1.to_owned(),
        collection: String::new(),
        external: Some(external.to_owned()),
        status: Some(status.to_owned()),
    };
    let phones = Normalise::Phone { region: "GB".to_owned() };
    let list = || Form::List { separator: ",\n".to_owned() };
    Agreement {
        sides: sides.both(
            party(CONTACTS, "tte_customer_uri", "tte_customer_sync_status"),
            party(CUSTOMERS, "custom_fields.External ID", "custom_fields.Sync Status"),
        ),
        direction: super::Direction::Both,
        rules: vec![
            sides.rule("name", &["firstname", "lastname"], "name", space(), Normalise::Trim),
            sides.rule(
                "emails",
                &["email", "tte_customer_secondary_emails"],
                "emails",
                list(),
                Normalise::Email,
            ),
            sides.rule("numbers", &["phone", "tte_customer_secondary_phone"], "numbers", list(), phones),
        ],
        matching: vec![
            Key {
                rule: "emails".to_owned(),
                also: sides.both(vec!["hs_additional_emails".to_owned()], Vec::new()),
            },
            Key { rule: "numbers".to_owned(), also: Sides::default() },
        ],
        policy: super::Policy::Newest,
        deletions: Sides::default(),
        guard: super::guard::Guard::default(),
        status: super::StatusPolicy::Always,
    }
}

fn space() -> Form {
    Form::Join { separator: " ".to_owned() }
}

/// Which side is HubSpot's.
struct Placed {
    hubspot: Side,
}

impl Placed {
    fn both<T>(&self, contacts: T, customers: T) -> Sides<T> {
        match self.hubspot {
            Side::Left => Sides { left: contacts, right: customers },
            Side::Right => Sides { left: customers, right: contacts },
        }
    }

    /// An empty placeholder stands for an e-mail address that HubSpot does not take.
    fn rule(&self, name: &str, contacts: &[&str], customers: &str, form: Form, normalise: Normalise) -> Rule {
        Rule {
            name: name.to_owned(),
            fields: self
                .both(contacts.iter().map(|&field| field.to_owned()).collect(), vec![customers.to_owned()]),
            form,
            way: super::Way::Both,
            normalise,
            placeholder: Sides::default(),
            policy: None,
        }
    }
}
