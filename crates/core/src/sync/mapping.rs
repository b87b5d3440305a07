//! The mapping as data: rules between the fields of the two sides, and what they do to values.
//!
//! What a side shows in the fields of a rule is its face ([`face`]); [`convert`] says what the other side should show then. That is a
//! lens: what the other side shows now is kept wherever it is the same already, only spelt otherwise.

mod check;
mod convert;
mod date;
mod fit;
mod join;
mod keys;
#[cfg(test)]
mod laws;
mod list;
mod options;
mod refuse;
mod same;
#[cfg(test)]
pub(crate) mod testing;

pub use check::check;
pub use convert::{assemble, components, convert, face};
pub use keys::match_values;
pub use refuse::{refusals, withheld};
pub use same::{alike, alike_values, normal};

use super::agreement::{Agreement, Direction};
use super::side::{Side, Sides};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    /// ones (10to8 facts 8: at the first space). A text that still begins with the parts that are there is split behind them, so
    /// that a first name of two words stays one.
    Join {
        /// Between the parts; a space when not given.
        #[serde(default = "space")]
        separator: String,
    },
    /// One field for the first and one for the rest on one side, a list on the other (10to8 facts 8). The rest is joined with the
    /// separator, and read with commas or line ends between its values. Where the first is empty, it is left out of the list.
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

/// All fields of `side` that the agreement speaks of: of the rules, for matching, and those for the external id and the status.
#[must_use]
pub fn fields(agreement: &Agreement, side: Side) -> BTreeSet<String> {
    let party = &agreement.sides[side];
    let rules = agreement.rules.iter().flat_map(|rule| &rule.fields[side]);
    let matching = agreement.matching.iter().flat_map(|key| &key.also[side]);
    rules.chain(matching).chain(&party.external).chain(&party.status).cloned().collect()
}

/// Whether the rule ever writes to `side`: the sync's direction and the rule's own both have to let it, and a constant is written
/// where its field is.
#[must_use]
pub fn writes(agreement: &Agreement, rule: &Rule, side: Side) -> bool {
    let direction = match agreement.direction {
        Direction::Both => true,
        Direction::LeftToRight => side == Side::Right,
        Direction::RightToLeft => side == Side::Left,
    };
    let way = match rule.way {
        Way::Both => true,
        Way::LeftToRight => side == Side::Right,
        Way::RightToLeft => side == Side::Left,
    };
    direction && way && !rule.fields[side].is_empty()
}

impl Rule {
    /// The side with several fields, for forms that have one.
    fn several(&self) -> Side {
        if self.fields.right.len() > 1 { Side::Right } else { Side::Left }
    }

    /// What counts as the same; only forms that carry values over as they are have e-mail addresses and phone numbers.
    fn style(&self) -> &Normalise {
        match self.form {
            Form::Direct | Form::List { .. } => &self.normalise,
            _ => &Normalise::Trim,
        }
    }
}
