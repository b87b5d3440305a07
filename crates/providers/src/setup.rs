//! Setting up: what has to be there at a provider for a connection to work (properties, webhooks), and the calls that bring
//! it about. Pure, as loading is: a preparation says which call comes next and reads what came back; the hub sends.
//!
//! A preparation looks first and changes only what is missing or ours, so that one after another plans nothing. A dry run
//! carries out the looks and lists the changes. What was cut short is begun anew: it looks again.

use crate::load::{At, Wish};
use crate::wire::{Call, Fault, Reply};
use crate::{airtable, hubspot, notion, tentoeight};
use std::time::Duration;
use syncline_core::event::Event;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// Every provider that can be set up, with its id.
pub static SETUPS: &[(&str, &dyn Setup)] = &[
    (hubspot::ID, &hubspot::HubSpot),
    (notion::ID, &notion::Notion),
    (airtable::ID, &airtable::Airtable),
    (tentoeight::ID, &tentoeight::TenToEight),
];

/// How to set up the provider that goes by `provider`.
#[must_use]
pub fn setup(provider: &str) -> Option<&'static dyn Setup> {
    SETUPS.iter().find(|(id, _)| *id == provider).map(|(_, setup)| *setup)
}

/// Setting up accounts of a provider.
pub trait Setup: Sync {
    /// What has to be told for the records of this wish to be kept up to date; nothing where nothing can be told.
    fn usual(&self, wish: &Wish) -> Vec<Topic>;

    /// Begins to set up what is wanted.
    fn begin(&self, want: &Want) -> Box<dyn Preparation>;

    /// How long before it ends ([`Kept::expires_at`]) a set-up renews what was kept; none where nothing ends.
    fn renew_before(&self) -> Option<Duration>;

    /// The subscription of which this event says that there is something to pull; none when it says so of none. `kind` as in
    /// [`syncline_core::event::Event`].
    fn pinged(&self, _kind: &str, _raw: &[u8]) -> Option<String> {
        None
    }

    /// Asks what a subscription has to tell from `cursor` on; none where it tells all by itself.
    fn pull(&self, _at: &At<'_>, _part: &str, _remote_id: &str, _cursor: u64) -> Option<Call> {
        None
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// [`Fault`].
    fn pulled(&self, _at: &At<'_>, _part: &str, _reply: &Reply<'_>) -> Result<Pulled, Fault> {
        Err(Fault::Unreadable("an answer to what was not asked"))
    }
}

/// What a subscription had to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulled {
    /// What changed. Whose account it is the provider may not know: whoever asked does.
    pub events: Vec<Event>,
    /// What to ask for next time. To be kept in the transaction that stores the events.
    pub cursor: u64,
    /// Whether to ask at once.
    pub more: bool,
    /// What was said instead of changes, or could not be understood: then changes are missing, and have to be loaded.
    pub problems: Vec<String>,
}

/// What a set-up is to bring about.
#[derive(Clone, Debug, Default)]
pub struct Want {
    /// Our registration, where the connection was made through one and its webhooks are to be set up.
    pub app: Option<AppKeys>,
    /// Where webhooks are to go. Nobody else may know it where webhooks are not signed.
    pub notify: Option<Secret>,
    /// What they are to tell; no webhooks are set up when empty. Where subscriptions are the app's and not the account's
    /// (HubSpot), this is what all its connections want: what none wants any more is paused for all.
    pub topics: Vec<Topic>,
    /// Only these parts of the account (Airtable bases); all when empty.
    pub parts: Vec<String>,
    /// Properties that have to be there.
    pub properties: Vec<Property>,
    /// What earlier set-ups kept: of this connection or, where subscriptions are the app's, of all its connections. With its
    /// secret, if that can still be read.
    pub kept: Vec<Kept>,
    /// Whether to go on where that changes what others have set up: only a person may say so.
    pub take_over: bool,
}

/// What an app proves itself with where it, and not an account, is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppKeys {
    /// The client id.
    pub client_id: String,
    /// The app's id, where that is another (HubSpot).
    pub app_id: Option<String>,
    /// The key of the app's developer (HubSpot).
    pub developer_key: Option<Secret>,
}

/// Something that webhooks tell, in the provider's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// What happens (`contact.creation`, `tableData`, `customer`).
    pub event: String,
    /// To which type of objects, where the event does not say it.
    pub object_type: Option<String>,
    /// To which property.
    pub property: Option<String>,
}

/// A property that has to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The type of objects that has it.
    pub object_type: String,
    /// Its name: small letters, digits and `_`, a letter first.
    pub name: String,
    /// For people.
    pub label: String,
    /// What it is for.
    pub description: String,
    /// The name of the group it is put in.
    pub group: String,
    /// The group's label.
    pub group_label: String,
    /// What its values look like.
    pub form: Form,
}

/// What the values of a property look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A line of text.
    Text,
    /// Several lines.
    Lines,
}

/// A way through one set-up.
pub trait Preparation: Send + Sync {
    /// What comes next; the same until it is answered, skipped or given up.
    fn next(&self, at: &At<'_>) -> Step;

    /// Reads the answer to a call and moves on. After a fault it is where it was; when nobody knows whether a change was
    /// made ([`Fault::MaybeCommitted`]), the set-up is begun anew.
    ///
    /// # Errors
    /// [`Fault`]. [`Fault::Unauthorized`] is about the connection's token and never about the app's keys.
    fn take(&mut self, at: &At<'_>, reply: &Reply<'_>) -> Result<Taken, Fault>;

    /// Moves on as if a change had been made (in a dry run), and past a note.
    fn skip(&mut self);

    /// Gives up what the call is for, with all that depends on it, and moves on to the rest.
    fn give_up(&mut self);
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A call that changes nothing.
    Look(Call),
    /// A call that does.
    Change {
        /// The call.
        call: Call,
        /// What it does.
        what: Planned,
    },
    /// Something to say, and nothing to do.
    Note(Planned),
    /// Nothing more.
    Done,
}

/// A change, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Planned {
    /// What sort.
    pub kind: Kind,
    /// A short sentence for people. No secret is in it, and of URLs only the host.
    pub what: String,
}

/// Sorts of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something new.
    Create,
    /// What is there and at rest is made to work again.
    Activate,
    /// What is there and works is put at rest.
    Pause,
    /// What would end is prolonged.
    Renew,
    /// What is ours is exchanged.
    Replace,
    /// What is ours is taken away.
    Delete,
    /// It is there already.
    Unchanged,
    /// It cannot be done without harm, or not at all.
    Refused,
    /// Only a person can do it, at the provider.
    ByHand,
}

/// What an answer brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What is there of ours and has to be remembered, new or known.
    pub kept: Vec<Kept>,
    /// Ids of what was kept and is no more.
    pub gone: Vec<String>,
}

/// A subscription of ours at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id there.
    pub remote_id: String,
    /// The part of the account it is about; empty when it is about all of it.
    pub part: String,
    /// The secret that the provider signs with; told only when it is new.
    pub secret: Option<Secret>,
    /// When the provider drops it unless it is renewed; none: never.
    pub expires_at: Option<Timestamp>,
}

/// What keeps customers of 10to8 and contacts of HubSpot together: the properties of a contact that the seed's integration
/// writes, by the seed's names.
#[must_use]
pub fn customer_properties() -> Vec<Property> {
    let property = |name: &str, label: &str, description: &str, form| Property {
        object_type: "contacts".to_owned(),
        name: format!("tte_customer_{name}"),
        label: format!("10to8 Customer {label}"),
        description: description.to_owned(),
        group: "tte_customer".to_owned(),
        group_label: "10to8 Customer".to_owned(),
        form,
    };
    vec![
        property("uri", "URI", "The customer at 10to8 that this contact is kept in step with.", Form::Text),
        property(
            "secondary_emails",
            "Secondary Emails",
            "The customer's further e-mail addresses.",
            Form::Lines,
        ),
        property(
            "secondary_phone",
            "Secondary Phone",
            "The customer's further telephone numbers.",
            Form::Lines,
        ),
        property(
            "sync_status",
            "Sync Status",
            "When contact and customer were last in step, or why not.",
            Form::Text,
        ),
    ]
}
