//! The page of the demo.

use super::filters;
use super::shell::Shell;
use super::text;
use askama::Template;
use serde::Deserialize;

/// What to look at, what happened, what can be broken.
#[derive(Debug, Template)]
#[template(path = "demo/index.html")]
pub struct DemoPage {
    /// The surroundings.
    pub shell: Shell,
    /// Whether everything is set up.
    pub is_ready: bool,
    /// Whether the director did not answer.
    pub is_away: bool,
    /// The simulated providers' own page.
    pub sandbox: String,
    /// What to look at, in this order.
    pub steps: Vec<Step>,
    /// What happened, the latest first.
    pub lately: Vec<Line>,
    /// What can be broken.
    pub breakages: Vec<Breakage>,
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Step {
    /// What it is.
    pub title: String,
    /// What one sees there.
    pub text: String,
    /// Where: a page of the portal.
    pub link: String,
    /// What the link is called.
    pub label: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// When, RFC 3339.
    pub at: String,
    /// `setup`, `people`, `mishap`, `broken` or `healed`.
    pub mark: String,
    /// What.
    pub text: String,
}

impl Line {
    /// What people read of its kind, and how that looks.
    fn kind(&self) -> (&'static str, &'static str) {
        match self.mark.as_str() {
            "broken" => ("Broken", "k-delete"),
            "healed" => ("Whole", "k-create"),
            "mishap" => ("Mishap", "k-warn"),
            "people" => ("People", "k-change"),
            _ => ("Setup", "k-message"),
        }
    }
}

/// Something that can be broken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Breakage {
    /// Its name in addresses.
    pub name: String,
    /// What people read on the button.
    pub label: String,
    /// What comes of it.
    pub what: String,
    /// Whether it is broken right now.
    pub is_broken: bool,
}

impl Breakage {
    fn action(&self) -> String {
        format!("/portal/demo/break/{}", text::segment(&self.name))
    }
}
