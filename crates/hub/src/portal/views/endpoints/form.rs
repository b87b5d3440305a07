//! The form of an endpoint: made, or changed.

use crate::portal::views::field::{Field, Input};
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
    /// What is wrong with fields: which, by its name in the form, and what.
    pub problems: Vec<(&'static str, String)>,
    /// What is wrong and not with one of the fields.
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

    /// What is wrong with a field.
    fn wrong_with(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|(name, _)| *name == field).map(|(_, problem)| problem.as_str())
    }

    fn url(&self) -> Field<'_> {
        Field {
            name: "url",
            label: "URL",
            value: &self.form.url,
            input: Input::Url,
            problem: self.wrong_with("url"),
            required: true,
            placeholder: "https://hooks.example.com/syncline".into(),
            hint: "Over https, at an address of the public internet. It is looked at now and whenever it is called.".into(),
            ..Field::default()
        }
    }

    fn organization(&self) -> Field<'_> {
        Field {
            name: "organization",
            label: "Organization",
            value: &self.form.organization,
            optional: true,
            placeholder: "All organizations".into(),
            hint: "Without one it gets every organization’s messages.".into(),
            list: "organizations",
            problem: self.wrong_with("organization"),
            ..Field::default()
        }
    }

    fn description(&self) -> Field<'_> {
        let (name, label, value) = ("description", "Description", self.form.description.as_str());
        Field { name, label, value, optional: true, problem: self.wrong_with(name), ..Field::default() }
    }

    fn types_field(&self) -> Field<'_> {
        Field {
            name: "types",
            label: "Event types",
            value: &self.form.types,
            problem: self.wrong_with("types"),
            placeholder: "All that are not opt-in".into(),
            hint: "Names with spaces between them, prefixes like `sync.*`, or `*`.".into(),
            ..Field::default()
        }
    }

    fn headers(&self) -> Field<'_> {
        let names = &self.header_names;
        let known = match names.as_slice() {
            [] => String::new(),
            [one] => format!(" There is `{one}`; what you write here takes its place."),
            several => {
                format!(" There are `{}`; what you write here takes their place.", several.join("`, `"))
            }
        };
        Field {
            name: "headers",
            label: "Headers",
            value: &self.form.headers,
            input: Input::Text(3),
            problem: self.wrong_with("headers"),
            optional: true,
            placeholder: "X-Api-Key: …".into(),
            hint: format!("One a line, `Name: value`. They are sealed; values are not shown again.{known}")
                .into(),
            ..Field::default()
        }
    }

    fn waits(&self) -> Field<'_> {
        Field {
            name: "waits",
            label: "Tried again",
            value: &self.form.waits,
            problem: self.wrong_with("waits"),
            optional: true,
            placeholder: self.usual_waits.as_str().into(),
            hint: "The waits between attempts, or `never`. Chance adds up to a tenth to each.".into(),
            ..Field::default()
        }
    }

    fn spans() -> [(&'static str, &'static str); 3] {
        [("1s", "second"), ("1m", "minute"), ("1h", "hour")]
    }
}
