//! Authorization: the page a person sees, codes, and tokens (Notion facts 2).

pub(crate) mod authorize;
pub(crate) mod callback;
pub(crate) mod page;
pub(crate) mod refusal;
pub(crate) mod token;
pub(crate) mod vault;
