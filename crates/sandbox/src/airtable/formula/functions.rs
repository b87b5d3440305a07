//! The functions: logic here, the others in files of their own.

use super::eval::Source;
use super::value::Val;
use super::{compare, dates, numbers, texts};
use std::cmp::Ordering;

type Run = fn(&[Val], &dyn Source) -> Val;

/// A function.
#[derive(Debug)]
pub(in crate::airtable) struct Function {
    pub(super) name: &'static str,
    pub(super) least: usize,
    pub(super) most: usize,
    /// Whether it looks at errors instead of being one when an argument is.
    pub(super) takes_errors: bool,
    pub(super) run: Run,
}

/// As many arguments as one likes.
pub(super) const MANY: usize = usize::MAX;

/// A function that is an error when an argument is.
pub(super) const fn function(name: &'static str, least: usize, most: usize, run: Run) -> Function {
    Function { name, least, most, takes_errors: false, run }
}

const fn tolerant(name: &'static str, least: usize, most: usize, run: Run) -> Function {
    Function { name, least, most, takes_errors: true, run }
}

static LOGIC: [Function; 14] = [
    tolerant("IF", 2, 3, |values, _| {
        let pick = if values[0] == Val::Error { return Val::Error } else { values[0].is_true() };
        if pick { values[1].clone() } else { values.get(2).cloned().unwrap_or(Val::Blank) }
    }),
    function("AND", 1, MANY, |values, _| Val::Bool(values.iter().all(Val::is_true))),
    function("OR", 1, MANY, |values, _| Val::Bool(values.iter().any(Val::is_true))),
    function("XOR", 1, MANY, |values, _| {
        Val::Bool(values.iter().filter(|value| value.is_true()).count() % 2 == 1)
    }),
    function("NOT", 1, 1, |values, _| Val::Bool(!values[0].is_true())),
    tolerant("SWITCH", 2, MANY, |values, _| switch(values)),
    function("BLANK", 0, 0, |_, _| Val::Blank),
    function("ERROR", 0, 0, |_, _| Val::Error),
    tolerant("ISERROR", 1, 1, |values, _| Val::Bool(values[0] == Val::Error)),
    function("TRUE", 0, 0, |_, _| Val::Bool(true)),
    function("FALSE", 0, 0, |_, _| Val::Bool(false)),
    function("RECORD_ID", 0, 0, |_, source| Val::Text(source.record_id())),
    function("CREATED_TIME", 0, 0, |_, source| Val::Time(source.created(), false)),
    function("LAST_MODIFIED_TIME", 0, MANY, |_, source| Val::Time(source.modified(), false)),
];

fn switch(values: &[Val]) -> Val {
    let Some((subject, rest)) = values.split_first() else { return Val::Error };
    let mut cases = rest.chunks_exact(2);
    let found = cases.find(|case| compare::order(subject, &case[0]) == Some(Ordering::Equal));
    match found {
        Some(case) => case[1].clone(),
        None if rest.len() % 2 == 1 => rest[rest.len() - 1].clone(),
        None => Val::Blank,
    }
}

/// The function of this name, in any case.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    let all = [&LOGIC[..], &texts::ALL[..], &numbers::ALL[..], &dates::ALL[..]];
    all.into_iter().flatten().find(|function| function.name.eq_ignore_ascii_case(name))
}
