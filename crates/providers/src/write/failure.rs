//! What a write that was not answered with success means, whichever provider it went to.

use super::Sent;
use crate::wire::{Fault, Reply};
use syncline_core::secret::Secret;
use syncline_core::sync::{Outcome, Refusal, Value};

/// What a fault means for what was sent. A page comes from an edge, which refuses nobody's values. After an error of the server a
/// record may have been made all the same; so it may when success says it in words that cannot be read. What else may have been
/// done may be done again.
pub fn of(sent: &Sent<'_>, reply: &Reply<'_>, fault: Fault) -> Fault {
    let status = reply.status.as_u16();
    let creates = matches!(sent, Sent::Create(_));
    match fault {
        Fault::Rejected(message) if reply.is_page() && matches!(status, 400 | 409 | 422) => {
            Fault::Transient { message, wait: reply.retry_after() }
        }
        Fault::Transient { message, .. } if creates && reached(status) => Fault::MaybeCommitted(message),
        Fault::Unreadable(what) if creates && reply.status.is_success() => {
            Fault::MaybeCommitted(format!("the provider's answer cannot be understood: {what}"))
        }
        Fault::MaybeCommitted(message) if !creates => Fault::Transient { message, wait: reply.retry_after() },
        other => other,
    }
}

/// Whether the provider itself may have had the call before this answer was given. Not so where an edge could not connect to it
/// (HubSpot facts 9: 521, 523, 525, 526).
fn reached(status: u16) -> bool {
    status == 408 || (status >= 500 && ![521, 523, 525, 526].contains(&status))
}

/// An outcome, or a fault, without `secret`, should the provider have repeated it in its words: they go to rows, pages and the sync
/// status of both sides.
///
/// # Errors
/// The fault.
pub fn without<T: Words>(outcome: Result<T, Fault>, secret: &Secret) -> Result<T, Fault> {
    outcome.map_err(|fault| fault.without(secret)).map(|mut outcome| {
        // Very short ones are no secrets, as for faults.
        if secret.expose().len() >= 8 {
            outcome.each(&mut |words| {
                if words.contains(secret.expose()) {
                    *words = words.replace(secret.expose(), "…");
                }
            });
        }
        outcome
    })
}

/// What has words of the provider in it.
pub trait Words {
    /// Shows each of them.
    fn each(&mut self, show: &mut dyn FnMut(&mut String));
}

impl Words for Outcome {
    fn each(&mut self, show: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Refused(refusals) => refusals.iter_mut().for_each(|refusal| show(&mut refusal.reason)),
            Self::Objected(words) | Self::Exists { message: words, .. } => show(words),
            Self::Done { .. } | Self::Gone | Self::Unknown => {}
        }
    }
}

impl Words for Vec<Outcome> {
    fn each(&mut self, show: &mut dyn FnMut(&mut String)) {
        self.iter_mut().for_each(|outcome| outcome.each(show));
    }
}

/// Refused, and the provider does not name the field.
pub fn refused(reason: String) -> Outcome {
    Outcome::Refused(vec![Refusal { field: "*".to_owned(), value: Value::Empty, reason }])
}

/// A reason with the value it is about, fit for a sync status: one line, and not too long.
pub fn reason(what: &str, value: &Value) -> String {
    const LONGEST: usize = 100;
    let value = value.texts().join(", ");
    let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    };
    format!("{what} {shown}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Answer;
    use syncline_core::sync::Fields;

    fn later() -> Fault {
        Fault::Transient { message: "m".to_owned(), wait: None }
    }

    #[test]
    fn a_creation_that_the_server_failed_at_may_have_been_done_and_a_change_is_only_for_later() {
        let (create, update) = ([Fields::new()], [("1".to_owned(), Fields::new())]);
        for (status, unsure) in [
            (500, true),
            (502, true),
            (503, true),
            (504, true),
            (524, true),
            (408, true),
            (521, false),
            (423, false),
        ] {
            let answer = Answer::new(status, "");
            let expected = if unsure { Fault::MaybeCommitted("m".to_owned()) } else { later() };
            assert_eq!(of(&Sent::Create(&create), &answer.reply(), later()), expected, "{status}");
            assert_eq!(of(&Sent::Update(&update), &answer.reply(), later()), later(), "{status}");
        }
        let made = Answer::new(201, "<");
        let unread = of(&Sent::Create(&create), &made.reply(), Fault::Unreadable("u"));
        assert!(matches!(unread, Fault::MaybeCommitted(_)));
        assert_eq!(of(&Sent::Update(&update), &made.reply(), Fault::Unreadable("u")), Fault::Unreadable("u"));
        let unsure =
            of(&Sent::Update(&update), &Answer::new(503, "").reply(), Fault::MaybeCommitted("m".to_owned()));
        assert_eq!(unsure, later(), "a change may be repeated");
    }

    #[test]
    fn a_page_refuses_nothing() {
        let create = [Fields::new()];
        let page = Answer::new(400, "<html>");
        let rejected = || Fault::Rejected("HTTP 400".to_owned());
        assert!(matches!(of(&Sent::Create(&create), &page.reply(), rejected()), Fault::Transient { .. }));
        let answer = Answer::new(400, "{}");
        assert_eq!(of(&Sent::Create(&create), &answer.reply(), rejected()), rejected());
    }

    #[test]
    fn a_reason_shows_the_value_in_one_short_line() {
        assert_eq!(reason("Invalid email", &Value::text("ada@\nx")), "Invalid email ada@ x");
        assert_eq!(reason("No such field", &Value::Empty), "No such field");
        assert_eq!(reason("Invalid option", &Value::list(["a", "b"])), "Invalid option a, b");
        assert_eq!(reason("x", &Value::text("é".repeat(200))).chars().count(), 103);
    }
}
