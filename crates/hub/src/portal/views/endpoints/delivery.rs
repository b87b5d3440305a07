//! One delivery: what was sent, what came back each time, what comes next.

use super::endpoint::DeliveryRow;
use super::list::EndpointRow;
use crate::portal::views::json::{MAX_HTML, highlight};
use crate::portal::views::shell::Shell;
use crate::portal::views::{filters, text};
use askama::Template;
use askama::filters::Safe;

/// One delivery.
#[derive(Debug, Template)]
#[template(path = "endpoints/delivery.html")]
pub struct DeliveryPage {
    /// The surroundings.
    pub shell: Shell,
    /// The delivery.
    pub row: DeliveryRow,
    /// Where it goes.
    pub endpoint: EndpointRow,
    /// Until when the endpoint asked to be left alone, RFC 3339.
    pub paused_until: Option<String>,
    /// Whether the next attempt is due already.
    pub is_due: bool,
    /// Whose the message is.
    pub organization: String,
    /// What the message keeps order with.
    pub order_key: Option<String>,
    /// What is sent; none when the message is forgotten already.
    pub payload: Option<String>,
    /// The attempts, the latest first.
    pub attempts: Vec<AttemptView>,
}

/// An attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptView {
    /// When it began, RFC 3339.
    pub at: String,
    /// How long it took, in milliseconds.
    pub latency: u64,
    /// The answer's status.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<String>,
    /// The answer's headers.
    pub headers: Vec<(String, String)>,
    /// The beginning of the answer's body.
    pub body: Option<String>,
}

impl AttemptView {
    fn is_good(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    fn class(&self) -> &'static str {
        if self.is_good() { "k-create" } else { "k-delete" }
    }

    fn word(&self) -> String {
        self.status.map_or_else(|| "No answer".to_owned(), |status| status.to_string())
    }

    fn took(&self) -> String {
        text::span(self.latency)
    }

    fn has_more(&self) -> bool {
        !self.headers.is_empty() || self.body.as_ref().is_some_and(|body| !body.is_empty())
    }
}

impl DeliveryPage {
    fn moves(&self) -> bool {
        self.row.state == "waiting" || self.row.state == "under way"
    }

    fn resend_action(&self) -> String {
        format!("{}/resend", self.row.href())
    }

    fn json(&self) -> Option<(Safe<String>, bool)> {
        let shown = highlight(self.payload.as_ref()?, MAX_HTML);
        Some((Safe(shown.html), shown.complete))
    }
}
