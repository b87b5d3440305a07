//! Waiting for a condition, never for a time.

use std::time::Duration;

/// The longest any condition may take on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Looks until `look` answers something, and fails with `what` when it never does.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("never happened: {what}"))
}
