//! Lists short enough to be read as a whole, narrowed and turned into pages in memory.

/// Rows on a page.
const PAGE: usize = 50;

/// The page of `all` behind the one whose id is `cursor`, and the cursor of the page after it. An id that is not there is the beginning.
pub(super) fn page<T>(mut all: Vec<T>, cursor: &str, id: impl Fn(&T) -> &str) -> (Vec<T>, Option<String>) {
    let begin = all.iter().position(|one| id(one) == cursor).map_or(0, |place| place + 1);
    all.drain(..begin);
    let older = all.get(PAGE - 1).filter(|_| all.len() > PAGE).map(|last| id(last).to_owned());
    all.truncate(PAGE);
    (all, older)
}

/// Whether `text` has `part` in it, in whichever case.
pub(super) fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_without_a_gap() {
        let all: Vec<String> = (100..220).map(|number: u32| number.to_string()).collect();
        let (mut seen, mut cursor) = (Vec::new(), Some(String::new()));
        while let Some(at) = cursor {
            let (rows, older) = page(all.clone(), &at, |id| id);
            assert!((1..=PAGE).contains(&rows.len()));
            seen.extend(rows);
            cursor = older;
        }
        assert_eq!(seen, all);
        assert_eq!(
            page(all[..PAGE].to_vec(), "", |id| id).1,
            None,
            "no page follows a full one that is the last"
        );
    }
}
