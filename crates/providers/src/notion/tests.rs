//! What holds for Notion. Bodies as they stand in the facts, sections 2, 3, 6 and 9.

mod connect;
mod errors;
mod load;
mod query;
mod setup;
mod webhook;
mod write_answer;
mod write_find;
mod write_send;
