//! The portal's pages of two-way sync: what is shown, what can be done, and by whom.

mod acting;
mod deciding;
mod listing;
mod making;
pub mod rows;
pub mod views;
