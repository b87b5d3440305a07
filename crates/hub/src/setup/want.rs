//! What a connection wants to have set up: out of the settings, and of what earlier set-ups kept.

use super::keep;
use super::run::How;
use crate::config::App;
use crate::cx::Cx;
use crate::load::Wanted;
use crate::sync::wishes;
use syncline_core::secret::Secret;
use syncline_providers::setup::{AppKeys, Kept, Kind, Planned, Setup, Want, customer_properties};
use syncline_store::connections::{Connection, Method};
use syncline_store::hooks::{self, Hook};
use syncline_store::{StoreError, Tx};

/// What is to be set up, for whom, and what there is to say beforehand.
#[derive(Debug)]
pub struct Task {
    /// Under which name what is kept of it is found: the connection, or the app where subscriptions are the app's.
    pub owner: String,
    /// The provider.
    pub provider: String,
    /// Where its webhooks go, without what proves the address.
    pub place: String,
    /// What is wanted.
    pub want: Want,
    /// What there is to say.
    pub notes: Vec<Planned>,
}

/// Under which name the subscriptions of an app are kept.
#[must_use]
pub fn of_app(provider: &str, app: &str) -> String {
    format!("apps/{provider}/{app}")
}

/// The app whose webhooks come for this connection: its own, else the first of the provider that is configured, since a connection
/// with a key has none.
pub fn app<'a>(cx: &'a Cx, connection: &Connection) -> Option<(&'a str, &'a App)> {
    let of_provider = |app: &App| app.provider.as_str() == connection.provider;
    let mut apps = cx.config.apps.iter().filter(|(_, app)| of_provider(app));
    let found =
        if connection.app.is_empty() { apps.next() } else { apps.find(|(name, _)| **name == connection.app) };
    found.map(|(name, app)| (name.as_str(), app))
}

impl Task {
    /// For this connection.
    ///
    /// # Errors
    /// [`StoreError`] as the database says.
    pub async fn of(
        cx: &Cx,
        connection: &Connection,
        setup: &dyn Setup,
        how: How,
    ) -> Result<Self, StoreError> {
        let provider = connection.provider.clone();
        let found = app(cx, connection);
        let name = found.map_or("", |(name, _)| name);
        // HubSpot's subscriptions are its app's, the same for all who installed it; the others' are the account's.
        let is_apps = matches!(provider.as_str(), "hubspot" | "notion") && found.is_some();
        let owner = if is_apps { of_app(&provider, name) } else { connection.id.clone() };
        let public_url = cx.config.server.public_url.as_str();
        let place = format!("{public_url}/webhooks/{provider}/{name}");
        let mut wish = Wanted::default().wish(cx, &provider);
        // What is synced is watched, whatever else is.
        wishes::widen(cx, connection, &mut wish).await?;
        let mut want = Want {
            notify: found.and_then(|(name, _)| address(cx, connection, name, &place)),
            topics: setup.usual(&wish),
            kept: keep::kept(cx, &owner).await?,
            take_over: how.take_over,
            ..Want::default()
        };
        let mut notes = Vec::new();
        match provider.as_str() {
            "hubspot" => hubspot(cx, connection, found, how, &mut want, &mut notes),
            "notion" => {
                want.kept.clear();
                want.kept.extend(found.and_then(|(_, app)| app.webhook_secret.as_ref()).map(confirmed));
            }
            _ => {}
        }
        Ok(Self { owner, provider, place, want, notes })
    }

    /// The same with what is kept by now.
    ///
    /// # Errors
    /// [`StoreError`] as the database says.
    pub async fn refresh(&mut self, cx: &Cx) -> Result<(), StoreError> {
        if self.provider != "notion" {
            self.want.kept = keep::kept(cx, &self.owner).await?;
        }
        Ok(())
    }
}

/// That the token of Notion's subscription is in the configuration.
fn confirmed(secret: &Secret) -> Kept {
    Kept { remote_id: String::new(), part: String::new(), secret: Some(secret.clone()), expires_at: None }
}

/// Where its webhooks are to go.
fn address(cx: &Cx, connection: &Connection, app: &str, place: &str) -> Option<Secret> {
    let account = match connection.provider.as_str() {
        // Signed with what the door knows: the address needs to prove nothing.
        "hubspot" | "notion" => return Some(Secret::new(place)),
        // A notification says nothing of the account it is about.
        "tentoeight" => &connection.account,
        // Two connections may see one base. With an address each, neither takes the other's webhook for its own.
        _ => &connection.id,
    };
    let public_url = cx.config.server.public_url.as_str();
    cx.addresses.of(app, |address| address.url(public_url, &connection.provider, Some(account)))
}

/// HubSpot's properties, and the app's webhooks, which are an operator's to change: all tenants share them.
fn hubspot(
    cx: &Cx,
    connection: &Connection,
    app: Option<(&str, &App)>,
    how: How,
    want: &mut Want,
    notes: &mut Vec<Planned>,
) {
    if cx.config.setup.customer_properties {
        want.properties = customer_properties();
    }
    if connection.method == Method::Key {
        return;
    }
    if !how.by_operator {
        want.topics.clear();
        let what = "The webhooks are those of the app, which several organizations share: the operator of this hub sets them up"
            .to_owned();
        notes.push(Planned { kind: Kind::ByHand, what });
        return;
    }
    want.app = app.map(|(_, app)| AppKeys {
        client_id: app.client_id.clone().unwrap_or_default(),
        app_id: app.app_id.clone(),
        developer_key: app.developer_api_key.clone(),
    });
}

impl Task {
    /// As a row.
    ///
    /// # Errors
    /// [`crate::keys::KeysError`] when its secret cannot be sealed.
    pub fn row(&self, cx: &Cx, kept: &Kept) -> Result<Hook, crate::keys::KeysError> {
        keep::row(cx, (&self.owner, &self.provider, &self.place), kept)
    }

    /// Forgets what is no more.
    ///
    /// # Errors
    /// [`StoreError`] as the database says.
    pub async fn forget(&self, tx: &mut Tx, remote_id: &str) -> Result<(), StoreError> {
        hooks::forget(tx, &self.owner, remote_id).await.map(|_| ())
    }
}
