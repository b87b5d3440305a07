//! Connections: accounts that organizations have authorized, how they are, and how to add one.

use super::budgets::BudgetRow;
use super::filters;
use super::narrow::Narrow;
use super::runs::{RunRow, state_class, state_word};
use super::shell::{Choice, Shell};
use super::text;
use askama::Template;

/// The list of connections.
#[derive(Debug, Template)]
#[template(path = "connections/index.html")]
pub struct ConnectionsPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// The connections, the latest first.
    pub rows: Vec<ConnectionRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

impl ConnectionsPage {
    /// Whether something on the page goes on by itself.
    fn moves(&self) -> bool {
        self.rows
            .iter()
            .any(|row| row.records.is_none() || row.last_run.as_ref().is_some_and(|run| run.unfinished))
    }
}

/// One connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionRow {
    /// Its id.
    pub id: String,
    /// The provider's id.
    pub provider: String,
    /// The provider's name.
    pub provider_name: String,
    /// The account's id at the provider.
    pub account: String,
    /// The account's name; may be empty.
    pub account_name: String,
    /// Whose.
    pub organization: String,
    /// Who connected it; may be empty.
    pub user: String,
    /// Through which app; empty for a key.
    pub app: String,
    /// How it was authorized: by OAuth, otherwise by a key.
    pub by_oauth: bool,
    /// How it is (`needs_reauthorization`).
    pub status: String,
    /// Why it is not active, for people.
    pub reason: Option<String>,
    /// When it was first connected, RFC 3339.
    pub created_at: String,
    /// Its latest run.
    pub last_run: Option<RunRow>,
    /// How many records of it are there; none while they are being counted.
    pub records: Option<u64>,
}

impl ConnectionRow {
    pub(super) fn href(&self) -> String {
        format!("/portal/connections/{}", text::segment(&self.id))
    }

    fn action(&self, verb: &str) -> String {
        format!("{}/{verb}", self.href())
    }

    /// What people call it.
    pub(super) fn title(&self) -> &str {
        if self.account_name.is_empty() { &self.account } else { &self.account_name }
    }

    pub(super) fn class(&self) -> &'static str {
        state_class(&self.status)
    }

    pub(super) fn word(&self) -> String {
        state_word(&self.status)
    }

    pub(super) fn is_active(&self) -> bool {
        self.status == "active"
    }

    fn is_ended(&self) -> bool {
        self.status == "disconnected"
    }

    /// The form to connect the same account again, filled in.
    pub(super) fn reconnect_href(&self) -> String {
        format!("/portal/connections/new?{}", text::query(&[("again", &self.id)]))
    }

    fn organization_href(&self) -> String {
        format!("/portal/connections?{}", text::query(&[("organization", &self.organization)]))
    }

    fn records_href(&self) -> String {
        format!("/portal/records?{}", text::query(&[("connection", &self.id)]))
    }
}

/// One connection with everything that is known about it.
#[derive(Debug, Template)]
#[template(path = "connections/connection.html")]
pub struct ConnectionPage {
    /// The surroundings.
    pub shell: Shell,
    /// The connection.
    pub row: ConnectionRow,
    /// What was granted.
    pub scopes: Vec<String>,
    /// How much more was granted than is shown.
    pub more_scopes: usize,
    /// When it last changed, RFC 3339.
    pub updated_at: String,
    /// Records by type; none while they are being counted.
    pub records: Option<Vec<RecordCount>>,
    /// How many more types and collections there are than are shown.
    pub more_records: usize,
    /// How many records wait to be read again.
    pub stale: u64,
    /// Where each lane's next run begins.
    pub lanes: Vec<LanePosition>,
    /// How many more lanes there are than are shown.
    pub more_lanes: usize,
    /// The account's limits, the fullest first.
    pub budgets: Vec<BudgetRow>,
    /// How many more limits there are than are shown.
    pub more_budgets: usize,
    /// Its latest runs.
    pub runs: Vec<RunRow>,
    /// Our subscriptions to its webhooks.
    pub hooks: Vec<HookRow>,
    /// How many more there are than are shown.
    pub more_hooks: usize,
}

/// How many records of one type are mirrored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordCount {
    /// The type.
    pub object_type: String,
    /// Where they are; empty for types that are kept in one place.
    pub collection: String,
    /// The collection as people call it; may be empty.
    pub title: String,
    /// There, and not archived.
    pub live: u64,
    /// There, and archived.
    pub archived: u64,
    /// Gone.
    pub gone: u64,
}

/// What is remembered of a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LanePosition {
    /// What people call it.
    pub title: String,
    /// The latest change seen, by the provider's clock, RFC 3339.
    pub high_water: Option<String>,
    /// When it was last read whole, RFC 3339.
    pub full_at: Option<String>,
}

/// One of our subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookRow {
    /// Its id at the provider.
    pub remote_id: String,
    /// The part of the account it is about; empty for all of it.
    pub part: String,
    /// Where the provider sends.
    pub url: String,
    /// When the provider drops it unless it is renewed, RFC 3339.
    pub expires_at: Option<String>,
}

impl ConnectionPage {
    /// The run that is not over, where there is one: always the latest.
    fn unfinished(&self) -> Option<&RunRow> {
        self.runs.first().filter(|run| run.unfinished)
    }

    fn runs_href(&self) -> String {
        format!("/portal/runs?{}", text::query(&[("connection", &self.row.id)]))
    }

    fn count_href(&self, count: &RecordCount, state: &str) -> String {
        let pairs = [
            ("connection", self.row.id.as_str()),
            ("type", &count.object_type),
            ("collection", &count.collection),
            ("state", state),
        ];
        format!("/portal/records?{}", text::query(&pairs))
    }
}

/// The form that connects an account.
#[derive(Debug, Template)]
#[template(path = "connections/new.html")]
pub struct ConnectPage {
    /// The surroundings.
    pub shell: Shell,
    /// The form, as it was sent last.
    pub form: ConnectForm,
    /// What people call the account that is connected again; none for a new one.
    pub again: Option<String>,
    /// The ways there are, by provider.
    pub ways: Vec<WayGroup>,
    /// Organizations to suggest.
    pub organizations: Vec<String>,
}

/// What the form holds, without the key: that is never sent back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectForm {
    /// The organization, as typed.
    pub organization: String,
    /// The user, as typed.
    pub user: String,
    /// `oauth:APP` or `key:PROVIDER`.
    pub way: String,
    /// The connection whose account is connected again; empty for a new one.
    pub again: String,
    /// What is wrong.
    pub problem: Option<String>,
}

impl ConnectForm {
    /// Where it was opened: at the connection, or at the list.
    fn back_href(&self) -> String {
        match self.again.as_str() {
            "" => "/portal/connections".to_owned(),
            id => format!("/portal/connections/{}", text::segment(id)),
        }
    }
}

/// The ways to connect an account of one provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WayGroup {
    /// The provider's name.
    pub provider_name: String,
    /// The ways.
    pub ways: Vec<Choice>,
}

/// The link that begins an authorization, ready to be opened or passed on.
#[derive(Debug, Template)]
#[template(path = "connections/link.html")]
pub struct ConnectLinkPage {
    /// The surroundings.
    pub shell: Shell,
    /// The provider's name.
    pub provider_name: String,
    /// For which organization.
    pub organization: String,
    /// The address.
    pub url: String,
    /// Until when it works, RFC 3339.
    pub expires_at: String,
}
