//! Taking in webhooks. Two halves that meet only in the log: [`routes`] proves a delivery genuine, makes it durable and answers;
//! [`reader`] turns what the log holds into events, apart from any request.

pub mod log;
pub mod reader;
pub mod routes;
pub mod stored;
