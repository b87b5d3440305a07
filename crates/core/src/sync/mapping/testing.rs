//! Rules, schemas and faces for tests.

use super::super::schema::{Field, Kind, Schema};
use super::super::side::Sides;
use super::super::value::{Face, Value};
use super::{Form, Normalise, Rule, Way};

/// A two-way rule between these fields.
pub(crate) fn rule(form: Form, left: &[&str], right: &[&str]) -> Rule {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    Rule {
        name: "rule".to_owned(),
        fields: Sides { left: names(left), right: names(right) },
        form,
        way: Way::Both,
        normalise: Normalise::Trim,
        placeholder: Sides::default(),
        policy: None,
    }
}

/// Two fields joined with a space on the left, one on the right.
pub(crate) fn names() -> Rule {
    rule(Form::Join { separator: " ".to_owned() }, &["firstname", "lastname"], &["name"])
}

/// A primary and the rest on the left, a list on the right.
pub(crate) fn emails() -> Rule {
    let list = Form::List { separator: ",\n".to_owned() };
    Rule { normalise: Normalise::Email, ..rule(list, &["email", "more"], &["emails"]) }
}

/// As [`emails`], with phone numbers.
pub(crate) fn phones() -> Rule {
    let region = "GB".to_owned();
    Rule { normalise: Normalise::Phone { region }, ..emails() }
}

/// One field each, `a` and `b`.
pub(crate) fn direct() -> Rule {
    rule(Form::Direct, &["a"], &["b"])
}

/// Pairs of choices between `a` and `b`.
pub(crate) fn options(pairs: &[(&str, &str)]) -> Rule {
    let pairs = pairs.iter().map(|(left, right)| ((*left).to_owned(), (*right).to_owned())).collect();
    rule(Form::Options { pairs }, &["a"], &["b"])
}

/// A writable field.
pub(crate) fn field(kind: Kind) -> Field {
    Field { title: String::new(), kind, writable: true, longest: None }
}

/// A schema of writable fields.
pub(crate) fn schema(fields: &[(&str, Kind)]) -> Schema {
    let fields = fields.iter().map(|(name, kind)| ((*name).to_owned(), field(kind.clone())));
    Schema { fields: fields.collect(), ..Schema::default() }
}

/// A face of texts; empty ones are nothing.
pub(crate) fn texts(texts: &[&str]) -> Face {
    Face(texts.iter().map(|&text| Value::text(text)).collect())
}

/// A face of one list.
pub(crate) fn list(texts: &[&str]) -> Face {
    Face(vec![Value::list(texts.iter().copied())])
}
