//! Events of every kind, and such as no provider should ever send.

/// One delivery of an event.
pub struct Attempt {
    /// Which event.
    pub event: usize,
    /// Which of its deliveries.
    pub number: usize,
    /// As it is sent.
    pub text: String,
}

/// How many of [`events`] can be read; the others are parked.
pub fn readable() -> usize {
    events().len() - UNREADABLE.len()
}

/// Every event, some more than once; a repetition says which attempt it is, as HubSpot's do.
pub fn attempts() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for (event, text) in events().into_iter().enumerate() {
        let repetitions = usize::from(event % 4 == 0) + usize::from(event % 6 == 0);
        for number in 0..=repetitions {
            let text = text.replace("ATTEMPT", &number.to_string());
            attempts.push(Attempt { event, number, text });
        }
    }
    attempts
}

/// What cannot be made an event.
const UNREADABLE: [&str; 4] = [
    r#"{"eventId":9001,"occurredAt":1767225600000,"subscriptionType":"contact.creation","attemptNumber":ATTEMPT}"#,
    r#"{"eventId":9002,"portalId":1,"subscriptionType":"contact.creation","attemptNumber":ATTEMPT}"#,
    r#"{"eventId":9003,"portalId":1,"occurredAt":1767225600000,"subscriptionType":"","attemptNumber":ATTEMPT}"#,
    r#"{"eventId":9004,"portalId":"one","occurredAt":"yesterday","subscriptionType":7,"attemptNumber":ATTEMPT}"#,
];

/// Kinds and properties that a careless database takes for one another: by case, accents, spaces at the end.
const KINDS: [&str; 16] = [
    "contact.creation",
    "contact.deletion",
    "contact.privacyDeletion",
    "contact.propertyChange",
    "contact.propertychange",
    "contact.propertyChange ",
    "contact .creation",
    "Contact.creation",
    "contact.merge",
    "contact.restore",
    "company.propertyChange",
    "deal.propertyChange",
    "conversation.newMessage",
    "nodot",
    "a.b.c.d",
    "日本.🙂 änderung",
];

const PROPERTIES: [&str; 8] =
    ["firstname", "FIRSTNAME", "firstname ", "name", "n\u{e4}me", "na\u{308}me", "🙂", "with \\u0000 nul"];

fn events() -> Vec<String> {
    let mut events = Vec::new();
    let mut number = 0;
    for kind in KINDS {
        for portal in ["1", "62515", "9223372036854775807"] {
            number += 1;
            events.push(event(number, portal, kind, r#""objectId":123"#));
        }
    }
    for property in PROPERTIES {
        for object in ["123", "\"0123\"", "\"x y\"", "null"] {
            number += 1;
            let rest =
                format!(r#""objectId":{object},"propertyName":"{property}","propertyValue":"v{number}""#);
            events.push(event(number, "62515", "contact.propertyChange", &rest));
        }
    }
    events.extend(singular());
    events.extend(UNREADABLE.map(str::to_owned));
    events
}

/// Several fall into the same millisecond.
fn event(number: usize, portal: &str, kind: &str, rest: &str) -> String {
    let occurred_at = 1_767_225_600_000 + number % 10;
    format!(
        "{{\"eventId\":{number},\"subscriptionId\":7,\"portalId\":{portal},\"appId\":54321,\"occurredAt\":{occurred_at},\
         \"subscriptionType\":\"{kind}\",\"attemptNumber\":ATTEMPT,{rest}}}"
    )
}

/// One of each.
fn singular() -> Vec<String> {
    let long = "ä🙂".repeat(300);
    let huge = "x".repeat(300_000);
    let change = |number, rest: &str| event(number, "1", "contact.propertyChange", rest);
    vec![
        event(5_001, "1", "object.creation", r#""objectTypeId":"2-9000001","objectId":1"#),
        event(5_002, "1", "object.creation", r#""objectId":1"#),
        event(5_003, "1", "contact.associationChange", ASSOCIATION),
        event(5_004, "1", &long, &format!(r#""objectId":"{long}","propertyName":"{long}""#)),
        change(5_005, &format!(r#""objectId":9,"propertyValue":"{huge}""#)),
        change(5_006, r#""objectId":9,"nested":{"a":[1,2.50,1e3,null,{"b":"\/"}]}"#),
        change(5_007, r#""objectId":9,"propertyValue":"\u00e9 é \ud83d\ude42 \u2028""#),
        change(5_008, "\"objectId\" :\t9 ,\r\n \"propertyValue\" : \" spaces \""),
        change(5_009, r#""objectId":9,"objectId":10,"propertyName":null"#),
        change(5_010, r#""objectId":true"#),
        bare(r#""eventId":5011,"subscriptionId":7,"occurredAt":0"#),
        bare(r#""eventId":5012,"subscriptionId":7,"occurredAt":281474976710655"#),
        // The test button's: the id in quotes.
        bare(r#""eventId":"5013","subscriptionId":7,"occurredAt":1767225600000"#),
        bare(r#""eventId":5014,"occurredAt":1767225600000"#),
        bare(r#""occurredAt":1767225600000"#),
    ]
}

const ASSOCIATION: &str = r#""fromObjectId":123,"toObjectId":456,"associationType":"CONTACT_TO_COMPANY","associationRemoved":false,"isPrimaryAssociation":true"#;

fn bare(rest: &str) -> String {
    format!(
        r#"{{{rest},"portalId":1,"subscriptionType":"contact.creation","attemptNumber":ATTEMPT,"objectId":123}}"#
    )
}
