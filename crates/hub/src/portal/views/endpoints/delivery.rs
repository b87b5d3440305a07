//! One delivery: what was sent, what came back each time, what comes next.

use super::endpoint::DeliveryRow;
use super::list::EndpointRow;
use crate::portal::views::json::highlight;
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
    /// Where it goes; none when that was deleted.
    pub endpoint: Option<EndpointRow>,
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

    /// What there is room for; `left` is how many bytes of HTML, for this one and those after it.
    fn shown(&self, left: &mut usize) -> Shown<'_> {
        let mut error = self.error.as_ref().map(|error| text::preview(error, 300).into_owned());
        if let Some(error) = &mut error {
            error.truncate(text::within(error, *left).len());
            *left -= text::escaped(error);
        }
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let (name, value) = (text::preview(name, 60), text::preview(value, 400));
            let bytes = HEADER + text::escaped(&name) + text::escaped(&value);
            if bytes > *left {
                break;
            }
            *left -= bytes;
            headers.push((name.into_owned(), value.into_owned()));
        }
        let whole = text::visible(self.body.as_deref().unwrap_or_default());
        let body = text::within(&whole, *left).to_owned();
        *left -= text::escaped(&body);
        let cut = headers.len() < self.headers.len() || body.len() < whole.len();
        Shown { attempt: self, error, headers, body, cut }
    }
}

/// The most HTML that is made of a payload: with the answers, a page stays below 100 KB.
const MAX_PAYLOAD: usize = 24_000;
/// The most HTML that is made of all answers together, however often an endpoint answered at length.
const MAX_ANSWERS: usize = 20_000;
/// What a header takes besides its name and its value.
const HEADER: usize = 100;
/// The most attempts that are shown: more than the usual schedule has.
const MAX_ATTEMPTS: usize = 30;

/// What is shown of an attempt.
struct Shown<'a> {
    attempt: &'a AttemptView,
    error: Option<String>,
    headers: Vec<(String, String)>,
    body: String,
    /// Whether something of the answer is left out.
    cut: bool,
}

impl Shown<'_> {
    fn has_answer(&self) -> bool {
        self.cut || !self.headers.is_empty() || !self.body.is_empty()
    }
}

impl DeliveryPage {
    /// Whether there is an endpoint that is sent anything.
    fn is_sent(&self) -> bool {
        self.endpoint.as_ref().is_some_and(|endpoint| endpoint.enabled)
    }

    /// What happened, as the heading says it.
    fn what(&self) -> String {
        if self.row.kind.is_empty() {
            return "A message that is forgotten".to_owned();
        }
        text::preview(&self.row.kind, 80).into_owned()
    }

    /// The same with where it goes: several tabs can be told apart.
    fn title(&self) -> String {
        let to = self.endpoint.as_ref().map_or("a deleted endpoint", |endpoint| endpoint.url.as_str());
        format!("{} to {}", self.what(), text::preview(to, 60))
    }

    /// All deliveries of the message.
    fn message_href(&self) -> String {
        format!("/portal/deliveries?{}", text::query(&[("message", &self.row.message_id)]))
    }

    /// The latest attempts, with as much of what was answered as has room.
    fn shown(&self) -> Vec<Shown<'_>> {
        let mut left = MAX_ANSWERS;
        self.attempts.iter().take(MAX_ATTEMPTS).map(|attempt| attempt.shown(&mut left)).collect()
    }

    /// How many attempts are left out.
    fn earlier(&self) -> u64 {
        self.attempts.len().saturating_sub(MAX_ATTEMPTS) as u64
    }

    fn moves(&self) -> bool {
        self.row.moves()
    }

    fn resend_action(&self) -> String {
        format!("{}/resend", self.row.href())
    }

    fn json(&self) -> Option<(Safe<String>, bool)> {
        let shown = highlight(self.payload.as_ref()?, MAX_PAYLOAD);
        Some((Safe(shown.html), shown.complete))
    }
}
