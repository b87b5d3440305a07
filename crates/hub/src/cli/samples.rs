//! Sample deliveries: the changes a sales team makes in HubSpot, with names from many scripts.

use crate::dice::Dice;
use rand::Rng;
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};
use syncline_core::time::Timestamp;

const FIRST_NAMES: &[&str] = &[
    "Ada",
    "Zoë",
    "José",
    "Søren",
    "Łukasz",
    "Νίκος",
    "Ольга",
    "محمد",
    "שרה",
    "अनन्या",
    "美咲",
    "민준",
    "Nguyễn",
    "Chidi",
    "Siobhán",
    "Grace",
    "Björk",
    "Inés",
    "Tūmanako",
    "王芳",
];
const COMPANIES: &[&str] = &[
    "Müller & Söhne GmbH",
    "Acme Corp",
    "北京科技有限公司",
    "Café Zürich SA",
    "Ørsted Analytics",
    "O'Brien Ltd",
    "株式会社さくら",
];
const STAGES: &[&str] =
    &["subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer"];
const DEAL_STAGES: &[&str] =
    &["appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "contractsent", "closedwon"];
const SOURCES: &[&str] = &["CRM_UI", "CRM_UI", "INTEGRATION", "IMPORT", "API"];

/// `count` events in bodies of at most `per_delivery`, happening up to `now`.
#[must_use]
pub fn deliveries(
    count: usize,
    per_delivery: usize,
    account: i64,
    now: Timestamp,
    dice: &Dice,
) -> Vec<Vec<u8>> {
    let events: Vec<Value> =
        dice.with(|rng| (0..count).map(|back| event(rng, account, now, count - back)).collect());
    events.chunks(per_delivery).map(|chunk| Value::from(chunk).to_string().into_bytes()).collect()
}

fn event(rng: &mut dyn Rng, account: i64, now: Timestamp, back: usize) -> Value {
    let happened = now.as_millis() - 137 * i64::try_from(back).unwrap_or(0);
    let mut event = json!({
        "eventId": rng.random_range(1_u32..u32::MAX),
        "subscriptionId": rng.random_range(1_000..1_020),
        "portalId": account,
        "appId": 54_321,
        "occurredAt": happened,
        "attemptNumber": 0,
        "changeSource": pick(rng, SOURCES),
        "sourceId": format!("userId:{}", rng.random_range(100..140)),
    });
    let object = 51_000_000_i64 + rng.random_range(0..400);
    match rng.random_range(0..100) {
        0..=54 => contact_change(rng, &mut event, object),
        55..=69 => deal_change(rng, &mut event, object),
        70..=79 => plain(&mut event, "contact.creation", object, "CREATED"),
        80..=86 => set(
            &mut event,
            &[
                ("subscriptionType", json!("company.propertyChange")),
                ("objectId", json!(object)),
                ("propertyName", json!("name")),
                ("propertyValue", json!(pick(rng, COMPANIES))),
            ],
        ),
        87..=91 => plain(&mut event, "contact.deletion", object, "DELETED"),
        92..=95 => set(
            &mut event,
            &[
                ("subscriptionType", json!("contact.associationChange")),
                ("associationType", json!("CONTACT_TO_COMPANY")),
                ("fromObjectId", json!(object)),
                ("toObjectId", json!(object + 7)),
                ("associationRemoved", json!(false)),
                ("isPrimaryAssociation", json!(true)),
            ],
        ),
        96..=97 => set(
            &mut event,
            &[
                ("subscriptionType", json!("contact.merge")),
                ("objectId", json!(object)),
                ("primaryObjectId", json!(object)),
                ("mergedObjectIds", json!([object + 1])),
                ("newObjectId", json!(object + 1_000)),
                ("numberOfPropertiesMoved", json!(4)),
            ],
        ),
        _ => set(
            &mut event,
            &[
                ("subscriptionType", json!("object.propertyChange")),
                ("objectTypeId", json!("2-50158913")),
                ("objectId", json!(object)),
                ("propertyName", json!("total_bookings")),
                ("propertyValue", json!(rng.random_range(0..40).to_string())),
            ],
        ),
    }
    event
}

fn contact_change(rng: &mut dyn Rng, event: &mut Value, object: i64) {
    let (property, value) = match rng.random_range(0..4) {
        0 => ("firstname", pick(rng, FIRST_NAMES).to_owned()),
        1 => ("lifecyclestage", pick(rng, STAGES).to_owned()),
        2 => ("email", format!("person{object}@example.com")),
        _ => ("phone", format!("+44 20 7946 0{:03}", rng.random_range(0..1_000))),
    };
    change(event, "contact.propertyChange", object, property, &value);
}

fn deal_change(rng: &mut dyn Rng, event: &mut Value, object: i64) {
    let (property, value) = match rng.random_range(0..2) {
        0 => ("dealstage", pick(rng, DEAL_STAGES).to_owned()),
        _ => ("amount", format!("{}.00", rng.random_range(500..90_000))),
    };
    change(event, "deal.propertyChange", object, property, &value);
}

fn change(event: &mut Value, kind: &str, object: i64, property: &str, value: &str) {
    set(
        event,
        &[
            ("subscriptionType", json!(kind)),
            ("objectId", json!(object)),
            ("propertyName", json!(property)),
            ("propertyValue", json!(value)),
            ("isSensitive", json!(false)),
        ],
    );
}

fn plain(event: &mut Value, kind: &str, object: i64, flag: &str) {
    set(
        event,
        &[("subscriptionType", json!(kind)), ("objectId", json!(object)), ("changeFlag", json!(flag))],
    );
}

fn set(event: &mut Value, fields: &[(&str, Value)]) {
    for (name, value) in fields {
        event[*name] = value.clone();
    }
}

fn pick<'a>(rng: &mut dyn Rng, from: &[&'a str]) -> &'a str {
    from.choose(rng).copied().unwrap_or("")
}
