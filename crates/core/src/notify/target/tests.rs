use super::{MAX_LENGTH, OTHERS, Policy, Refusal, parse};
use proptest::prelude::*;

fn strict() -> Policy {
    Policy::default()
}

fn for_development() -> Policy {
    Policy { plain_http: true, networks: vec!["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()] }
}

/// What a URL is refused for, in a word.
fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::TooLong => "long",
        Refusal::Characters => "characters",
        Refusal::NotAUrl => "no url",
        Refusal::Scheme(_) => "scheme",
        Refusal::Plain => "plain",
        Refusal::Credentials => "credentials",
        Refusal::Fragment => "fragment",
        Refusal::Disguised(_) => "disguised",
        Refusal::Address(_) => "address",
        Refusal::LocalName(_) => "local",
        Refusal::Port(_) => "port",
    }
}

const FINE: &[&str] = &[
    "https://hooks.example.com",
    "https://hooks.example.com/",
    "https://hooks.example.com/syncline?tenant=acme&x=%20",
    "https://hooks.example.com:443/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:8443/",
    "HTTPS://Hooks.Example.COM/Path",
    "https://hooks.example.com./",
    "https://bücher.example/",
    "https://xn--bcher-kva.example/",
    "https://8.8.8.8/",
    "https://1.1.1.1:8443/",
    "https://[2606:4700:4700::1111]/",
    "https://hooks.example.com/@name",
    "https://localhost.example.com/",
    "https://internal.example.com/",
];

const REFUSED: &[(&str, &str)] = &[
    ("", "no url"),
    ("hooks.example.com", "no url"),
    ("/path", "no url"),
    ("//hooks.example.com/", "no url"),
    ("https:", "no url"),
    ("https://", "no url"),
    ("https:///", "no url"),
    ("https:hooks.example.com", "no url"),
    ("https:/hooks.example.com", "no url"),
    ("https://:443/", "no url"),
    ("https://hooks.example.com:99999/", "no url"),
    ("https://hooks.example.com:port/", "no url"),
    ("https://[::1/", "no url"),
    ("https://256.1.1.1/", "no url"),
    ("https://1.2.3.4.5/", "no url"),
    ("https://ho|oks.example.com/", "no url"),
    ("https://%/", "no url"),
    ("ftp://hooks.example.com/", "scheme"),
    ("file:///etc/passwd", "scheme"),
    ("gopher://hooks.example.com:70/_", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("data:text/plain,x", "scheme"),
    ("ws://hooks.example.com/", "scheme"),
    ("unix:///var/run/docker.sock", "scheme"),
    ("hooks.example.com:443/path", "scheme"),
    ("http://hooks.example.com/", "plain"),
    (" https://hooks.example.com/", "characters"),
    ("https://hooks.example.com/\n", "characters"),
    ("https://hooks.exa\tmple.com/", "characters"),
    ("https://hooks.example.com/a b", "characters"),
    ("https://hooks.example.com\\@10.0.0.1/", "characters"),
    ("https:\\\\10.0.0.1\\", "characters"),
    ("https://hooks.example.com/\u{0}", "characters"),
    ("https://hooks.example.com/\u{a0}", "characters"),
    ("https://ada@hooks.example.com/", "credentials"),
    ("https://ada:secret@hooks.example.com/", "credentials"),
    ("https://@hooks.example.com/", "credentials"),
    ("https://:@hooks.example.com/", "credentials"),
    ("https://hooks.example.com@10.0.0.1/", "credentials"),
    ("https://hooks.example.com/#part", "fragment"),
    ("https://hooks.example.com/#", "fragment"),
    ("https://2130706433/", "disguised"),
    ("https://0x7f000001/", "disguised"),
    ("https://017700000001/", "disguised"),
    ("https://0177.0.0.1/", "disguised"),
    ("https://0x7f.0.0.1/", "disguised"),
    ("https://127.1/", "disguised"),
    ("https://127.0.1/", "disguised"),
    ("https://127.0.0.1./", "disguised"),
    ("https://0/", "disguised"),
    ("https://134744072/", "disguised"),
    ("https://8.8.2056/", "disguised"),
    ("https://１２７.0.0.1/", "disguised"),
    ("https://①②⑦.0.0.1/", "disguised"),
    ("https://127。0。0。1/", "disguised"),
    ("https://%31%32%37.0.0.1/", "disguised"),
    ("https://127.0.0.1/", "address"),
    ("https://10.0.0.1/", "address"),
    ("https://172.16.3.4/", "address"),
    ("https://192.168.1.1/", "address"),
    ("https://169.254.169.254/latest/meta-data/", "address"),
    ("https://100.64.0.1/", "address"),
    ("https://0.0.0.0/", "address"),
    ("https://255.255.255.255/", "address"),
    ("https://224.0.0.1/", "address"),
    ("https://192.0.2.1/", "address"),
    ("https://198.18.0.1/", "address"),
    ("https://[::]/", "address"),
    ("https://[::1]/", "address"),
    ("https://[::ffff:127.0.0.1]/", "address"),
    ("https://[::ffff:7f00:1]/", "address"),
    ("https://[::127.0.0.1]/", "address"),
    ("https://[0:0:0:0:0:ffff:8.8.8.8]/", "address"),
    ("https://[64:ff9b::10.0.0.1]/", "address"),
    ("https://[2002:7f00:1::]/", "address"),
    ("https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "address"),
    ("https://[fe80::1]/", "address"),
    ("https://[fd00:ec2::254]/", "address"),
    ("https://[2001:db8::1]/", "address"),
    ("https://localhost/", "local"),
    ("https://LOCALHOST/", "local"),
    ("https://localhost./", "local"),
    ("https://api.localhost/", "local"),
    ("https://printer.local/", "local"),
    ("https://metadata.google.internal/", "local"),
    ("https://metadata/", "local"),
    ("https://kubernetes.default.svc.cluster.local/", "local"),
    ("https://router.home.arpa/", "local"),
    ("https://nowhere.invalid/", "local"),
    ("https://hidden.onion/", "local"),
    ("https://hooks.example.com:22/", "port"),
    ("https://hooks.example.com:25/", "port"),
    ("https://hooks.example.com:0/", "port"),
    ("https://hooks.example.com:1023/", "port"),
    ("https://hooks.example.com:6379/", "port"),
    ("https://8.8.8.8:11211/", "port"),
];

#[test]
fn urls_of_the_internet_are_taken_as_the_parser_writes_them() {
    for text in FINE {
        let url = parse(text, &strict()).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
        assert_eq!(parse(url.as_str(), &strict()).unwrap(), url, "{text}");
    }
}

#[test]
fn every_other_url_is_refused_for_its_reason() {
    for (text, expected) in REFUSED {
        let refusal = parse(text, &strict()).expect_err(text);
        assert_eq!(word(&refusal), *expected, "{text}: {refusal}");
    }
    let long = format!("https://hooks.example.com/{}", "a".repeat(MAX_LENGTH - 26));
    assert!(parse(&long, &strict()).is_ok());
    assert_eq!(parse(&format!("{long}a"), &strict()), Err(Refusal::TooLong));
}

#[test]
fn what_is_refused_by_default_may_be_allowed_and_nothing_beside_it() {
    let taken =
        ["http://127.0.0.1:8080/x", "http://localhost:8080/", "https://[::1]:8443/", "http://sink:8080/"];
    for text in taken {
        assert!(parse(text, &for_development()).is_ok(), "{text}");
    }
    for (text, expected) in [
        ("http://10.0.0.1/", "address"),
        ("http://2130706433/", "disguised"),
        ("http://ada@127.0.0.1/", "credentials"),
        ("http://127.0.0.1:22/", "port"),
        ("ftp://127.0.0.1/", "scheme"),
        ("http://[::ffff:127.0.0.1]/", "address"),
    ] {
        assert_eq!(word(&parse(text, &for_development()).expect_err(text)), expected, "{text}");
    }
}

#[test]
fn a_refusal_does_not_repeat_a_password() {
    let refusal = parse("https://ada:hunter2@hooks.example.com/", &strict()).unwrap_err();
    assert!(!format!("{refusal} {refusal:?}").contains("hunter2"));
}

#[test]
fn the_ports_of_others_are_in_order() {
    assert!(OTHERS.is_sorted());
}

proptest! {
    #[test]
    fn no_text_makes_it_stumble_and_what_is_taken_stays_taken(text in "\\PC{0,80}", tail in "[a-z0-9.:@/%\\[\\]#?-]{0,40}") {
        for text in [text, format!("https://{tail}")] {
            if let Ok(url) = parse(&text, &strict()) {
                prop_assert_eq!(url.scheme(), "https");
                prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
                prop_assert_eq!(parse(url.as_str(), &strict()), Ok(url));
            }
        }
    }
}
