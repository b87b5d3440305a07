//! The truth of counters, asked of where a definition says it is. What a source does not say is told as that, and never taken for zero.

mod endpoint;
mod hubspot;
mod sql;

use super::ask::Stopped;
use crate::connect::{Line, Trouble};
use crate::cx::Cx;
use crate::hold::Hold;
use std::sync::Arc;
use std::time::Duration;
use syncline_core::counters::definition::Definition;
use syncline_core::counters::reconcile::Known;
use syncline_core::counters::truth::Truth;
use syncline_providers::hubspot::counters::Shown;

/// Whoever asks.
pub(super) struct Asker<'a> {
    pub cx: &'a Cx,
    pub line: &'a Line<'a>,
    pub hold: &'a Hold,
    /// With its secrets.
    pub definition: &'a Definition,
}

/// What each of these counters should be, in their order; `shown` is what HubSpot said of their records. `calls` counts what was asked.
///
/// # Errors
/// [`Stopped`] where the source cannot be asked now.
pub(super) async fn of(
    asker: &Asker<'_>,
    keys: &[&str],
    shown: &[Option<Shown>],
    calls: &mut u64,
) -> Result<Vec<Known>, Stopped> {
    match &asker.definition.truth {
        Truth::Counter => Ok(vec![Known::Counter; keys.len()]),
        Truth::Associations { to_object_type, association_type_id } => {
            hubspot::associations(asker, (to_object_type, *association_type_id), shown, calls).await
        }
        Truth::Search { object_type, filter_groups } => {
            hubspot::searches(asker, (object_type, filter_groups), keys, calls).await
        }
        Truth::Sql { database, query } => sql::numbers(asker.cx, (database, query), keys, calls).await,
        Truth::Http { url, pointer, authorization } => {
            let source = endpoint::Source { url, pointer, authorization: authorization.as_ref() };
            endpoint::numbers(asker.cx, Arc::new(source.owned()), keys, calls).await
        }
    }
}

/// How long after a source was away it is asked again.
const AWAY: Duration = Duration::from_secs(30);

/// The source is away as a whole: the run waits, and asks for nothing meanwhile.
fn away(message: String) -> Stopped {
    Stopped::Trouble(Trouble::Later { message, wait: Some(AWAY) })
}

fn missing(why: impl Into<String>) -> Known {
    Known::Missing(why.into())
}
