//! What holds for answers, whichever provider gave them.

use super::*;
use crate::testing::Answer;

#[test]
fn words_are_one_short_line_without_tokens_and_with_ids() {
    assert_eq!(words(" two\n lines "), "two lines");
    assert_eq!(words(&"é ".repeat(400)).chars().count(), 301);
    for kept in
        ["database 1f6d7c1e-93a4-4f0e-8d2b-0c5a7e9b1d3f:", "crm.objects.contacts.highly_sensitive.read.v2"]
    {
        assert_eq!(words(kept), kept);
    }
    let token = "pat-na1-91d91373-8e94-4872-893c-e7d080224a56";
    assert_eq!(words(&format!("token ({token}), bad")), "token (…), bad");
    assert_eq!(words(&"A_LONG_NAME_IN_CAPITALS".repeat(3)), "A_LONG_NAME_IN_CAPITALS".repeat(3));
}

#[test]
fn the_usual_meaning_of_every_status_is_one_of_the_kinds() {
    for status in 100..1000 {
        let answer = Answer::new(status, "{}");
        let fault = Fault::usual(&answer.reply(), "said".to_owned());
        match status {
            401 => assert_eq!(fault, Fault::Unauthorized),
            402 | 403 => assert_eq!(fault, Fault::Forbidden("said".to_owned())),
            404 | 410 => assert_eq!(fault, Fault::Gone),
            429 => assert!(matches!(fault, Fault::RateLimited { passes: true, .. })),
            408 | 425 | 500.. => assert!(matches!(fault, Fault::Transient { .. }), "{status}"),
            400.. => assert_eq!(fault, Fault::Rejected("said".to_owned())),
            _ => assert!(matches!(fault, Fault::Unreadable(_)), "{status}"),
        }
    }
}

#[test]
fn an_edges_page_never_says_that_something_is_gone_or_forbidden() {
    for status in [403, 404] {
        let page = Answer::new(status, "\n <!DOCTYPE html><title>Attention</title>");
        let said = page.reply().outline();
        assert_eq!(said, format!("HTTP {status}"));
        let fault = Fault::usual(&page.reply(), said.clone());
        assert_eq!(fault, Fault::Transient { message: said, wait: None });
    }
    assert!(Answer::new(404, "").with("content-type", "text/html; charset=UTF-8").reply().is_page());
}

#[test]
fn retry_after_is_whole_seconds_and_at_most_a_day() {
    let wait = |text: &str| Answer::new(429, "").with("Retry-After", text).reply().retry_after();
    assert_eq!(wait("12"), Some(Duration::from_secs(12)));
    assert_eq!(wait("99999999999"), Some(Duration::from_secs(86_400)));
    for unread in ["", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999"] {
        assert_eq!(wait(unread), None, "{unread}");
    }
}

#[test]
fn a_secret_parameter_is_in_the_address_and_in_nothing_that_is_shown() {
    let key = Secret::new("k&1 2");
    let call = Call::get("https://a.example/b".to_owned()).keyed("hapikey", &key);
    assert_eq!(call.address(), "https://a.example/b?hapikey=k%261+2");
    assert_eq!(format!("{call:?} {}", call.url), "GET https://a.example/b https://a.example/b");
    let call = Call::get("https://a.example/b?c=d".to_owned());
    assert_eq!(call.address(), call.url);
    assert_eq!(call.keyed("k", &Secret::new("1")).address(), "https://a.example/b?c=d&k=1");
}
