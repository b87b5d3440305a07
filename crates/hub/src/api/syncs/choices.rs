//! What may be decided about a conflict, for whoever shows it.

use crate::sync::Choice;
use syncline_core::sync::{ConflictKind, Side};

/// The choices that fit. Deletions may be forced besides.
#[must_use]
pub fn of(kind: &ConflictKind) -> Vec<Choice> {
    let sides = |force| Side::BOTH.map(|side| Choice::Side { side, force });
    match kind {
        ConflictKind::Field { .. } => sides(false).to_vec(),
        ConflictKind::Deletion { side, .. } => {
            let mut all = sides(false).to_vec();
            all.push(Choice::Side { side: *side, force: true });
            all
        }
        ConflictKind::Match { candidates, .. } => {
            let each = candidates.iter().map(|id| Choice::Is { id: id.clone() });
            each.chain([Choice::Leave]).collect()
        }
        ConflictKind::Duplicate { .. } => vec![Choice::Leave],
        ConflictKind::Guard { .. } => vec![Choice::Delete, Choice::Keep],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_conflict_has_its_choices_as_the_api_takes_them() {
        let written = |kind: &ConflictKind| serde_json::to_string(&of(kind)).expect("JSON");
        let (side, id) = (Side::Left, "1".to_owned());
        assert_eq!(
            written(&ConflictKind::Field { rule: "name".to_owned() }),
            r#"[{"choice":"side","side":"left","force":false},{"choice":"side","side":"right","force":false}]"#
        );
        assert!(
            written(&ConflictKind::Deletion { side, reason: String::new() })
                .ends_with(r#"{"choice":"side","side":"left","force":true}]"#),
            "the side that deleted may have it carried over by force"
        );
        let candidates = vec!["7".to_owned(), "8".to_owned()];
        assert_eq!(
            written(&ConflictKind::Match { side, id: id.clone(), candidates }),
            r#"[{"choice":"is","id":"7"},{"choice":"is","id":"8"},{"choice":"leave"}]"#
        );
        assert_eq!(
            written(&ConflictKind::Duplicate { side, id: id.clone(), of: id }),
            r#"[{"choice":"leave"}]"#
        );
        assert_eq!(
            written(&ConflictKind::Guard { side, waiting: 3 }),
            r#"[{"choice":"delete"},{"choice":"keep"}]"#
        );
    }
}
