//! What counters need of HubSpot: one property of a hundred records at a time, read and written, and counts of what is associated or found
//! (HubSpot facts 3.1, 3.3, 3.4 and 5).

mod counts;
mod property;

pub use counts::{ASSOCIATIONS, Associated, associated, associations, search, total};
pub use property::{BATCH, Place, Shown, Written, read, shown, write, written};
