//! 10to8. What this folder knows and where from: its README.

mod account;
mod errors;
mod load;
mod record;
#[cfg(test)]
mod tests;

/// 10to8's enterprise API.
#[derive(Clone, Copy, Debug)]
pub struct TenToEight;

/// The provider's id.
pub(crate) const ID: &str = "tentoeight";
