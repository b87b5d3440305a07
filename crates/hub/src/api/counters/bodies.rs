//! What callers send to change counters, read.

use crate::http::Problem;
use serde::Deserialize;
use syncline_core::counters::change::Change;

/// `POST …/increment` and `…/decrement`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByBody {
    /// By how much; left out: by one.
    #[serde(default = "one")]
    pub(super) by: i64,
}

impl Default for ByBody {
    fn default() -> Self {
        Self { by: 1 }
    }
}

fn one() -> i64 {
    1
}

/// `POST …/set`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetBody {
    /// What it is from now on.
    pub(super) value: i64,
}

/// `POST …/changes`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchBody {
    pub(super) changes: Vec<ItemBody>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemBody {
    pub(super) key: String,
    op: Op,
    /// By how much, or to what; left out, increments and decrements are by one.
    n: Option<i64>,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Op {
    Increment,
    Decrement,
    Set,
}

impl ItemBody {
    /// What it asks for.
    ///
    /// # Errors
    /// 400 for a `set` that does not say to what.
    pub(super) fn change(&self) -> Result<Change, Problem> {
        let n = self.n.or((self.op != Op::Set).then_some(1));
        let n = n.ok_or_else(|| {
            let say = "A change whose `op` is `set` says to what: `n`.";
            Problem::bad_request("bad_body", say)
        })?;
        Ok(match self.op {
            Op::Increment => Change::Increment(n),
            Op::Decrement => Change::Decrement(n),
            Op::Set => Change::Set(n),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_one_and_never_what_a_counter_is_set_to() {
        let read = |text: &str| serde_json::from_str::<ItemBody>(text).unwrap().change();
        assert_eq!(read(r#"{"key":"1","op":"increment"}"#), Ok(Change::Increment(1)));
        assert_eq!(read(r#"{"key":"1","op":"decrement","n":3}"#), Ok(Change::Decrement(3)));
        assert_eq!(read(r#"{"key":"1","op":"set","n":0}"#), Ok(Change::Set(0)));
        assert_eq!(read(r#"{"key":"1","op":"set"}"#).unwrap_err().code, "bad_body");
        assert_eq!(ByBody::default().by, 1);
        assert!(serde_json::from_str::<ItemBody>(r#"{"key":"1","op":"increment","by":2}"#).is_err());
    }
}
