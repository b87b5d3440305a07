//! What is only guessed about Notion is a setting. Durations are simulated milliseconds unless a name says otherwise.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Settings of the simulated Notion.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) oauth: Oauth,
    pub(crate) limits: Limits,
    pub(crate) sizes: Sizes,
    pub(crate) capabilities: Capabilities,
    pub(crate) query: Query,
    pub(crate) search: Search,
    pub(crate) pages: Pages,
    pub(crate) timestamps: Timestamps,
    pub(crate) writes: Writes,
    pub(crate) webhooks: Webhooks,
}

/// Tokens and the authorize page (Notion facts 2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Oauth {
    /// Registered with the public integration.
    pub(crate) redirect_uris: Vec<String>,
    /// Any `http://localhost`, `127.0.0.1` or `[::1]` will do as well.
    pub(crate) any_loopback_redirect: bool,
    /// `owner=user` must be in the authorize URL.
    pub(crate) require_owner: bool,
    /// Where consent is given at once: which workspace (id or name; none: the first).
    pub(crate) approve_workspace: Option<String>,
    /// What the callback says when consent is refused.
    pub(crate) denied_error: String,
    /// How long a code is good for.
    pub(crate) code_ttl_ms: i64,
    /// False: `refresh_token` is null, as for old integrations.
    pub(crate) refresh_tokens: bool,
    /// A refresh gives a new refresh token, and the old one is refused with `invalid_grant`.
    pub(crate) rotate_refresh_tokens: bool,
    /// A refresh token used twice takes all tokens of its authorization with it.
    pub(crate) reuse_revokes: bool,
    /// How long an access token lives; none: until it is revoked or refreshed.
    pub(crate) access_token_lifetime_ms: Option<i64>,
    /// How long the old access token lives on after a refresh; none: as if nothing had happened.
    pub(crate) old_access_token_grace_ms: Option<i64>,
    /// `notion` (`object`, `status`, `code`, `message`) or `oauth` (`error`, `error_description`).
    pub(crate) error_shape: ErrorShape,
    /// The token calls take form-urlencoded bodies too.
    pub(crate) accept_form: bool,
    /// `owner` in token answers: a whole `user`, a `partial_user`, or the `workspace`.
    pub(crate) owner: Owner,
}

/// How the token calls word their errors: both are on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErrorShape {
    Notion,
    Oauth,
}

/// How `owner` appears in token answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Owner {
    User,
    PartialUser,
    Workspace,
}

impl Default for Oauth {
    fn default() -> Self {
        Self {
            redirect_uris: Vec::new(),
            any_loopback_redirect: true,
            require_owner: true,
            approve_workspace: None,
            denied_error: "access_denied".to_owned(),
            code_ttl_ms: 600_000,
            refresh_tokens: true,
            rotate_refresh_tokens: true,
            reuse_revokes: false,
            access_token_lifetime_ms: None,
            old_access_token_grace_ms: Some(0),
            error_shape: ErrorShape::Notion,
            accept_form: false,
            owner: Owner::User,
        }
    }
}

/// Rate limits (Notion facts 3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Whether there are any.
    pub(crate) enabled: bool,
    /// `window`: so many per minute and connection. `bucket`: the older rule, so many per second on average.
    pub(crate) mode: LimitMode,
    /// Requests per 60 s window and connection.
    pub(crate) per_minute: u64,
    /// The same in a workspace on the Business plan.
    pub(crate) business_per_minute: u64,
    /// Windows begin with the clock's minutes; otherwise with the first request.
    pub(crate) aligned_to_clock: bool,
    /// `bucket`: requests per second.
    pub(crate) bucket_per_second: f64,
    /// `bucket`: how many at once.
    pub(crate) bucket_burst: f64,
    /// Requests of all connections of a workspace together; none: no such limit.
    pub(crate) per_workspace: Option<u64>,
    /// The window of `per_workspace`, in seconds: `Retry-After` may exceed 60 here.
    pub(crate) workspace_window_s: u64,
    /// Requests per minute and connection to one endpoint: `{"POST /v1/search": 30}`; ids are written `{id}`.
    pub(crate) per_endpoint: BTreeMap<String, u64>,
    /// Every request is refused with `public_api_request_blocked`.
    pub(crate) blocked: bool,
    /// The 429's message.
    pub(crate) message: String,
}

/// How requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LimitMode {
    Window,
    Bucket,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            enabled: true,
            mode: LimitMode::Window,
            per_minute: 180,
            business_per_minute: 600,
            aligned_to_clock: true,
            bucket_per_second: 3.0,
            bucket_burst: 10.0,
            per_workspace: Some(3600),
            workspace_window_s: 300,
            per_endpoint: BTreeMap::new(),
            blocked: false,
            message: "You have been rate limited. Please try again in a few minutes.".to_owned(),
        }
    }
}

/// How large things may be (Notion facts 10).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sizes {
    /// Bytes of a request's body.
    pub(crate) payload: usize,
    /// The status of a larger one: 400 as documented, or 413 as has been seen.
    pub(crate) payload_status: u16,
    /// Rows in a data source, above which creating answers 409 `row_limit_exceeded`; none: no limit.
    pub(crate) rows_per_data_source: Option<usize>,
    /// Blocks in a workspace on the Free plan, above which adding answers 403; none: not on the Free plan.
    pub(crate) free_plan_blocks: Option<usize>,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { payload: 500_000, payload_status: 400, rows_per_data_source: None, free_plan_blocks: None }
    }
}

/// What the integrations may do: without it, 403 `restricted_resource`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Capabilities {
    pub(crate) read_content: bool,
    pub(crate) update_content: bool,
    pub(crate) insert_content: bool,
    pub(crate) read_comments: bool,
    pub(crate) insert_comments: bool,
    /// Users can be read.
    pub(crate) user_information: bool,
    /// And their e-mail addresses.
    pub(crate) user_emails: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            read_content: true,
            update_content: true,
            insert_content: true,
            read_comments: true,
            insert_comments: true,
            user_information: true,
            user_emails: true,
        }
    }
}

/// Queries of rows (Notion facts 4 and 6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Query {
    /// One filter and sort return at most so many rows.
    pub(crate) ceiling: usize,
    /// What a cursor nobody gave out does.
    pub(crate) invalid_cursor: InvalidCursor,
    /// What `/databases/{id}/query` answers under newer versions: an error code of status 400.
    pub(crate) old_query_code: OldQueryCode,
    /// Whether the first sort counts most.
    pub(crate) earlier_sort_wins: bool,
    /// Rows without a value come last, whichever the direction.
    pub(crate) empty_last: bool,
    /// Whether text comparisons tell capitals from small letters.
    pub(crate) case_sensitive: bool,
    /// The first day of `this_week`: 0 is Sunday.
    pub(crate) week_starts_on: i8,
    /// Newest first when no sort is given.
    pub(crate) newest_first: bool,
}

/// What an unknown cursor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InvalidCursor {
    ValidationError,
    FirstPage,
}

/// What an old query under a new version answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OldQueryCode {
    InvalidRequestUrl,
    ValidationError,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            ceiling: 10_000,
            invalid_cursor: InvalidCursor::ValidationError,
            old_query_code: OldQueryCode::InvalidRequestUrl,
            earlier_sort_wins: true,
            empty_last: true,
            case_sensitive: false,
            week_starts_on: 0,
            newest_first: false,
        }
    }
}

/// Search (Notion facts 6).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Search {
    /// How long after its creation an object is found.
    pub(crate) index_lag_ms: i64,
    /// The share of pages that search never finds, from 0 to 1.
    pub(crate) missing_share: f64,
    /// Whether 2022-06-28 finds databases with several data sources (shown with the first one's schema).
    pub(crate) old_version_finds_multi_source: bool,
}

/// Pages (Notion facts 7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Pages {
    /// So many references of a property are shown on the page object.
    pub(crate) shown_references: usize,
    /// Below a page, a page has a title and no other property.
    pub(crate) only_title_below_page: bool,
    /// `DELETE /blocks/{page_id}` trashes pages.
    pub(crate) delete_block_trashes_pages: bool,
    /// The share of reads answered with `{object, id}`, from 0 to 1.
    pub(crate) partial_share: f64,
    /// The other end of a two-way relation is edited too: its time moves, and a webhook tells.
    pub(crate) synced_relation_is_edit: bool,
    /// How long the address of an uploaded file is good for.
    pub(crate) file_url_ttl_ms: i64,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            shown_references: 25,
            only_title_below_page: true,
            delete_block_trashes_pages: true,
            partial_share: 0.0,
            synced_relation_is_edit: false,
            file_url_ttl_ms: 3_600_000,
        }
    }
}

/// How times are reported, and compared in filters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Timestamps {
    /// `last_edited_time` is rounded down to this; 0 or 1: exact.
    pub(crate) edited_rounding_ms: i64,
    /// The same for `created_time`.
    pub(crate) created_rounding_ms: i64,
}

impl Default for Timestamps {
    fn default() -> Self {
        Self { edited_rounding_ms: 60_000, created_rounding_ms: 60_000 }
    }
}

/// Writes that do not simply succeed (Notion facts 3 and 9).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Writes {
    /// The share of writes answered 503 after they were done, from 0 to 1.
    pub(crate) late_failure_share: f64,
    /// `additional_data.retry_guidance` of such a 503; none given when empty.
    pub(crate) retry_guidance: Vec<String>,
    /// `additional_data.from`
    pub(crate) from: String,
    /// `additional_data.elapsed_ms`
    pub(crate) elapsed_ms: u64,
    /// `additional_data.deadline_ms`
    pub(crate) deadline_ms: u64,
    /// The share of writes refused with 409 `conflict_error` before anything was done, from 0 to 1.
    pub(crate) conflict_share: f64,
}

impl Default for Writes {
    fn default() -> Self {
        Self {
            late_failure_share: 0.0,
            retry_guidance: vec![
                "The change may have been saved. Read the resource before repeating the request.".to_owned(),
            ],
            from: "public_api".to_owned(),
            elapsed_ms: 55_012,
            deadline_ms: 55_000,
            conflict_share: 0.0,
        }
    }
}

/// Webhooks (Notion facts 8).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Webhooks {
    /// `api_version` of subscriptions that name none.
    pub(crate) api_version: String,
    /// Only `https` addresses can be subscribed.
    pub(crate) require_https: bool,
    /// The handshake carries a signature too.
    pub(crate) sign_handshake: bool,
    /// Changes of one entity within so much time become one event each kind.
    pub(crate) aggregation_ms: i64,
    /// What was created and deleted within the window is not told at all.
    pub(crate) cancel_out: bool,
    /// What was created within the window tells of no updates within it.
    pub(crate) created_absorbs_updates: bool,
    /// Each event is sent up to so much later.
    pub(crate) jitter_ms: i64,
    /// What is due together goes out in any order.
    pub(crate) shuffle: bool,
    /// How long the answer is waited for, in real milliseconds.
    pub(crate) timeout_ms: u64,
    /// Seconds from one attempt to the next: one entry less than there are attempts.
    pub(crate) backoff_s: Vec<i64>,
    /// The share of acknowledged events that are sent again all the same, from 0 to 1.
    pub(crate) redelivered_share: f64,
    /// Any answer acknowledges, not only 2xx.
    pub(crate) any_answer_acknowledges: bool,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            api_version: "2025-09-03".to_owned(),
            require_https: false,
            sign_handshake: true,
            aggregation_ms: 10_000,
            cancel_out: true,
            created_absorbs_updates: true,
            jitter_ms: 5_000,
            shuffle: true,
            timeout_ms: 10_000,
            backoff_s: vec![60, 300, 900, 3_600, 10_800, 28_800, 41_940],
            redelivered_share: 0.0,
            any_answer_acknowledges: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_attempts_span_a_day() {
        let settings = Webhooks::default();
        assert_eq!(settings.backoff_s.len() + 1, 8);
        assert_eq!(settings.backoff_s.iter().sum::<i64>(), 86_400);
    }
}
