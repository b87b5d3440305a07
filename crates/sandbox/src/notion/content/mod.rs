//! What a workspace holds: databases, data sources, pages, blocks, comments. Stored data-source-first; the older version's
//! shapes are made when they are asked for (Notion facts 6 and 7).

pub(crate) mod blocks;
pub(crate) mod changes;
pub(crate) mod date;
pub(crate) mod formula;
pub(crate) mod hand;
pub(crate) mod model;
pub(crate) mod reading;
pub(crate) mod render;
pub(crate) mod rich;
pub(crate) mod schema;
mod schema_store;
pub(crate) mod schema_write;
pub(crate) mod state;
pub(crate) mod value;
pub(crate) mod value_render;
mod value_store;
pub(crate) mod value_write;
