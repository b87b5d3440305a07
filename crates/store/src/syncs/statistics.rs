//! What the database knows of its tables' contents when it chooses how to find something.

use crate::{Dialect, Result, Store};

/// Lets the database look at what syncs have. PostgreSQL does it by itself, but only every minute: until then it takes a sync that has
/// just got its first hundred thousand links for one that has none. So a run says so when it has written much, and when it goes over
/// from one phase to the next. Takes a fraction of a second; the other databases need none of it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn refresh_statistics(store: &Store) -> Result<()> {
    if store.dialect() == Dialect::Postgres {
        for table in ["sync_links", "sync_keys", "sync_marks"] {
            store.execute(&format!("ANALYZE {table}"), Vec::new()).await?;
        }
    }
    Ok(())
}
