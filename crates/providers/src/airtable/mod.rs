//! Airtable. What this folder knows and where from: its README.

mod account;
mod errors;
mod oauth;
#[cfg(test)]
mod tests;

/// Airtable's web API.
#[derive(Clone, Copy, Debug)]
pub struct Airtable;

/// The provider's id.
pub(crate) const ID: &str = "airtable";
