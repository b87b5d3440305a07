//! What a change does to a counter: it is taken whole, or refused with the reason and changes nothing. Nothing is clamped.

/// The largest value, and without its sign the smallest: what a JSON number holds exactly wherever it is read (RFC 8259, section 6), so
/// that a payload says what was counted.
pub const MOST: i64 = (1 << 53) - 1;

/// A change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "op", content = "n", deny_unknown_fields)]
pub enum Change {
    /// So many more; at least one.
    Increment(i64),
    /// So many fewer; at least one.
    Decrement(i64),
    /// This many from now on.
    Set(i64),
}

/// What a counter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The least it may be.
    pub minimum: i64,
}

impl Bounds {
    /// What a counter is before its first change: zero, or the minimum where that is more.
    #[must_use]
    pub fn initial(self) -> i64 {
        self.minimum.max(0)
    }

    /// Whether a counter may be this.
    #[must_use]
    pub fn admit(self, value: i64) -> bool {
        (self.minimum.max(-MOST)..=MOST).contains(&value)
    }
}

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Refusal {
    /// It would be less than the minimum.
    #[error("the counter is {value}; this would make it less than its minimum of {minimum}")]
    BelowMinimum {
        /// What it is.
        value: i64,
        /// The least it may be.
        minimum: i64,
    },
    /// It would be more than [`MOST`], or less than that below zero.
    #[error("the counter is {value}; this would take it beyond what a JSON number holds exactly ({MOST})")]
    Overflow {
        /// What it is.
        value: i64,
    },
    /// By zero, or by a negative number.
    #[error("a counter is incremented or decremented by at least 1, at most {MOST}")]
    Amount,
    /// The definition was deleted.
    #[error("the counter's definition was deleted")]
    Deleted,
    /// What its Redis key holds is no whole number.
    #[error("the counter's Redis key holds no whole number")]
    NotANumber,
    /// The key is none of the definition's.
    #[error("{message}")]
    Key {
        /// What is wrong with it.
        message: String,
    },
}

impl Change {
    /// What a counter of `value` is after it.
    ///
    /// # Errors
    /// [`Refusal`]; the counter then is what it was.
    pub fn apply(self, value: i64, bounds: Bounds) -> Result<i64, Refusal> {
        let next = match self {
            Self::Increment(n) => value.checked_add(positive(n)?),
            Self::Decrement(n) => value.checked_sub(positive(n)?),
            Self::Set(n) => Some(n),
        };
        match next {
            Some(next) if next.unsigned_abs() > MOST.unsigned_abs() => Err(Refusal::Overflow { value }),
            // Up from below is the way out, where a higher minimum found a counter there.
            Some(next) if next < bounds.minimum && !matches!(self, Self::Increment(_)) => {
                Err(Refusal::BelowMinimum { value, minimum: bounds.minimum })
            }
            Some(next) => Ok(next),
            None => Err(Refusal::Overflow { value }),
        }
    }

    /// By how much, or to what.
    #[must_use]
    pub fn amount(self) -> i64 {
        match self {
            Self::Increment(n) | Self::Decrement(n) | Self::Set(n) => n,
        }
    }

    /// Its name, as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Increment(_) => "increment",
            Self::Decrement(_) => "decrement",
            Self::Set(_) => "set",
        }
    }
}

fn positive(n: i64) -> Result<i64, Refusal> {
    if (1..=MOST).contains(&n) { Ok(n) } else { Err(Refusal::Amount) }
}

#[cfg(test)]
mod tests {
    use super::{Bounds, Change, MOST, Refusal};
    use proptest::prelude::*;

    const USUAL: Bounds = Bounds { minimum: 0 };

    #[test]
    fn a_change_is_made_whole() {
        assert_eq!(Change::Increment(3).apply(8, USUAL), Ok(11));
        assert_eq!(Change::Decrement(8).apply(8, USUAL), Ok(0));
        assert_eq!(Change::Set(5).apply(8, USUAL), Ok(5));
        assert_eq!(Change::Set(-5).apply(0, Bounds { minimum: -5 }), Ok(-5));
        assert_eq!(
            (USUAL.initial(), Bounds { minimum: 2 }.initial(), Bounds { minimum: -2 }.initial()),
            (0, 2, 0)
        );
    }

    #[test]
    fn a_counter_that_is_below_a_minimum_that_was_raised_may_be_counted_up() {
        let raised = Bounds { minimum: 10 };
        assert_eq!(Change::Increment(1).apply(3, raised), Ok(4));
        let below = Err(Refusal::BelowMinimum { value: 3, minimum: 10 });
        assert_eq!(Change::Decrement(1).apply(3, raised), below);
        assert_eq!(Change::Set(5).apply(3, raised), below);
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_and_never_clamped() {
        let below = Refusal::BelowMinimum { value: 2, minimum: 0 };
        assert_eq!(Change::Decrement(3).apply(2, USUAL), Err(below.clone()));
        assert_eq!(below.to_string(), "the counter is 2; this would make it less than its minimum of 0");
        assert_eq!(Change::Set(-1).apply(2, USUAL), Err(below));
        for change in [Change::Increment(1), Change::Set(MOST + 1), Change::Set(i64::MAX)] {
            assert_eq!(change.apply(MOST, USUAL), Err(Refusal::Overflow { value: MOST }));
        }
        let negative = Bounds { minimum: i64::MIN };
        assert_eq!(Change::Set(i64::MIN).apply(0, negative), Err(Refusal::Overflow { value: 0 }));
        assert_eq!(Change::Decrement(1).apply(-MOST, negative), Err(Refusal::Overflow { value: -MOST }));
        for n in [0, -1, i64::MIN, MOST + 1] {
            assert_eq!(Change::Increment(n).apply(2, USUAL), Err(Refusal::Amount), "{n}");
            assert_eq!(Change::Decrement(n).apply(2, USUAL), Err(Refusal::Amount), "{n}");
        }
    }

    #[test]
    fn changes_and_refusals_are_written_and_read_as_json() {
        let text = serde_json::to_string(&Change::Increment(2)).unwrap();
        assert_eq!(text, "{\"op\":\"increment\",\"n\":2}");
        assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), Change::Increment(2));
        let refusal = Refusal::BelowMinimum { value: 2, minimum: 0 };
        let text = serde_json::to_string(&refusal).unwrap();
        assert_eq!(text, "{\"code\":\"below_minimum\",\"value\":2,\"minimum\":0}");
        assert_eq!(serde_json::from_str::<Refusal>(&text).unwrap(), refusal);
        for wrong in [
            "{\"op\":\"increment\",\"n\":1.5}",
            "{\"op\":\"add\",\"n\":1}",
            "{\"op\":\"set\",\"n\":1,\"x\":2}",
        ] {
            assert!(serde_json::from_str::<Change>(wrong).is_err(), "{wrong}");
        }
    }

    fn any_change() -> impl Strategy<Value = Change> {
        let n = prop_oneof![-3..20i64, Just(MOST), any::<i64>()];
        prop_oneof![
            n.clone().prop_map(Change::Increment),
            n.clone().prop_map(Change::Decrement),
            n.prop_map(Change::Set)
        ]
    }

    proptest! {
        #[test]
        fn no_history_of_changes_leaves_the_bounds(changes in prop::collection::vec(any_change(), 0..40), minimum in -20..20i64) {
            let bounds = Bounds { minimum };
            let mut value = bounds.initial();
            for change in changes {
                if let Ok(next) = change.apply(value, bounds) {
                    let expected = match change {
                        Change::Increment(n) => value + n,
                        Change::Decrement(n) => value - n,
                        Change::Set(n) => n,
                    };
                    prop_assert_eq!(next, expected);
                    value = next;
                }
                prop_assert!(bounds.admit(value));
            }
        }
    }
}
