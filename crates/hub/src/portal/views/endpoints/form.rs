//! The form of an endpoint: made, or changed.

use crate::portal::views::shell::Shell;
use crate::portal::views::{filters, text};
use askama::Template;

/// The form.
#[derive(Debug, Template)]
#[template(path = "endpoints/form.html")]
pub struct EndpointFormPage {
    /// The surroundings.
    pub shell: Shell,
    /// The endpoint that is changed; none for a new one.
    pub id: Option<String>,
    /// What was typed, or what there is.
    pub form: EndpointForm,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// Organizations to suggest.
    pub organizations: Vec<String>,
    /// Types to suggest: name and what it means.
    pub types: Vec<(String, String)>,
    /// The names of the headers that there are.
    pub header_names: Vec<String>,
    /// When it is tried again, unless it says otherwise: `5s 5m 1h`.
    pub usual_waits: String,
}

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointForm {
    /// Where it is.
    pub url: String,
    /// Whose; empty: everybody's.
    pub organization: String,
    /// For people.
    pub description: String,
    /// What it wants, with spaces between.
    pub types: String,
    /// Headers, one a line.
    pub headers: String,
    /// How many messages.
    pub calls: String,
    /// In which span.
    pub per: String,
    /// Whether messages of one key come in strict order.
    pub ordered: bool,
    /// When it is tried again; empty: as usual.
    pub waits: String,
    /// How messages are signed.
    pub ed25519: bool,
}

impl EndpointFormPage {
    fn back(&self) -> String {
        match &self.id {
            Some(id) => format!("/portal/endpoints/{}", text::segment(id)),
            None => "/portal/endpoints".to_owned(),
        }
    }

    fn action(&self) -> String {
        match &self.id {
            Some(_) => format!("{}/edit", self.back()),
            None => "/portal/endpoints/new".to_owned(),
        }
    }

    fn spans() -> [(&'static str, &'static str); 3] {
        [("1s", "second"), ("1m", "minute"), ("1h", "hour")]
    }
}
