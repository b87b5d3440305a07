//! What is only guessed about webhooks (HubSpot facts 6, 12).

use serde::{Deserialize, Serialize};

/// What is only guessed here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Whether `targetUrl` may be http: receivers on the same machine seldom have a certificate. HubSpot wants https.
    pub(crate) allow_http_targets: bool,
    /// How long a change of the settings goes unnoticed, simulated milliseconds. HubSpot: up to 300 000.
    pub(crate) settings_cache_ms: i64,
    /// How many subscriptions an app may have.
    pub(crate) max_subscriptions: usize,
    /// How a subscription is refused that is there already.
    pub(crate) duplicate_status: u16,
    /// And in which words.
    pub(crate) duplicate_message: String,
    /// Whether `object.*` needs an `objectTypeId`. Where it does not, one without it hears of every type.
    pub(crate) object_type_id_required: bool,
    /// Whether a `propertyName` on anything but `propertyChange` is refused. Otherwise it is ignored.
    pub(crate) refuse_stray_property_name: bool,
    /// How a change is refused of what `webhooks-hsmeta.json` declares.
    pub(crate) declared_status: u16,
    /// How long events are gathered before they are sent together, simulated milliseconds.
    pub(crate) batch_window_ms: i64,
    /// At most so many events in one request.
    pub(crate) batch_size: usize,
    /// Whether one request may tell of several accounts.
    pub(crate) mix_portals: bool,
    /// Whether events gathered together are told in any order. Otherwise in the order in which they happened.
    pub(crate) shuffle: bool,
    /// How long an answer is waited for, real milliseconds.
    pub(crate) timeout_ms: u64,
    /// How long after each failed attempt the next one comes, in seconds: as many retries as there are numbers.
    pub(crate) retry_after_s: Vec<i64>,
    /// By how much of it, from 0 to 1, each notification may come earlier.
    pub(crate) retry_jitter: f64,
    /// Whether a redirect counts as delivered. Otherwise it is tried again. It is never followed.
    pub(crate) redirect_is_delivered: bool,
    /// What HubSpot calls itself.
    pub(crate) user_agent: String,
    /// With which probability an event has the id of the one before it.
    pub(crate) event_id_reuse_chance: f64,
    /// With which probability an event that was sent is sent again in a later request.
    pub(crate) duplicate_chance: f64,
    /// Whether `propertyChange` tells `isSensitive`.
    pub(crate) is_sensitive: bool,
    /// Whose id `objectId` is in a merge.
    pub(crate) merge_object_id: MergeObjectId,
    /// Whether an account that uninstalled the app is still told of.
    pub(crate) after_uninstall: bool,
    /// Whether only accounts are told of that granted the read scope of the object.
    pub(crate) needs_read_scope: bool,
    /// Whether version 3 writes out escapes in lower case, too.
    pub(crate) decode_lower_case_escapes: bool,
    /// With which probability the test button's event has an `appId`.
    pub(crate) test_app_id_chance: f64,
    /// Whether the test button's `eventId` is a text.
    pub(crate) test_event_id_is_text: bool,
}

/// Whose id `objectId` is in a merge: no live sample was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MergeObjectId {
    /// The record that came out of it.
    New,
    /// The record that was merged into.
    Primary,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_http_targets: true,
            settings_cache_ms: 0,
            max_subscriptions: 1000,
            duplicate_status: 409,
            duplicate_message: "A subscription with these details already exists.".to_owned(),
            object_type_id_required: true,
            refuse_stray_property_name: false,
            declared_status: 403,
            batch_window_ms: 200,
            batch_size: 100,
            mix_portals: false,
            shuffle: true,
            timeout_ms: 5000,
            // Ten retries within 24 hours: 23 hours and 51 minutes when no jitter shortens them.
            retry_after_s: vec![
                MINUTE,
                5 * MINUTE,
                15 * MINUTE,
                30 * MINUTE,
                HOUR,
                2 * HOUR,
                3 * HOUR,
                4 * HOUR,
                6 * HOUR,
                7 * HOUR,
            ],
            retry_jitter: 0.2,
            redirect_is_delivered: false,
            user_agent: "HubSpot Webhooks".to_owned(),
            event_id_reuse_chance: 0.0,
            duplicate_chance: 0.0,
            is_sensitive: true,
            merge_object_id: MergeObjectId::New,
            after_uninstall: false,
            needs_read_scope: true,
            decode_lower_case_escapes: true,
            test_app_id_chance: 1.0,
            test_event_id_is_text: false,
        }
    }
}
