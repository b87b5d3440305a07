//! airtable's wire.
