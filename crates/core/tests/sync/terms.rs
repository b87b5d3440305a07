//! What the model's syncs agree on: every form of rule, with values that one side does not take.

use syncline_core::sync::mapping::{Form, Normalise, Rule, Way};
use syncline_core::sync::{
    Agreement, Deletion, Direction, Field, Key, Kind, Party, Policy, Schema, Sides, StatusPolicy,
};

/// The most characters of a note on the right.
pub const LONGEST: usize = 12;

/// What differs between histories.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub policy: Policy,
    pub direction: Direction,
    pub deletions: Sides<Deletion>,
    pub status: StatusPolicy,
    /// Whether each provider says when a record was changed.
    pub tells_time: Sides<bool>,
    /// Whether the left takes an e-mail address only once.
    pub unique: bool,
}

fn rule(name: &str, left: &[&str], right: &[&str], form: Form) -> Rule {
    let names = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
    Rule {
        name: name.to_owned(),
        fields: Sides { left: names(left), right: names(right) },
        form,
        way: Way::Both,
        normalise: Normalise::Trim,
        placeholder: Sides::default(),
        policy: None,
    }
}

fn party(object_type: &str) -> Party {
    Party {
        object_type: object_type.to_owned(),
        collection: String::new(),
        external: Some("external".to_owned()),
        status: Some("status".to_owned()),
    }
}

/// The agreement of a history.
pub fn agreement(choice: &Choice) -> Agreement {
    let list = || Form::List { separator: ",\n".to_owned() };
    let mut emails = rule("emails", &["email", "more_emails"], &["emails"], list());
    emails.normalise = Normalise::Email;
    let mut note = rule("note", &["note"], &["note"], Form::Direct);
    note.placeholder.right = "too long".to_owned();
    let mut source = rule("source", &["source"], &["source"], Form::Direct);
    source.way = Way::LeftToRight;
    let pairs = vec![("new".to_owned(), "n".to_owned()), ("won".to_owned(), "w".to_owned())];
    Agreement {
        sides: Sides { left: party("contacts"), right: party("customer") },
        direction: choice.direction,
        rules: vec![
            rule("name", &["first", "last"], &["name"], Form::Join { separator: " ".to_owned() }),
            emails,
            rule("numbers", &["phone", "more_phones"], &["numbers"], list()),
            note,
            rule("stage", &["stage"], &["stage"], Form::Options { pairs }),
            source,
            rule("origin", &[], &["origin"], Form::Constant { value: "left".to_owned() }),
        ],
        matching: vec![Key { rule: "emails".to_owned(), also: Sides::default() }],
        policy: choice.policy,
        deletions: choice.deletions,
        guard: syncline_core::sync::guard::Guard::default(),
        status: choice.status,
    }
}

/// The fields of each side.
pub fn schemas() -> Sides<Schema> {
    let field = |kind: Kind| Field { title: String::new(), kind, writable: true, longest: None };
    let texts = |names: &[&str]| -> Schema {
        let fields = names.iter().map(|name| ((*name).to_owned(), field(Kind::Text))).collect();
        Schema { fields, ..Schema::default() }
    };
    let mut schemas = Sides {
        left: texts(&[
            "first",
            "last",
            "more_emails",
            "phone",
            "more_phones",
            "note",
            "stage",
            "source",
            "external",
            "status",
        ]),
        right: texts(&["name", "note", "stage", "source", "origin", "external", "status"]),
    };
    schemas.left.fields.insert("email".to_owned(), field(Kind::Email));
    schemas.right.fields.insert("emails".to_owned(), field(Kind::List));
    schemas.right.fields.insert("numbers".to_owned(), field(Kind::List));
    schemas.right.fields.insert("note".to_owned(), Field { longest: Some(LONGEST), ..field(Kind::Text) });
    schemas
}
