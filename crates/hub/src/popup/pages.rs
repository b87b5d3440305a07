//! What the popup's pages show. Pure: a page is made of what happened, and rendered; every text is escaped by the templates.

use super::words;
use crate::connect::{BeginError, Completed, KeyError, Outcome};
use crate::http::Problem;
use crate::portal::provider_name;
use crate::portal::views::{Assets, Tone};
use askama::Template;
use http::StatusCode;
use syncline_store::connections::Connection;

/// A page.
#[derive(Debug)]
pub struct Page {
    /// The status it is answered with.
    pub status: StatusCode,
    /// What is on it.
    pub content: Content,
}

/// What is on a page.
#[derive(Debug)]
pub enum Content {
    /// What came of it.
    Result(Box<ResultPage>),
    /// Which provider?
    Choose(ChoosePage),
    /// The form for a key.
    Key(KeyForm),
}

/// What came of connecting: what happened, whose fault it is, what to do.
#[derive(Clone, Debug, Default)]
pub struct ResultPage {
    /// Its stable name.
    pub outcome: &'static str,
    /// Whether it is good, bad or neither.
    pub tone: Option<Tone>,
    /// What happened, in a few words.
    pub title: String,
    /// What happened, in a sentence or two.
    pub what: String,
    /// What the reader can do now.
    pub todo: String,
    /// What the provider says about it, in its words; empty hides it.
    pub said: String,
    /// Whose words these are.
    pub provider: Option<String>,
    /// The connection, if there is one.
    pub connection: Option<Connection>,
    /// The page that is to be told.
    pub origin: Option<String>,
    /// Whether the popup closes by itself once that page has been told: there is nothing that must be read here.
    pub closes: bool,
}

impl ResultPage {
    /// What the page that opened the popup is told, JSON.
    #[must_use]
    pub fn message(&self) -> String {
        let connection = self.connection.as_ref();
        serde_json::json!({
            "type": "syncline:connect",
            "outcome": self.outcome,
            "connection_id": connection.map(|it| &it.id),
            "provider": connection.map(|it| &it.provider).or(self.provider.as_ref()),
            "account_name": connection.map(|it| &it.account_name),
            "status": connection.map(|it| it.status),
            "message": self.what,
        })
        .to_string()
    }

    fn tone(&self) -> &'static str {
        match self.tone {
            Some(Tone::Good) => "good",
            Some(Tone::Bad) => "bad",
            _ => "plain",
        }
    }

    fn icon(&self) -> &'static str {
        match self.tone {
            Some(Tone::Good) => "check",
            Some(Tone::Bad) => "alert",
            _ => "info",
        }
    }

    fn speaker(&self) -> &str {
        self.provider.as_deref().map_or("The provider", provider_name)
    }
}

/// A provider to choose.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its id.
    pub provider: String,
    /// Whether its own consent page is used; else a key is asked for.
    pub oauth: bool,
}

impl Choice {
    fn name(&self) -> &str {
        provider_name(&self.provider)
    }
}

/// Which provider?
#[derive(Debug)]
pub struct ChoosePage {
    choices: Vec<Choice>,
    query: String,
}

/// The form for a key.
#[derive(Debug)]
pub struct KeyForm {
    /// At which provider.
    pub provider: String,
    /// The token that lets it connect.
    pub token: String,
    /// The page that is to be told.
    pub origin: String,
    /// Why the last key was not taken.
    pub problem: Option<String>,
}

impl KeyForm {
    /// An empty form.
    #[must_use]
    pub fn new(provider: String, token: String, origin: String) -> Self {
        Self { provider, token, origin, problem: None }
    }

    fn name(&self) -> &str {
        provider_name(&self.provider)
    }

    fn label(&self) -> &'static str {
        words::key_label(&self.provider)
    }

    fn hint(&self) -> &'static str {
        words::key_hint(&self.provider)
    }
}

#[derive(Template)]
#[template(path = "popup/result.html")]
struct ResultTemplate<'a> {
    assets: &'a Assets,
    page: &'a ResultPage,
}

#[derive(Template)]
#[template(path = "popup/choose.html")]
struct ChooseTemplate<'a> {
    assets: &'a Assets,
    page: &'a ChoosePage,
}

#[derive(Template)]
#[template(path = "popup/key.html")]
struct KeyTemplate<'a> {
    assets: &'a Assets,
    page: &'a KeyForm,
}

impl Page {
    /// As HTML.
    ///
    /// # Errors
    /// What the template says; none of ours does.
    pub fn render(&self, assets: &Assets) -> askama::Result<String> {
        match &self.content {
            Content::Result(page) => ResultTemplate { assets, page }.render(),
            Content::Choose(page) => ChooseTemplate { assets, page }.render(),
            Content::Key(page) => KeyTemplate { assets, page }.render(),
        }
    }

    fn result(status: StatusCode, page: ResultPage) -> Self {
        Self { status, content: Content::Result(Box::new(page)) }
    }

    /// The end of an authorization.
    #[must_use]
    pub fn of_outcome(outcome: &Outcome) -> Self {
        let (status, mut page) = words::completed(&outcome.completed, outcome.provider.as_deref());
        page.outcome = outcome.completed.name();
        page.provider.clone_from(&outcome.provider);
        page.origin.clone_from(&outcome.origin);
        page.connection = match &outcome.completed {
            Completed::Connected(connection) => Some(connection.clone()),
            Completed::Replayed(connection) => connection.as_deref().cloned(),
            _ => None,
        };
        Self::result(status, page)
    }

    /// The end of connecting with a key.
    #[must_use]
    pub fn connected(connection: &Connection, origin: Option<String>) -> Self {
        let provider = Some(connection.provider.clone());
        let completed = Completed::Connected(connection.clone());
        Self::of_outcome(&Outcome { completed, provider, origin })
    }

    /// An authorization that could not begin.
    #[must_use]
    pub fn not_begun(error: BeginError, provider: &str, origin: Option<String>) -> Self {
        let app = match error {
            BeginError::OriginNotAllowed(origin) => return Self::origin_not_allowed(&origin),
            BeginError::BadName(_) => return Self::link_unknown(),
            BeginError::App(error) => Completed::AppRefused { message: error.to_string() },
            BeginError::Failed(error) => {
                tracing::error!(provider, %error, "an authorization did not begin");
                Completed::Failed(error)
            }
        };
        if let Completed::AppRefused { message } = &app {
            tracing::error!(provider, message, "an authorization did not begin: check [apps]");
        }
        Self::of_outcome(&Outcome { completed: app, provider: Some(provider.to_owned()), origin })
    }

    /// Which provider?
    #[must_use]
    pub fn choose(choices: Vec<Choice>, token: &str, origin: &str) -> Self {
        if choices.is_empty() {
            return Self::unknown_provider();
        }
        let query = crate::portal::views::text::query(&[("token", token), ("origin", origin)]);
        Self { status: StatusCode::OK, content: Content::Choose(ChoosePage { choices, query }) }
    }

    /// The form for a key.
    #[must_use]
    pub fn key(form: KeyForm) -> Self {
        Self { status: StatusCode::OK, content: Content::Key(form) }
    }

    /// The form again, with why the key was not taken.
    #[must_use]
    pub fn key_again(mut form: KeyForm, error: KeyError) -> Self {
        form.problem = Some(words::key_refused(&error, provider_name(&form.provider)));
        let status = Problem::from(error).status;
        Self { status, content: Content::Key(form) }
    }

    /// A problem of the server's.
    #[must_use]
    pub fn of_problem(problem: &Problem) -> Self {
        let page = words::broken(&problem.detail);
        Self::result(problem.status, page)
    }

    /// Before the database is there.
    #[must_use]
    pub fn starting() -> Self {
        Self::result(StatusCode::SERVICE_UNAVAILABLE, words::starting())
    }

    /// The answer took too long; what was begun goes on.
    #[must_use]
    pub fn too_slow() -> Self {
        Self::result(StatusCode::SERVICE_UNAVAILABLE, words::too_slow())
    }

    /// A ticket or a token that is not ours.
    #[must_use]
    pub fn link_unknown() -> Self {
        Self::result(StatusCode::BAD_REQUEST, words::link_unknown())
    }

    /// One that was good a while ago.
    #[must_use]
    pub fn link_expired() -> Self {
        Self::result(StatusCode::GONE, words::link_expired())
    }

    /// A page that may not connect accounts.
    #[must_use]
    pub fn origin_not_allowed(origin: &str) -> Self {
        Self::result(StatusCode::FORBIDDEN, words::origin_not_allowed(origin))
    }

    /// No provider of that name.
    #[must_use]
    pub fn unknown_provider() -> Self {
        Self::result(StatusCode::NOT_FOUND, words::unknown_provider())
    }

    /// A provider that the token does not name.
    #[must_use]
    pub fn not_for_this_token(provider: &str, origin: Option<String>) -> Self {
        let page = words::not_for_this_token(provider_name(provider));
        Self::result(
            StatusCode::FORBIDDEN,
            ResultPage { origin, provider: Some(provider.to_owned()), ..page },
        )
    }

    /// A form without its fields.
    #[must_use]
    pub fn bad_form() -> Self {
        Self::result(StatusCode::BAD_REQUEST, words::bad_form())
    }
}
