//! The customer, who clicks Connect: a browser that keeps its cookies and goes where it is sent. The simulated consent pages say yes.

use anyhow::{Context as _, Result, bail};
use reqwest::Url;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use std::collections::BTreeMap;
use std::time::Duration;

/// The most pages it is sent through.
const STEPS: usize = 8;
/// How long one of them may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens an address and follows it to its end; the last page's text.
///
/// # Errors
/// When a page does not come, or says that it did not work.
pub(super) async fn open(client: &reqwest::Client, address: &str) -> Result<String> {
    let mut next = Url::parse(address)?;
    // By the server that gave them: no cookie of ours goes to a provider.
    let mut cookies: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..STEPS {
        let place = next.origin().ascii_serialization();
        let cookie = cookies.get(&place).cloned().unwrap_or_default();
        let answer = client.get(next.clone()).header(COOKIE, cookie).timeout(PATIENCE).send().await;
        let answer =
            answer.map_err(|error| anyhow::Error::new(error.without_url()).context("a page did not come"))?;
        if let Some(set) = answer.headers().get(SET_COOKIE).and_then(|set| set.to_str().ok()) {
            cookies.insert(place, set.split(';').next().unwrap_or_default().to_owned());
        }
        let Some(to) = answer.headers().get(LOCATION) else {
            let status = answer.status();
            let page = answer.text().await?;
            if !status.is_success() {
                bail!("the page said {status}");
            }
            return Ok(page);
        };
        next = next.join(to.to_str().context("an address that is none")?)?;
    }
    bail!("{STEPS} pages, and no end")
}
