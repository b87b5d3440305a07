//! associations.
