//! A person's answer to a conflict.

use super::super::access::inside;
use super::super::form::{check_csrf, read};
use super::super::session::Session;
use super::super::{Failure, Portal};
use crate::http::Problem;
use crate::sync::conflicts::{Choice, Refused, resolve};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_core::sync::{ConflictKind, Side};
use syncline_store::Scope;
use syncline_store::syncs::conflicts::{self, ConflictRow};

/// Who decides here, as the conflict remembers it: the portal has one operator.
const BY: &str = "an operator";

#[derive(Debug, Deserialize)]
pub(super) struct DecideForm {
    csrf: String,
    #[serde(default)]
    choice: String,
    #[serde(default)]
    back: String,
}

pub(super) async fn decide(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<DecideForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let row = conflicts::get(&portal.api.cx.store, &Scope::All, &id).await?;
    let row = row.ok_or_else(|| Problem::not_found("conflict"))?;
    let choice = choice(&row, &form.choice).ok_or_else(|| misfit("There is no such choice."))?;
    let did = match resolve(&session.cx(&portal), &Scope::All, &id, &choice, BY).await {
        Ok(_) if choice == Choice::Leave => "left",
        Ok(_) => "decided",
        Err(Refused::Over) => "settled",
        Err(Refused::NoConflict) => return Err(Problem::not_found("conflict").into()),
        Err(Refused::Misfit(why)) => {
            return Err(misfit(&format!("It cannot be decided like that: {why}.")).into());
        }
        Err(Refused::Store(error)) => return Err(error.into()),
    };
    Ok(Redirect::to(&back(&form.back, &id, did)).into_response())
}

fn misfit(say: &str) -> Problem {
    Problem::bad_request("bad_choice", say.to_owned())
}

/// The page the answer was given on, with what came of it.
fn back(asked: &str, id: &str, did: &str) -> String {
    let own = format!("/portal/conflicts/{}", super::super::views::text::segment(id));
    let page = if asked.is_empty() || asked.contains('#') { own.as_str() } else { inside(asked) };
    let join = if page.contains('?') { '&' } else { '?' };
    format!("{page}{join}did={did}")
}

/// The word of a button as what it decides about this conflict.
fn choice(row: &ConflictRow, word: &str) -> Option<Choice> {
    match (word, &row.conflict.kind) {
        ("leave", _) => Some(Choice::Leave),
        ("delete", _) => Some(Choice::Delete),
        ("keep", _) => Some(Choice::Keep),
        ("force", ConflictKind::Deletion { side, .. }) => Some(Choice::Side { side: *side, force: true }),
        (word, _) => match word.strip_prefix("is:") {
            Some(id) => Some(Choice::Is { id: id.to_owned() }),
            None => Side::named(word).map(|side| Choice::Side { side, force: false }),
        },
    }
}

/// What was decided, in words; of the policy, who won.
pub(super) fn word(stored: &serde_json::Value) -> Option<String> {
    if let Ok(choice) = serde_json::from_value::<Choice>(stored.clone()) {
        return Some(match choice {
            Choice::Side { side, force: false } => format!("as the {side} side has it"),
            Choice::Side { side, force: true } => format!("as the {side} side has it, by force"),
            Choice::Is { id } => format!("it is {id}"),
            Choice::Leave => "left alone".to_owned(),
            Choice::Delete => "the deletions are carried over".to_owned(),
            Choice::Keep => "the other side’s records stay".to_owned(),
        });
    }
    let winner = Side::named(stored.get("winner")?.as_str()?)?;
    Some(format!("the {winner} side wins"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_decided_is_said_in_words() {
        let said = |choice: Choice| word(&serde_json::to_value(choice).expect("JSON")).expect("a word");
        assert_eq!(said(Choice::Side { side: Side::Left, force: false }), "as the left side has it");
        assert_eq!(
            said(Choice::Side { side: Side::Right, force: true }),
            "as the right side has it, by force"
        );
        assert_eq!(said(Choice::Is { id: "7".to_owned() }), "it is 7");
        assert_eq!(word(&json!({ "winner": "right" })).as_deref(), Some("the right side wins"));
        assert_eq!(word(&json!({ "winner": 7 })), None);
    }

    #[test]
    fn an_answer_leads_back_into_the_portal_and_nowhere_else() {
        assert_eq!(back("/portal/syncs/s", "c", "decided"), "/portal/syncs/s?did=decided");
        assert_eq!(back("/portal/conflicts?sync=s", "c", "left"), "/portal/conflicts?sync=s&did=left");
        assert_eq!(back("", "c", "left"), "/portal/conflicts/c?did=left");
        for away in ["https://evil.example", "//evil.example", "/portal/\\evil", "/elsewhere"] {
            assert!(back(away, "c", "left").starts_with("/portal?"), "{away}");
        }
    }
}
