//! Lists that are looked through: what no index leads to is looked for row by row, in pages of a bounded effort.

use serde_json::Value;
use syncline_store::StoreError;

/// Rows read at once while something is looked for.
const PIECE: u32 = 500;
/// The most rows that one page looks at; the next page goes on behind them.
pub(super) const LOOKED_AT: usize = 5_000;

/// What a page of such a list found.
pub(super) struct Found<T, At> {
    /// The rows that fit.
    pub(super) rows: Vec<T>,
    /// Where the next page begins, where there is one.
    pub(super) next: Option<At>,
}

/// Up to `page` rows beyond `start` that fit; `read` answers so many rows beyond a place, and `place` says where a row stands. Without
/// `fits` every row does.
pub(super) async fn through<T, At: Copy, Read: Future<Output = Result<Vec<T>, StoreError>>>(
    start: Option<At>,
    page: usize,
    read: impl Fn(Option<At>, u32) -> Read,
    place: impl Fn(&T) -> At,
    fits: Option<impl Fn(&T) -> bool>,
) -> Result<Found<T, At>, StoreError> {
    let piece = if fits.is_some() { PIECE } else { u32::try_from(page).unwrap_or(PIECE) + 1 };
    let (mut rows, mut at, mut looked_at) = (Vec::new(), start, 0);
    loop {
        let read = read(at, piece).await?;
        let is_last = read.len() < piece as usize;
        for row in read {
            if rows.len() == page {
                return Ok(Found { rows, next: at });
            }
            (at, looked_at) = (Some(place(&row)), looked_at + 1);
            if fits.as_ref().is_none_or(|fits| fits(&row)) {
                rows.push(row);
            }
        }
        if is_last {
            return Ok(Found { rows, next: None });
        }
        if looked_at >= LOOKED_AT {
            return Ok(Found { rows, next: at });
        }
    }
}

/// Whether a text or a number anywhere in this JSON, names of fields apart, has `wanted` in it, which is in lower case.
pub(super) fn mentions(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => has(text, wanted),
        Value::Number(number) => has(&number.to_string(), wanted),
        Value::Array(all) => all.iter().any(|one| mentions(one, wanted)),
        Value::Object(all) => all.values().any(|one| mentions(one, wanted)),
        Value::Null | Value::Bool(_) => false,
    }
}

/// Whether a text has `wanted` in it, which is in lower case.
pub(super) fn has(text: &str, wanted: &str) -> bool {
    text.to_lowercase().contains(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The numbers up to `last`, so many at a time.
    async fn numbers(last: u64, after: Option<u64>, limit: u32) -> Result<Vec<u64>, StoreError> {
        Ok((after.map_or(1, |after| after + 1)..=last).take(limit as usize).collect())
    }

    #[tokio::test]
    async fn every_page_goes_on_where_the_last_one_ended() {
        for (step, last) in [(1, 60), (7, 700), (400, 20_000), (30_000, 20_000)] {
            let (mut seen, mut start, mut pages) = (Vec::new(), None, 0);
            loop {
                let found = through(
                    start,
                    25,
                    |after, limit| numbers(last, after, limit),
                    |n| *n,
                    Some(|n: &u64| n.is_multiple_of(step)),
                )
                .await
                .unwrap();
                assert!(found.rows.len() <= 25);
                seen.extend(found.rows);
                pages += 1;
                match found.next {
                    Some(next) => start = Some(next),
                    None => break,
                }
            }
            assert_eq!(
                seen,
                (1..=last).filter(|n| n.is_multiple_of(step)).collect::<Vec<_>>(),
                "every {step} of {last}"
            );
            assert!(pages >= last as usize / LOOKED_AT, "{pages} pages looked at too much");
        }
    }

    #[test]
    fn values_are_looked_at_and_names_of_fields_are_not() {
        let detail = json!({ "rules": [{ "before": ["Ada", 7], "held": true }] });
        assert!(mentions(&detail, "ada") && mentions(&detail, "7"));
        assert!(!mentions(&detail, "rules") && !mentions(&detail, "true") && !mentions(&detail, "bob"));
    }
}
