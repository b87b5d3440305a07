//! What hangs on a definition, whole: its counters, its comparisons, what was sent.

use super::counter::ValueRow;
use super::list::DefinitionRow;
use super::run::RunRow;
use super::value::PushRow;
use crate::portal::views::filters;
use crate::portal::views::narrow::Narrow;
use crate::portal::views::shell::Shell;
use askama::Template;

/// The counters of a definition.
#[derive(Debug, Template)]
#[template(path = "counters/values_page.html")]
pub struct CounterValuesPage {
    /// The surroundings.
    pub shell: Shell,
    /// The definition.
    pub definition: DefinitionRow,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// The counters: in the order of their keys; of one stage, in the order in which they are due.
    pub values: Vec<ValueRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

impl CounterValuesPage {
    /// Whether something on the page goes on by itself.
    fn moves(&self) -> bool {
        self.definition.is_active() && self.values.iter().any(ValueRow::moves)
    }
}

/// The comparisons of a definition.
#[derive(Debug, Template)]
#[template(path = "counters/runs_page.html")]
pub struct CounterRunsPage {
    /// The surroundings.
    pub shell: Shell,
    /// The definition.
    pub definition: DefinitionRow,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// The comparisons, the latest first.
    pub runs: Vec<RunRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

impl CounterRunsPage {
    /// Whether something on the page goes on by itself.
    fn moves(&self) -> bool {
        self.runs.iter().any(|run| run.unfinished)
    }
}

/// What was sent of a definition's counters.
#[derive(Debug, Template)]
#[template(path = "counters/pushes_page.html")]
pub struct CounterPushesPage {
    /// The surroundings.
    pub shell: Shell,
    /// The definition.
    pub definition: DefinitionRow,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// How many entries one page looks through, whether they fit or not.
    pub looked_at: u64,
    /// What was sent and what came of it, the latest first.
    pub pushes: Vec<PushRow>,
    /// The cursor of the page after this one, where there is one. It may be there when nothing was found yet.
    pub older: Option<String>,
}

impl CounterPushesPage {
    /// In a list the counters are named.
    fn of_one(&self) -> bool {
        false
    }
}
