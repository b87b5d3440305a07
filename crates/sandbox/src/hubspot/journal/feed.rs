//! An app's journal: events gathered into files, found again by their offsets (HubSpot facts 6.7).

use super::entry::Entry;
use super::settings::Settings;
use crate::house::clock::iso;
use std::collections::VecDeque;

/// An app's journal.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    files: VecDeque<File>,
    gathered: Vec<Line>,
    bytes: usize,
    /// Whether somebody will come and cut what is gathered.
    pub(crate) cut_is_due: bool,
}

/// A file.
#[derive(Debug)]
pub(crate) struct File {
    /// Its offset.
    pub(crate) offset: String,
    published_at: i64,
    lines: Vec<Line>,
}

/// An event, written already.
#[derive(Debug)]
struct Line {
    portal: u64,
    text: Box<str>,
}

impl Feed {
    /// Adds an event; tells whether the file is full.
    pub(crate) fn add(&mut self, entry: &Entry, settings: &Settings) -> bool {
        let text = serde_json::to_string(entry).unwrap_or_default().into_boxed_str();
        self.bytes += text.len() + 1;
        self.gathered.push(Line { portal: entry.portal_id, text });
        self.gathered.len() >= settings.file_events.max(1) || self.bytes >= settings.file_bytes
    }

    /// Publishes what is gathered, if anything is.
    pub(crate) fn cut(&mut self, offset: impl FnOnce() -> String, now: i64) {
        if self.gathered.is_empty() {
            return;
        }
        self.bytes = 0;
        let lines = std::mem::take(&mut self.gathered);
        self.files.push_back(File { offset: offset(), published_at: now, lines });
    }

    /// Forgets what is too old.
    pub(crate) fn forget(&mut self, now: i64, kept_ms: i64) {
        while self.files.front().is_some_and(|file| now - file.published_at >= kept_ms) {
            self.files.pop_front();
        }
    }

    /// The files that tell of `portal` (none: of anybody), oldest first.
    pub(crate) fn files(&self, portal: Option<u64>) -> impl DoubleEndedIterator<Item = &File> {
        self.files.iter().filter(move |file| file.tells_of(portal))
    }

    /// The files after this offset; none when it is not known.
    pub(crate) fn after(&self, offset: &str, portal: Option<u64>) -> Option<impl Iterator<Item = &File>> {
        let at = self.files.iter().position(|file| file.offset == offset)?;
        Some(self.files.range(at + 1..).filter(move |file| file.tells_of(portal)))
    }

    /// The file with this offset.
    pub(crate) fn file(&self, offset: &str) -> Option<&File> {
        self.files.iter().find(|file| file.offset == offset)
    }
}

impl File {
    fn tells_of(&self, portal: Option<u64>) -> bool {
        portal.is_none_or(|portal| self.lines.iter().any(|line| line.portal == portal))
    }

    /// The file's text; what it tells of one account where one is named.
    pub(crate) fn text(&self, portal: Option<u64>) -> String {
        let told = self.lines.iter().filter(|line| portal.is_none_or(|portal| line.portal == portal));
        let events: Vec<&str> = told.map(|line| &*line.text).collect();
        format!(
            r#"{{"offset":"{}","journalEvents":[{}],"publishedAt":"{}"}}"#,
            self.offset,
            events.join(","),
            iso(self.published_at)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::subscription::Action;
    use super::*;
    use std::collections::BTreeMap;

    fn entry(portal_id: u64) -> Entry {
        Entry {
            kind: "crmObject",
            portal_id,
            occurred_at: iso(0),
            action: Action::Create,
            object_type_id: "0-1".to_owned(),
            object_id: 1,
            property_changes: BTreeMap::new(),
            association: None,
        }
    }

    fn feed() -> Feed {
        let mut feed = Feed::default();
        for (offset, portals) in [("a", &[1_u64, 2][..]), ("b", &[2]), ("c", &[1])] {
            for portal in portals {
                feed.add(&entry(*portal), &Settings::default());
            }
            feed.cut(|| offset.to_owned(), 100);
        }
        feed
    }

    fn offsets<'a>(files: impl Iterator<Item = &'a File>) -> Vec<&'a str> {
        files.map(|file| &*file.offset).collect()
    }

    #[test]
    fn files_are_found_after_an_offset_and_by_account() {
        let feed = feed();
        assert_eq!(offsets(feed.files(None)), ["a", "b", "c"]);
        assert_eq!(offsets(feed.files(Some(1))), ["a", "c"]);
        assert_eq!(offsets(feed.after("a", None).expect("known")), ["b", "c"]);
        assert_eq!(offsets(feed.after("a", Some(1)).expect("known")), ["c"]);
        assert!(offsets(feed.after("c", None).expect("known")).is_empty());
        assert!(feed.after("z", None).is_none());
    }

    #[test]
    fn a_file_tells_of_one_account_where_one_is_named() {
        let feed = feed();
        let file = feed.file("a").expect("there");
        let count = |portal| {
            let json: serde_json::Value = serde_json::from_str(&file.text(portal)).expect("JSON");
            assert_eq!((&json["offset"], &json["publishedAt"]), (&"a".into(), &iso(100).into()));
            json["journalEvents"].as_array().expect("a list").len()
        };
        assert_eq!((count(None), count(Some(2)), count(Some(3))), (2, 1, 0));
    }

    #[test]
    fn a_file_is_full_at_its_events_or_its_bytes_and_old_ones_are_forgotten() {
        let small = Settings { file_events: 2, ..Settings::default() };
        let mut feed = Feed::default();
        assert!(!feed.add(&entry(1), &small) && feed.add(&entry(1), &small));
        let few_bytes = Settings { file_bytes: 10, ..Settings::default() };
        assert!(Feed::default().add(&entry(1), &few_bytes));
        feed.cut(|| "a".to_owned(), 100);
        feed.cut(|| panic!("there is nothing to cut"), 100);
        feed.forget(109, 10);
        assert!(feed.file("a").is_some());
        feed.forget(110, 10);
        assert!(feed.file("a").is_none());
    }
}
