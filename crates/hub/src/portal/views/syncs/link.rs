//! Links: which record of one side is which of the other, and rule by rule what both show and last agreed on.

use super::super::filters;
use super::super::narrow::Narrow;
use super::super::shell::Shell;
use super::super::text;
use super::around::SideEvent;
use super::conflict::ConflictCard;
use super::ends::{self, End, RecordRef};
use super::history::HistoryView;
use super::list::SyncRow;
use super::values::{Cell, HeldView};
use askama::Template;
use syncline_core::sync::{ConflictKind, Side, Sides};

/// A link in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkCard {
    /// Its id.
    pub id: String,
    /// The sync.
    pub sync_id: String,
    /// What people call the two records; may be empty.
    pub name: String,
    /// The ids of the two records.
    pub ids: Sides<Option<String>>,
    /// How it is (`linked`).
    pub state: String,
    /// What there is to know of it (`held`).
    pub trouble: String,
    /// When it last changed, RFC 3339.
    pub updated_at: String,
}

impl LinkCard {
    pub(super) fn href(&self) -> String {
        format!("/portal/syncs/{}/links/{}", text::segment(&self.sync_id), text::segment(&self.id))
    }

    /// How it is: class and word. What needs a person comes first.
    pub(super) fn mark(&self) -> (&'static str, &'static str) {
        match (self.trouble.as_str(), self.state.as_str()) {
            ("conflict", _) => ("k-delete", "Conflict"),
            (_, "ended") => ("", "Ended"),
            (_, "creating") => ("k-message", "Being created"),
            ("held", _) => ("k-warn", "Value held"),
            _ => ("k-create", "Linked"),
        }
    }

    pub(super) fn title(&self) -> &str {
        let id = self.ids.left.as_deref().or(self.ids.right.as_deref());
        if self.name.is_empty() { id.unwrap_or(&self.id) } else { &self.name }
    }

    fn is_over(&self) -> bool {
        self.state == "ended"
    }
}

/// The links of a sync.
#[derive(Debug, Template)]
#[template(path = "syncs/links_page.html")]
pub struct LinksPage {
    /// The surroundings.
    pub shell: Shell,
    /// The sync.
    pub sync: SyncRow,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// The links.
    pub rows: Vec<LinkCard>,
    /// The cursor of the page after this one, where there is one.
    pub next: Option<String>,
}

/// How the two sides stand to each other in a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Both show what they last agreed on.
    Agreed,
    /// Only the left side changed since.
    LeftChanged,
    /// Only the right side changed since.
    RightChanged,
    /// Both changed since.
    BothChanged,
    /// They were never compared.
    #[default]
    New,
    /// What one of them shows is not known.
    Unknown,
}

/// A rule, with what both sides show and what they last agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleView {
    /// Its name.
    pub name: String,
    /// What each side shows now; none where its record is not there.
    pub now: Sides<Option<Vec<Cell>>>,
    /// What each showed when they last agreed; none when they never did.
    pub base: Option<Sides<Vec<Cell>>>,
    /// Since when that is known of each, RFC 3339.
    pub known_at: Sides<Option<String>>,
    /// How they stand to each other.
    pub standing: Standing,
    /// Whether there is an open conflict about it.
    pub disputed: bool,
    /// What is held.
    pub held: Vec<HeldView>,
}

impl RuleView {
    /// What the sides last agreed on, side by side; none of a side that shows just that now.
    fn agreed(&self) -> Option<Sides<Option<&Vec<Cell>>>> {
        let base = self.base.as_ref()?;
        let differs = |side: Side| Some(&base[side]).filter(|base| self.now[side].as_ref() != Some(base));
        Some(Sides::of(differs))
    }

    /// Class and word.
    fn mark(&self, names: &Sides<String>) -> (&'static str, String) {
        match self.standing {
            _ if self.disputed => ("k-delete", "Conflict".to_owned()),
            _ if !self.held.is_empty() => ("k-warn", "Held".to_owned()),
            Standing::Agreed => ("k-create", "Agreed".to_owned()),
            Standing::LeftChanged => ("k-message", format!("Changed at {}", names.left)),
            Standing::RightChanged => ("k-message", format!("Changed at {}", names.right)),
            Standing::BothChanged => ("k-message", "Both changed".to_owned()),
            Standing::New => ("", "Not compared yet".to_owned()),
            Standing::Unknown => ("", "Not known".to_owned()),
        }
    }
}

/// One link with everything that is known about it.
#[derive(Debug, Template)]
#[template(path = "syncs/link.html")]
pub struct LinkPage {
    /// The surroundings.
    pub shell: Shell,
    /// The sync.
    pub sync: SyncRow,
    /// The link.
    pub link: LinkCard,
    /// What there is to say about its state.
    pub says: Option<String>,
    /// The two records.
    pub records: Sides<Option<RecordRef>>,
    /// The rules, all of them.
    pub rules: Vec<RuleView>,
    /// The first of them that is shown: many have pages of their own.
    pub first_rule: usize,
    /// What a person decided and is still to be carried out: what about, and what.
    pub decisions: Vec<(String, String)>,
    /// What each side refuses although no rule says so.
    pub refused: Vec<HeldView>,
    /// Facts: label and value.
    pub facts: Vec<(String, String)>,
    /// Moments: label and RFC 3339.
    pub times: Vec<(String, String)>,
    /// Its conflicts, latest first.
    pub conflicts: Vec<ConflictCard>,
    /// Its history, latest first.
    pub history: Vec<HistoryView>,
    /// Whether there is more history than is shown.
    pub more_history: bool,
    /// The latest webhook events about both records, latest first.
    pub events: Vec<SideEvent>,
}

/// Rules that are shown at once.
const RULES: usize = 10;

impl LinkPage {
    fn names(&self) -> Sides<String> {
        ends::names(&self.sync.ends)
    }

    /// The first rule that is shown. An address may name one that there is not any more.
    fn first(&self) -> usize {
        if self.first_rule < self.rules.len() { self.first_rule } else { 0 }
    }

    fn shown_rules(&self) -> &[RuleView] {
        let first = self.first();
        &self.rules[first..self.rules.len().min(first + RULES)]
    }

    /// The page with the rules before these.
    fn rules_before(&self) -> Option<String> {
        (self.first() > 0).then(|| self.rules_from(self.first().saturating_sub(RULES)))
    }

    /// The page with the rules behind these.
    fn rules_behind(&self) -> Option<String> {
        let next = self.first() + RULES;
        (next < self.rules.len()).then(|| self.rules_from(next))
    }

    fn rules_from(&self, first: usize) -> String {
        let query = if first == 0 { String::new() } else { format!("?rule={first}") };
        format!("{}{query}#h-rules", self.link.href())
    }

    fn history_href(&self) -> String {
        self.sync.narrowed("history", "link", &self.link.id)
    }

    fn back(&self) -> String {
        self.link.href()
    }

    /// On a link's own page its records are not named again.
    fn of_one(&self) -> bool {
        true
    }

    fn with_sync(&self) -> bool {
        false
    }
}

/// What a record is synced with, for its own page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncedWith {
    /// The link.
    pub link: LinkCard,
    /// What people call the sync.
    pub sync_name: String,
    /// The other side.
    pub other: End,
    /// The id of the other side's record; none until it is created.
    pub other_id: Option<String>,
    /// Its page here.
    pub other_href: Option<String>,
}

impl SyncedWith {
    pub(in super::super) fn href(&self) -> String {
        self.link.href()
    }

    pub(in super::super) fn mark(&self) -> (&'static str, &'static str) {
        self.link.mark()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_person_is_said_first() {
        let mark = |state: &str, trouble: &str| {
            LinkCard { state: state.to_owned(), trouble: trouble.to_owned(), ..LinkCard::default() }.mark().1
        };
        assert_eq!(mark("linked", "none"), "Linked");
        assert_eq!(mark("linked", "held"), "Value held");
        assert_eq!(mark("creating", "held"), "Being created");
        assert_eq!(mark("ended", "none"), "Ended");
        assert_eq!(mark("ended", "conflict"), "Conflict");
    }

    #[test]
    fn a_conflict_hides_what_else_is_to_be_said_of_a_rule() {
        let names = Sides { left: "HubSpot".to_owned(), right: "10to8".to_owned() };
        let rule = RuleView { standing: Standing::LeftChanged, ..RuleView::default() };
        assert_eq!(rule.mark(&names).1, "Changed at HubSpot");
        let held = RuleView { held: vec![HeldView::default()], ..rule };
        assert_eq!(held.mark(&names).1, "Held");
        assert_eq!(RuleView { disputed: true, ..held }.mark(&names).1, "Conflict");
    }
}
