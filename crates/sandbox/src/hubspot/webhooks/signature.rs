//! How HubSpot signs what it sends (HubSpot facts 7).

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// Version 1: SHA-256 of the secret and the body, hexadecimal.
pub(crate) fn v1(secret: &str, body: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::new().chain_update(secret).chain_update(body).finalize())
}

/// Version 2: SHA-256 of the secret, the method, the whole address and the body, hexadecimal.
pub(crate) fn v2(secret: &str, method: &str, uri: &str, body: &[u8]) -> String {
    let source = Sha256::new().chain_update(secret).chain_update(method).chain_update(uri);
    HEXLOWER.encode(&source.chain_update(body).finalize())
}

/// Version 3: HMAC-SHA-256 with the secret of the method, the whole address (see [`decoded`]), the body and the moment of
/// sending, base64.
pub(crate) fn v3(secret: &str, method: &str, uri: &str, body: &[u8], timestamp: i64) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    let mac = mac.chain_update(method).chain_update(uri).chain_update(body);
    BASE64.encode(&mac.chain_update(timestamp.to_string()).finalize().into_bytes())
}

/// What version 3 writes out before it signs. Everything else stays escaped.
const WRITTEN_OUT: &[(&str, char)] = &[
    ("3A", ':'),
    ("2F", '/'),
    ("3F", '?'),
    ("40", '@'),
    ("21", '!'),
    ("24", '$'),
    ("27", '\''),
    ("28", '('),
    ("29", ')'),
    ("2A", '*'),
    ("2C", ','),
    ("3B", ';'),
];

/// An address as version 3 signs it. Whether escapes in lower case (`%3a`) count is not known: the caller says.
pub(crate) fn decoded(uri: &str, lower_case_too: bool) -> String {
    let mut text = String::with_capacity(uri.len());
    let mut rest = uri;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let written = rest.get(at + 1..at + 3).and_then(|digits| written_out(digits, lower_case_too));
        let (shown, taken) = written.map_or(('%', 1), |shown| (shown, 3));
        text.push(shown);
        rest = &rest[at + taken..];
    }
    text.push_str(rest);
    text
}

fn written_out(digits: &str, lower_case_too: bool) -> Option<char> {
    let fits = |upper: &str| digits == upper || (lower_case_too && digits.eq_ignore_ascii_case(upper));
    WRITTEN_OUT.iter().find(|(upper, _)| fits(upper)).map(|(_, shown)| *shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "test-secret-0123456789abcdef";
    const AT: i64 = 1_767_225_600_000;
    const B1: &str = r#"[{"eventId":100,"subscriptionId":7,"portalId":62515,"appId":54321,"occurredAt":1767225600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeFlag":"CREATED","changeSource":"CRM_UI"}]"#;
    const B2: &str = r#"[{"eventId":101,"subscriptionId":8,"portalId":62515,"appId":54321,"occurredAt":1767225600000,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":123,"propertyName":"firstname","propertyValue":"Zoë Müller 日本 🙂","changeSource":"CRM_UI"}]"#;
    const B3: &str = r#"[{"eventId":101,"subscriptionId":8,"portalId":62515,"appId":54321,"occurredAt":1767225600000,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":123,"propertyName":"firstname","propertyValue":"Zo\u00eb M\u00fcller \u65e5\u672c \ud83d\ude42","changeSource":"CRM_UI"}]"#;
    const H: &str = "https://app.example.com/hubspot/webhooks";
    const C: &str = "https://app.example.com/hubspot/card";

    fn sha256(text: &str) -> String {
        HEXLOWER.encode(&Sha256::digest(text))
    }

    #[test]
    fn the_bodies_of_the_vectors_are_the_bytes_they_were_computed_over() {
        let sizes = [B1.len(), B2.len(), B3.len()];
        assert_eq!(sizes, [212, 265, 287]);
        assert_eq!(sha256(B1), "124d10d8fb818d98f2b08060e8e8742a67e2694c99de074be8d68956a540335b");
        assert_eq!(sha256(B2), "d206c55690cfd446b7678a6336146fcd66c0525dd1bffdf114bd4153f4fecbc7");
        assert_eq!(sha256(B3), "0927c801758cf2dd97925e5fa79f4610e673cb5c9011b70b1e12097a4d5baf5f");
    }

    #[test]
    fn version_1_signs_secret_and_body() {
        let t1 = "2200054103acd2f171fb52c12535aa11d778d5165f339755d33f0f18e2835f3f";
        let t12 = "28ab42e31cf1bb0f5137f3823e12da347f84875a2ced73c4d5e589ff64a4ad98";
        assert_eq!(v1(SECRET, B1.as_bytes()), t1);
        assert_eq!(v1(SECRET, B2.as_bytes()), t12);
        let official = "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750";
        assert_eq!(v1(OFFICIAL, b"{'example_field':'example_value'}"), official);
    }

    const OFFICIAL: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";

    #[test]
    fn version_2_signs_method_and_address_too() {
        let t3 = format!("{C}?portalId=62515&associatedObjectId=123");
        let x1 = format!("{H}?tenant=7");
        let vectors: [(&str, &str, &str, &str); 3] = [
            ("POST", H, B1, "1ebf090aae8036aa2b13cadab5f07a8fd543502ff064fa51150487d5cbe8a7b3"),
            ("GET", &t3, "", "41eb8e6954f708e10ae568fbc15df56b80afa717386808698830c3a95061858b"),
            ("POST", &x1, B2, "d167c058b17fd5a3cb88870666e627d1e7b907d74dd5e95d638715e000bbdbe6"),
        ];
        for (method, uri, body, expected) in vectors {
            assert_eq!(v2(SECRET, method, uri, body.as_bytes()), expected, "{method} {uri}");
        }
    }

    #[test]
    fn version_2_agrees_with_the_official_vectors() {
        let uri = "https://www.example.com/webhook_uri";
        let vectors: [(&str, &str, &str); 3] = [
            (
                "POST",
                "{'example_field':'example_value'}",
                "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383",
            ),
            ("GET", "", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
            (
                "POST",
                r#"{"example_field":"example_value"}"#,
                "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
            ),
        ];
        for (method, body, expected) in vectors {
            assert_eq!(v2(OFFICIAL, method, uri, body.as_bytes()), expected, "{method} {body}");
        }
    }

    #[test]
    fn version_3_signs_method_address_body_and_moment() {
        let with_slash = format!("{H}/");
        let raw_card = format!("{C}?userEmail=ann%40example.com&when=09%3A30&name=Ann%20Lee");
        let raw_query = "https://app.example.com/h?q=%C3%A9t%C3%A9&r=a%2Bb%3Bc%2Cd&s=%2Fx%3Fy%21";
        let vectors: [(&str, &str, &str, &str); 8] = [
            ("POST", H, B1, "BYs60OCUGUldCWqIo8et/gYzpm0uHVdfosFtaREl/Wg="),
            ("POST", H, B2, "bxFP4Wd0VU/sNaSjCWr9LqEZYnuLhorCGnrUSgHEWFU="),
            ("POST", H, B3, "iqJ8IfMguDVgM8/DPm/ueaupQXZV2LeoOH7JLqOMY/U="),
            ("GET", &raw_card, "", "mBOheiAbbxidkcIvLTNvjW6mxiFWcQ3wSYhSV6u82cA="),
            ("POST", H, "", "hGKEB2F+nhKTJq6MEqJwgfkJ1ONDM1UFm4ni8P3rVpA="),
            ("POST", &with_slash, B1, "IXj+HEYdA3Db2Uj8WGK9CBaRx6Nt7tmwchUSCsGDS8c="),
            (
                "POST",
                "http://app.example.com/hubspot/webhooks",
                B1,
                "ywMrq1pmENwF8cOZlndXKDHhrOHBcG4BEBHw9ZfNkok=",
            ),
            ("POST", raw_query, "{}", "0OOFroPRVFEXwbhx4RZ70v3lXlloIPl4eMs9sdOv33U="),
        ];
        for (method, uri, body, expected) in vectors {
            assert_eq!(v3(SECRET, method, uri, body.as_bytes(), AT), expected, "{method} {uri}");
        }
    }

    #[test]
    fn version_3_signs_the_address_with_some_escapes_written_out() {
        let card = decoded(&format!("{C}?userEmail=ann%40example.com&when=09%3A30&name=Ann%20Lee"), true);
        assert_eq!(card, format!("{C}?userEmail=ann@example.com&when=09:30&name=Ann%20Lee"));
        assert_eq!(v3(SECRET, "GET", &card, b"", AT), "geC0FGoirKuDWxO+hjKEaa3XNoYVCJWTcdY3LsJtDX0=");
        let query = decoded("https://app.example.com/h?q=%C3%A9t%C3%A9&r=a%2Bb%3Bc%2Cd&s=%2Fx%3Fy%21", true);
        assert_eq!(query, "https://app.example.com/h?q=%C3%A9t%C3%A9&r=a%2Bb;c,d&s=/x?y!");
        assert_eq!(v3(SECRET, "POST", &query, b"{}", AT), "JX+5ITIbGDsidDhJ0aktddPBnsYU7ZfFFoJLIwRIHlU=");
    }

    #[test]
    fn the_whole_table_is_written_out_and_nothing_else() {
        let all = "%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B";
        assert_eq!(decoded(all, false), ":/?@!$'()*,;");
        let kept = "%20%26%3D%2B%25%23%C3%A9%";
        assert_eq!(decoded(kept, true), kept);
        assert_eq!(decoded("%3a%2f", true), ":/");
        assert_eq!(decoded("%3a%2f", false), "%3a%2f");
        assert_eq!(decoded("100%é%4", true), "100%é%4");
    }
}
