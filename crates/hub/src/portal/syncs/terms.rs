//! The terms of a sync as its form shows them.

use super::super::Portal;
use super::super::views::syncs::{End, FieldName, MistakeView, Terms, mapping};
use super::super::views::text;
use super::form::Sent;
use super::sync::usual;
use crate::sync::Refused;
use syncline_core::sync::mapping::Mistake;
use syncline_core::sync::{Agreement, Kind, Schema, Sides};

/// What is known when the form is drawn.
#[derive(Default)]
pub(super) struct Known<'a> {
    /// The two sides.
    pub(super) ends: Sides<End>,
    /// The agreement, where it can be read.
    pub(super) agreement: Option<&'a Agreement>,
    /// What fields there are, where that is known.
    pub(super) schemas: Option<&'a Sides<Schema>>,
    /// What is wrong with the agreement.
    pub(super) mistakes: &'a [Mistake],
    /// What is wrong with the form: which field, and why.
    pub(super) problems: Vec<(&'static str, String)>,
    /// What is wrong as a whole.
    pub(super) problem: Option<String>,
    /// Whether it was just checked and nothing is wrong.
    pub(super) fine: bool,
}

/// The form, with everything around it.
pub(super) fn terms(portal: &Portal, sent: &Sent, known: Known<'_>) -> Terms {
    let empty = Sides::<Schema>::default();
    let schemas = known.schemas.unwrap_or(&empty);
    let mistakes: Vec<MistakeView> = known.mistakes.iter().map(MistakeView::of).collect();
    let rows = known
        .agreement
        .map_or_else(Vec::new, |agreement| mapping(agreement, schemas.as_ref(), &known.ends, &mistakes));
    let rules = rows.len();
    Terms {
        form: sent.shown(known.problems),
        problem: known.problem,
        mapping: rows,
        mistakes: { mistakes.into_iter() }
            .filter(|mistake| mistake.rule().is_none_or(|rule| rule >= rules))
            .collect(),
        fields: schemas.as_ref().map(fields),
        fine: known.fine,
        usual: usual(portal),
        ready_made: false,
        ends: known.ends,
    }
}

fn fields(schema: &Schema) -> Vec<(FieldName, String)> {
    let of = |(name, field): (&String, &syncline_core::sync::Field)| {
        let title = if field.title == *name { String::new() } else { field.title.clone() };
        let read_only = if field.writable { "" } else { ", read only" };
        (FieldName { name: name.clone(), title }, format!("{}{read_only}", kind(&field.kind)))
    };
    schema.fields.iter().map(of).collect()
}

fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::List => "list",
        Kind::Number => "number",
        Kind::Bool => "yes or no",
        Kind::Date => "day",
        Kind::DateTime => "moment",
        Kind::Choice(_) => "choice",
        Kind::Choices(_) => "choices",
        Kind::Email => "e-mail address",
        Kind::Phone => "phone number",
        Kind::Url => "web address",
        Kind::Other => "not for mappings",
    }
}

/// A refusal in a sentence.
pub(super) fn sentence(refused: &Refused) -> String {
    text::sentence(&refused.to_string(), 600)
}
