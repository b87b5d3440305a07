//! What is only guessed about records. Every default says what the facts lean towards.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is only guessed about records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Dates that `/crm/objects/{date}/…` answers to.
    pub(crate) versions: Vec<String>,
    /// The status for an object type nobody knows.
    pub(crate) unknown_type_status: u16,
    /// Which 404 a number gets that no record has.
    pub(crate) not_found: NotFound,
    /// What a list does with a larger limit than it has.
    pub(crate) limit_above_max: TooLarge,
    /// Longer paths with their queries get 414.
    pub(crate) max_url_bytes: usize,
    /// How many associations of one type are shown with a record before there is a next page.
    pub(crate) inline_associations: usize,
    /// How a taken address is refused.
    pub(crate) duplicate_contact: DuplicateContact,
    /// The status for a taken value of a unique property other than the address.
    pub(crate) unique_value_taken_status: u16,
    /// Whether `idProperty=email` finds contacts by their additional addresses too.
    pub(crate) email_finds_additional: bool,
    /// What becomes of a `lifecyclestage` before the present one.
    pub(crate) lifecycle_backwards: Backwards,
    /// Whether a write that changes nothing still counts as a modification.
    pub(crate) unchanged_write_touches: bool,
    /// What one invalid value does to a batch update (an unknown property always refuses the whole call).
    pub(crate) batch_update_invalid_value: InvalidValue,
    /// Whether batch read finds a record by an id that was merged away.
    pub(crate) batch_read_finds_merged: bool,
    /// Whether types without a specification of their own can be merged and erased through the API too.
    pub(crate) merge_and_erase_all_types: bool,
    /// Whether webhooks tell of deals merged by a person.
    pub(crate) deal_merge_by_person_is_told: bool,
    /// Erasing contacts.
    pub(crate) gdpr: Gdpr,
    /// Companies made from contacts' addresses.
    pub(crate) auto_company: AutoCompany,
    /// Records that are locked for a moment.
    pub(crate) lock: Lock,
    /// What an account's admin demands of records; enforced from 2026-09 on.
    pub(crate) admin_rules: Vec<AdminRule>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            versions: ["2025-09", "2026-03", "2026-09-beta", "2026-09"].map(str::to_owned).to_vec(),
            unknown_type_status: 400,
            not_found: NotFound::Bare,
            limit_above_max: TooLarge::Refuse,
            max_url_bytes: 16_384,
            inline_associations: 500,
            duplicate_contact: DuplicateContact::ExistingId,
            unique_value_taken_status: 400,
            email_finds_additional: false,
            lifecycle_backwards: Backwards::Ignore,
            unchanged_write_touches: false,
            batch_update_invalid_value: InvalidValue::Row,
            batch_read_finds_merged: false,
            merge_and_erase_all_types: false,
            deal_merge_by_person_is_told: false,
            gdpr: Gdpr::default(),
            auto_company: AutoCompany::default(),
            lock: Lock::default(),
            admin_rules: Vec::new(),
        }
    }
}

/// The two bodies that circulate, the second one in two spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NotFound {
    /// `resource not found`
    Bare,
    /// `Object not found.  objectId are usually numeric.`
    ObjectId,
    /// `Object not found.  id are usually numeric.`
    Id,
}

/// A limit that is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TooLarge {
    /// 400.
    Refuse,
    /// As if it were the largest there is.
    Clamp,
}

/// A taken address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DuplicateContact {
    /// `CONFLICT`, with the existing id in the message.
    ExistingId,
    /// `OBJECT_ALREADY_EXISTS` with `identityProfile`, as in spring 2024.
    #[serde(rename = "spring_2024")]
    Spring2024,
}

/// A life cycle stage that lies behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Backwards {
    /// The value stays, the rest is written.
    Ignore,
    /// 400.
    Refuse,
}

/// An invalid value in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InvalidValue {
    /// Its own row fails.
    Row,
    /// The whole call fails.
    Call,
}

/// Erasing contacts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Gdpr {
    /// Whether an unknown record id gets 404 instead of 204.
    pub(crate) unknown_id_is_refused: bool,
    /// How long an erased record lingers in the archive.
    pub(crate) purge_after_ms: i64,
    /// The status for an address on the block list.
    pub(crate) blocked_status: u16,
    /// The message for it.
    pub(crate) blocked_message: String,
}

impl Default for Gdpr {
    fn default() -> Self {
        Self {
            unknown_id_is_refused: false,
            purge_after_ms: 0,
            blocked_status: 400,
            blocked_message: "This email address is blocked because it was deleted under GDPR.".to_owned(),
        }
    }
}

/// Companies made from contacts' addresses: a setting of the account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AutoCompany {
    /// Whether the account wants that.
    pub(crate) enabled: bool,
    /// How long after the contact was written.
    pub(crate) after_ms: i64,
}

/// Records that are locked for a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Lock {
    /// After so many writes to one record; none: never.
    pub(crate) after_writes: Option<u32>,
    /// Within so many milliseconds.
    pub(crate) within_ms: i64,
    /// For so many milliseconds.
    pub(crate) lasts_ms: i64,
}

impl Default for Lock {
    fn default() -> Self {
        Self { after_writes: None, within_ms: 1_000, lasts_ms: 2_000 }
    }
}

/// One demand of an account's admin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AdminRule {
    /// Of which type: a name or an id.
    pub(crate) object: String,
    /// Only where all these properties have these values, on every write; none: on creation only.
    pub(crate) when: BTreeMap<String, String>,
    /// These must have a value.
    pub(crate) required: Vec<String>,
    /// A record that is made must be associated with one of each of these types.
    pub(crate) associated: Vec<String>,
}
