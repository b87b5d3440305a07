//! One operation: a method of an address, what it takes, and every answer there is.

use super::schema::{Schema, choice, page_of, refer, text};
use serde_json::Value;

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Whoever has an API key.
    Key,
    /// Whoever has an API key for all organizations.
    Operator,
    /// Whoever has the token of the metrics, where one is configured.
    Metrics,
    /// A page on an origin that may, or whoever has an API key.
    Page,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// A parameter besides those in the path.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Whether it has to be there.
    pub required: bool,
    /// What it holds.
    pub schema: Schema,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its media types.
    pub kinds: Vec<&'static str>,
    /// What it looks like.
    pub schema: Schema,
    /// Whether it has to be there.
    pub required: bool,
    /// An example.
    pub example: Option<Value>,
}

/// An answer that is no refusal.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// When it comes.
    pub says: &'static str,
    /// Its body, by media type; empty for none.
    pub content: Vec<(&'static str, Schema)>,
    /// Headers that it may have, and what they say.
    pub headers: Vec<(&'static str, &'static str)>,
}

/// An operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// In small letters.
    pub method: &'static str,
    /// The address, with names in braces.
    pub path: &'static str,
    /// Its name, for programs that are made from the document.
    pub id: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What else there is to know.
    pub says: &'static str,
    /// Who may call.
    pub access: Access,
    /// Query and headers.
    pub parameters: Vec<Parameter>,
    /// What is sent.
    pub body: Option<Body>,
    /// What is answered.
    pub answers: Vec<Answer>,
    /// Codes of refusals, besides those that all have.
    pub codes: Vec<&'static str>,
}

/// A `GET`.
pub fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("get", path, id, summary)
}

/// A `POST`.
pub fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("post", path, id, summary)
}

/// A `PUT`.
pub fn put(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("put", path, id, summary)
}

/// A `PATCH`.
pub fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("patch", path, id, summary)
}

/// A `DELETE`.
pub fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("delete", path, id, summary)
}

impl Operation {
    fn new(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            says: "",
            access: Access::Key,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// What else there is to know.
    #[must_use]
    pub fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// Who may call; left out: whoever has an API key.
    #[must_use]
    pub fn for_(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// Takes a parameter in the query.
    #[must_use]
    pub fn query(mut self, name: &'static str, schema: Schema) -> Self {
        self.parameters.push(Parameter { name, place: Place::Query, required: false, schema });
        self
    }

    /// Takes a parameter in the query that has to be there.
    #[must_use]
    pub fn needs(mut self, name: &'static str, schema: Schema) -> Self {
        self.parameters.push(Parameter { name, place: Place::Query, required: true, schema });
        self
    }

    /// Takes a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, schema: Schema) -> Self {
        self.parameters.push(Parameter { name, place: Place::Header, required: false, schema });
        self
    }

    /// Takes an idempotency key.
    #[must_use]
    pub fn once(self) -> Self {
        let says = "1 to 255 visible characters: the same request under the same key is carried out once, and answered alike.";
        self.header("Idempotency-Key", text(says).long(1, 255).like("booking-4711"))
            .refuses(&["bad_idempotency_key", "idempotency_key_reused"])
    }

    /// Takes `org_id` in the query.
    #[must_use]
    pub fn of_organization(self) -> Self {
        self.query("org_id", text("Only this organization's.")).refuses(&["key_of_one_organization"])
    }

    /// Takes `state` in the query.
    #[must_use]
    pub fn in_state(self, states: &[&str], says: &str) -> Self {
        self.query("state", choice(states, says)).refuses(&["bad_state"])
    }

    /// Answers pages of what goes by this name among the schemas.
    #[must_use]
    pub fn pages(self, says: &'static str, name: &str) -> Self {
        self.paged().answers(200, says, page_of(name))
    }

    /// Takes `limit` and `cursor`.
    #[must_use]
    pub fn paged(self) -> Self {
        let limit = super::schema::count("How many go on the page.").within(1, 500).usually(50);
        let cursor = text("Where the page before this one ended: its `next_cursor`.");
        self.query("limit", limit).query("cursor", cursor).refuses(&["bad_limit", "bad_cursor"])
    }

    /// Takes JSON.
    #[must_use]
    pub fn takes(self, name: &str, example: Value) -> Self {
        self.with_body(name, true, example)
    }

    /// Takes JSON, or nothing.
    #[must_use]
    pub fn may_take(self, name: &str, example: Value) -> Self {
        self.with_body(name, false, example)
    }

    fn with_body(self, name: &str, required: bool, example: Value) -> Self {
        let body =
            Body { kinds: vec!["application/json"], schema: refer(name), required, example: Some(example) };
        Self { body: Some(body), ..self }.refuses(&["bad_body"])
    }

    /// Answers JSON.
    #[must_use]
    pub fn answers(self, status: u16, says: &'static str, schema: Schema) -> Self {
        self.answers_in(status, says, vec![("application/json", schema)])
    }

    /// Answers JSON, and says with `Location` where to find it.
    #[must_use]
    pub fn makes(self, status: u16, says: &'static str, schema: Schema) -> Self {
        self.answers(status, says, schema).and_header("Location", "Where it is found.")
    }

    /// Answers without a body.
    #[must_use]
    pub fn ends(self, status: u16, says: &'static str) -> Self {
        self.answers_in(status, says, Vec::new())
    }

    /// Answers in these forms.
    #[must_use]
    pub fn answers_in(
        mut self,
        status: u16,
        says: &'static str,
        content: Vec<(&'static str, Schema)>,
    ) -> Self {
        self.answers.push(Answer { status, says, content, headers: Vec::new() });
        self
    }

    /// The last answer may have this header.
    #[must_use]
    pub fn and_header(mut self, name: &'static str, says: &'static str) -> Self {
        if let Some(last) = self.answers.last_mut() {
            last.headers.push((name, says));
        }
        self
    }

    /// May be refused with these codes, besides those that all have.
    #[must_use]
    pub fn refuses(mut self, codes: &[&'static str]) -> Self {
        self.codes.extend(codes);
        self
    }
}
