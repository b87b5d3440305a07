//! Functions of numbers.

use super::functions::{Function, MANY, function};
use super::texts::flat;
use super::value::Val;

pub(super) static ALL: [Function; 17] = [
    function("ABS", 1, 1, |values, _| one(values, f64::abs)),
    function("INT", 1, 1, |values, _| one(values, f64::floor)),
    function("SQRT", 1, 1, |values, _| one(values, f64::sqrt)),
    function("ROUND", 1, 2, |values, _| rounded(values, round_half_up)),
    function("ROUNDUP", 1, 2, |values, _| {
        rounded(values, |number| if number < 0.0 { number.floor() } else { number.ceil() })
    }),
    function("ROUNDDOWN", 1, 2, |values, _| rounded(values, f64::trunc)),
    function("CEILING", 1, 2, |values, _| stepped(values, f64::ceil)),
    function("FLOOR", 1, 2, |values, _| stepped(values, f64::floor)),
    function("MOD", 2, 2, |values, _| two(values, |a, b| a - b * (a / b).floor())),
    function("POWER", 2, 2, |values, _| two(values, f64::powf)),
    function("SUM", 1, MANY, |values, _| Val::Number(numbers(values).iter().sum())),
    function("AVERAGE", 1, MANY, |values, _| average(&numbers(values))),
    function("MIN", 1, MANY, |values, _| {
        Val::Number(numbers(values).into_iter().reduce(f64::min).unwrap_or(0.0))
    }),
    function("MAX", 1, MANY, |values, _| {
        Val::Number(numbers(values).into_iter().reduce(f64::max).unwrap_or(0.0))
    }),
    function("COUNT", 1, MANY, |values, _| count(numbers(values).len())),
    function("COUNTA", 1, MANY, |values, _| {
        count(values.iter().flat_map(flat).filter(|value| !value.to_text().is_empty()).count())
    }),
    function("COUNTALL", 1, MANY, |values, _| {
        count(values.iter().map(|value| flat(value).len().max(1)).sum())
    }),
];

fn one(values: &[Val], work: fn(f64) -> f64) -> Val {
    values[0].number().map_or(Val::Error, |number| Val::Number(work(number)))
}

fn two(values: &[Val], work: fn(f64, f64) -> f64) -> Val {
    match (values[0].number(), values[1].number()) {
        (Some(a), Some(b)) => Val::Number(work(a, b)),
        _ => Val::Error,
    }
}

fn round_half_up(number: f64) -> f64 {
    (number + 0.5).floor()
}

/// Rounds to so many digits after the point.
fn rounded(values: &[Val], work: fn(f64) -> f64) -> Val {
    let (number, digits) = (values[0].number(), values.get(1).map_or(Some(0.0), Val::number));
    let (Some(number), Some(digits)) = (number, digits) else { return Val::Error };
    let scale = 10f64.powf(digits.trunc().clamp(-15.0, 15.0));
    Val::Number(work(number * scale) / scale)
}

/// Rounds to a multiple of something.
fn stepped(values: &[Val], work: fn(f64) -> f64) -> Val {
    let (number, step) = (values[0].number(), values.get(1).map_or(Some(1.0), Val::number));
    let (Some(number), Some(step)) = (number, step) else { return Val::Error };
    if step == 0.0 { Val::Error } else { Val::Number(work(number / step) * step) }
}

/// The numbers among the values and in their lists.
fn numbers(values: &[Val]) -> Vec<f64> {
    let is_number = |value: &Val| matches!(value, Val::Number(_) | Val::Bool(_));
    values.iter().flat_map(flat).filter(is_number).filter_map(|value| value.number()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "lists are shorter than 2^53")]
fn average(numbers: &[f64]) -> Val {
    Val::Number(numbers.iter().sum::<f64>() / numbers.len() as f64)
}

#[expect(clippy::cast_precision_loss, reason = "lists are shorter than 2^53")]
fn count(number: usize) -> Val {
    Val::Number(number as f64)
}
