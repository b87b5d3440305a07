//! Deliveries to all endpoints.

use super::endpoint::DeliveryRow;
use crate::portal::views::filters;
use crate::portal::views::narrow::Narrow;
use crate::portal::views::shell::Shell;
use askama::Template;

/// Deliveries to all endpoints.
#[derive(Debug, Template)]
#[template(path = "endpoints/deliveries.html")]
pub struct DeliveriesPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// How many deliveries one page looks at, whether they fit or not.
    pub looked_at: u64,
    /// What was found: the latest message first; in one state, the latest change first.
    pub deliveries: Vec<DeliveryRow>,
    /// The cursor of the page after this one, where there is one. It may be there when nothing was found yet.
    pub next: Option<String>,
}

impl DeliveriesPage {
    /// Whether something on the page goes on by itself.
    fn moves(&self) -> bool {
        self.deliveries.iter().any(DeliveryRow::moves)
    }

    fn of_one(&self) -> bool {
        false
    }
}
