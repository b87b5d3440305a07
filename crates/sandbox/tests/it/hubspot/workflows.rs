//! workflows.
