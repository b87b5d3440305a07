//! The server behind a pool: whether anybody is there at all, which a pool does not say.
//!
//! A pool takes a refused connection for a server that is about to come, tries until its time is over, and then says no more than that.
//! For calls while a server restarts that is right. For one that nobody has reached yet it hides a wrong port for seconds.

use crate::{Result, StoreError};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;

/// How often it is knocked at a server that turns out to be there. MySQL shuts out whoever connects and hangs up a hundred times in a row.
const KNOCKS: u32 = 20;

/// Where a server is, and whether it was reached.
#[derive(Debug)]
pub(crate) struct Server {
    host: String,
    port: u16,
    patience: Duration,
    reached: AtomicBool,
    /// How often somebody was there when it was knocked.
    opened: AtomicU32,
}

impl Server {
    /// The server at `host` and `port`, whose pool waits for `patience`.
    pub(crate) fn new(host: &str, port: u16, patience: Duration) -> Self {
        Self {
            host: host.to_owned(),
            port,
            patience,
            reached: AtomicBool::new(false),
            opened: AtomicU32::new(0),
        }
    }

    /// What `call` comes to, which takes a connection from the pool. Before the first one it is looked whether anybody is there, and again
    /// when there was no connection to be had.
    pub(crate) async fn reached<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        if !self.reached.load(Ordering::Relaxed) {
            self.knock().await?;
            self.reached.store(true, Ordering::Relaxed);
        }
        match call.await {
            Err(error) if had_no_connection(&error) => {
                if self.opened.load(Ordering::Relaxed) < KNOCKS {
                    self.knock().await?;
                }
                let why = "no connection in time (database.acquire_timeout): it takes no more of them, or all are in use";
                Err(self.unavailable(why))
            }
            answer => answer,
        }
    }

    /// Connects and hangs up.
    async fn knock(&self) -> Result<()> {
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let why = match tokio::time::timeout(self.patience, connecting).await {
            Ok(Ok(_)) => {
                self.opened.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                "the connection was refused".to_owned()
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {:?}", self.patience),
        };
        Err(self.unavailable(&why))
    }

    fn unavailable(&self, why: &str) -> StoreError {
        StoreError::unavailable(format!("{} port {}: {why}", self.host, self.port))
    }
}

fn had_no_connection(error: &StoreError) -> bool {
    let StoreError::Unavailable(cause) = error else { return false };
    matches!(cause.downcast_ref(), Some(sqlx::Error::PoolTimedOut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{poll_fn, ready};
    use tokio::net::TcpListener;

    /// An address that nobody listens at: it was free just now.
    async fn nobody() -> u16 {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
    }

    fn timed_out() -> Result<()> {
        Err(sqlx::Error::PoolTimedOut.into())
    }

    fn said(came_to: Result<()>) -> String {
        let error = came_to.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        error.to_string()
    }

    #[tokio::test]
    async fn who_was_never_reached_is_knocked_at_first() {
        let port = nobody().await;
        let server = Server::new("127.0.0.1", port, Duration::from_secs(60));
        let refused =
            format!("the database is not available: 127.0.0.1 port {port}: the connection was refused");
        assert_eq!(said(server.reached(poll_fn(|_| panic!("the pool is asked"))).await), refused);
    }

    #[tokio::test]
    async fn who_was_reached_is_given_the_pools_time_and_then_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Server::new("127.0.0.1", port, Duration::from_secs(60));
        server.reached(ready(Ok(()))).await.unwrap();
        let busy = said(server.reached(ready(timed_out())).await);
        assert!(busy.contains("no connection in time"), "{busy}");
        drop(listener);
        server.reached(ready(Ok(()))).await.expect("a pool that has a connection is not second-guessed");
        let away = said(server.reached(ready(timed_out())).await);
        assert!(away.ends_with("the connection was refused"), "{away}");
    }
}
