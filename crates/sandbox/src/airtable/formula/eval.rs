//! Works a formula out for one record.

use super::compare;
use super::parser::Expr;
use super::value::Val;

/// The record a formula is about.
pub(in crate::airtable) trait Source {
    /// What a field holds.
    fn field(&self, field: u16) -> Val;
    /// `rec…`
    fn record_id(&self) -> String;
    /// When it was created, milliseconds since 1970.
    fn created(&self) -> i64;
    /// When it was last modified.
    fn modified(&self) -> i64;
    /// Now.
    fn now(&self) -> i64;
}

/// The formula's value for this record.
pub(in crate::airtable) fn evaluate(expr: &Expr, source: &dyn Source) -> Val {
    match expr {
        Expr::Value(value) => value.clone(),
        Expr::Field(field) => source.field(*field),
        Expr::Negative(one) => {
            evaluate(one, source).number().map_or(Val::Error, |number| Val::Number(-number))
        }
        Expr::Binary(operator, left, right) => {
            binary(operator, &evaluate(left, source), &evaluate(right, source))
        }
        Expr::Call(function, arguments) => {
            let values: Vec<Val> = arguments.iter().map(|argument| evaluate(argument, source)).collect();
            if !function.takes_errors && values.contains(&Val::Error) {
                return Val::Error;
            }
            (function.run)(&values, source)
        }
    }
}

fn binary(operator: &str, left: &Val, right: &Val) -> Val {
    let arithmetic = |work: fn(f64, f64) -> f64| match (left.number(), right.number()) {
        (Some(a), Some(b)) => Val::Number(work(a, b)),
        _ => Val::Error,
    };
    match operator {
        "&" if *left == Val::Error || *right == Val::Error => Val::Error,
        "&" => Val::Text(left.to_text() + &right.to_text()),
        "+" => arithmetic(|a, b| a + b),
        "-" => arithmetic(|a, b| a - b),
        "*" => arithmetic(|a, b| a * b),
        "/" => arithmetic(|a, b| a / b),
        operator => compare::holds(operator, left, right),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
