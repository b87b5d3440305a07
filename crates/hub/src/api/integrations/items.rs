//! Mirrored records as the front ends of these routes know them, one JSON list of any length.

use crate::item::IntegrationItem;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use syncline_store::records::{self, Filter, Stored};
use syncline_store::{Scope, Store, StoreError};

/// Records read at once.
const BATCH: u32 = 500;

/// Which records are shown: those that are there and not archived.
fn shown(connection_id: &str) -> Filter {
    Filter {
        connection_id: Some(connection_id.to_owned()),
        archived: Some(false),
        gone: Some(false),
        ..Filter::default()
    }
}

/// Whether there is none.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn is_empty(store: &Store, connection_id: &str) -> Result<bool, StoreError> {
    Ok(records::page(store, &Scope::All, &shown(connection_id), None, 1).await?.is_empty())
}

/// Where a list is.
enum At {
    Start,
    Behind((String, String, String)),
    End,
}

/// All of a connection, a batch in memory at a time. A list that the database cuts short is no JSON, so nobody takes it for whole.
pub fn list(store: Store, connection_id: &str) -> Body {
    let filter = shown(connection_id);
    Body::from_stream(stream::try_unfold(At::Start, move |at| {
        let (store, filter) = (store.clone(), filter.clone());
        async move {
            let (mut text, after) = match at {
                At::Start => (b"[".to_vec(), None),
                At::Behind(last) => (b",".to_vec(), Some(last)),
                At::End => return Ok::<_, StoreError>(None),
            };
            let batch = records::page(&store, &Scope::All, &filter, after, BATCH).await?;
            if batch.is_empty() && text == b"," {
                // Exactly as many as fit: there was no telling that it was the last batch.
                return Ok(Some((Bytes::from_static(b"]"), At::End)));
            }
            write(&batch, &mut text);
            let whole = batch.len() < BATCH as usize;
            let next = match batch.into_iter().next_back() {
                Some(last) if !whole => At::Behind((last.connection_id, last.object_type, last.record_id)),
                _ => At::End,
            };
            if whole {
                text.push(b']');
            }
            Ok(Some((Bytes::from(text), next)))
        }
    }))
}

fn write(batch: &[Stored], text: &mut Vec<u8>) {
    for (number, record) in batch.iter().enumerate() {
        if number > 0 {
            text.push(b',');
        }
        serde_json::to_writer(&mut *text, &IntegrationItem::of(record)).expect("plain structs are JSON");
    }
}
