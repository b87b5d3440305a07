//! What may stand in a query (10to8 facts 3 and 5).

use super::answers::{Refused, wrong};
use super::settings::{Lists, NextStyle, WrongLimit};
use data_encoding::BASE64URL_NOPAD;

/// Reads a boolean as Python writes it, and as others do.
fn boolean(name: &str, text: &str) -> Result<bool, Refused> {
    match text {
        "True" | "true" | "1" => Ok(true),
        "False" | "false" | "0" => Ok(false),
        _ => Err(wrong(name, "Must be a valid boolean.")),
    }
}

/// The last value of a parameter.
fn last(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key == name)
        .last()
        .map(|(_, value)| value.into_owned())
}

/// `force`, or what it is when it is not given.
pub(super) fn force(query: &str, default: bool) -> Result<bool, Refused> {
    last(query, "force").map_or(Ok(default), |text| boolean("force", &text))
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// With so many before it.
    Offset(usize),
    /// After this index.
    After(usize),
}

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) include_deleted: bool,
    pub(super) limit: usize,
    pub(super) start: Start,
}

impl Wanted {
    /// Reads it from a query.
    pub(super) fn read(query: &str, lists: &Lists) -> Result<Self, Refused> {
        let include_deleted = last(query, "include_deleted")
            .map_or(Ok(lists.include_deleted_default), |text| boolean("include_deleted", &text))?;
        let limit = limit(last(query, "limit").as_deref(), lists)?;
        let start = match (last(query, "cursor"), last(query, "offset")) {
            (Some(cursor), _) => Start::After(read_cursor(&cursor).ok_or(Refused::WrongCursor)?),
            (None, Some(offset)) => Start::Offset(offset.parse().unwrap_or(0)),
            (None, None) => Start::Offset(0),
        };
        Ok(Self { include_deleted, limit, start })
    }

    /// The query of the page that follows one that ended with `index` and held a full page.
    pub(super) fn next(&self, index: usize, lists: &Lists) -> String {
        let Self { include_deleted, limit, start } = self;
        let flag = if *include_deleted { "True" } else { "False" };
        match (lists.next, start) {
            (NextStyle::Offset, Start::Offset(before)) => {
                format!("include_deleted={flag}&limit={limit}&offset={}", before + limit)
            }
            _ => {
                let cursor = BASE64URL_NOPAD.encode(format!("p={index}").as_bytes());
                format!("cursor={cursor}&include_deleted={flag}&limit={limit}")
            }
        }
    }
}

fn limit(text: Option<&str>, lists: &Lists) -> Result<usize, Refused> {
    let Some(text) = text else { return Ok(lists.default_limit.clamp(1, lists.max_limit.max(1))) };
    let given = text.parse::<usize>().ok().filter(|limit| *limit > 0);
    match (given, lists.wrong_limit) {
        (Some(limit), _) if limit <= lists.max_limit => Ok(limit),
        (Some(_), WrongLimit::Adjust) => Ok(lists.max_limit.max(1)),
        (None, WrongLimit::Adjust) => Ok(lists.default_limit.clamp(1, lists.max_limit.max(1))),
        (Some(_), WrongLimit::Refuse) => {
            Err(wrong("limit", format!("Ensure this value is less than or equal to {}.", lists.max_limit)))
        }
        (None, WrongLimit::Refuse) => Err(wrong("limit", "A valid integer is required.")),
    }
}

fn read_cursor(text: &str) -> Option<usize> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("p=")?.parse().ok()
}

/// The entries of one page out of `items`, with their indices, and the query of the next one.
pub(super) fn page<'a, T>(
    items: &'a [T],
    wanted: &Wanted,
    lists: &Lists,
    shown: impl Fn(&T) -> bool,
) -> (Vec<(usize, &'a T)>, Option<String>) {
    let all: Box<dyn Iterator<Item = (usize, &'a T)>> = match (wanted.start, lists.newest_first) {
        (Start::After(index), true) => Box::new(items[..index.min(items.len())].iter().enumerate().rev()),
        (Start::After(index), false) => {
            let first = index.saturating_add(1).min(items.len());
            Box::new((first..).zip(&items[first..]))
        }
        (Start::Offset(_), true) => Box::new(items.iter().enumerate().rev()),
        (Start::Offset(_), false) => Box::new(items.iter().enumerate()),
    };
    let before = if let Start::Offset(before) = wanted.start { before } else { 0 };
    let mut rest = all.filter(|(_, item)| shown(item)).skip(before);
    let entries: Vec<(usize, &T)> = rest.by_ref().take(wanted.limit).collect();
    let is_full = entries.len() == wanted.limit;
    let has_next = is_full && (lists.empty_last_page || rest.next().is_some());
    let next = entries.last().filter(|_| has_next).map(|(index, _)| wanted.next(*index, lists));
    (entries, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, proptest};

    proptest! {
        #[test]
        fn no_query_makes_it_panic(text in ".*", index in any::<usize>(), newest_first in any::<bool>()) {
            let lists = Lists { newest_first, ..Lists::default() };
            for query in [text.clone(), format!("cursor={text}&limit=1"), format!("offset={index}&limit={index}")] {
                if let Ok(wanted) = Wanted::read(&query, &lists) {
                    let (entries, _) = page(&[1, 2, 3], &wanted, &lists, |_| true);
                    assert!(entries.len() <= 3);
                }
            }
            let wanted = Wanted { include_deleted: true, limit: 2, start: Start::After(index) };
            let (entries, _) = page(&[1, 2, 3], &wanted, &lists, |_| true);
            assert!(entries.iter().all(|(at, _)| if newest_first { *at < index } else { *at > index }));
        }
    }

    fn walk(lists: &Lists, query: &str) -> Vec<Vec<usize>> {
        let items: Vec<usize> = (0..7).collect();
        let (mut pages, mut query) = (Vec::new(), Some(query.to_owned()));
        while let Some(text) = query {
            let wanted = Wanted::read(&text, lists).expect("a query");
            let (entries, next) = page(&items, &wanted, lists, |item| wanted.include_deleted || *item != 2);
            pages.push(entries.into_iter().map(|(index, _)| index).collect());
            query = next;
        }
        pages
    }

    #[test]
    fn pages_follow_each_other_whatever_next_looks_like() {
        for next in [NextStyle::Cursor, NextStyle::Offset] {
            let lists = Lists { next, ..Lists::default() };
            assert_eq!(walk(&lists, "limit=3"), [vec![0, 1, 3], vec![4, 5, 6]]);
            assert_eq!(walk(&lists, "limit=3&include_deleted=True"), [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
            let newest_first = Lists { newest_first: true, ..lists.clone() };
            assert_eq!(walk(&newest_first, "limit=4"), [vec![6, 5, 4, 3], vec![1, 0]]);
            let empty_last = Lists { empty_last_page: true, ..lists };
            assert_eq!(walk(&empty_last, "limit=3"), [vec![0, 1, 3], vec![4, 5, 6], vec![]]);
        }
    }

    #[test]
    fn booleans_are_read_as_python_writes_them() {
        for (text, read) in
            [("True", true), ("true", true), ("1", true), ("False", false), ("false", false), ("0", false)]
        {
            assert_eq!(force(&format!("force={text}"), !read), Ok(read));
        }
        assert_eq!(force("", true), Ok(true));
        assert_eq!(force("force=yes", true), Err(wrong("force", "Must be a valid boolean.")));
    }

    #[test]
    fn a_wrong_limit_is_adjusted_or_refused() {
        let adjust = Lists { default_limit: 20, max_limit: 50, ..Lists::default() };
        let refuse = Lists { wrong_limit: WrongLimit::Refuse, ..adjust.clone() };
        for (text, adjusted) in [("51", 50), ("0", 20), ("-1", 20), ("ten", 20), ("50", 50)] {
            assert_eq!(limit(Some(text), &adjust), Ok(adjusted), "{text}");
            assert_eq!(limit(Some(text), &refuse).is_ok(), text == "50", "{text}");
        }
        assert_eq!(limit(None, &refuse), Ok(20));
    }

    #[test]
    fn a_cursor_that_was_not_made_here_is_refused() {
        for cursor in ["x", "cD0", "", "cD0tMQ", "%F0%9F%98%80"] {
            let query = format!("cursor={cursor}");
            assert_eq!(Wanted::read(&query, &Lists::default()), Err(Refused::WrongCursor), "{cursor}");
        }
    }
}
