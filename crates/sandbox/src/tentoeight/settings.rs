//! What is only guessed about 10to8 is a setting (10to8 facts 10). The defaults are the facts' own assumptions.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Settings of the simulated 10to8.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(super) authorization: Authorization,
    pub(super) limits: Limits,
    pub(super) lists: Lists,
    pub(super) uris: Uris,
    pub(super) customers: Customers,
    pub(super) custom_fields: CustomFields,
    pub(super) deletion: Deletion,
    pub(super) merging: Merging,
    pub(super) subscriptions: Subscriptions,
    pub(super) notifications: Notifications,
}

impl Settings {
    /// Whether the values make sense, beyond being of the right kind.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn check(&self) -> Result<(), String> {
        let rules = &self.notifications;
        if !(0.0..=1.0).contains(&rules.twice_chance) {
            return Err("notifications.twice_chance is a probability from 0 to 1".to_owned());
        }
        if rules.retry_after_ms.iter().chain([&rules.coalesce_ms, &rules.jitter_ms]).any(|ms| *ms < 0) {
            return Err("notifications: milliseconds are not negative".to_owned());
        }
        if self.limits.window_ms <= 0 || self.lists.max_limit == 0 || self.lists.default_limit == 0 {
            return Err("limits.window_ms, lists.max_limit and lists.default_limit are above 0".to_owned());
        }
        if !matches!(self.deletion.twice, 204 | 404) {
            return Err("deletion.twice is 404 or 204".to_owned());
        }
        Ok(())
    }
}

/// How strictly the `Authorization` header is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Authorization {
    /// Whether `Token` and `TOKEN` do as well as `token`.
    pub(super) any_case: bool,
}

impl Default for Authorization {
    fn default() -> Self {
        Self { any_case: true }
    }
}

/// Throttling, per API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) enabled: bool,
    /// So many requests
    pub(super) requests: usize,
    /// within so many milliseconds.
    pub(super) window_ms: i64,
    /// Whether a `Retry-After` header tells the wait.
    pub(super) wait_in_header: bool,
    /// Whether the body tells the wait.
    pub(super) wait_in_body: bool,
}

impl Default for Limits {
    /// Twice what is known to be safe (one request a second).
    fn default() -> Self {
        Self { enabled: true, requests: 120, window_ms: 60_000, wait_in_header: true, wait_in_body: true }
    }
}

/// How lists are cut into pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Lists {
    pub(super) default_limit: usize,
    pub(super) max_limit: usize,
    /// What becomes of a `limit` that is too large or no number.
    pub(super) wrong_limit: WrongLimit,
    pub(super) include_deleted_default: bool,
    pub(super) next: NextStyle,
    pub(super) newest_first: bool,
    /// Whether a full last page points to an empty one.
    pub(super) empty_last_page: bool,
    /// Whether an empty page has null for `results`.
    pub(super) null_when_empty: bool,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            default_limit: 100,
            max_limit: 100,
            wrong_limit: WrongLimit::Adjust,
            include_deleted_default: false,
            next: NextStyle::Cursor,
            newest_first: false,
            empty_last_page: false,
            null_when_empty: false,
        }
    }
}

/// What becomes of a wrong `limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WrongLimit {
    /// The nearest that will do is taken.
    Adjust,
    /// 400.
    Refuse,
}

/// What is in `next`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NextStyle {
    /// `cursor=…`: nothing is skipped when something changes between two pages.
    Cursor,
    /// `offset=…`: what changes between two pages shifts the rest.
    Offset,
}

/// How URIs look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Uris {
    /// What URIs begin with; none: the sandbox's own address.
    pub(super) base: Option<String>,
    /// Whether the URIs of single customers and subscriptions end with a slash.
    pub(super) trailing_slash: bool,
    /// What becomes of a request without the slash at the end.
    pub(super) missing_slash: MissingSlash,
    /// Whether ids are texts instead of numbers.
    pub(super) opaque_ids: bool,
}

impl Default for Uris {
    fn default() -> Self {
        Self { base: None, trailing_slash: true, missing_slash: MissingSlash::Serve, opaque_ids: false }
    }
}

/// What becomes of a request without the slash at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MissingSlash {
    /// It makes no difference.
    Serve,
    /// 301 to where there is one.
    Redirect,
    /// 404.
    NotFound,
}

/// What customers look like and what is accepted of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Customers {
    /// Whether a new customer must have a `name` (which may be empty).
    pub(super) name_required: bool,
    /// The longest text accepted, in characters; none: any.
    pub(super) max_length: Option<usize>,
    /// Whether numbers do for texts.
    pub(super) numbers_as_texts: bool,
    /// What a create is answered with.
    pub(super) create_reply: Reply,
    /// What an update is answered with.
    pub(super) update_reply: Reply,
    /// Whether `deleted` is there on customers who are not.
    pub(super) deleted_always_present: bool,
    /// Whether deleted customers are listed with everything they had.
    pub(super) deleted_keep_fields: bool,
}

impl Default for Customers {
    fn default() -> Self {
        Self {
            name_required: true,
            max_length: None,
            numbers_as_texts: false,
            create_reply: Reply::Full,
            update_reply: Reply::Full,
            deleted_always_present: true,
            deleted_keep_fields: true,
        }
    }
}

/// What a write is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// All of it.
    Full,
    /// `{"resource_uri": …}`
    Uri,
    /// `{}`
    EmptyObject,
    /// 204 without a body, which breaks the demo program.
    NoContent,
}

/// Custom fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CustomFields {
    /// What becomes of a field that is not `defined`.
    pub(super) undefined: Undefined,
    /// What is defined from the start.
    pub(super) defined: Vec<String>,
    /// What null means.
    pub(super) null: NullField,
    /// Whether the key is there on customers without any.
    pub(super) always_present: bool,
}

impl Default for CustomFields {
    fn default() -> Self {
        Self {
            undefined: Undefined::Create,
            defined: vec!["External ID".to_owned(), "Sync Status".to_owned()],
            null: NullField::Refuse,
            always_present: true,
        }
    }
}

/// What becomes of a custom field nobody has defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Undefined {
    /// The first write defines it.
    Create,
    /// 400.
    Refuse,
    /// It is not kept.
    Ignore,
}

/// What null means for a custom field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NullField {
    /// 400.
    Refuse,
    /// The field is taken off the customer.
    Remove,
    /// The field is null, which breaks the demo program.
    Keep,
}

/// Deleting customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Deletion {
    /// What `force` is when it is not given.
    pub(super) force_default: bool,
    /// The body of the 409.
    pub(super) conflict: Value,
    /// What deleting a deleted customer is answered with: 404 or 204.
    pub(super) twice: u16,
}

impl Default for Deletion {
    fn default() -> Self {
        Self {
            force_default: false,
            conflict: json!({"detail": "Customer has future bookings."}),
            twice: 404,
        }
    }
}

/// Merging customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Merging {
    pub(super) survivor: Survivor,
    /// Whether the others are listed as deleted; otherwise they are not listed at all.
    pub(super) losers_listed: bool,
    pub(super) notify: MergeNotice,
}

impl Default for Merging {
    fn default() -> Self {
        Self { survivor: Survivor::First, losers_listed: true, notify: MergeNotice::All }
    }
}

/// Whose URI survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Survivor {
    /// Who is named first.
    First,
    /// Who was there first.
    Oldest,
    /// Who came last.
    Newest,
    /// Nobody's: a new customer is made of all.
    New,
}

/// Who is notified about after a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MergeNotice {
    /// All of them.
    All,
    /// The survivor.
    Survivor,
    /// The others.
    Losers,
    /// Nobody.
    None,
}

/// Subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Subscriptions {
    /// The scopes there are. Only `customer` is ever notified about.
    pub(super) scopes: Vec<String>,
    /// Whether the same callback and scope may be subscribed once only.
    pub(super) unique: bool,
    /// The most an organization may have.
    pub(super) max: Option<usize>,
    /// How long one lasts.
    pub(super) lifetime_ms: Option<i64>,
    /// Whether callbacks must be `https`.
    pub(super) https_only: bool,
    /// What a create is answered with.
    pub(super) create_reply: Reply,
    /// Whether a notification without `items` is sent to a new subscription.
    pub(super) ping: bool,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self {
            scopes: vec!["customer".to_owned()],
            unique: false,
            max: None,
            lifetime_ms: None,
            https_only: false,
            create_reply: Reply::Full,
            ping: false,
        }
    }
}

/// Notifications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Notifications {
    /// What changes within so many milliseconds is told together; 0: every change by itself.
    pub(super) coalesce_ms: i64,
    /// The most customers in one notification.
    pub(super) max_items: usize,
    /// Whether what is written with an API key is notified about.
    pub(super) own_writes: bool,
    /// Whether a write that changes nothing is notified about.
    pub(super) unchanged_writes: bool,
    /// How long an answer may take, in real milliseconds.
    pub(super) timeout_ms: u64,
    /// After how long it is tried again, each time since the last failure.
    pub(super) retry_after_ms: Vec<i64>,
    /// The highest status that is no failure.
    pub(super) success_up_to: u16,
    /// Whether a subscription whose retries are used up is removed.
    pub(super) remove_after_last: bool,
    /// Up to so many milliseconds are added to each one's way, so that they overtake each other.
    pub(super) jitter_ms: i64,
    /// How many are sent twice, from 0 to 1.
    pub(super) twice_chance: f64,
    /// The `User-Agent`; none: no such header.
    pub(super) user_agent: Option<String>,
}

impl Default for Notifications {
    fn default() -> Self {
        Self {
            coalesce_ms: 1000,
            max_items: 100,
            own_writes: true,
            unchanged_writes: true,
            timeout_ms: 5000,
            retry_after_ms: vec![10_000, 60_000, 300_000, 1_800_000],
            success_up_to: 299,
            remove_after_last: false,
            jitter_ms: 0,
            twice_chance: 0.0,
            user_agent: None,
        }
    }
}
