//! Who did what: written in the transaction of what was done, or right after it where that is no single transaction. Never a secret,
//! never a value of a record.

pub use crate::cx::By;

use crate::cx::Cx;
use syncline_store::audit::{self, Entry};
use syncline_store::{StoreError, Tx};

macro_rules! actions {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $says:literal;)*) => {
        /// What can be done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Action {
            /// All of them, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its stable name; what stands before the dot is its group.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The same for people.
            #[must_use]
            pub fn says(self) -> &'static str {
                match self { $(Self::$variant => $says),* }
            }
        }
    };
}

actions! {
    /// Somebody signed in to the portal.
    SignedIn "portal.signed_in" "Signed in";
    /// A password was refused.
    SignInRefused "portal.sign_in_refused" "Sign-in refused";
    /// Somebody signed out.
    SignedOut "portal.signed_out" "Signed out";
    /// The portal has another password.
    PasswordSet "portal.password_set" "Portal password set";
    /// A link that sets the password was made.
    LinkMade "portal.link_made" "Link for a new password made";
    /// An API key was made.
    KeyCreated "api_key.created" "API key made";
    /// An API key was revoked.
    KeyRevoked "api_key.revoked" "API key revoked";
    /// Another sealing key seals from now on.
    SealingRotated "sealing_key.rotated" "Sealing key rotated";
    /// Sealing keys that nothing is sealed with were taken out.
    SealingPruned "sealing_key.pruned" "Old sealing keys taken out";
    /// An account was given to an organization.
    AccountAssigned "account.assigned" "Account given to an organization";
    /// A link to a provider's consent page was made.
    ConnectionAsked "connection.asked" "Link to connect made";
    /// Somebody went to a provider's consent page.
    ConnectionAuthorized "connection.authorized" "Sent to the consent page";
    /// An account is connected.
    ConnectionConnected "connection.connected" "Account connected";
    /// An account that was connected before is connected again.
    ConnectionReconnected "connection.reconnected" "Account connected again";
    /// A connection was ended.
    ConnectionDisconnected "connection.disconnected" "Account disconnected";
    /// What was read through a connection is to be erased.
    ConnectionErased "connection.erased" "Records erased";
    /// What an account needs at its provider was brought about.
    ConnectionSetUp "connection.set_up" "Account set up at the provider";
    /// A load was asked for.
    RunStarted "run.started" "Load started";
    /// A load was asked to stop.
    RunCancelled "run.cancelled" "Load cancelled";
    /// Records were taken out as a file.
    RecordsExported "records.exported" "Records exported";
    /// A sync was made.
    SyncCreated "sync.created" "Sync made";
    /// A sync's name, terms or schedule were changed.
    SyncChanged "sync.changed" "Sync changed";
    /// A sync rests.
    SyncPaused "sync.paused" "Sync paused";
    /// A sync goes on.
    SyncResumed "sync.resumed" "Sync resumed";
    /// A sync was ended, and what was known of it forgotten.
    SyncRemoved "sync.removed" "Sync removed";
    /// A run of a sync was asked for.
    SyncRunStarted "sync_run.started" "Sync run started";
    /// A run of a sync was asked to stop.
    SyncRunCancelled "sync_run.cancelled" "Sync run cancelled";
    /// A conflict was decided.
    ConflictDecided "conflict.decided" "Conflict decided";
    /// An endpoint was made.
    EndpointCreated "endpoint.created" "Endpoint made";
    /// What an endpoint is was changed.
    EndpointChanged "endpoint.changed" "Endpoint changed";
    /// An endpoint is sent to again.
    EndpointEnabled "endpoint.enabled" "Endpoint enabled";
    /// An endpoint is not sent to.
    EndpointDisabled "endpoint.disabled" "Endpoint disabled";
    /// An endpoint was removed.
    EndpointRemoved "endpoint.removed" "Endpoint removed";
    /// An endpoint has a new signing secret.
    EndpointSecretRotated "endpoint.secret_rotated" "Endpoint's secret rotated";
    /// An endpoint was sent a test.
    EndpointTested "endpoint.tested" "Test sent to an endpoint";
    /// What failed is sent again.
    EndpointRecovered "endpoint.recovered" "Failed messages sent again";
    /// Messages of a span of time are sent again.
    EndpointReplayed "endpoint.replayed" "Messages replayed";
    /// What waited for an endpoint was dropped.
    EndpointSkipped "endpoint.skipped" "Waiting messages dropped";
    /// A message is sent to an endpoint once more.
    DeliveryResent "delivery.resent" "Message sent again";
    /// A counter was defined.
    CounterDefined "counter.defined" "Counter defined";
    /// A counter's definition was changed.
    CounterChanged "counter.changed" "Counter changed";
    /// A counter is not pushed and compared.
    CounterPaused "counter.paused" "Counter paused";
    /// A counter is pushed and compared again.
    CounterResumed "counter.resumed" "Counter resumed";
    /// A counter was removed with its numbers.
    CounterRemoved "counter.removed" "Counter removed";
    /// A counter of a definition was forgotten with its history.
    CounterForgotten "counter.forgotten" "Counter's key forgotten";
    /// A comparison was asked for.
    CounterReconciled "counter.reconciled" "Comparison of a counter started";
    /// A comparison was asked to stop.
    CounterRunCancelled "counter.run_cancelled" "Comparison of a counter cancelled";
    /// Parked work runs again.
    JobRetried "job.retried" "Job retried";
    /// Parked work was thrown away.
    JobDiscarded "job.discarded" "Job discarded";
}

impl Action {
    /// The action of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }

    /// What stands before the dot.
    #[must_use]
    pub fn group(self) -> &'static str {
        self.name().split('.').next().unwrap_or_default()
    }
}

/// What something was done to.
#[derive(Clone, Copy, Debug, Default)]
pub struct To<'a> {
    /// Whose it is; empty where it is nobody's, or everybody's.
    pub org_id: &'a str,
    /// Its id; empty where there is only one.
    pub id: &'a str,
}

/// Writes down, in the transaction that does it, what is done on the word of [`Cx::by`].
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn note(
    cx: &Cx,
    tx: &mut Tx,
    action: Action,
    to: To<'_>,
    detail: impl Into<String>,
) -> Result<(), StoreError> {
    audit::add(tx, &[entry(cx, action, to, detail.into())]).await
}

/// Writes down what was done and is no single transaction. It is done whatever becomes of this, so a failure is only logged.
pub async fn note_after(cx: &Cx, action: Action, to: To<'_>, detail: impl Into<String>) {
    let written = async {
        let mut tx = cx.store.begin().await?;
        note(cx, &mut tx, action, to, detail).await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        tracing::error!(%error, action = action.name(), object = to.id, "done, but not in the audit log");
    }
}

fn entry(cx: &Cx, action: Action, to: To<'_>, detail: String) -> Entry {
    Entry {
        seq: 0,
        at: cx.now(),
        door: cx.by.door,
        actor: cx.by.name.to_string(),
        action: action.name().to_owned(),
        org_id: Some(to.org_id.to_owned()).filter(|org_id| !org_id.is_empty()),
        object_id: to.id.to_owned(),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_action_has_a_name_of_its_own_with_a_group_and_a_word_for_people() {
        let names: BTreeSet<&str> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for action in Action::ALL {
            assert_eq!(Action::named(action.name()), Some(*action));
            assert_eq!(action.name().matches('.').count(), 1, "{action:?}");
            assert!(action.name().starts_with(&format!("{}.", action.group())) && !action.says().is_empty());
        }
        assert_eq!(Action::named("connection"), None);
    }
}
