//! The page for everything that went wrong.

use super::shell::Assets;
use askama::Template;

/// What went wrong, and what to do about it. It needs no session.
#[derive(Debug, Template)]
#[template(path = "failure.html")]
pub struct ErrorPage {
    /// Where the assets are.
    pub assets: Assets,
    /// The HTTP status.
    pub status: u16,
    /// What happened, in a few words: `No such page`.
    pub title: String,
    /// What happened, in a sentence or two.
    pub what: String,
    /// What the reader can do now.
    pub todo: String,
    /// The id under which the log knows this request; empty hides it.
    pub request_id: String,
    /// Where the button leads: address and label.
    pub way_out: (String, String),
}
