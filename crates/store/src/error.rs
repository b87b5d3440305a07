//! What can go wrong with the database, in the three kinds a caller can act upon.

use std::error::Error as StdError;

/// A failure of the database or of what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot do it now: gone, full, locked, shutting down, letting nobody in. That says nothing against what was asked:
    /// the same call may succeed later, and nothing of the transaction was kept, unless the answer to a commit was lost.
    ///
    /// The text says all there is to know: as a source of its own, the cause would be told twice wherever chains are printed.
    #[error("the database is not available: {0}")]
    Unavailable(Box<dyn StdError + Send + Sync>),
    /// The database understood and refused: a value it cannot hold, a constraint. Asking again is pointless.
    #[error("the database refused: {0}")]
    Rejected(Box<dyn StdError + Send + Sync>),
    /// A row holds what this program never wrote.
    #[error("unexpected content in the database: {0}")]
    Corrupt(String),
    /// The database cannot be used as configured.
    #[error("{0}")]
    Setup(String),
}

impl StoreError {
    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// For a URL that cannot be read. The URL itself is not repeated: it has a password in it.
    #[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
    pub(crate) fn url(error: sqlx::Error) -> Self {
        Self::Setup(format!("database.url is not understood: {error}"))
    }

    /// For what could not be done now and can be later.
    pub fn unavailable(what: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unavailable(what.into())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, FileLockingProtocolFailed,
            NotADatabase, OperationInterrupted, OutOfMemory, PermissionDenied, ReadOnly, SystemIoFailure,
        };
        match error.sqlite_error_code() {
            Some(DiskFull) => Self::unavailable(FULL),
            Some(
                CannotOpen
                | DatabaseBusy
                | DatabaseCorrupt
                | DatabaseLocked
                | FileLockingProtocolFailed
                | NotADatabase
                | OperationInterrupted
                | OutOfMemory
                | PermissionDenied
                | ReadOnly
                | SystemIoFailure,
            ) => Self::Unavailable(error.into()),
            _ => Self::Rejected(error.into()),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let transient = match &error {
            sqlx::Error::Database(refusal) => {
                if let Some(mysql) = refusal.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                    MYSQL_TRANSIENT.contains(&mysql.number())
                } else {
                    refusal.code().is_some_and(|state| postgres_is_transient(&state))
                }
            }
            // Mistakes of this crate, which no waiting mends.
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Configuration(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::InvalidArgument(_)
            | sqlx::Error::TypeNotFound { .. } => false,
            // Sockets, pools and protocols: all that is left says "not now".
            _ => true,
        };
        if transient { Self::Unavailable(error.into()) } else { Self::Rejected(error.into()) }
    }
}

/// What SQLite's "database or disk is full" means: its files have no limit of their own here.
const FULL: &str = "the disk is full: free space where the data directory is";

/// `SQLSTATE` classes that say nothing against what was asked: connection (08), log-in (28), no such database (3D), rollback by the
/// server (40), resources such as disk and memory (53), operator intervention (57), I/O (58); and read-only after a fail-over (25006),
/// thrown out for idling (25P03, 25P04), lock not available (55P03).
fn postgres_is_transient(state: &str) -> bool {
    matches!(&state[..2.min(state.len())], "08" | "28" | "3D" | "40" | "53" | "57" | "58")
        || matches!(state, "25006" | "25P03" | "25P04" | "55P03")
}

/// MySQL's and MariaDB's own numbers for the same: too many connections, log-in refused, no such database, disk or table full,
/// shutdown, lock wait, deadlock, read-only, connection killed or thrown out for idling, statement to be prepared again.
const MYSQL_TRANSIENT: [u16; 41] = [
    1021, 1028, 1030, 1037, 1038, 1040, 1041, 1044, 1045, 1049, 1053, 1077, 1114, 1129, 1130, 1135, 1152,
    1158, 1159, 1160, 1161, 1180, 1184, 1203, 1205, 1206, 1213, 1226, 1290, 1317, 1615, 1637, 1792, 1836,
    1927, 1969, 3024, 3032, 3168, 3169, 4031,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_told_once_however_the_error_is_printed() {
        let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
        let full = rusqlite::Error::SqliteFailure(full, Some("database or disk is full".to_owned()));
        let error = StoreError::from(full);
        assert!(error.is_transient());
        assert_eq!(
            error.to_string(),
            "the database is not available: the disk is full: free space where the data directory is"
        );
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        for error in [error, StoreError::from(sqlx::Error::Io(refused))] {
            assert!(error.source().is_none(), "{error:?}");
        }
    }
}
