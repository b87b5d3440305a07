//! What the tests of all set-ups share: the way through one, against a model of the account.

use crate::load::At;
use crate::setup::*;
use crate::testing::*;
use crate::wire::{Call, Fault};
use http::Method;
use serde_json::Value;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// The connection's token.
pub const TOKEN: &str = "a-token-of-the-tests";

/// What one way through a set-up came to.
#[derive(Debug, Default)]
pub struct Way {
    /// What was planned, but for what is there already.
    pub planned: Vec<Planned>,
    /// How often something was found to be there already.
    pub unchanged: usize,
    /// What was kept, as it is at the end.
    pub kept: Vec<Kept>,
    /// What was gone.
    pub gone: Vec<String>,
    /// Calls that could not do what they were for.
    pub faults: Vec<Fault>,
}

impl Way {
    pub fn kinds(&self) -> Vec<Kind> {
        self.planned.iter().map(|planned| planned.kind).collect()
    }
}

/// Goes all the way; what has a fault is given up. Nothing that is said holds `secret`.
pub fn go(
    setup: &dyn Setup,
    want: &Want,
    now: Timestamp,
    dry: bool,
    secret: &str,
    answer: &mut dyn FnMut(&Call) -> (u16, Value),
) -> Way {
    let (hosts, token) = (hosts(), Secret::new(TOKEN));
    let at = At { hosts: &hosts, token: &token, now };
    let (mut plan, mut way) = (setup.begin(want), Way { kept: want.kept.clone(), ..Way::default() });
    for _ in 0..1_000 {
        let mut changes = false;
        let call = match plan.next(&at) {
            Step::Done => return way,
            Step::Look(call) => {
                assert_eq!(call.method, Method::GET);
                call
            }
            Step::Change { call, what } => {
                assert!(!what.what.contains(secret), "{what:?}");
                way.planned.push(what);
                changes = true;
                call
            }
            Step::Note(note) => {
                assert!(!note.what.contains(secret), "{note:?}");
                if note.kind == Kind::Unchanged {
                    way.unchanged += 1;
                } else {
                    way.planned.push(note);
                }
                plan.skip();
                continue;
            }
        };
        assert!(!format!("{call:?} {}", call.url).contains(secret), "{call:?}");
        if dry && changes {
            plan.skip();
            continue;
        }
        let (status, body) = answer(&call);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        match plan.take(&at, &Answer::new(status, body).reply()) {
            Ok(taken) => {
                way.kept.retain(|kept| !taken.gone.contains(&kept.remote_id));
                for mut kept in taken.kept {
                    if let Some(place) = way.kept.iter().position(|old| old.remote_id == kept.remote_id) {
                        let before = way.kept.remove(place);
                        kept.secret = kept.secret.or(before.secret);
                    }
                    way.kept.push(kept);
                }
                way.gone.extend(taken.gone);
            }
            Err(fault) => {
                way.faults.push(fault);
                plan.give_up();
            }
        }
    }
    panic!("no end: {:?}", way.planned);
}
