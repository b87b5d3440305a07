//! Connecting accounts and keeping their credentials good, against the simulated providers over real HTTP.

mod ending;
mod keys_api;
mod life;
mod refreshing;
mod returns;
mod scene;
mod sealing;
mod user_keys;
