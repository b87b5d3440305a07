//! What a set-up did, or would do.

use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;
use syncline_providers::setup::{Kind, Planned};

/// What a set-up did, or in a dry run would do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Of which connection.
    pub connection_id: String,
    /// At which provider.
    pub provider: String,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// One after another.
    pub steps: Vec<Step>,
    /// What the provider told and a person has to confirm there (Notion's verification token). For operators only.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub verification: Option<Verification>,
}

/// A secret that a provider told. Shown to an operator alone, who has to take it to the provider's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The secret.
    pub token: Secret,
    /// When it arrived.
    pub arrived_at: Timestamp,
}

#[expect(clippy::ref_option, reason = "serde hands it over so")]
fn shown<S: serde::Serializer>(verification: &Option<Verification>, to: S) -> Result<S::Ok, S::Error> {
    let one = verification
        .as_ref()
        .map(|one| serde_json::json!({ "token": one.token.expose(), "arrived_at": one.arrived_at }));
    serde::Serialize::serialize(&one, to)
}

/// One of its steps.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    /// What sort of change; none for a look that failed.
    pub kind: Option<Kind>,
    /// A short sentence.
    pub what: String,
    /// What became of it.
    pub state: State,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is so now.
    Done,
    /// It is not so yet: a dry run changes nothing, and some things only a person can do.
    Planned,
    /// It could not be done.
    Failed,
}

impl Report {
    /// The steps that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.state == State::Failed)
    }
}

impl Step {
    /// A change that was made.
    #[must_use]
    pub fn done(planned: Planned) -> Self {
        Self { kind: Some(planned.kind), what: planned.what, state: State::Done, reason: None }
    }

    /// One that is still to be made.
    #[must_use]
    pub fn planned(planned: Planned) -> Self {
        Self { kind: Some(planned.kind), what: planned.what, state: State::Planned, reason: None }
    }

    /// One that could not be made, or a look that brought nothing.
    #[must_use]
    pub fn failed(planned: Option<Planned>, reason: String) -> Self {
        let kind = planned.as_ref().map(|planned| planned.kind);
        let what = planned.map_or_else(|| "Look what is there".to_owned(), |planned| planned.what);
        Self { kind, what, state: State::Failed, reason: Some(reason) }
    }

    /// Something that was only to be said.
    #[must_use]
    pub fn note(planned: Planned) -> Self {
        match planned.kind {
            Kind::Refused => {
                let reason = "it is left as it is".to_owned();
                Self {
                    kind: Some(planned.kind),
                    what: planned.what,
                    state: State::Failed,
                    reason: Some(reason),
                }
            }
            Kind::ByHand => Self::planned(planned),
            _ => Self::done(planned),
        }
    }
}

/// What became of a step, in a word or two.
#[must_use]
pub fn word(kind: Option<Kind>, became: State) -> &'static str {
    match (became, kind) {
        (State::Failed, Some(Kind::Refused)) => "refused",
        (State::Failed, _) => "failed",
        (_, Some(Kind::ByHand)) => "by hand",
        (_, Some(Kind::Unchanged | Kind::Refused) | None) => "unchanged",
        (State::Done, Some(Kind::Create)) => "created",
        (State::Done, Some(Kind::Activate)) => "activated",
        (State::Done, Some(Kind::Pause)) => "paused",
        (State::Done, Some(Kind::Renew)) => "renewed",
        (State::Done, Some(Kind::Replace)) => "replaced",
        (State::Done, Some(Kind::Delete)) => "deleted",
        (State::Planned, Some(Kind::Create)) => "would create",
        (State::Planned, Some(Kind::Activate)) => "would activate",
        (State::Planned, Some(Kind::Pause)) => "would pause",
        (State::Planned, Some(Kind::Renew)) => "would renew",
        (State::Planned, Some(Kind::Replace)) => "would replace",
        (State::Planned, Some(Kind::Delete)) => "would delete",
    }
}
