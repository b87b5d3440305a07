//! The portal's colours can be told apart by people who see less: WCAG 2.2 AA, in light and in dark, computed from the style sheets.

use std::collections::BTreeMap;

const SHEETS: [&str; 5] = [
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/assets/portal.css")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/assets/syncs.css")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/assets/endpoints.css")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/assets/counters.css")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/assets/operate.css")),
];

/// What text needs (1.4.3), and what the edges of controls and the mark of the focus need (1.4.11).
const TEXT: f64 = 4.5;
const EDGE: f64 = 3.0;

/// A colour in light and in dark.
type Both = [Colour; 2];

#[derive(Clone, Copy, Debug, PartialEq)]
struct Colour([f64; 3]);

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#')?;
        let long: String = match digits.len() {
            3 => digits.chars().flat_map(|c| [c, c]).collect(),
            6 => digits.to_owned(),
            _ => return None,
        };
        let part = |at: usize| u8::from_str_radix(&long[at..at + 2], 16).ok().map(f64::from);
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// Relative luminance, as WCAG defines it.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = part / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

/// `light-dark(#fff, #000)`.
fn both(value: &str) -> Option<Both> {
    let inner = value.trim().strip_prefix("light-dark(")?.strip_suffix(')')?;
    let (light, dark) = inner.split_once(',')?;
    Some([Colour::parse(light)?, Colour::parse(dark)?])
}

/// Every custom property that is a pair of colours.
fn variables() -> BTreeMap<String, Both> {
    let declarations = SHEETS.iter().flat_map(|sheet| sheet.split([';', '{', '}']));
    let named = declarations.filter_map(|text| text.trim().strip_prefix("--")?.split_once(':'));
    let colours = named.filter(|(name, _)| *name != "k" && *name != "k-soft");
    colours.filter_map(|(name, value)| Some((name.to_owned(), both(value)?))).collect()
}

fn white() -> Both {
    [Colour([255.0; 3]); 2]
}

fn check(what: &str, front: Both, back: Both, least: f64) -> Vec<String> {
    let themes = ["light", "dark"].into_iter().zip(front.into_iter().zip(back));
    let found = themes.map(|(theme, (front, back))| (theme, front.contrast(back)));
    found
        .filter(|(_, contrast)| *contrast < least)
        .map(|(theme, contrast)| format!("{what} in {theme}: {contrast:.2}, below {least}"))
        .collect()
}

#[test]
fn contrast_is_computed_as_the_standard_says() {
    let colour = |text| Colour::parse(text).unwrap();
    assert!((colour("#fff").contrast(colour("#000000")) - 21.0).abs() < 0.01);
    assert!((colour("#777777").contrast(colour("#ffffff")) - 4.48).abs() < 0.01);
}

#[test]
fn every_text_can_be_read_on_every_ground_it_stands_on() {
    let all = variables();
    let of = |name: &str| *all.get(name).unwrap_or_else(|| panic!("there is no --{name}"));
    let mut wrong = Vec::new();
    let grounds = [
        "ground",
        "ground-2",
        "ground-3",
        "raised",
        "hover",
        "accent-soft",
        "good-soft",
        "warn-soft",
        "bad-soft",
    ];
    for ground in grounds {
        for text in ["ink", "ink-2", "ink-3", "accent"] {
            wrong.extend(check(&format!("{text} on {ground}"), of(text), of(ground), TEXT));
        }
    }
    for text in ["good", "warn", "bad"] {
        for ground in ["ground", "ground-2", "raised", "hover", &format!("{text}-soft")] {
            wrong.extend(check(&format!("{text} on {ground}"), of(text), of(ground), TEXT));
        }
    }
    for fill in ["accent-fill", "accent-fill-2", "bad-fill", "bad-fill-2"] {
        wrong.extend(check(&format!("white on {fill}"), white(), of(fill), TEXT));
    }
    // What is shown inverted: the skip link, toasts.
    wrong.extend(check("ground on ink", of("ground"), of("ink"), TEXT));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_mark_can_be_read() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for block in SHEETS.iter().flat_map(|sheet| sheet.split('}')) {
        let Some((rule, body)) = block.split_once('{') else { continue };
        let declared = |name: &str| {
            let mut all = body.split(';').filter_map(|text| text.trim().split_once(':'));
            all.find(|(known, _)| *known == name).and_then(|(_, value)| both(value))
        };
        if let (Some(text), Some(soft)) = (declared("--k"), declared("--k-soft")) {
            seen += 1;
            wrong.extend(check(rule.trim(), text, soft, TEXT));
        }
        // Parts of JSON stand on the ground of code.
        if rule.trim().starts_with(".j-")
            && let Some(text) = declared("color")
        {
            seen += 1;
            wrong.extend(check(rule.trim(), text, variables()["ground-2"], TEXT));
        }
    }
    assert!(seen >= 10, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn fields_and_the_focus_can_be_seen() {
    let all = variables();
    let mut wrong = Vec::new();
    for ground in ["ground", "ground-2", "raised"] {
        for edge in ["field-line", "focus"] {
            wrong.extend(check(&format!("{edge} on {ground}"), all[edge], all[ground], EDGE));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(SHEETS[0].contains(":focus-visible { outline: 2px solid var(--focus)"), "the focus is drawn");
    assert!(!SHEETS.iter().any(|sheet| sheet.contains("outline: none")), "and nowhere taken away");
}
