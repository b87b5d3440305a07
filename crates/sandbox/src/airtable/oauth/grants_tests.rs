use super::{Agreed, Exchange, Grants, Rules, Tokens};
use crate::airtable::oauth::{Refused, pkce, scopes::Scopes};
use crate::airtable::settings::Settings;
use crate::house::Dice;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const BACK: &str = "http://localhost/back";

struct Desk {
    grants: Grants,
    settings: Settings,
    dice: Dice,
}

impl Desk {
    fn new() -> Self {
        Self { grants: Grants::default(), settings: Settings::default(), dice: Dice::new(1, "tokens") }
    }

    fn code(&mut self) -> String {
        let agreed = Agreed {
            integration: 0,
            user: 0,
            scopes: Scopes::parse("data.records:read data.records:write").expect("known"),
            bases: vec!["app1".to_owned()],
            redirect_uri: BACK.to_owned(),
            challenge: pkce::challenge(VERIFIER),
        };
        self.grants.agree(agreed, 0, &self.settings.oauth, &mut self.dice)
    }

    fn exchange(&mut self, integration: usize, form: &Exchange<'_>, now: i64) -> Result<Tokens, String> {
        let rules = Rules { oauth: &self.settings.oauth, errors: &self.settings.errors };
        self.grants.exchange(integration, form, now, rules, &mut self.dice).map_err(|refused| refused.error)
    }

    fn refresh(&mut self, token: &str, scope: Option<&str>, now: i64) -> Result<Tokens, Refused> {
        let rules = Rules { oauth: &self.settings.oauth, errors: &self.settings.errors };
        self.grants.refresh(0, token, scope, now, rules, &mut self.dice)
    }

    fn tokens(&mut self) -> Tokens {
        let code = self.code();
        self.exchange(0, &form(&code), 0).expect("good")
    }
}

fn form(code: &str) -> Exchange<'_> {
    Exchange { code: Some(code), redirect_uri: Some(BACK), verifier: Some(VERIFIER) }
}

#[test]
fn a_code_works_once_even_when_the_exchange_fails() {
    let mut desk = Desk::new();
    for spoil in [
        |form: &mut Exchange<'_>| form.redirect_uri = Some("http://localhost/other"),
        |form: &mut Exchange<'_>| form.verifier = Some("wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong"),
        |form: &mut Exchange<'_>| form.verifier = None,
    ] {
        let code = desk.code();
        let mut spoiled = form(&code);
        spoil(&mut spoiled);
        assert!(desk.exchange(0, &spoiled, 0).is_err());
        assert_eq!(desk.exchange(0, &form(&code), 0), Err("invalid_grant".to_owned()));
    }
    let code = desk.code();
    assert_eq!(desk.exchange(1, &form(&code), 0), Err("invalid_grant".to_owned()), "another client's");
    let code = desk.code();
    assert_eq!(desk.exchange(0, &form(&code), 600_000), Err("invalid_grant".to_owned()), "too late");
    let code = desk.code();
    assert!(desk.exchange(0, &form(&code), 599_999).is_ok());
    assert_eq!(desk.exchange(0, &form(&code), 599_999), Err("invalid_grant".to_owned()), "used");
}

#[test]
fn a_refresh_kills_both_tokens_before_it_at_once() {
    let mut desk = Desk::new();
    let first = desk.tokens();
    assert!(desk.grants.find(&first.access, 3_599_999).is_some());
    assert!(desk.grants.find(&first.access, 3_600_000).is_none(), "an hour");
    let second = desk.refresh(&first.refresh, None, 1_000).expect("good");
    assert!(desk.grants.find(&first.access, 1_000).is_none());
    assert!(desk.grants.find(&second.access, 1_000).is_some());
    assert_eq!(desk.refresh(&first.refresh, None, 2_000).expect_err("rotated").status, 409);
    let late = desk.refresh(&first.refresh, None, 11_000).expect_err("rotated");
    assert_eq!((late.status, late.error.as_str()), (400, "invalid_grant"));
    assert!(desk.grants.find(&second.access, 11_000).is_some(), "the newest tokens still work");
}

#[test]
fn insisting_on_an_old_refresh_token_revokes_the_grant() {
    let mut desk = Desk::new();
    let first = desk.tokens();
    let second = desk.refresh(&first.refresh, None, 0).expect("good");
    for turn in 1..=5 {
        assert!(desk.grants.find(&second.access, turn * 1_000).is_some());
        assert!(desk.refresh(&first.refresh, None, turn * 1_000).is_err());
    }
    assert!(desk.grants.find(&second.access, 6_000).is_none());
    assert_eq!(desk.refresh(&second.refresh, None, 6_000).expect_err("revoked").error, "invalid_grant");
}

#[test]
fn a_refresh_token_slides_for_sixty_days() {
    let (mut desk, day) = (Desk::new(), 86_400_000);
    let first = desk.tokens();
    let second = desk.refresh(&first.refresh, None, 59 * day).expect("good");
    let third = desk.refresh(&second.refresh, None, 118 * day).expect("slid");
    assert!(desk.refresh(&third.refresh, None, 178 * day).is_err());
}

#[test]
fn a_refresh_can_ask_for_fewer_scopes_and_never_for_more() {
    let mut desk = Desk::new();
    let first = desk.tokens();
    let more = desk.refresh(&first.refresh, Some("data.records:read schema.bases:read"), 0);
    assert_eq!(more.expect_err("more").error, "invalid_request");
    let fewer = desk.refresh(&first.refresh, Some("data.records:read"), 0).expect("a subset");
    assert_eq!(fewer.scopes.to_string(), "data.records:read");
    let again = desk.refresh(&fewer.refresh, None, 0).expect("good");
    assert_eq!(again.scopes.to_string(), "data.records:read data.records:write");
}

#[test]
fn ten_refreshes_a_second_with_one_token_are_too_many() {
    let mut desk = Desk::new();
    desk.settings.oauth.revoke_after_reuses = None;
    let first = desk.tokens();
    let statuses: Vec<u16> = (0..11)
        .map(|_| desk.refresh(&first.refresh, None, 0).map_or_else(|refused| refused.status, |_| 200))
        .collect();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409, 409, 429, 429]);
}
