//! News: what the application is to be told, queued in the transaction that makes it true. The room `notify` makes messages of it and
//! sends them.
//!
//! What is opt-in ([`events`], [`records`]) is queued only where an enabled endpoint hears it: nobody pays for what nobody hears. An
//! endpoint that is made while a transaction is under way hears what comes after it.

pub mod events;
pub mod records;

use crate::cx::Cx;
use crate::notify;
use syncline_store::notifications::{self, Notification};
use syncline_store::{StoreError, Tx};

/// Something to be told.
#[derive(Clone, Debug)]
pub struct News<'a> {
    /// Whom it is about.
    pub org_id: &'a str,
    /// Which connection it is about, if one: what happens on one keeps its order, at endpoints that want that.
    pub connection_id: Option<&'a str>,
    /// What happened: a name of `core::notify::kinds`.
    pub kind: &'static str,
    /// The particulars, a JSON object.
    pub payload: String,
}

/// Queues news. After the commit `cx.wake.news()` saves it from waiting to be found.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn queue(cx: &Cx, tx: &mut Tx, news: News<'_>) -> Result<(), StoreError> {
    queue_all(cx, tx, vec![news]).await
}

/// The same for many, in their order.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn queue_all(cx: &Cx, tx: &mut Tx, news: Vec<News<'_>>) -> Result<(), StoreError> {
    let now = cx.now();
    let rows = news.into_iter().map(|one| Notification {
        id: notify::mint(cx, "ntf"),
        org_id: one.org_id.to_owned(),
        connection_id: one.connection_id.map(str::to_owned),
        kind: one.kind.to_owned(),
        payload: one.payload,
        created_at: now,
        dispatched_at: None,
    });
    notifications::queue_all(tx, &rows.collect::<Vec<_>>()).await
}
