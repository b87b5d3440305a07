//! The words that columns of syncs and of what belongs to them hold.

use crate::runs::words;
use syncline_core::sync::link;

words! {
    /// How a sync is.
    State in "syncs.state" {
        /// It follows changes, and its runs run.
        Active = "active",
        /// Nothing of it is done until somebody lets it go on.
        Paused = "paused",
    }
}

words! {
    /// How a link is: the word for a [`link::State`].
    LinkState in "sync_links.state" {
        /// Both records are known.
        Linked = "linked",
        /// One side's record is to be created, and may have been.
        Creating = "creating",
        /// Over.
        Ended = "ended",
    }
}

words! {
    /// What people may want to know of a link.
    Trouble in "sync_links.trouble" {
        /// Nothing.
        None = "none",
        /// One side does not take some value.
        Held = "held",
        /// A person has to decide something; a value may be held as well.
        Conflict = "conflict",
    }
}

words! {
    /// How a conflict is.
    ConflictState in "sync_conflicts.state" {
        /// Waits for a person.
        Open = "open",
        /// A person decided, or the policy.
        Resolved = "resolved",
        /// It was none any more before anybody decided.
        Passed = "passed",
    }
}

words! {
    /// What a run reads from the providers before it compares.
    Reading in "sync_runs.reading" {
        /// Everything there is.
        Full = "full",
        /// What changed.
        Changes = "changes",
        /// Nothing: it compares what is mirrored.
        None = "none",
    }
}

words! {
    /// What a run is at.
    Phase in "sync_runs.phase" {
        /// Both sides are read into the mirror.
        Reading = "reading",
        /// What records are matched by is written down.
        Indexing = "indexing",
        /// The left side's records are looked at.
        Left = "left",
        /// The right side's records are looked at.
        Right = "right",
        /// Nothing is left to do.
        Done = "done",
    }
}

impl LinkState {
    /// The word for this state.
    #[must_use]
    pub fn of(state: &link::State) -> Self {
        match state {
            link::State::Linked => Self::Linked,
            link::State::Creating(_) => Self::Creating,
            link::State::Ended(_) => Self::Ended,
        }
    }
}

impl Trouble {
    /// What there is to know of this link, when it has open conflicts or has not.
    #[must_use]
    pub fn of(link: &link::Link, conflicts: bool) -> Self {
        let refused = link.refused.iter().any(|(_, held)| !held.is_empty());
        let held = link.bases.values().any(|base| base.held.iter().any(|(_, held)| !held.is_empty()));
        match (LinkState::of(&link.state), conflicts) {
            (_, true) => Self::Conflict,
            (LinkState::Ended, false) => Self::None,
            (_, false) if refused || held => Self::Held,
            (_, false) => Self::None,
        }
    }
}
