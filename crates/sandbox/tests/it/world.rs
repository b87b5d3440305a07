//! The people, companies and deals of the seed.
