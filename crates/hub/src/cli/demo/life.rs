//! Life: what people at the providers and the application do next, by the dice.

use super::cast::{Cast, FAMILY, GIVEN, Pair, Thing, pick};
use rand::{Rng, RngExt as _};
use serde_json::{Value, json};

/// Something that is done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// Somebody edits at a provider, all of it at the same moment.
    Edit {
        /// Provider and edit.
        edits: Vec<(&'static str, Value)>,
        /// What it is, in words.
        says: String,
        /// Whether it is worth a line in the terminal.
        is_news: bool,
    },
    /// The application counts a booking, or several.
    Count {
        /// Which exam.
        exam: Thing,
        /// By how much.
        by: i64,
    },
    /// The application publishes a message of its own.
    Publish {
        /// About whom.
        name: String,
    },
}

/// What can be done, and how often of a hundred.
const WEIGHTS: [(Kind, u32); 14] = [
    (Kind::Contact, 20),
    (Kind::Customer, 20),
    (Kind::Deal, 7),
    (Kind::Company, 5),
    (Kind::Page, 6),
    (Kind::Row, 6),
    (Kind::Count, 14),
    (Kind::Publish, 4),
    (Kind::NewContact, 4),
    (Kind::NewCustomer, 3),
    (Kind::Odd, 4),
    (Kind::Mend, 4),
    (Kind::Both, 2),
    (Kind::Leave, 1),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Contact,
    Customer,
    Deal,
    Company,
    Page,
    Row,
    Count,
    Publish,
    NewContact,
    NewCustomer,
    Odd,
    Mend,
    Both,
    Leave,
}

/// The next thing that is done; none when the dice chose something for which there is nobody.
pub(super) fn next(cast: &mut Cast, dice: &mut dyn Rng) -> Option<Act> {
    let all: u32 = WEIGHTS.iter().map(|(_, weight)| weight).sum();
    let mut at = dice.random_range(0..all);
    let (kind, _) = WEIGHTS.into_iter().find(|(_, weight)| {
        let is_it = at < *weight;
        at = at.saturating_sub(*weight);
        is_it
    })?;
    match kind {
        Kind::Contact => contact(cast, dice),
        Kind::Customer => customer(cast, dice),
        Kind::Deal => deal(cast, dice),
        Kind::Company => company(cast, dice),
        Kind::Page => page(cast, dice),
        Kind::Row => row(cast, dice),
        Kind::Count => {
            Some(Act::Count { exam: pick(&cast.exams, dice)?.clone(), by: dice.random_range(1..=3) })
        }
        Kind::Publish => Some(Act::Publish { name: cast.somebody(dice)?.name }),
        Kind::NewContact => Some(new_contact(cast, dice)),
        Kind::NewCustomer => Some(new_customer(cast, dice)),
        Kind::Odd => odd(cast, dice),
        Kind::Mend => mend(cast),
        Kind::Both => both(cast, dice),
        Kind::Leave => leave(cast, dice),
    }
}

fn edit(provider: &'static str, edit: Value, says: String, is_news: bool) -> Act {
    Act::Edit { edits: vec![(provider, edit)], says, is_news }
}

fn at_hubspot(pair: &Pair, properties: &Value) -> Value {
    json!({ "action": "update", "id": pair.contact, "properties": properties })
}

fn at_tentoeight(pair: &Pair, fields: Value) -> Value {
    let mut edit = json!({ "action": "update", "resource_uri": pair.customer });
    if let (Some(edit), Value::Object(fields)) = (edit.as_object_mut(), fields) {
        edit.extend(fields);
    }
    edit
}

/// A number that nobody else has.
fn number(cast: &mut Cast) -> String {
    format!("+4420{:08}", 71_000_000 + cast.fresh())
}

fn address(cast: &mut Cast, name: &str) -> String {
    let name: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{name}{}@example.org", cast.fresh())
}

fn full_name(dice: &mut dyn Rng) -> (&'static str, &'static str) {
    let any = |all: &[&'static str; 12], dice: &mut dyn Rng| all[dice.random_range(0..all.len())];
    (any(&GIVEN, dice), any(&FAMILY, dice))
}

fn contact(cast: &mut Cast, dice: &mut dyn Rng) -> Option<Act> {
    let pair = cast.somebody(dice)?;
    let (properties, what) = match dice.random_range(0..3) {
        0 => (json!({ "phone": number(cast) }), "another number"),
        1 => (json!({ "email": address(cast, &pair.name) }), "another address"),
        _ => (json!({ "lastname": full_name(dice).1 }), "another family name"),
    };
    let says = format!("HubSpot: {} has {what}", pair.name);
    Some(edit("hubspot", at_hubspot(&pair, &properties), says, false))
}

fn customer(cast: &mut Cast, dice: &mut dyn Rng) -> Option<Act> {
    let pair = cast.somebody(dice)?;
    let (fields, what) = match dice.random_range(0..3) {
        0 => (json!({ "numbers": [number(cast)] }), "another number"),
        1 => (json!({ "emails": [address(cast, &pair.name)] }), "another address"),
        _ => {
            let (given, family) = full_name(dice);
            (json!({ "name": format!("{given} {family}") }), "another name")
        }
    };
    let says = format!("10to8: {} has {what}", pair.name);
    Some(edit("tentoeight", at_tentoeight(&pair, fields), says, false))
}

fn deal(cast: &Cast, dice: &mut dyn Rng) -> Option<Act> {
    let deal = pick(&cast.deals, dice)?;
    let amount = dice.random_range(5..500) * 100;
    let edited = json!({
        "action": "update", "object": "deals", "id": deal.id, "properties": { "amount": amount.to_string() },
    });
    Some(edit("hubspot", edited, format!("HubSpot: the deal {} is worth {amount} now", deal.name), false))
}

fn company(cast: &Cast, dice: &mut dyn Rng) -> Option<Act> {
    const CITIES: [&str; 6] = ["Leeds", "Cork", "Utrecht", "Graz", "Porto", "Aarhus"];
    let company = pick(&cast.companies, dice)?;
    let city = pick(&CITIES, dice)?;
    let edited = json!({
        "action": "update", "object": "companies", "id": company.id, "properties": { "city": city },
    });
    Some(edit("hubspot", edited, format!("HubSpot: {} moves to {city}", company.name), false))
}

fn page(cast: &mut Cast, dice: &mut dyn Rng) -> Option<Act> {
    let page = pick(&cast.pages, dice)?.clone();
    let edited = json!({ "action": "update", "id": page.id, "properties": { "Phone": number(cast) } });
    Some(edit("notion", edited, format!("Notion: {} has another number", page.name), false))
}

fn row(cast: &mut Cast, dice: &mut dyn Rng) -> Option<Act> {
    let row = pick(&cast.rows, dice)?.clone();
    let edited =
        json!({ "action": "update", "table": "People", "id": row.id, "fields": { "Phone": number(cast) } });
    Some(edit("airtable", edited, format!("Airtable: {} has another number", row.name), false))
}

fn new_contact(cast: &mut Cast, dice: &mut dyn Rng) -> Act {
    let (given, family) = full_name(dice);
    let properties = json!({
        "firstname": given, "lastname": family, "email": address(cast, family), "phone": number(cast),
    });
    let edited = json!({ "action": "create", "object": "contacts", "properties": properties });
    edit("hubspot", edited, format!("HubSpot: {given} {family} is new; 10to8 will know too"), true)
}

fn new_customer(cast: &mut Cast, dice: &mut dyn Rng) -> Act {
    let (given, family) = full_name(dice);
    let edited = json!({
        "action": "create", "name": format!("{given} {family}"), "emails": [address(cast, family)],
        "numbers": [number(cast)],
    });
    edit("tentoeight", edited, format!("10to8: {given} {family} is new; HubSpot will know too"), true)
}

/// A value that HubSpot does not take: one that a rule of ours knows, or one that only HubSpot does.
fn odd(cast: &mut Cast, dice: &mut dyn Rng) -> Option<Act> {
    let pair = cast.somebody(dice)?;
    cast.odd.push(pair.clone());
    let (fields, what) = if dice.random_bool(0.7) {
        let half = address(cast, &pair.name).replace("example.org", "");
        (json!({ "emails": [half] }), "an address that is none")
    } else {
        (json!({ "name": format!("http://{}.example.org", cast.fresh()) }), "a web page for a name")
    };
    let says = format!("10to8: {} gets {what}; HubSpot does not take it, so it is held", pair.name);
    Some(edit("tentoeight", at_tentoeight(&pair, fields), says, true))
}

/// Whoever was given such a value first gets a good one; the last one stays for whoever looks.
fn mend(cast: &mut Cast) -> Option<Act> {
    if cast.odd.len() < 2 {
        return None;
    }
    let pair = cast.odd.remove(0);
    let fields = json!({ "emails": [address(cast, &pair.name)], "name": pair.name });
    let says = format!("10to8: somebody corrects {}, and what was held flows", pair.name);
    Some(edit("tentoeight", at_tentoeight(&pair, fields), says, true))
}

/// Two people give somebody another name at the same moment, each on a side.
pub(super) fn both(cast: &mut Cast, dice: &mut dyn Rng) -> Option<Act> {
    let pair = cast.somebody(dice)?;
    let (left, right) = (full_name(dice), full_name(dice));
    if left == right {
        return None;
    }
    let here = at_hubspot(&pair, &json!({ "firstname": left.0, "lastname": left.1 }));
    let there = at_tentoeight(&pair, json!({ "name": format!("{} {}", right.0, right.1) }));
    let says = format!(
        "both sides give {} another name at the same moment: {} {} and {} {}. A person has to decide",
        pair.name, left.0, left.1, right.0, right.1
    );
    Some(Act::Edit { edits: vec![("hubspot", here), ("tentoeight", there)], says, is_news: true })
}

fn leave(cast: &mut Cast, dice: &mut dyn Rng) -> Option<Act> {
    let pair = cast.leaver(dice)?;
    let (provider, name, edited) = if dice.random_bool(0.5) {
        ("hubspot", "HubSpot", json!({ "action": "archive", "id": pair.contact }))
    } else {
        ("tentoeight", "10to8", json!({ "action": "delete", "resource_uri": pair.customer }))
    };
    let says = format!("{name}: {} is deleted; the other side follows", pair.name);
    Some(edit(provider, edited, says, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    fn cast() -> Cast {
        let thing = |kind: &str, n: u32| Thing { id: format!("{kind}{n}"), name: format!("{kind} {n}") };
        let things = |kind: &str| (0..5).map(|n| thing(kind, n)).collect::<Vec<_>>();
        let pair =
            |n: u32| Pair { contact: format!("{n}"), customer: format!("u{n}"), name: format!("Person {n}") };
        Cast {
            pairs: (0..60).map(pair).collect(),
            companies: things("company"),
            deals: things("deal"),
            pages: things("page"),
            rows: things("row"),
            exams: things("exam"),
            ..Cast::default()
        }
    }

    fn told(seed: u64) -> Vec<Act> {
        let (dice, mut cast) = (Dice::seeded(seed), cast());
        (0..400).filter_map(|_| dice.with(|dice| next(&mut cast, dice))).collect()
    }

    #[test]
    fn the_same_seed_is_the_same_life() {
        assert_eq!(told(5), told(5));
        assert_ne!(told(5), told(6));
    }

    #[test]
    fn everything_happens_and_what_is_told_reads_well() {
        let told = told(1);
        let news = told.iter().filter_map(|act| match act {
            Act::Edit { says, is_news: true, .. } => Some(says.as_str()),
            _ => None,
        });
        insta::assert_snapshot!(news.take(14).collect::<Vec<_>>().join("\n"));
        assert!(told.iter().any(|act| matches!(act, Act::Count { .. })));
        assert!(told.iter().any(|act| matches!(act, Act::Publish { .. })));
        assert!(
            told.iter().any(|act| matches!(act, Act::Edit { edits, .. } if edits.len() == 2)),
            "conflicts"
        );
    }
}
