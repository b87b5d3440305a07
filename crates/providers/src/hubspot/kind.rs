//! HubSpot's types of objects: their three names, and what differs from one to the other (HubSpot facts 3, 3.2 and 3.6).

/// A type that every account has.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    id: &'static str,
    plural: &'static str,
    /// As events have it.
    singular: &'static str,
    title: &'static str,
    /// Read where nothing else is wished for: the seed's lists for the first three.
    properties: &'static [&'static str],
    /// What people call a record by: the values that are there, with a blank between them.
    name: &'static [&'static str],
    /// What else they would know it by.
    or: &'static [&'static str],
    /// Whether its archived records can be listed (facts 3.6).
    lists_archived: bool,
}

const fn known(
    (id, plural, singular, title): (&'static str, &'static str, &'static str, &'static str),
    properties: &'static [&'static str],
    name: &'static [&'static str],
) -> Known {
    Known { id, plural, singular, title, properties, name, or: &[], lists_archived: true }
}

const fn engagement(
    names: (&'static str, &'static str, &'static str, &'static str),
    name: &'static [&'static str],
) -> Known {
    Known { lists_archived: false, ..known(names, name, name) }
}

static KNOWN: &[Known] = &[
    Known {
        or: &["domain"],
        ..known(
            ("0-2", "companies", "company", "Companies"),
            &["name", "domain", "industry", "city", "state"],
            &["name"],
        )
    },
    Known {
        or: &["email"],
        ..known(
            ("0-1", "contacts", "contact", "Contacts"),
            &["firstname", "lastname", "email", "phone", "company"],
            &["firstname", "lastname"],
        )
    },
    known(
        ("0-3", "deals", "deal", "Deals"),
        &["dealname", "amount", "dealstage", "pipeline", "closedate"],
        &["dealname"],
    ),
    known(
        ("0-5", "tickets", "ticket", "Tickets"),
        &["subject", "hs_pipeline", "hs_pipeline_stage"],
        &["subject"],
    ),
    known(("0-7", "products", "product", "Products"), &["name", "hs_sku", "price"], &["name"]),
    known(
        ("0-8", "line_items", "line_item", "Line items"),
        &["name", "quantity", "price", "amount"],
        &["name"],
    ),
    known(("0-27", "tasks", "task", "Tasks"), &["hs_task_subject", "hs_task_status"], &["hs_task_subject"]),
    known(("0-115", "users", "user", "Users"), &["hs_email"], &["hs_email"]),
    known(("0-136", "leads", "lead", "Leads"), &["hs_lead_name"], &["hs_lead_name"]),
    engagement(("0-46", "notes", "note", "Notes"), &["hs_note_body"]),
    engagement(("0-47", "meetings", "meeting", "Meetings"), &["hs_meeting_title"]),
    engagement(("0-48", "calls", "call", "Calls"), &["hs_call_title"]),
    engagement(("0-49", "emails", "email", "E-mails"), &["hs_email_subject"]),
];

/// Types of facts 3.6 whose ids the facts do not tell.
const OTHER_ENGAGEMENTS: [&str; 2] = ["communications", "postal_mail"];

/// The types that are read where none are wished for.
pub const USUAL: [&str; 3] = ["companies", "contacts", "deals"];

/// A type of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// As records and paths have it: the plural for types that every account has, the id for an account's own.
    pub object_type: String,
    known: Option<&'static Known>,
}

impl Kind {
    /// The type with this name, whichever of its names it is. A name that is not known is one that the account made.
    pub fn of(name: &str) -> Self {
        let known = KNOWN.iter().find(|known| [known.id, known.plural, known.singular].contains(&name));
        Self { object_type: known.map_or(name, |known| known.plural).to_owned(), known }
    }

    /// The type an event speaks of; none when that is no type of records (`conversation`).
    pub fn of_event(name: &str) -> Option<Self> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let kind = Self::of(name);
        let is_id = || name.split_once('-').is_some_and(|(class, id)| digits(class) && digits(id));
        (kind.known.is_some() || is_id()).then_some(kind)
    }

    /// For people.
    pub fn title(&self) -> String {
        self.known.map_or_else(|| self.object_type.clone(), |known| known.title.to_owned())
    }

    /// Whether the account made it.
    pub fn is_own(&self) -> bool {
        self.known.is_none()
    }

    /// What a record says its last change in (facts 3.2).
    pub fn modified(&self) -> &'static str {
        if self.object_type == "contacts" { "lastmodifieddate" } else { "hs_lastmodifieddate" }
    }

    /// Whether its archived records can be listed.
    pub fn lists_archived(&self) -> bool {
        self.known.map_or_else(
            || !OTHER_ENGAGEMENTS.contains(&self.object_type.as_str()),
            |known| known.lists_archived,
        )
    }

    /// The properties to read when these are wished for: they, or the usual ones, and those that we go by.
    pub fn properties(&self, wished: Option<&[String]>) -> Vec<String> {
        let usual = || self.known.map_or(&["name"][..], |known| known.properties);
        let wished = wished.filter(|wished| !wished.is_empty());
        let chosen: Vec<&str> = match wished {
            Some(wished) => wished.iter().map(String::as_str).collect(),
            None => usual().to_vec(),
        };
        let more = ["createdate", self.modified(), "hs_merged_object_ids"];
        let addresses = (self.object_type == "contacts").then_some("hs_additional_emails");
        let mut properties: Vec<String> = Vec::new();
        for name in chosen.into_iter().chain(more).chain(addresses) {
            if !name.is_empty() && !properties.iter().any(|known| known == name) {
                properties.push(name.to_owned());
            }
        }
        properties
    }

    /// What events of this type begin with, and the type's id where that does not say it (facts 6.2).
    pub fn subject(&self) -> (&'static str, Option<String>) {
        const NAMED: [&str; 6] = ["contact", "company", "deal", "ticket", "product", "line_item"];
        match self.known {
            Some(known) if NAMED.contains(&known.singular) => (known.singular, None),
            Some(known) => ("object", Some(known.id.to_owned())),
            None => ("object", Some(self.object_type.clone())),
        }
    }

    /// What people call a record with these values; none when no value says it.
    pub fn name<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
        let (name, or) = self.known.map_or((&["name"][..], &[][..]), |known| (known.name, known.or));
        let said = |name: &&str| value(name).map(str::trim).filter(|text| !text.is_empty());
        let parts: Vec<&str> = name.iter().filter_map(said).collect();
        if parts.is_empty() { or.iter().find_map(said).map(str::to_owned) } else { Some(parts.join(" ")) }
    }
}
