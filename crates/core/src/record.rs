//! A record: one object at a provider, as our mirror keeps it.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A record as a provider's room read it, ready to be mirrored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What kind of object, in the provider's word for a list of them (`contacts`, `2-9000001`, `page`, `row`, `customer`).
    pub object_type: String,
    /// What holds it where a type is kept in several places: an Airtable table, a Notion data source. Empty where there is
    /// one place only.
    pub collection: String,
    /// Its id at the provider, unique within its type and account.
    pub id: String,
    /// When it was last changed, by the provider's clock; none where the provider does not say.
    pub modified_at: Option<Timestamp>,
    /// Whether the provider keeps it as archived or in its trash.
    pub archived: bool,
    /// Ids of records that were merged into this one.
    pub merged_ids: Vec<String>,
    /// What a front end that knows no provider shows of it.
    pub item: Item,
    /// Its content, a JSON object in the provider's form. Equal content is equal text: the hash is over these bytes.
    pub body: String,
}

impl Record {
    /// Equal for records whose content and state are equal: whether a change is one is decided by this.
    #[must_use]
    pub fn hash(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update([u8::from(self.archived)]);
        hash.update(self.body.as_bytes());
        let digest = hash.finalize();
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        short
    }
}

/// What a front end that knows no provider shows of a record: the seed's `IntegrationItem` without what the mirror knows
/// anyway (id, type). Absent is what the provider does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    /// What people call it.
    pub name: String,
    /// Whether other records are in it.
    pub directory: bool,
    /// The id of the record it is in.
    pub parent_id: Option<String>,
    /// The name of the record it is in, or the way there.
    pub parent_path_or_name: Option<String>,
    /// When it was made, by the provider's clock.
    pub created_at: Option<Timestamp>,
    /// Its page for people.
    pub url: Option<String>,
    /// The ids of the records in it, where they come with it.
    pub children: Option<Vec<String>>,
    /// Its media type, for files.
    pub mime_type: Option<String>,
    /// The provider's cursor for changes in it.
    pub delta: Option<String>,
    /// The drive it is on.
    pub drive_id: Option<String>,
    /// Whether people may see it: false for what is archived or hidden.
    pub visibility: Option<bool>,
}
