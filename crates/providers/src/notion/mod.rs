//! notion's wire.
