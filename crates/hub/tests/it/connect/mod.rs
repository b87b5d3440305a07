//! Connecting accounts and keeping their credentials good, against the simulated providers over real HTTP.

mod ending;
mod life;
mod refreshing;
mod returns;
mod scene;
mod sealing;
mod user_keys;
