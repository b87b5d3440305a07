//! The formula language: what `filterByFormula` takes and what formula fields are made of. A real and reasonable part of it;
//! what is left out says FIDELITY.

mod compare;
mod dates;
mod eval;
mod functions;
mod lexer;
mod numbers;
mod parser;
mod texts;
mod value;

pub(super) use eval::{Source, evaluate};
pub(super) use parser::{Expr, parse};
pub(super) use value::{Val, number_json};
