//! How much room a page has. One that would weigh too much is drawn again with shorter texts: whoever wants a text whole opens the page
//! that it belongs to.

use askama::{DynTemplate, Values};
use std::any::Any;

/// The most bytes of a page's HTML. What it asks for besides, packed, stays below 22,000: together less than 100 KB.
pub const MOST: usize = 77_000;

/// How much of their usual length texts get, in percent, from the first try to the last.
const SHARES: [usize; 5] = [100, 50, 25, 10, 4];

/// No text is cut to fewer characters than this.
const SHORTEST: usize = 6;

/// What filters are told when texts are to be shorter than usual.
struct Share(usize);

const SHARE: &str = "share";

impl Values for Share {
    fn get_value<'a>(&'a self, key: &str) -> Option<&'a dyn Any> {
        (key == SHARE).then_some(&self.0 as &dyn Any)
    }
}

/// The most characters of a text that has `max` of them where there is room.
pub(super) fn room(values: &dyn Values, max: usize) -> usize {
    let share = askama::get_value::<usize>(values, SHARE).copied().unwrap_or(100);
    (max * share / 100).max(max.min(SHORTEST))
}

/// Draws a page; with shorter texts where it would be larger than [`MOST`].
///
/// # Errors
/// What the template says.
pub fn draw(page: &dyn DynTemplate) -> askama::Result<String> {
    let mut drawn = String::new();
    for share in SHARES {
        drawn = page.dyn_render_with_values(&Share(share))?;
        if drawn.len() <= MOST {
            break;
        }
    }
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::views::filters;
    use askama::Template;

    #[derive(Template)]
    #[template(source = "{% for text in texts %}<p>{{ text|preview(200) }}</p>{% endfor %}", ext = "html")]
    struct Page {
        texts: Vec<String>,
    }

    fn drawn(texts: usize, text: &str) -> String {
        draw(&Page { texts: vec![text.repeat(1_000); texts] }).expect("it has no errors")
    }

    #[test]
    fn texts_are_shorter_only_where_a_page_would_be_too_large() {
        assert_eq!(drawn(2, "a").matches('a').count(), 400);
        assert_eq!(drawn(500, "a").matches('a').count(), 500 * 100);
        let least = drawn(500, "<");
        assert!(least.len() <= MOST && least.matches("&#60;").count() == 500 * 20, "{}", least.len());
    }

    #[test]
    fn what_is_short_already_is_not_cut() {
        assert_eq!((room(&Share(10), 4), room(&Share(10), 50), room(&Share(10), 400)), (4, 6, 40));
        assert_eq!(room(askama::NO_VALUES, 60), 60);
    }
}
