//! Notion over real HTTP.

mod account;
mod blocks;
mod comments;
mod consent;
mod edits;
mod errors;
mod filters;
mod limits;
mod oauth;
mod pages;
mod paging;
mod property_items;
mod schema;
mod search;
mod seeding;
mod tokens;
mod users;
mod values;
mod versions;
mod webhooks;
mod writes;
