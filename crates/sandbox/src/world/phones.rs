//! Phone numbers in the ways people write them.

use super::draw::Draw;
use super::places::Country;

/// A phone number, however it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    code: &'static str,
    trunk: &'static str,
    /// Without either, in groups parted by spaces.
    groups: String,
}

/// How somebody writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `+44 20 7946 0123`
    International,
    /// `+442079460123`
    Compact,
    /// `0044 20 7946 0123`
    Zeros,
    /// `+44 (0)20 7946 0123`
    Both,
    /// `020 7946 0123`
    National,
    /// `(020) 7946 0123`
    Brackets,
    /// `020-7946-0123`
    Dashes,
}

const STYLES: [Style; 10] = [
    Style::International,
    Style::International,
    Style::Compact,
    Style::Compact,
    Style::Compact,
    Style::Zeros,
    Style::Both,
    Style::National,
    Style::Brackets,
    Style::Dashes,
];

/// Any way of writing.
pub(super) fn style(draw: &mut Draw) -> Style {
    *draw.pick(&STYLES)
}

/// A line in `country`, of a range that nobody is given.
pub(super) fn line(draw: &mut Draw, country: &'static Country) -> Line {
    let pattern = *draw.pick(country.lines);
    let groups = pattern.chars().map(|c| if c == '#' { digit(draw, 0) } else { c }).collect();
    Line { code: country.code, trunk: country.trunk, groups }
}

/// The same of any range behind the same area code. The ranges that nobody is given have a hundred numbers or a thousand: of many people most
/// would share theirs with somebody, as they do nowhere.
pub(super) fn any_line(draw: &mut Draw, country: &'static Country) -> Line {
    let pattern = *draw.pick(country.lines);
    let (area, rest) = pattern.split_once(' ').unwrap_or(("", pattern));
    let mut groups = area.to_owned();
    for (place, c) in rest.chars().enumerate() {
        if place == 0 {
            groups.push(' ');
        }
        // In most countries 0 and 1 behind an area code are something else.
        groups.push(if c == ' ' { c } else { digit(draw, if place == 0 { 2 } else { 0 }) });
    }
    Line { code: country.code, trunk: country.trunk, groups }
}

fn digit(draw: &mut Draw, least: u32) -> char {
    let more = u32::try_from(draw.below(10 - least as usize)).unwrap_or(0);
    char::from_digit(least + more, 10).unwrap_or('0')
}

impl Line {
    /// As somebody with this style writes it.
    pub(super) fn written(&self, style: Style) -> String {
        let Self { code, trunk, groups } = self;
        let (first, rest) = groups.split_once(' ').unwrap_or((groups, ""));
        match style {
            Style::International => format!("+{code} {groups}"),
            Style::Compact => format!("+{code}{}", groups.replace(' ', "")),
            Style::Zeros => format!("00{code} {groups}"),
            Style::Both if trunk.is_empty() => format!("+{code} ({first}) {rest}"),
            Style::Both => format!("+{code} ({trunk}){groups}"),
            Style::National => format!("{trunk}{groups}"),
            Style::Brackets => format!("({trunk}{first}) {}", rest.replace(' ', "-")),
            Style::Dashes => format!("{trunk}{}", groups.replace(' ', "-")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_written_in_many_ways() {
        let london = Line { code: "44", trunk: "0", groups: "20 7946 0123".to_owned() };
        let written = |style| london.written(style);
        assert_eq!(written(Style::International), "+44 20 7946 0123");
        assert_eq!(written(Style::Compact), "+442079460123");
        assert_eq!(written(Style::Zeros), "0044 20 7946 0123");
        assert_eq!(written(Style::Both), "+44 (0)20 7946 0123");
        assert_eq!(written(Style::National), "020 7946 0123");
        assert_eq!(written(Style::Brackets), "(020) 7946-0123");
        assert_eq!(written(Style::Dashes), "020-7946-0123");
        let boston = Line { code: "1", trunk: "", groups: "617 555 0123".to_owned() };
        assert_eq!(boston.written(Style::Brackets), "(617) 555-0123");
        assert_eq!(boston.written(Style::Both), "+1 (617) 555 0123");
    }
}
