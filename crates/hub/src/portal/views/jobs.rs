//! Work in the background: what is parked, and what to do about it.

use super::filters;
use super::narrow::Narrow;
use super::shell::Shell;
use super::text;
use askama::Template;

/// The list of jobs in one state.
#[derive(Debug, Template)]
#[template(path = "jobs/index.html")]
pub struct JobsPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used.
    pub problem: Option<String>,
    /// The state that is listed.
    pub state: JobState,
    /// How many jobs there are in every state.
    pub counts: JobCounts,
    /// How many parked jobs fit the filters, on all pages.
    pub fitting: u64,
    /// The jobs, the one that was tried last first. Thirty keep the page small.
    pub rows: Vec<JobRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

/// What a job is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobState {
    /// It failed too often and waits for a human.
    #[default]
    Parked,
    /// It waits for its time.
    Waiting,
    /// A worker has it.
    Running,
}

impl JobState {
    /// The word in the address.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Waiting => "waiting",
            Self::Running => "running",
        }
    }

    /// The word in the address, where it is not the usual one.
    #[must_use]
    pub fn parameter(self) -> &'static str {
        if self == Self::default() { "" } else { self.word() }
    }

    /// The state of this word; no word means the usual one.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let all = [Self::Parked, Self::Waiting, Self::Running];
        if word.is_empty() {
            Some(Self::default())
        } else {
            all.into_iter().find(|state| state.word() == word)
        }
    }
}

/// How many jobs there are in every state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Parked jobs.
    pub parked: u64,
    /// Waiting jobs.
    pub waiting: u64,
    /// Running jobs.
    pub running: u64,
}

/// A kind of job and how many there are of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobKind {
    /// Its name in the code: `hydrate`.
    pub kind: String,
    /// How many jobs.
    pub count: u64,
}

/// One job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobRow {
    /// The job's id.
    pub id: String,
    /// What it does: `hydrate`.
    pub kind: String,
    /// What it does it to, in a few words: `hubspot 62515 contact`; may be empty.
    pub subject: String,
    /// For whom, where that is known.
    pub organization: Option<String>,
    /// The last error, all of it.
    pub error: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first, RFC 3339.
    pub first_tried_at: Option<String>,
    /// When it was tried last, RFC 3339.
    pub last_tried_at: Option<String>,
    /// When it is tried next, RFC 3339, if it is waiting.
    pub next_try_at: Option<String>,
}

/// A tab, ready to draw.
struct Tab {
    label: &'static str,
    href: String,
    count: String,
    current: bool,
}

impl JobsPage {
    fn tabs(&self) -> [Tab; 3] {
        let tab = |state: JobState, label, count| Tab {
            label,
            href: self.in_state(state),
            count: text::thousands(count),
            current: state == self.state,
        };
        [
            tab(JobState::Parked, "Parked", self.counts.parked),
            tab(JobState::Waiting, "Waiting", self.counts.waiting),
            tab(JobState::Running, "Running", self.counts.running),
        ]
    }

    /// The list in another state: for the same organization, of all kinds.
    fn in_state(&self, state: JobState) -> String {
        let parts = [("state", state.parameter()), ("organization", self.narrow.value("organization"))];
        match text::query(&parts) {
            query if query.is_empty() => "/portal/jobs".to_owned(),
            query => format!("/portal/jobs?{query}"),
        }
    }

    fn is_parked(&self) -> bool {
        self.state == JobState::Parked
    }

    /// Whether there is more than one to retry or discard.
    fn has_several(&self) -> bool {
        self.is_parked() && self.fitting > 1
    }
}

impl JobRow {
    /// The first line of the error.
    fn error_line(&self) -> Option<&str> {
        Some(self.error.as_deref()?.lines().next().unwrap_or_default())
    }

    /// The whole error, when there is more to it than its first line shows.
    fn error_rest(&self) -> Option<&str> {
        let error = self.error.as_deref()?;
        (error.lines().count() > 1 || error.chars().count() > 90).then_some(error)
    }

    /// What it is called by those who hear the page: kind and subject.
    fn name(&self) -> String {
        format!("{} {}", self.kind, self.subject).trim().to_owned()
    }

    fn action(&self, verb: &str) -> String {
        format!("/portal/jobs/{}/{verb}", text::segment(&self.id))
    }
}
