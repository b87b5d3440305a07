//! Fields of forms, as the templates `form/field.html` and `form/choice.html` draw them: the label, what is wrong and the hint belong to
//! the field for whoever hears the page, and look alike in every form.

use std::borrow::Cow;

/// How a field is filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Input {
    /// A line of text.
    #[default]
    Line,
    /// A whole number.
    Number,
    /// An address.
    Url,
    /// What is not shown again, nor while it is typed.
    Secret,
    /// So many lines of text.
    Text(u8),
}

/// A field that something is typed into.
#[derive(Clone, Debug, Default)]
pub(super) struct Field<'a> {
    /// What the form sends it as; its id as well.
    pub(super) name: &'static str,
    /// What people call it.
    pub(super) label: &'static str,
    /// What was typed, or what there is; a secret has none.
    pub(super) value: &'a str,
    /// How it is filled in.
    pub(super) input: Input,
    /// Whether it may be left empty, and the label says so.
    pub(super) optional: bool,
    /// Whether browsers insist on it.
    pub(super) required: bool,
    /// Whether it is shown and cannot be changed.
    pub(super) fixed: bool,
    /// What it looks like, while it is empty.
    pub(super) placeholder: Cow<'a, str>,
    /// What to know about it. What stands between backticks is code.
    pub(super) hint: Cow<'a, str>,
    /// What is wrong with it.
    pub(super) problem: Option<&'a str>,
    /// The id of the list of suggestions; empty without one.
    pub(super) list: &'static str,
    /// Classes besides `field`.
    pub(super) class: &'static str,
}

impl Field<'_> {
    /// How many lines it has, where it has several.
    pub(super) fn rows(&self) -> Option<u8> {
        if let Input::Text(rows) = self.input { Some(rows) } else { None }
    }

    pub(super) fn html_type(&self) -> &'static str {
        match self.input {
            Input::Url => "url",
            Input::Secret => "password",
            Input::Line | Input::Number | Input::Text(_) => "text",
        }
    }

    pub(super) fn is_number(&self) -> bool {
        self.input == Input::Number
    }

    pub(super) fn is_secret(&self) -> bool {
        self.input == Input::Secret
    }

    /// The hint in parts: whether each is code, and what it says.
    pub(super) fn hints(&self) -> Vec<(bool, &str)> {
        let parts = self.hint.split('`').enumerate().map(|(at, part)| (at % 2 == 1, part));
        parts.filter(|(_, part)| !part.is_empty()).collect()
    }
}

/// A field that one of a few things is chosen in.
#[derive(Clone, Debug, Default)]
pub(super) struct Choose<'a> {
    /// What the form sends it as; its id as well.
    pub(super) name: &'static str,
    /// What people call it.
    pub(super) label: &'static str,
    /// What is chosen; the first when that is none of them.
    pub(super) value: &'a str,
    /// What there is to choose from: what is sent, and what is read.
    pub(super) choices: Vec<(&'a str, &'a str)>,
    /// What is wrong with it.
    pub(super) problem: Option<&'a str>,
    /// Classes besides `field`.
    pub(super) class: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        let hints = |hint: &'static str| Field { hint: hint.into(), ..Field::default() }.hints().len();
        assert_eq!((hints(""), hints("One"), hints("`a`"), hints("One `a`, or `b`.")), (0, 1, 1, 5));
        let field = Field { hint: "One `a`.".into(), ..Field::default() };
        assert_eq!(field.hints(), [(false, "One "), (true, "a"), (false, ".")]);
    }
}
