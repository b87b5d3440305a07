//! The words that columns of runs and lanes hold.

/// Makes an enumeration whose values are stored and shown as these words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident in $column:literal { $($(#[$what:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$what])* $value,)*
        }

        impl $name {
            /// As stored and shown.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)*
                }
            }

            /// The one of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($word => Some(Self::$value),)*
                    _ => None,
                }
            }

            pub(super) fn stored(name: &str) -> $crate::Result<Self> {
                Self::named(name).ok_or_else(|| $crate::StoreError::Corrupt(format!("{} holds {name:?}", $column)))
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How much a run reads.
    Mode in "runs.mode" {
        /// Everything there is.
        Full = "full",
        /// What changed since the run before, on lanes where the provider can tell.
        Incremental = "incremental",
    }
}

words! {
    /// What a run was begun by.
    Trigger in "runs.cause" {
        /// A person.
        Manual = "manual",
        /// A connection that was just made, or authorized again.
        Connect = "connect",
        /// The schedule.
        Schedule = "schedule",
        /// A provider's webhook.
        Webhook = "webhook",
        /// The application.
        Api = "api",
    }
}

words! {
    /// How a run is.
    State in "runs.state" {
        /// Waits for a worker.
        Waiting = "waiting",
        /// Is under way.
        Running = "running",
        /// Waits for a person to authorize the connection again.
        Paused = "paused",
        /// Ended; all lanes were read.
        Succeeded = "succeeded",
        /// Ended; some lanes were read and others were not, or not to their end.
        Partial = "partial",
        /// Ended without having read a lane to its end.
        Failed = "failed",
        /// Ended because somebody asked for it.
        Cancelled = "cancelled",
    }
}

impl State {
    /// Whether there is more to come.
    #[must_use]
    pub fn is_unfinished(self) -> bool {
        match self {
            Self::Waiting | Self::Running | Self::Paused => true,
            Self::Succeeded | Self::Partial | Self::Failed | Self::Cancelled => false,
        }
    }
}

words! {
    /// How a lane of a run is.
    LaneState in "run_lanes.state" {
        /// Nothing was read yet.
        Waiting = "waiting",
        /// Is under way.
        Running = "running",
        /// Was read to its end.
        Done = "done",
        /// Could not be read to its end.
        Failed = "failed",
        /// Was read as far as the run's wish allows, and there is more.
        Cut = "cut",
        /// Was given up because its run ended.
        Cancelled = "cancelled",
    }
}
