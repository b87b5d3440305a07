//! Notifying: what the application is told over HTTP, decided without any.
//!
//! Signatures and their verification ([`secret`], [`sign`], [`verify`]), which addresses may be called at all ([`address`],
//! [`target`]), what an answer means and when the next attempt is due ([`answer`], [`schedule`], [`verdict`]), how fast an endpoint is
//! talked to and in which order ([`lane`], [`order`]), and what there is to be told ([`kinds`], [`filter`]).
//!
//! **Invariant:** a lower bound stays one: neither chance nor a limit makes an attempt come before the schedule's wait or the
//! moment a receiver asked for.

pub mod address;
pub mod answer;
pub mod filter;
pub mod kinds;
pub mod lane;
pub mod order;
pub mod schedule;
pub mod secret;
pub mod sign;
pub mod target;
pub mod verdict;
pub mod verify;
