//! E-mail addresses, domains and addresses of web pages: strict enough that what other systems let in is refused here
//! (10to8 takes any text for an e-mail address).

/// Whether HubSpot takes this for an e-mail address.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    text.len() <= 254 && is_local(local) && is_host(domain)
}

fn is_local(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    !text.is_empty()
        && text.len() <= 64
        && text.chars().all(allowed)
        && !text.starts_with('.')
        && !text.ends_with('.')
        && !text.contains("..")
}

/// Labels with dots between them, the last one of at least two letters.
fn is_host(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let last = labels.last().copied().unwrap_or_default();
    labels.len() >= 2
        && text.len() <= 253
        && labels.iter().all(|label| is_label(label))
        && (last.starts_with("xn--") || (last.chars().count() >= 2 && last.chars().all(char::is_alphabetic)))
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 63
        && text.chars().all(|c| c.is_alphanumeric() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether this names a company's domain; a scheme before it and a path behind it do no harm.
pub(crate) fn is_domain(text: &str) -> bool {
    let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    is_host(host)
}

/// Whether there is the address of a web page in it.
pub(crate) fn contains_url(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["http://", "https://", "www."].iter().any(|start| text.contains(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_only_looks_like_them() {
        for good in [
            "ada@example.com",
            "a.b+c@sub.example.co.uk",
            "o'neil@example.org",
            "jörg@müller.de",
            "a@xn--mller-kva.de",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "ada",
            "a@x",
            "@example.com",
            "ada@",
            "ada@@example.com",
            "ada@example",
            "ada@example.c",
            "ada@example..com",
            ".ada@example.com",
            "a..b@example.com",
            "ada@-example.com",
            "ada lovelace@example.com",
            "ada@exam ple.com",
            "ada@example.com, b@example.com",
            "ada@example.123",
            "mailto:ada@example.com",
            "",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn domains_may_come_with_scheme_and_path() {
        for good in ["example.com", "www.example.com", "https://example.com/a?b", "example.com:8080"] {
            assert!(is_domain(good), "{good}");
        }
        for bad in ["example", "exa mple.com", "", "https://", "-a.com"] {
            assert!(!is_domain(bad), "{bad}");
        }
    }
}
