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

#[cfg(test)]
mod tests {
    use super::super::mapping::{convert, face, fields};
    use super::super::schema::{Field, Kind, Schema};
    use super::super::value::{Fields, Value};
    use super::*;

    #[test]
    fn only_contacts_and_customers_have_a_ready_made_agreement() {
        assert!(between(CONTACTS, CUSTOMERS).is_some() && between(CUSTOMERS, CONTACTS).is_some());
        for (left, right) in [
            (CONTACTS, CONTACTS),
            (("hubspot", "companies"), CUSTOMERS),
            (CONTACTS, ("airtable", "row")),
            (("notion", "page"), CONTACTS),
        ] {
            assert_eq!(between(left, right), None, "{left:?} {right:?}");
        }
    }

    #[test]
    fn the_sides_are_as_named_and_otherwise_the_same() {
        let one = between(CONTACTS, CUSTOMERS).expect("ready-made");
        let other = between(CUSTOMERS, CONTACTS).expect("ready-made");
        assert_eq!((&one.sides.left, &one.sides.right), (&other.sides.right, &other.sides.left));
        for (a, b) in one.rules.iter().zip(&other.rules) {
            assert_eq!((&a.fields.left, &a.fields.right), (&b.fields.right, &b.fields.left));
            assert_eq!((&a.name, &a.form, &a.normalise), (&b.name, &b.form, &b.normalise));
        }
    }

    #[test]
    fn the_seeds_fields_are_the_agreements() {
        let agreement = between(CONTACTS, CUSTOMERS).expect("ready-made");
        let hubspot = [
            "email",
            "firstname",
            "hs_additional_emails",
            "lastname",
            "phone",
            "tte_customer_secondary_emails",
            "tte_customer_secondary_phone",
            "tte_customer_sync_status",
            "tte_customer_uri",
        ];
        assert_eq!(Vec::from_iter(fields(&agreement, Side::Left)), hubspot);
        let tentoeight =
            ["custom_fields.External ID", "custom_fields.Sync Status", "emails", "name", "numbers"];
        assert_eq!(Vec::from_iter(fields(&agreement, Side::Right)), tentoeight);
    }

    #[test]
    fn a_customer_becomes_a_contact_as_the_seed_has_it() {
        let agreement = between(CONTACTS, CUSTOMERS).expect("ready-made");
        let customer = Fields::from([
            ("name".to_owned(), Value::text("Ada King Lovelace")),
            ("emails".to_owned(), Value::list(["a@x", "b@x.org", "c@x.org"])),
            ("numbers".to_owned(), Value::list(["+441234567890"])),
        ]);
        let texts = fields(&agreement, Side::Left).into_iter().map(|name| {
            (name, Field { title: String::new(), kind: Kind::Text, writable: true, longest: None })
        });
        let schema = Schema { fields: texts.collect(), ..Schema::default() };
        let shown = agreement.rules.iter().flat_map(|rule| {
            convert(rule, Side::Right, &face(rule, Side::Right, &customer), &schema, None).0
        });
        let shown: Vec<_> = shown.map(|value| value.first().to_owned()).collect();
        assert_eq!(shown, ["Ada", "King Lovelace", "a@x", "b@x.org,\nc@x.org", "+441234567890", ""]);
    }

    #[test]
    fn an_agreement_reads_back_as_it_was_written() {
        let agreement = between(CUSTOMERS, CONTACTS).expect("ready-made");
        let json = serde_json::to_string(&agreement).expect("plain data");
        assert_eq!(serde_json::from_str::<Agreement>(&json).expect("the same"), agreement);
    }
}
