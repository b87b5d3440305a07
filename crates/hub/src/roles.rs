//! What a process is there for: one may do everything, or each a part.

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Takes webhooks in.
    pub intake: bool,
    /// Reads the log and runs jobs.
    pub worker: bool,
    /// Serves the API and the portal.
    pub api: bool,
}

impl Roles {
    /// Everything.
    pub const ALL: Self = Self { intake: true, worker: true, api: true };
}
