//! Which rows, and in which order (Notion facts 4 and 6).

pub(crate) mod condition;
pub(crate) mod dates;
pub(crate) mod filter;
pub(crate) mod matching;
pub(crate) mod paging;
pub(crate) mod sort;
