//! notion over real HTTP.
