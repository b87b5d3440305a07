//! What holds for Airtable. Bodies as they stand in the facts, sections 2, 3, 5, 6 and 8.

mod connect;
mod errors;
mod load;
mod payloads;
mod read;
mod setup;
mod webhook;
mod write_answer;
mod write_find;
mod write_send;
