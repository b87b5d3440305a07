//! The mapping as data: rules between the fields of the two sides.

use super::side::Sides;
use serde::{Deserialize, Serialize};

/// A rule: which fields of the left are which of the right, and how one becomes the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, unique in the mapping; conflicts and history name it.
    pub name: String,
    /// The fields of each side, in the order that the form asks for.
    pub fields: Sides<Vec<String>>,
    /// How the fields of one side become those of the other.
    #[serde(default)]
    pub form: Form,
    /// Which way, within the sync's direction.
    #[serde(default)]
    pub way: Way,
    /// What counts as the same value.
    #[serde(default)]
    pub normalise: Normalise,
    /// What stands on each side in a field that does not take the value.
    #[serde(default)]
    pub placeholder: Sides<String>,
    /// Who wins where both sides changed it differently; none: as the sync says.
    #[serde(default)]
    pub policy: Option<super::Policy>,
}

/// How the fields of one side become those of the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Form {
    /// One field each, as it is. Between a list and a text: joined and split by `", "`.
    #[default]
    Direct,
    /// Two or more fields on one side, one on the other: joined with one separator, leaving out empty parts; split at the first
    /// ones (10to8 facts 8: at the first space).
    Join {
        /// Between the parts; a space when not given.
        #[serde(default = "space")]
        separator: String,
    },
    /// One field for the first and one for the rest on one side, a list on the other (10to8 facts 8). The rest is joined with the
    /// separator.
    List {
        /// Between the values of the rest; `",\n"` when not given.
        #[serde(default = "comma_and_line")]
        separator: String,
    },
    /// Always this value, in the one field of one side; the other has none.
    Constant {
        /// The value.
        value: String,
    },
    /// One field each; a choice of the left is another of the right. A value that is not listed is refused by the other side.
    Options {
        /// Left and right.
        pairs: Vec<(String, String)>,
    },
    /// One field each; days, or moments in UTC. A side that holds days gets the day of a moment, and a change of the day only
    /// changes the day.
    Date,
}

fn space() -> String {
    " ".to_owned()
}

fn comma_and_line() -> String {
    ",\n".to_owned()
}

/// Which way a rule goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Both.
    #[default]
    Both,
    /// The right follows the left: what is typed on the right is put back.
    LeftToRight,
    /// The left follows the right.
    RightToLeft,
}

/// What counts as the same value, and how it is written to the other side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Normalise {
    /// Equal characters, apart from blanks around them.
    #[default]
    Trim,
    /// E-mail addresses: without regard to case. Written in lower case.
    Email,
    /// Phone numbers: the same number, however it is written. Written as E.164 where it can be read, else as it is.
    Phone {
        /// The country of numbers without a country code, two letters.
        region: String,
    },
}

/// Something wrong with an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// Where, as in the agreement (`rules[2].fields.left[0]`).
    pub at: String,
    /// The field it is about; none: something else.
    pub field: Option<String>,
    /// What is wrong and what to do, for people.
    pub message: String,
}

/// What is wrong with an agreement, given what fields there are.
#[must_use]
pub fn check(agreement: &super::Agreement, schemas: Sides<&super::Schema>) -> Vec<Mistake> {
    let _ = (agreement, schemas);
    Vec::new()
}

/// All fields of `side` that the agreement speaks of.
#[must_use]
pub fn fields(agreement: &super::Agreement, side: super::Side) -> std::collections::BTreeSet<String> {
    let _ = (agreement, side);
    std::collections::BTreeSet::new()
}
