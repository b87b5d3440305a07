//! Filters that suggest what there is: organizations, connections, syncs, apps.

use super::Portal;
use super::connections::title;
use super::show::provider_name;
use super::views::events::MAX_CHOICES;
use super::views::{Choice, Filter, text};
use std::collections::BTreeSet;
use syncline_store::connections::{self, Connection};
use syncline_store::syncs::{self, Sync};
use syncline_store::{Scope, StoreError, accounts};

/// Connections to suggest.
const CONNECTIONS: u32 = 50;
/// Syncs to suggest.
const SYNCS: u32 = 50;

/// The longest value to suggest, in bytes: hostile names would make the page heavy.
pub(super) const LONGEST: usize = 64;

/// Organizations to suggest: those that own accounts.
pub(super) async fn organizations(portal: &Portal) -> Result<Vec<String>, StoreError> {
    let owners = accounts::list(&portal.api.cx.store).await?.into_iter().map(|account| account.org_id);
    let owners: BTreeSet<String> = owners.filter(|owner| owner.len() <= LONGEST).collect();
    Ok(owners.into_iter().take(MAX_CHOICES).collect())
}

/// The filter `organization`, with those there are.
pub(super) async fn organization(portal: &Portal, value: &str) -> Result<Filter, StoreError> {
    let known = organizations(portal).await?.into_iter().map(same).collect();
    Ok(Filter::new("organization", "Organization", value.trim()).suggest(known))
}

/// The filter `connection`, by the connection's id, with the latest of them and the one that is chosen: people read their names.
pub(super) async fn connection(portal: &Portal, value: &str) -> Result<Filter, StoreError> {
    let (store, value) = (&portal.api.cx.store, value.trim());
    let known = connections::list(store, &Scope::All, &connections::Filter::default(), CONNECTIONS).await?;
    let mut known: Vec<Choice> = known.iter().map(named).collect();
    if !value.is_empty()
        && !known.iter().any(|choice| choice.value == value)
        && let Some(chosen) = connections::get(store, &Scope::All, value).await?
    {
        known.push(named(&chosen));
    }
    Ok(Filter::new("connection", "Connection", value).suggest(known).hinted("Its ID"))
}

/// The filter `sync`, by the sync's id, with the first of them and the one that is chosen: people read their names.
pub(super) async fn sync(portal: &Portal, chosen: Option<&Sync>, value: &str) -> Result<Filter, StoreError> {
    let known =
        syncs::list(&portal.api.cx.store, &Scope::All, &syncs::Filter::default(), None, SYNCS).await?;
    let mut known: Vec<Choice> = known.iter().map(joined).collect();
    if let Some(chosen) = chosen.filter(|chosen| !known.iter().any(|choice| choice.value == chosen.id)) {
        known.push(joined(chosen));
    }
    Ok(Filter::new("sync", "Sync", value.trim()).suggest(known).hinted("Its ID"))
}

/// The filter `account`, by the account's id at its provider, with those that are connected: people read their names.
pub(super) async fn account(portal: &Portal, value: &str) -> Result<Filter, StoreError> {
    let (store, value) = (&portal.api.cx.store, value.trim());
    let latest = connections::list(store, &Scope::All, &connections::Filter::default(), CONNECTIONS).await?;
    let of_chosen = connections::Filter { account: Some(value.to_owned()), ..connections::Filter::default() };
    let chosen = match value {
        "" => Vec::new(),
        _ => connections::list(store, &Scope::All, &of_chosen, 1).await?,
    };
    let mut known: Vec<Choice> = Vec::new();
    for connection in chosen.iter().chain(&latest) {
        let is_new = !known.iter().any(|choice| choice.value == connection.account);
        if is_new && !connection.account.is_empty() && connection.account.len() <= LONGEST {
            known.push(Choice { value: connection.account.clone(), ..named(connection) });
        }
    }
    Ok(Filter::new("account", "Account", value).suggest(known))
}

fn joined(sync: &Sync) -> Choice {
    Choice { value: sync.id.clone(), label: text::preview(&sync.name, LONGEST).into_owned() }
}

/// The filter `app`, with those of the configuration.
pub(super) fn app(portal: &Portal, value: &str) -> Filter {
    let apps = portal.api.cx.config.apps.iter().take(MAX_CHOICES);
    let known = apps.map(|(name, app)| {
        let label = format!("{name}, {}", provider_name(app.provider.as_str()));
        Choice { value: name.clone(), label }
    });
    Filter::new("app", "App", value.trim()).suggest(known.collect())
}

/// The filter `provider`.
pub(super) fn provider(value: &str) -> Filter {
    Filter::one_of("provider", "Provider", value.trim(), providers())
}

/// Every provider there is.
pub(super) fn providers() -> Vec<Choice> {
    let ids = syncline_providers::connect::CONNECTORS.iter().map(|(id, _)| *id);
    ids.map(|id| Choice { value: id.to_owned(), label: provider_name(id).to_owned() }).collect()
}

/// A connection as people choose it.
pub(super) fn named(connection: &Connection) -> Choice {
    let label = format!("{}, {}", title(connection), provider_name(&connection.provider));
    Choice { value: connection.id.clone(), label }
}

/// Something that is called what it is.
pub(super) fn same(value: String) -> Choice {
    Choice { label: value.clone(), value }
}
