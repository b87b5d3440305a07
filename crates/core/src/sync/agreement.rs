//! What the two sides of a sync have agreed to: objects, mapping, policies. Kept as JSON with the sync, and what the API takes.

use super::mapping::Rule;
use super::side::Sides;
use serde::{Deserialize, Serialize};

/// A sync's terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// What is synced, on each side.
    pub sides: Sides<Party>,
    /// Which way changes go.
    #[serde(default)]
    pub direction: Direction,
    /// The mapping.
    pub rules: Vec<Rule>,
    /// How records that nobody has linked yet are found to be the same: the first key that finds somebody decides.
    #[serde(default)]
    pub matching: Vec<Key>,
    /// Who wins where both sides changed one field differently.
    #[serde(default)]
    pub policy: Policy,
    /// What becomes of the other side's record: `left` says it for records deleted on the left.
    #[serde(default)]
    pub deletions: Sides<Deletion>,
    /// When deletions stop and ask.
    #[serde(default)]
    pub guard: super::guard::Guard,
    /// When the sync status is written.
    #[serde(default)]
    pub status: StatusPolicy,
}

/// One side's part of the agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// The type of its records (`contacts`, `customer`, `row`, `page`).
    pub object_type: String,
    /// Where they are, for types that are kept in several places (`appX/tblY`, the id of a data source); else empty.
    #[serde(default)]
    pub collection: String,
    /// The field that holds the id of the other side's record; none where there is no such field.
    #[serde(default)]
    pub external: Option<String>,
    /// The field that holds the sync status; none where there is no such field.
    #[serde(default)]
    pub status: Option<String>,
}

/// Which way changes go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From the left to the right: nothing on the left is written but its external id and its status.
    LeftToRight,
    /// From the right to the left.
    RightToLeft,
}

/// Who wins where both sides changed one field differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The side that changed it later, by the provider's clock, or, where that tells no time, by when the change was seen.
    #[default]
    Newest,
    /// The left side.
    PreferLeft,
    /// The right side.
    PreferRight,
    /// A person decides; until then both sides keep what they have.
    Ask,
}

/// What a deletion on one side means for the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// Deleted there too, as gently as the provider can. Where it objects (10to8: future bookings) a person decides.
    #[default]
    Propagate,
    /// Deleted there too, whatever the provider objects.
    Force,
    /// Archived there where that can be taken back; where it cannot, the record stays and the link ends.
    Archive,
    /// The record there stays, and the link ends.
    Unlink,
    /// A person decides.
    Ask,
}

/// Something by which two records are known to be the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The rule whose values it compares, in their normal form: one value that both sides have is enough.
    pub rule: String,
    /// Further fields of each side that count for matching only (HubSpot: `hs_additional_emails`).
    #[serde(default)]
    pub also: Sides<Vec<String>>,
}

/// When the sync status is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusPolicy {
    /// With every sync of a record that wrote something, on both sides, and whenever an error comes or goes.
    #[default]
    Always,
    /// Where it is written anyway, and whenever an error comes or goes.
    Errors,
    /// Never.
    Off,
}
