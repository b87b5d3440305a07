//! What surrounds every page: assets, navigation, the notice after an action.

use super::text;
use askama::filters::Safe;

/// Where the style sheet, scripts and icons are: `/portal/assets/<name>?v=<version>`, cached for ever.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    /// A short hash over all assets, so that a new build is a new address.
    pub version: String,
}

impl Assets {
    /// The address of one asset.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("/portal/assets/{name}?v={}", self.version)
    }

    /// An icon from `icons.svg`, decorative: the text beside it or the label of its button says what it means.
    #[must_use]
    pub fn icon(&self, name: &str) -> Safe<String> {
        let version = text::segment(&self.version);
        Safe(format!(
            "<svg class=\"i\" aria-hidden=\"true\"><use href=\"/portal/assets/icons.svg?v={version}#{name}\"/></svg>"
        ))
    }
}

/// A section of the portal, as the navigation lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What waits for a person, and how everything does.
    Overview,
    /// What happens in the demo, and what can be broken.
    Demo,
    /// Accounts that are connected.
    Connections,
    /// What was read from them.
    Records,
    /// The reading itself.
    Runs,
    /// Accounts that are kept in step.
    Syncs,
    /// What two sides do not agree on.
    Conflicts,
    /// Numbers that a property follows.
    Counters,
    /// Where the application is told.
    Endpoints,
    /// What it was told, and what became of that.
    Deliveries,
    /// The timeline of events.
    Events,
    /// Work in the background, above all what is parked.
    Jobs,
    /// Our registrations at the providers.
    Apps,
    /// Keys of the API.
    Keys,
    /// The keys that seal credentials.
    Sealing,
    /// Who did what.
    Audit,
}

/// A group of sections under one heading. New sections join a group; a thirteenth one still fits.
struct Group {
    label: &'static str,
    sections: &'static [Section],
}

const GROUPS: &[Group] = &[
    Group { label: "Hub", sections: &[Section::Overview] },
    Group { label: "Demo", sections: &[Section::Demo] },
    Group { label: "Accounts", sections: &[Section::Connections, Section::Records, Section::Runs] },
    Group { label: "Two-way sync", sections: &[Section::Syncs, Section::Conflicts] },
    Group { label: "Counting", sections: &[Section::Counters] },
    Group { label: "Notifications", sections: &[Section::Endpoints, Section::Deliveries] },
    Group { label: "Observe", sections: &[Section::Events] },
    Group {
        label: "Operate",
        sections: &[Section::Jobs, Section::Apps, Section::Keys, Section::Sealing, Section::Audit],
    },
];

impl Section {
    fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Demo => "What to look at",
            Self::Connections => "Connections",
            Self::Records => "Records",
            Self::Runs => "Loads",
            Self::Syncs => "Syncs",
            Self::Conflicts => "Conflicts",
            Self::Counters => "Counters",
            Self::Endpoints => "Endpoints",
            Self::Deliveries => "Deliveries",
            Self::Events => "Events",
            Self::Jobs => "Jobs",
            Self::Apps => "Provider apps",
            Self::Keys => "API keys",
            Self::Sealing => "Sealing keys",
            Self::Audit => "Audit log",
        }
    }

    fn href(self) -> &'static str {
        match self {
            Self::Overview => "/portal",
            Self::Demo => "/portal/demo",
            Self::Connections => "/portal/connections",
            Self::Records => "/portal/records",
            Self::Runs => "/portal/runs",
            Self::Syncs => "/portal/syncs",
            Self::Conflicts => "/portal/conflicts",
            Self::Counters => "/portal/counters",
            Self::Endpoints => "/portal/endpoints",
            Self::Deliveries => "/portal/deliveries",
            Self::Events => "/portal/events",
            Self::Jobs => "/portal/jobs",
            Self::Apps => "/portal/apps",
            Self::Keys => "/portal/keys",
            Self::Sealing => "/portal/sealing",
            Self::Audit => "/portal/audit",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Demo => "play",
            Self::Connections => "connections",
            Self::Records => "records",
            Self::Runs => "runs",
            Self::Syncs => "syncs",
            Self::Conflicts => "conflicts",
            Self::Counters => "counters",
            Self::Endpoints => "endpoints",
            Self::Deliveries => "deliveries",
            Self::Events => "events",
            Self::Jobs => "jobs",
            Self::Apps => "apps",
            Self::Keys => "key",
            Self::Sealing => "seal",
            Self::Audit => "audit",
        }
    }
}

/// What every signed-in page needs around its content.
#[derive(Clone, Debug)]
pub struct Shell {
    /// Where the assets are.
    pub assets: Assets,
    /// The section that is open.
    pub section: Section,
    /// The token that every form of this session carries in its hidden field `csrf`.
    pub csrf: String,
    /// Which installation this is, as the operator would name it (the public host); empty hides it.
    pub instance: String,
    /// The version of the running binary, shown small.
    pub release: String,
    /// How many jobs are parked; shown beside Jobs when there are any.
    pub parked: u64,
    /// How many conflicts are open; shown beside Conflicts when there are any.
    pub conflicts: u64,
    /// Whether this hub is part of a demo.
    pub demo: bool,
    /// What the last action did, shown once.
    pub notice: Option<Notice>,
    /// The address of our own page that led here, as the browser says; empty when it does not say, or comes from elsewhere.
    pub came_from: String,
}

/// One line of the navigation, ready to draw.
pub(super) struct NavItem {
    pub(super) label: &'static str,
    pub(super) href: &'static str,
    pub(super) icon: &'static str,
    pub(super) current: bool,
    /// Whether this line shows how many jobs are parked.
    pub(super) counts_parked: bool,
    /// Whether this line shows how many conflicts are open.
    pub(super) counts_conflicts: bool,
}

impl Shell {
    pub(super) fn groups(&self) -> impl Iterator<Item = (&'static str, Vec<NavItem>)> {
        let shown = GROUPS.iter().filter(|group| self.demo || group.sections != &[Section::Demo][..]);
        shown.map(|group| (group.label, group.sections.iter().map(|s| self.item(*s)).collect()))
    }

    /// Where a crumb leads that is about the list at this address: to the list as it was, with its filters and its page, for whoever
    /// comes from there.
    pub(super) fn crumb(&self, list: &str) -> String {
        let path = |address: &str| address.split_once('?').map_or(address.len(), |(path, _)| path.len());
        let is_there = self.came_from[..path(&self.came_from)] == list[..path(list)];
        if is_there { self.came_from.clone() } else { list.to_owned() }
    }

    fn item(&self, section: Section) -> NavItem {
        NavItem {
            label: section.label(),
            href: section.href(),
            icon: section.icon(),
            current: section == self.section,
            counts_parked: section == Section::Jobs,
            counts_conflicts: section == Section::Conflicts,
        }
    }
}

/// A message across the top of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it feels.
    pub tone: Tone,
    /// What it says: one sentence.
    pub text: String,
}

/// How a notice feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Good,
    /// Worth knowing.
    Plain,
    /// It did not work.
    Bad,
}

impl Tone {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Plain => "plain",
            Self::Bad => "bad",
        }
    }

    pub(super) fn icon(self) -> &'static str {
        match self {
            Self::Good => "check",
            Self::Plain => "info",
            Self::Bad => "alert",
        }
    }
}

/// Something to choose from: what is sent, and what is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value in the address.
    pub value: String,
    /// What people read.
    pub label: String,
}
