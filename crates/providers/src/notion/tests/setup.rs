//! What a person has to do for Notion's webhooks (Notion facts 8).

use crate::load::Wish;
use crate::notion::Notion;
use crate::preparing::go;
use crate::setup::*;
use crate::testing::*;
use syncline_core::secret::Secret;

fn want() -> Want {
    Want {
        notify: Some(Secret::new("https://hub.example.com/webhooks/notion/main")),
        topics: Notion.usual(&Wish::default()),
        ..Want::default()
    }
}

fn said(want: &Want) -> (Vec<Planned>, usize) {
    let way = go(&Notion, want, NOW, false, "s3cret", &mut |call| panic!("Notion has no call for {call:?}"));
    (way.planned, way.unchanged)
}

#[test]
fn a_person_is_told_the_address_and_the_events() {
    let (planned, _) = said(&want());
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0].kind, Kind::ByHand);
    for word in ["https://hub.example.com/webhooks/notion/main", "page.*", "database.*", "data_source.*"] {
        assert!(planned[0].what.contains(word), "{planned:?}");
    }
    let (planned, _) = said(&Want { notify: None, ..want() });
    assert!(planned[0].what.contains("apps.NAME"), "{planned:?}");
}

#[test]
fn once_the_token_is_confirmed_there_is_nothing_left_to_do() {
    let kept = Kept {
        remote_id: String::new(),
        part: String::new(),
        secret: Some(Secret::new("s3cret")),
        expires_at: None,
    };
    assert_eq!(said(&Want { kept: vec![kept], ..want() }), (Vec::new(), 1));
    assert_eq!(said(&Want { topics: Vec::new(), ..want() }), (Vec::new(), 0));
}
