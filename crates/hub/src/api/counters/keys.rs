//! Which counters of a definition are meant, and in which order.

use crate::api::Api;
use crate::api::jobs::read_cursor;
use crate::http::Problem;
use syncline_core::counters::push::Stage;
use syncline_store::Scope;
use syncline_store::counters::{self, Counter, Filter};

/// All stages, with their names.
const STAGES: [(Stage, &str); 5] = [
    (Stage::Quiet, "quiet"),
    (Stage::Trigger, "trigger"),
    (Stage::Write, "write"),
    (Stage::Look, "look"),
    (Stage::Parked, "parked"),
];

/// The stage of this name.
#[must_use]
pub fn stage_named(name: &str) -> Option<Stage> {
    STAGES.iter().find(|(_, word)| *word == name).map(|(stage, _)| *stage)
}

/// The name of a stage.
#[must_use]
pub fn stage_word(stage: Stage) -> &'static str {
    STAGES.iter().find(|(one, _)| *one == stage).map_or("quiet", |(_, word)| word)
}

/// Where a page that ended with this counter goes on, as its cursor says it.
#[must_use]
pub fn place(last: &Counter, stage: Option<Stage>) -> String {
    match stage {
        Some(_) => format!("{}.{}", last.push.due.as_millis(), last.key),
        None => last.key.clone(),
    }
}

/// Counters of a definition, at most `limit`, and where the next page begins: those whose keys begin with `search`, in the order of their
/// keys; of a stage, in the order in which they are due.
///
/// # Errors
/// 400 for a cursor that is none, 503 when the database is away.
pub async fn page(
    api: &Api,
    scope: &Scope,
    definition_id: &str,
    (search, stage): (Option<String>, Option<Stage>),
    cursor: Option<String>,
    limit: u32,
) -> Result<(Vec<Counter>, Option<String>), Problem> {
    let store = &api.cx.store;
    if let Some(stage) = stage {
        let after = cursor.as_deref().map(read_cursor).transpose()?;
        let filter = match search {
            Some(begins) => Filter::Beginning(stage, begins, after),
            None => Filter::In(stage, after),
        };
        let mut found = counters::page(store, scope, definition_id, &filter, limit + 1).await?;
        let next = crate::api::paging::cut(&mut found, limit, |last| place(last, Some(stage)));
        return Ok((found, next));
    }
    let search = search.unwrap_or_default();
    // The key that is searched for itself comes before all that begin with it.
    let first = match &cursor {
        None if !search.is_empty() => counters::get(store, scope, definition_id, &search).await?,
        _ => None,
    };
    let after = cursor.unwrap_or_else(|| search.clone());
    let behind = counters::page(store, scope, definition_id, &Filter::All(Some(after)), limit + 1).await?;
    let mut found: Vec<Counter> = first.into_iter().chain(behind).collect();
    found.retain(|counter| counter.key.starts_with(&search));
    let next = crate::api::paging::cut(&mut found, limit, |last| place(last, None));
    Ok((found, next))
}
