//! Connections to the Redis servers of the configuration, made when they are needed and made again when they broke.

use super::ChangeError;
use crate::config;
use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The connections of this process, by the server's name.
#[derive(Default)]
pub(in crate::counters) struct Servers {
    open: Mutex<HashMap<String, ConnectionManager>>,
}

impl Servers {
    /// The connection to a server.
    ///
    /// # Errors
    /// [`ChangeError::Redis`] when the configuration names none such.
    pub fn get(&self, settings: &config::Counters, server: &str) -> Result<ConnectionManager, ChangeError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = open.get(server) {
            return Ok(connection.clone());
        }
        let client = client(settings, server)?;
        let settings = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        // Connected when it is first used: a server that is away holds up nobody who wants another.
        let made = ConnectionManager::new_lazy_with_config(client, settings);
        let made = made.map_err(|error| super::trouble(server, &error))?;
        open.insert(server.to_owned(), made.clone());
        Ok(made)
    }
}

/// A client of a server, not connected yet.
pub(in crate::counters) fn client(
    settings: &config::Counters,
    server: &str,
) -> Result<::redis::Client, ChangeError> {
    let place = settings.servers.get(server).ok_or_else(|| ChangeError::Redis {
        server: server.to_owned(),
        why: "the configuration names no such server (counters.servers)".to_owned(),
    })?;
    ::redis::Client::open(place.url.expose()).map_err(|error| super::trouble(server, &error))
}
