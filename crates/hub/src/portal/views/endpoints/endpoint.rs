//! One endpoint: how it does, its terms, what is sent to it.

use super::chart::Chart;
use super::class;
use super::list::EndpointRow;
use crate::portal::views::shell::Shell;
use crate::portal::views::{Choice, filters, text};
use askama::Template;

/// One endpoint.
#[derive(Debug, Template)]
#[template(path = "endpoints/endpoint.html")]
pub struct EndpointPage {
    /// The surroundings.
    pub shell: Shell,
    /// The endpoint.
    pub row: EndpointRow,
    /// A secret that was just made, to be shown this once.
    pub new_secret: Option<NewSecret>,
    /// How it did.
    pub chart: Chart,
    /// Spans to choose from.
    pub spans: Vec<&'static str>,
    /// Its secrets, without what they are.
    pub secrets: Vec<SecretRow>,
    /// Its terms, as label and value.
    pub facts: Vec<(String, String)>,
    /// When what waits is due first, RFC 3339.
    pub next_at: Option<String>,
    /// Until when it asked to be left alone, RFC 3339.
    pub paused_until: Option<String>,
    /// Types whose example can be sent.
    pub types: Vec<Choice>,
    /// The latest deliveries.
    pub deliveries: Vec<DeliveryRow>,
    /// Whether there are others.
    pub more_deliveries: bool,
    /// Where all of them are, and those in each state: word and address.
    pub lists: Vec<(&'static str, String)>,
    /// The present day, `2026-01-31`: what dates begin with in the forms.
    pub today: String,
}

/// A secret that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecret {
    /// The secret itself, or the public key of a pair.
    pub text: String,
    /// Whether it is a public key.
    pub public: bool,
}

/// What may be shown of a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretRow {
    /// How it signs.
    pub scheme: String,
    /// What a receiver verifies with, for a key pair.
    pub public_key: Option<String>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// From when on it is not used any more, RFC 3339.
    pub not_after: Option<String>,
}

/// A delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The message.
    pub message_id: String,
    /// The endpoint.
    pub endpoint_id: String,
    /// Where that is, in a list of several endpoints' deliveries; none of one that was deleted.
    pub endpoint_url: Option<String>,
    /// Whose the message is, in such a list.
    pub organization: Option<String>,
    /// What happened.
    pub kind: String,
    /// How it is: `waiting`, `under way`, `delivered`, `failed`, `skipped`.
    pub state: String,
    /// The latest answer's status.
    pub status: Option<u16>,
    /// How many attempts there were.
    pub tried: u32,
    /// When it is tried next, RFC 3339.
    pub next_at: Option<String>,
    /// When it was settled, RFC 3339.
    pub settled_at: Option<String>,
    /// When the message was made, RFC 3339.
    pub created_at: String,
}

impl DeliveryRow {
    pub(super) fn href(&self) -> String {
        format!("/portal/deliveries/{}/{}", text::segment(&self.message_id), text::segment(&self.endpoint_id))
    }

    pub(super) fn endpoint_href(&self) -> String {
        format!("/portal/endpoints/{}", text::segment(&self.endpoint_id))
    }

    pub(super) fn class(&self) -> &'static str {
        class(&self.state)
    }

    pub(super) fn word(&self) -> String {
        text::capital(&self.state)
    }

    /// Whether something may happen to it by itself.
    pub(super) fn moves(&self) -> bool {
        self.state == "waiting" || self.state == "under way"
    }
}

impl EndpointPage {
    /// Whether something on the page goes on by itself.
    fn moves(&self) -> bool {
        self.row.waiting > 0 || self.deliveries.iter().any(|one| one.state == "under way")
    }

    /// On an endpoint's own page everybody knows where its deliveries go.
    fn of_one(&self) -> bool {
        true
    }

    fn span_href(&self, span: &str) -> String {
        format!("{}?{}", self.row.href(), text::query(&[("span", span)]))
    }
}
