//! The configuration of the demo's hub: the four simulated providers, terms that let one see things happen, and where the director is.

use super::place::DIRECTORY;
use serde_json::Value;
use std::net::SocketAddr;

/// The apps, each with its provider.
const APPS: [(&str, &str); 4] =
    [("demo", "hubspot"), ("notes", "notion"), ("tables", "airtable"), ("bookings", "tentoeight")];

/// The app that Notion's webhooks come to.
pub(super) const NOTION_APP: &str = "notes";

/// What acme is asked to grant besides what is always asked: exams are objects of its own.
const OWN_OBJECTS: &str = "crm.objects.custom.read crm.objects.custom.write crm.schemas.custom.read";
/// What is always asked of an account at HubSpot.
const USUAL: &str = "crm.objects.contacts.read crm.objects.contacts.write crm.objects.companies.read \
    crm.objects.companies.write crm.objects.deals.read crm.objects.deals.write crm.schemas.contacts.read \
    crm.schemas.contacts.write crm.schemas.companies.read crm.schemas.deals.read";

/// What the configuration is made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    /// Where the hub listens.
    pub(super) listen: SocketAddr,
    /// Where browsers and the simulated providers find it.
    pub(super) public_url: &'a str,
    /// Where the simulated providers are.
    pub(super) sandbox: &'a str,
    /// What they know of our apps.
    pub(super) credentials: &'a Value,
    /// What Notion signs its webhooks with.
    pub(super) notion_secret: &'a str,
    /// Where the director listens.
    pub(super) director: &'a str,
    /// What the director and the hub prove themselves with, and the address that signs a visitor in.
    pub(super) token: &'a str,
}

/// The text of the file.
pub(super) fn text(facts: &Facts<'_>) -> String {
    let mut text = format!(
        "# Written by `syncline demo`, and deleted by the next one.\n\
         data_dir = \"{DIRECTORY}\"\n\n\
         [server]\nlisten = \"{}\"\npublic_url = \"{}\"\n\n\
         # Shorter than usual, so that what goes wrong is soon right again.\n\
         [jobs]\nlease = \"5s\"\n\n\
         [sync]\ndeletion_delay = \"3s\"\n\n\
         [counters]\nlease = \"5s\"\nlongest_wait = \"10s\"\n\n\
         # The receiver of the demo is on this machine.\n\
         [notify]\nallow = \"127.0.0.0/8\"\nplain_http = true\nlease = \"3s\"\nschedule = \"{}\"\n\n\
         # The page that tells what happens, and breaks things when it is asked to.\n\
         [demo]\ndirector = \"{}\"\ntoken = \"{}\"\n",
        facts.listen,
        facts.public_url,
        schedule(),
        facts.director,
        facts.token
    );
    for (app, provider) in APPS {
        let url = format!("{}/{provider}", facts.sandbox);
        text.push_str(&format!("\n[providers.{provider}]\napi_url = \"{url}\"\nweb_url = \"{url}\"\n"));
        if provider == "tentoeight" {
            text.push_str("# One call a second, which is known to be safe, would make this a long demo.\nbudget = 0.0\n");
        }
        text.push_str(&app_section(app, provider, facts));
    }
    text
}

fn app_section(app: &str, provider: &str, facts: &Facts<'_>) -> String {
    let mut text = format!("\n[apps.{app}]\nprovider = \"{provider}\"\n");
    let known = &facts.credentials[provider]["app"];
    for key in ["client_id", "client_secret", "developer_api_key", "app_id"] {
        match &known[key] {
            Value::String(value) => text.push_str(&format!("{key} = \"{value}\"\n")),
            Value::Number(value) => text.push_str(&format!("{key} = \"{value}\"\n")),
            _ => {}
        }
    }
    if provider == "hubspot" {
        text.push_str(&format!("optional_scopes = \"{USUAL} {OWN_OBJECTS}\"\n"));
    }
    if app == NOTION_APP {
        text.push_str(&format!("webhook_secret = \"{}\"\n", facts.notion_secret));
    }
    text
}

/// The waits between attempts to notify: soon, then every fifteen seconds for as long as a demo may last.
fn schedule() -> String {
    let soon = ["1s", "2s", "3s", "5s", "8s"];
    let then = std::iter::repeat_n("15s", 45);
    soon.into_iter().chain(then).collect::<Vec<_>>().join(" ")
}
