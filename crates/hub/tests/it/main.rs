//! The hub as a whole: real HTTP, real databases, real Kafka, a clock the test owns.

mod intake;
mod support;
