//! An HTTP endpoint as the source, asked through the guarded client.

use super::{away, missing};
use crate::counters::ask::Stopped;
use crate::cx::Cx;
use crate::notify::exchange::Courier;
use crate::notify::policy;
use futures_util::stream::{self, StreamExt as _};
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderValue};
use std::sync::Arc;
use syncline_core::counters::reconcile::Known;
use syncline_core::counters::truth::url_of;
use syncline_core::notify::answer::Answer;
use syncline_core::secret::Secret;
use url::Url;

/// Where it is.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub url: &'a str,
    pub pointer: &'a str,
    pub authorization: Option<&'a Secret>,
}

/// The same, for tasks.
pub(super) struct Owned {
    url: String,
    pointer: String,
    authorization: Option<Secret>,
}

impl Source<'_> {
    pub fn owned(self) -> Owned {
        Owned {
            url: self.url.to_owned(),
            pointer: self.pointer.to_owned(),
            authorization: self.authorization.cloned(),
        }
    }
}

/// The most of an answer that is read.
const READ: usize = 64 * 1024;
/// Questions at the same time.
const AT_ONCE: usize = 8;
/// Questions after which it is seen whether anybody is there.
const PIECE: usize = 64;

/// Numbers of these keys, as the endpoint says them.
pub(super) async fn numbers(
    cx: &Cx,
    source: Arc<Owned>,
    keys: &[&str],
    calls: &mut u64,
) -> Result<Vec<Known>, Stopped> {
    let names = Arc::clone(&cx.notify.names);
    let timeout = cx.config.counters.truth_timeout.get();
    let courier = Courier::new(names, policy(cx), timeout, READ, Arc::clone(&cx.clock));
    let Ok(courier) = courier.map(Arc::new) else {
        return Ok(vec![missing("this machine has no usable TLS set-up"); keys.len()]);
    };
    let mut all = Vec::with_capacity(keys.len());
    for piece in keys.chunks(PIECE) {
        *calls += piece.len() as u64;
        let asked = piece.iter().map(|key| {
            let (courier, source, key) = (Arc::clone(&courier), Arc::clone(&source), (*key).to_owned());
            async move { ask(&courier, &source, &key).await }
        });
        // Boxed: what a task holds is not to depend on how many are asked at once.
        let asked: Vec<_> = asked.map(Box::pin).collect();
        let said: Vec<Said> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        // One key that goes wrong is that key's; when all do, nobody is there.
        if let [Said::Away(why), ..] = &said[..]
            && said.iter().all(|said| matches!(said, Said::Away(_)))
        {
            return Err(away(why.clone()));
        }
        all.extend(said.into_iter().map(|said| match said {
            Said::Known(known) => known,
            Said::Away(why) => missing(why),
        }));
    }
    Ok(all)
}

/// What came of one question.
enum Said {
    Known(Known),
    /// Nothing: no answer, or one that says to come back later.
    Away(String),
}

async fn ask(courier: &Courier, source: &Owned, key: &str) -> Said {
    let Ok(url) = Url::parse(&url_of(&source.url, key)) else {
        return Said::Known(missing("the endpoint's URL is none for this key"));
    };
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(secret) = &source.authorization
        && let Ok(mut value) = HeaderValue::try_from(secret.expose())
    {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let exchange = courier.read(&url, headers).await;
    match exchange.answer {
        Answer::Status { status: 200, .. } => {
            let body = exchange.body.unwrap_or_default();
            Said::Known(number(&body, &source.pointer).map_or_else(missing, Known::Is))
        }
        Answer::Status { status, .. } => {
            let why = format!("the endpoint answered {status}");
            if status == 429 || status >= 500 { Said::Away(why) } else { Said::Known(missing(why)) }
        }
        _ => Said::Away(exchange.error.unwrap_or_else(|| "the endpoint did not answer".to_owned())),
    }
}

/// A whole number in an answer, or why there is none.
fn number(body: &str, pointer: &str) -> Result<i64, String> {
    let json: serde_json::Value =
        serde_json::from_str(body).map_err(|_| "the endpoint answered no JSON".to_owned())?;
    let found = json.pointer(pointer).ok_or_else(|| format!("the answer has nothing at {pointer:?}"))?;
    let text = match found {
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::String(text) => text.trim().to_owned(),
        _ => return Err("what the answer has there is no number".to_owned()),
    };
    text.parse().map_err(|_| "what the answer has there is no whole number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_whole_number_is_found_where_the_pointer_says_and_nothing_else_is_one() {
        assert_eq!(number("8", ""), Ok(8));
        assert_eq!(number("{\"data\":{\"count\":\"12\"}}", "/data/count"), Ok(12));
        assert_eq!(number("[3, 4]", "/1"), Ok(4));
        for (body, pointer) in
            [("{}", "/count"), ("8.5", ""), ("null", ""), ("true", ""), ("<p>", ""), ("\"\"", "")]
        {
            assert!(number(body, pointer).is_err(), "{body}");
        }
    }
}
