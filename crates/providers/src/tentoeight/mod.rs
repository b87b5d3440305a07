//! tentoeight's wire.
