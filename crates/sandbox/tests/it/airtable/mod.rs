//! airtable over real HTTP.
