//! What kinds of work there are, and how each is written into its row.

use syncline_core::time::Timestamp;

/// Everything there is to do, with what each needs to know.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", content = "payload")]
pub enum Payload {
    /// Store an event that was parked.
    #[serde(rename = "event.store")]
    StoreEvent(Misfit),
    /// Give the stored events of an account to the organization it was assigned to.
    #[serde(rename = "events.adopt")]
    AdoptEvents {
        /// The provider's name.
        provider: String,
        /// The account there.
        account: String,
        /// The organization it was assigned to.
        org_id: String,
    },
    /// Take a load as far as it goes.
    #[serde(rename = "load.run")]
    LoadRun {
        /// Which run.
        run_id: String,
        /// Whose.
        org_id: String,
    },
    /// Ask for a connection's next load, from time to time.
    #[serde(rename = "load.schedule")]
    LoadSchedule {
        /// Which connection's.
        connection_id: String,
        /// Whose.
        org_id: String,
    },
    /// Read the records that webhooks named.
    #[serde(rename = "records.hydrate")]
    Hydrate {
        /// Which connection's.
        connection_id: String,
        /// Whose.
        org_id: String,
    },
    /// Ask what the webhooks of a connection, which say only that there is something, have to tell.
    #[serde(rename = "hooks.pull")]
    PullHooks {
        /// Which connection's.
        connection_id: String,
        /// Whose.
        org_id: String,
    },
    /// Renew a connection's webhooks that would end.
    #[serde(rename = "hooks.renew")]
    RenewHooks {
        /// Which connection's.
        connection_id: String,
        /// Whose.
        org_id: String,
    },
    /// Have a connection's webhooks tell of what its syncs speak of, too.
    #[serde(rename = "hooks.watch")]
    WatchFields {
        /// Which connection's.
        connection_id: String,
        /// Whose.
        org_id: String,
    },
    /// Take a sync as far as it goes: what changed, and the run that is under way.
    #[serde(rename = "sync.work")]
    SyncWork {
        /// Which sync.
        sync_id: String,
        /// Whose.
        org_id: String,
    },
    /// Ask for a sync's next run, from time to time.
    #[serde(rename = "sync.schedule")]
    SyncSchedule {
        /// Which sync's.
        sync_id: String,
        /// Whose.
        org_id: String,
    },
    /// Erase what belonged to a deleted sync.
    #[serde(rename = "sync.erase")]
    SyncErase {
        /// The sync.
        sync_id: String,
        /// Its organization.
        org_id: String,
    },
    /// Take the comparison of a definition's counters that is under way as far as it goes.
    #[serde(rename = "counters.compare")]
    CompareCounters {
        /// Which definition's.
        definition_id: String,
        /// Whose.
        org_id: String,
    },
    /// Have counters of a definition pushed again.
    #[serde(rename = "counters.nudge")]
    NudgeCounters {
        /// Which definition's.
        definition_id: String,
        /// Whose.
        org_id: String,
        /// All of them; else those that are parked.
        all: bool,
    },
    /// Follow the counters in a Redis server.
    #[serde(rename = "counters.follow")]
    FollowCounters {
        /// The server's name in the configuration.
        server: String,
    },
    /// Erase what belonged to a deleted definition of counters.
    #[serde(rename = "counters.erase")]
    EraseCounters {
        /// The definition.
        definition_id: String,
        /// Its organization.
        org_id: String,
        /// Whether to come again for what a change under way left.
        again: bool,
    },
    /// Renew an idle connection's token when it is time.
    #[serde(rename = "connection.refresh")]
    RefreshConnection {
        /// The connection.
        connection_id: String,
        /// Its organization.
        org_id: String,
    },
    /// Withdraw the tokens of an ended connection at the provider.
    #[serde(rename = "connection.revoke")]
    RevokeTokens {
        /// The connection.
        connection_id: String,
        /// Its organization.
        org_id: String,
        /// The credentials as they were sealed in its row, in base 64.
        sealed: String,
    },
    /// Erase what was loaded through an ended connection.
    #[serde(rename = "connection.erase")]
    EraseConnection {
        /// The connection.
        connection_id: String,
        /// Its organization.
        org_id: String,
    },
    /// Seal credentials with the key that seals now.
    #[serde(rename = "credentials.reseal")]
    ResealCredentials,
    /// Delete what is older than it should become.
    #[serde(rename = "retention")]
    Retention,
}

impl Payload {
    /// Its stable name, as stored.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::StoreEvent(_) => "event.store",
            Self::AdoptEvents { .. } => "events.adopt",
            Self::LoadRun { .. } => LOAD_RUN,
            Self::LoadSchedule { .. } => "load.schedule",
            Self::Hydrate { .. } => "records.hydrate",
            Self::PullHooks { .. } => "hooks.pull",
            Self::RenewHooks { .. } => "hooks.renew",
            Self::WatchFields { .. } => "hooks.watch",
            Self::SyncWork { .. } => SYNC_WORK,
            Self::SyncSchedule { .. } => "sync.schedule",
            Self::SyncErase { .. } => "sync.erase",
            Self::CompareCounters { .. } => COMPARE_COUNTERS,
            Self::NudgeCounters { .. } => "counters.nudge",
            Self::FollowCounters { .. } => FOLLOW_COUNTERS,
            Self::EraseCounters { .. } => "counters.erase",
            Self::RefreshConnection { .. } => "connection.refresh",
            Self::RevokeTokens { .. } => "connection.revoke",
            Self::EraseConnection { .. } => "connection.erase",
            Self::ResealCredentials => "credentials.reseal",
            Self::Retention => "retention",
        }
    }

    /// For whom; empty for the installation itself. Decides who may see the job, and whose turn it is.
    pub(super) fn org_id(&self) -> &str {
        match self {
            Self::AdoptEvents { org_id, .. }
            | Self::LoadRun { org_id, .. }
            | Self::LoadSchedule { org_id, .. }
            | Self::Hydrate { org_id, .. }
            | Self::PullHooks { org_id, .. }
            | Self::RenewHooks { org_id, .. }
            | Self::WatchFields { org_id, .. }
            | Self::SyncWork { org_id, .. }
            | Self::SyncSchedule { org_id, .. }
            | Self::SyncErase { org_id, .. }
            | Self::CompareCounters { org_id, .. }
            | Self::NudgeCounters { org_id, .. }
            | Self::EraseCounters { org_id, .. }
            | Self::RefreshConnection { org_id, .. }
            | Self::RevokeTokens { org_id, .. }
            | Self::EraseConnection { org_id, .. } => org_id,
            Self::StoreEvent(_) | Self::FollowCounters { .. } | Self::ResealCredentials | Self::Retention => {
                ""
            }
        }
    }

    /// The same work queued twice is one job.
    pub(super) fn coalesce_key(&self) -> Option<String> {
        match self {
            // Two endings of one connection withdraw different tokens.
            Self::StoreEvent(_) | Self::RevokeTokens { .. } => None,
            Self::AdoptEvents { provider, account, .. } => Some(format!("events.adopt/{provider}/{account}")),
            Self::LoadRun { run_id, .. } => Some(format!("load.run/{run_id}")),
            Self::LoadSchedule { connection_id, .. } => Some(format!("load.schedule/{connection_id}")),
            Self::Hydrate { connection_id, .. } => Some(format!("records.hydrate/{connection_id}")),
            Self::PullHooks { connection_id, .. } => Some(format!("hooks.pull/{connection_id}")),
            Self::RenewHooks { connection_id, .. } => Some(format!("hooks.renew/{connection_id}")),
            Self::WatchFields { connection_id, .. } => Some(format!("hooks.watch/{connection_id}")),
            Self::SyncWork { sync_id, .. } => Some(format!("sync.work/{sync_id}")),
            Self::SyncSchedule { sync_id, .. } => Some(format!("sync.schedule/{sync_id}")),
            Self::SyncErase { sync_id, .. } => Some(format!("sync.erase/{sync_id}")),
            Self::CompareCounters { definition_id, .. } => {
                Some(format!("{COMPARE_COUNTERS}/{definition_id}"))
            }
            // One that goes on with all is not kept from it by one for those that are parked.
            Self::NudgeCounters { definition_id, all, .. } => {
                Some(format!("counters.nudge/{all}/{definition_id}"))
            }
            Self::FollowCounters { server } => Some(format!("{FOLLOW_COUNTERS}/{server}")),
            Self::EraseCounters { definition_id, .. } => Some(format!("counters.erase/{definition_id}")),
            Self::RefreshConnection { connection_id, .. } => {
                Some(format!("connection.refresh/{connection_id}"))
            }
            Self::EraseConnection { connection_id, .. } => Some(format!("connection.erase/{connection_id}")),
            Self::ResealCredentials => Some("credentials.reseal".to_owned()),
            Self::Retention => Some("retention".to_owned()),
        }
    }

    pub(super) fn to_json(&self) -> String {
        let tagged = serde_json::to_value(self).unwrap_or_default();
        tagged.get("payload").cloned().unwrap_or_default().to_string()
    }

    /// Reads what [`Payload::to_json`] wrote under this kind.
    ///
    /// # Errors
    /// A sentence for the operator: the kind is unknown to this version, or the payload does not fit.
    pub fn read(kind: &str, payload: &str) -> Result<Self, String> {
        let payload: serde_json::Value = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        let tagged = serde_json::json!({ "kind": kind, "payload": payload });
        serde_json::from_value(tagged).map_err(|error| format!("this version cannot read the job: {error}"))
    }
}

/// Something that could not be made an event, and where it came from. The payload of the job it is parked as.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Misfit {
    /// The provider's name.
    pub provider: String,
    /// The app whose webhook URL it came to.
    pub app: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// The bytes as they came, as text.
    pub raw: String,
    /// Why it is here.
    #[serde(skip)]
    pub reason: String,
}

/// The kinds that take hours and mostly wait: they have seats of their own.
pub(super) const LOAD_RUN: &str = "load.run";
pub(super) const SYNC_WORK: &str = "sync.work";
pub(super) const COMPARE_COUNTERS: &str = "counters.compare";
pub(super) const FOLLOW_COUNTERS: &str = "counters.follow";
