//! Connecting in a browser: the links and tokens an application hands out, the pages of the popup, and the script that opens it.

pub mod sealed;
pub mod ticket;
