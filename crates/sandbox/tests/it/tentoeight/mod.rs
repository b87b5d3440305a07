//! tentoeight over real HTTP.
