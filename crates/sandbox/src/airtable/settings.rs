//! What is only guessed about Airtable is a setting.

use serde::{Deserialize, Serialize};

/// Settings of the simulated Airtable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Authorizing and tokens.
    pub(super) oauth: OAuth,
    /// How much is too much.
    pub(super) limits: Limits,
    /// Listing records.
    pub(super) lists: Lists,
    /// Writing records.
    pub(super) records: Records,
    /// Files in cells.
    pub(super) attachments: Attachments,
    /// Bases, tables and fields.
    pub(super) schema: Schema,
    /// Webhooks and their pings.
    pub(super) webhooks: Webhooks,
    /// The errors whose wire form no source states.
    pub(super) errors: Errors,
}

/// Authorizing and tokens (Airtable facts 2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OAuth {
    /// The redirect URIs both integrations have registered.
    pub(super) redirect_uris: Vec<String>,
    /// Whether any http(s) address on localhost or 127.0.0.1 counts as registered.
    pub(super) any_loopback_redirect: bool,
    /// Who authorizes when consent is given at once: a user's id or email; none: the first user.
    pub(super) user: Option<String>,
    /// The authorize page sends everybody back with this error.
    pub(super) authorize_fails_with: Option<AuthorizeError>,
    /// How long a code can be exchanged.
    pub(super) code_secs: i64,
    /// How long an access token lives.
    pub(super) access_secs: i64,
    /// How long a refresh token lives unless it is used.
    pub(super) refresh_secs: i64,
    /// A refresh token used again within this time of its rotation is answered 409, later 400.
    pub(super) conflict_secs: i64,
    /// So many uses of rotated refresh tokens since the last good refresh revoke the grant; none: never.
    pub(super) revoke_after_reuses: Option<u32>,
    /// Refresh requests per second with one token from which on they are refused.
    pub(super) refreshes_per_second: usize,
}

impl Default for OAuth {
    fn default() -> Self {
        Self {
            redirect_uris: Vec::new(),
            any_loopback_redirect: true,
            user: None,
            authorize_fails_with: None,
            code_secs: 600,
            access_secs: 3_600,
            refresh_secs: 5_184_000,
            conflict_secs: 10,
            revoke_after_reuses: Some(5),
            refreshes_per_second: 10,
        }
    }
}

/// What Airtable says when it cannot show the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuthorizeError {
    /// Something broke.
    ServerError,
    /// Something is away.
    TemporarilyUnavailable,
}

/// How much is too much (Airtable facts 3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Limits {
    /// Whether requests are limited at all. The monthly quota has its own switch.
    pub(super) enabled: bool,
    /// Requests per second for one base, whoever calls.
    pub(super) per_base: f64,
    /// Requests per second over all personal access tokens of one user.
    pub(super) per_user: f64,
    /// Upserts per second for one base; none: as any other request.
    pub(super) upserts_per_base: Option<f64>,
    /// How long everything is refused after a 429.
    pub(super) penalty_secs: i64,
    /// Whether a call during the penalty starts it anew.
    pub(super) penalty_extends: bool,
    /// Whether a 429 carries `Retry-After`.
    pub(super) retry_after: bool,
    /// Calls per calendar month (UTC) and workspace, `/v0/meta/*` not counted; none: no quota.
    pub(super) monthly_calls: Option<u64>,
    /// The longest URL taken, as it would be at Airtable's own host.
    pub(super) url_chars: usize,
    /// The largest body taken, uploads of attachments excepted.
    pub(super) body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            enabled: true,
            per_base: 5.0,
            per_user: 50.0,
            upserts_per_base: None,
            penalty_secs: 30,
            penalty_extends: false,
            retry_after: false,
            monthly_calls: None,
            url_chars: 16_000,
            body_bytes: 4 << 20,
        }
    }
}

/// In which order records come when neither a sort nor a view says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// In the order of their ids, which are random.
    #[default]
    Arbitrary,
    /// Oldest first.
    Creation,
}

/// Listing records (Airtable facts 5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Lists {
    /// The order without a sort and a view.
    pub(super) order: Order,
    /// An iterator that is not asked for so long is gone.
    pub(super) iterator_idle_secs: i64,
    /// Whether the first page fixes which records follow in which order (their cells are always as they are now).
    /// Otherwise every page is looked up anew: records may be missed or come twice.
    pub(super) snapshot: bool,
}

impl Default for Lists {
    fn default() -> Self {
        Self { order: Order::Arbitrary, iterator_idle_secs: 300, snapshot: true }
    }
}

/// Writing records (Airtable facts 5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Records {
    /// How many records one request may write.
    pub(super) batch: usize,
    /// Whether upserts may merge on email, url and phone fields as on text.
    pub(super) merge_on_text_like: bool,
}

impl Default for Records {
    fn default() -> Self {
        Self { batch: 10, merge_on_text_like: true }
    }
}

/// Files in cells (Airtable facts 6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Attachments {
    /// How long an attachment's URL works.
    pub(super) url_secs: i64,
    /// How long Airtable takes to fetch a file from the URL it was given.
    pub(super) fetch_ms: i64,
    /// Source URLs whose host ends so cannot be fetched: the attachment vanishes from its cell.
    pub(super) failing_hosts: Vec<String>,
    /// Whether the answer to the write already tells, in `details`, that a file will fail.
    pub(super) failures_in_details: bool,
    /// The largest file that can be uploaded.
    pub(super) upload_bytes: usize,
}

impl Default for Attachments {
    fn default() -> Self {
        Self {
            url_secs: 7_200,
            fetch_ms: 1_000,
            failing_hosts: vec![".invalid".to_owned()],
            failures_in_details: false,
            upload_bytes: 5 << 20,
        }
    }
}

/// Bases, tables and fields (Airtable facts 4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Schema {
    /// Bases on one page.
    pub(super) bases_per_page: usize,
}

impl Default for Schema {
    fn default() -> Self {
        Self { bases_per_page: 1_000 }
    }
}

/// Webhooks and their pings (Airtable facts 7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Webhooks {
    /// How many a base can have.
    pub(super) per_base: usize,
    /// How many one OAuth integration can have in a base.
    pub(super) per_integration: usize,
    /// How long a webhook lives without being refreshed or read.
    pub(super) life_secs: i64,
    /// How long an expired webhook and its payloads can still be read.
    pub(super) afterlife_secs: i64,
    /// How long payloads are kept.
    pub(super) payload_secs: i64,
    /// How long after a change its ping is sent.
    pub(super) ping_after_ms: i64,
    /// Changes within this time of the first share one ping; 0: every change has its own.
    pub(super) coalesce_ms: i64,
    /// With this probability a ping is followed by another about nothing.
    pub(super) spurious_chance: f64,
    /// An action that touched more records than this is split over several payloads; none: never.
    pub(super) split_records: Option<usize>,
    /// How long Airtable waits for the receiver, in real seconds.
    pub(super) timeout_secs: u64,
    /// How often a failed ping is tried again.
    pub(super) retries: u32,
    /// The wait before the first retry; each further one is twice as long.
    pub(super) first_retry_secs: i64,
    /// Whether a receiver's answer must have an empty body.
    pub(super) empty_answer: bool,
    /// Whether changes of computed cells are changes.
    pub(super) computed_changes: bool,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            per_base: 10,
            per_integration: 2,
            life_secs: 604_800,
            afterlife_secs: 604_800,
            payload_secs: 604_800,
            ping_after_ms: 0,
            coalesce_ms: 0,
            spurious_chance: 0.0,
            split_records: None,
            timeout_secs: 25,
            retries: 13,
            first_retry_secs: 10,
            empty_answer: true,
            computed_changes: true,
        }
    }
}

/// The wire form of an error: status and `type` (for OAuth: `error`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// The status.
    pub(super) status: u16,
    /// The type.
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// The errors whose wire form no source states (Airtable facts 8 and 9.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Errors {
    /// The token is unknown, expired or revoked.
    pub(super) invalid_token: Words,
    /// The body is no JSON.
    pub(super) unparsable_json: Words,
    /// More records than one request may write.
    pub(super) too_many_records: Words,
    /// An upsert found several records for one.
    pub(super) upsert_several: Words,
    /// A record of a batch, or one that is linked to, does not exist.
    pub(super) unknown_record: Words,
    /// There is no such field.
    pub(super) unknown_field: Words,
    /// The field does not take this value.
    pub(super) invalid_value: Words,
    /// The base or the integration has enough webhooks.
    pub(super) too_many_webhooks: Words,
    /// The body is too large.
    pub(super) too_large: Words,
    /// The URL is too long.
    pub(super) url_too_long: Words,
    /// OAuth: this refresh token was rotated a moment ago.
    pub(super) refreshed_just_now: Words,
    /// OAuth: too many refreshes with one token.
    pub(super) refreshes_too_fast: Words,
    /// OAuth: an integration without a secret sent the header that is forbidden to it.
    pub(super) forbidden_header: Words,
}

impl Default for Errors {
    fn default() -> Self {
        let words = |status, kind: &str| Words { status, kind: kind.to_owned() };
        Self {
            invalid_token: words(401, "UNAUTHORIZED"),
            unparsable_json: words(400, "BAD_REQUEST"),
            too_many_records: words(422, "INVALID_REQUEST_UNKNOWN"),
            upsert_several: words(422, "INVALID_REQUEST_UNKNOWN"),
            unknown_record: words(422, "ROW_DOES_NOT_EXIST"),
            unknown_field: words(422, "UNKNOWN_FIELD_NAME"),
            invalid_value: words(422, "INVALID_VALUE_FOR_COLUMN"),
            too_many_webhooks: words(422, "TOO_MANY_WEBHOOKS"),
            too_large: words(413, "REQUEST_TOO_LARGE"),
            url_too_long: words(414, "URI_TOO_LONG"),
            refreshed_just_now: words(409, "conflict"),
            refreshes_too_fast: words(429, "rate_limited"),
            forbidden_header: words(401, "invalid_client"),
        }
    }
}

impl Settings {
    /// What the types alone cannot refuse.
    ///
    /// # Errors
    /// The reason, for the caller.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(uri) =
            self.oauth.redirect_uris.iter().find(|uri| !super::oauth::redirect::registrable(uri))
        {
            return Err(format!(
                "{uri} cannot be registered: HTTPS (HTTP on localhost and 127.0.0.1), no user, fragment, wildcard, .. or other IP"
            ));
        }
        let errors = &self.errors;
        let all = [
            &errors.invalid_token,
            &errors.unparsable_json,
            &errors.too_many_records,
            &errors.upsert_several,
            &errors.unknown_record,
            &errors.unknown_field,
            &errors.invalid_value,
            &errors.too_many_webhooks,
            &errors.too_large,
            &errors.url_too_long,
            &errors.refreshed_just_now,
            &errors.refreshes_too_fast,
            &errors.forbidden_header,
        ];
        if let Some(words) = all.iter().find(|words| !(400..=599).contains(&words.status)) {
            return Err(format!("{} is not the status of an error (400 to 599)", words.status));
        }
        let limits = &self.limits;
        if !(limits.per_base >= 1.0 && limits.per_user >= 1.0) {
            return Err("per_base and per_user are at least 1; limits.enabled turns them off".to_owned());
        }
        if !(0.0..=1.0).contains(&self.webhooks.spurious_chance) {
            return Err("spurious_chance is a probability from 0 to 1".to_owned());
        }
        Ok(())
    }
}
