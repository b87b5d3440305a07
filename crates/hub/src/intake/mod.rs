//! Taking in webhooks. Two halves that meet only in the log: [`routes`] reads a delivery ([`body`]), proves it genuine, makes it durable and answers;
//! [`reader`] turns what the log holds into events, apart from any request.

pub mod body;
pub mod log;
pub mod reader;
pub mod routes;
pub mod stored;
