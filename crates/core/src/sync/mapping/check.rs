//! What is wrong with an agreement.

use super::super::agreement::Agreement;
use super::super::schema::Schema;
use super::super::side::Sides;
use super::Mistake;

/// What is wrong with an agreement, given what fields there are.
#[must_use]
pub fn check(agreement: &Agreement, schemas: Sides<&Schema>) -> Vec<Mistake> {
    let _ = (agreement, schemas);
    Vec::new()
}
