//! Deciding a conflict over the API.

use super::conflicts::with_syncs;
use crate::api::Api;
use crate::api::access::Signed;
use crate::api::connections::body_of;
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::sync::{self, Choice};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize as _;

/// The longest id in a choice.
const LONGEST_ID: usize = 1_000;

/// `POST /v1/conflicts/{id}/resolve`: answers the conflict as it is then. What follows is carried out in the background.
///
/// # Errors
/// 400 for a body that is no choice, 404 when there is no such conflict for this caller, 409 when it is not open any more, 422 when the
/// choice does not fit it.
pub async fn resolve(
    State(api): State<Api>,
    Signed { caller, name, .. }: Signed,
    Path(id): Path<String>,
    body: Result<Json<serde_json::Value>, JsonRejection>,
) -> Result<Response, Problem> {
    let choice = choice_of(&body_of(body)?)?;
    if let Choice::Is { id } = &choice
        && id.chars().count() > LONGEST_ID
    {
        return Err(Problem::bad_request("bad_body", format!("`id` is at most {LONGEST_ID} characters.")));
    }
    let by = format!("API key {name}");
    let row = sync::conflicts::resolve(&caller.cx(&api), &caller.scope, &id, &choice, &by).await?;
    let views = with_syncs(&api, &caller, vec![row]).await?;
    Ok(json(&views.into_iter().next()))
}

/// A choice as it was sent: all of it, and nothing else.
fn choice_of(body: &serde_json::Value) -> Result<Choice, Problem> {
    let bad = |why: String| Problem::bad_request("bad_body", format!("The body is no choice: {why}."));
    if !body.is_object() {
        return Err(bad("it is no object".to_owned()));
    }
    let choice = Choice::deserialize(body).map_err(|error| bad(error.to_string()))?;
    // A choice without members of its own would be read beside any others.
    let known = serde_json::to_value(&choice).unwrap_or_default();
    let strange = body.as_object().and_then(|given| given.keys().find(|name| known.get(name).is_none()));
    match strange {
        Some(name) => Err(bad(format!("`{name}` does not go with this choice"))),
        None => Ok(choice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_core::sync::Side;

    #[test]
    fn a_choice_is_read_whole_or_refused() {
        let read = |text: &str| choice_of(&serde_json::from_str(text).expect("JSON"));
        assert_eq!(read(r#"{"choice":"leave"}"#), Ok(Choice::Leave));
        assert_eq!(
            read(r#"{"choice":"side","side":"left"}"#),
            Ok(Choice::Side { side: Side::Left, force: false })
        );
        for text in [
            r#"{"choice":"leave","force":true}"#,
            r#"{"choice":"is","id":"1","x":1}"#,
            r#"{"choice":"is"}"#,
            "[]",
            r#"["leave"]"#,
            "1",
        ] {
            assert_eq!(read(text).map_err(|problem| problem.code), Err("bad_body"), "{text}");
        }
    }
}
