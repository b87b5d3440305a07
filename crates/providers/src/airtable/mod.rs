//! Airtable. What this folder knows and where from: its README.

mod account;
mod call;
mod errors;
mod load;
mod oauth;
mod read;
mod record;
#[cfg(test)]
mod tests;
mod walk;

/// Airtable's web API.
#[derive(Clone, Copy, Debug)]
pub struct Airtable;

/// The provider's id.
pub(crate) const ID: &str = "airtable";
