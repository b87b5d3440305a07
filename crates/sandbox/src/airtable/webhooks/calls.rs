//! The webhooks API.

use super::hook::Hook;
use super::spec::{self, Spec};
use crate::airtable::Airtable;
use crate::airtable::accounts::Level;
use crate::airtable::auth::Caller;
use crate::airtable::call::{Call, given};
use crate::airtable::ids;
use crate::airtable::model::base::World;
use crate::airtable::oauth::scopes::Scope;
use crate::airtable::problem::Problem;
use crate::airtable::routes::Reply;
use crate::airtable::settings::Settings;
use crate::house::clock::iso;
use serde_json::{Value, json};

/// The most payloads one call gets.
const MOST: usize = 50;

/// OAuth apps see only their own webhooks.
fn sees(caller: &Caller, hook: &Hook) -> bool {
    caller.integration().is_none_or(|integration| hook.integration == Some(integration))
}

/// What the types of data ask of the token.
fn needs(caller: &Caller, spec: &Spec) -> Result<(), Problem> {
    caller.needs(Scope::ManageWebhooks)?;
    if spec.wants("tableData") {
        caller.needs(Scope::ReadRecords)?;
    }
    if spec.wants("tableFields") || spec.wants("tableMetadata") {
        caller.needs(Scope::ReadSchema)?;
    }
    Ok(())
}

/// Where notifications go; none is fine.
fn notification_url(value: Option<&Value>) -> Result<Option<String>, Problem> {
    let wrong = || Problem::invalid_request("notificationUrl must be an http or https URL");
    let Some(value) = value else { return Ok(None) };
    let text = value.as_str().ok_or_else(wrong)?;
    let parsed = url::Url::parse(text).map_err(|_| wrong())?;
    if matches!(parsed.scheme(), "http" | "https") { Ok(Some(text.to_owned())) } else { Err(wrong()) }
}

/// A webhook the caller sees, while it can still be read.
fn find<'a>(
    world: &'a mut World,
    caller: &Caller,
    base: &str,
    id: &str,
    now: i64,
    settings: &Settings,
) -> Result<&'a mut Hook, Problem> {
    caller.needs(Scope::ManageWebhooks)?;
    let base = caller.base(world, base, Level::Read)?;
    let mut hooks = world.bases[base].hooks.iter_mut();
    let hook =
        hooks.find(|hook| hook.id == id && sees(caller, hook) && !hook.is_gone(now, &settings.webhooks));
    hook.ok_or_else(Problem::forbidden_or_missing)
}

impl Airtable {
    pub(in crate::airtable) fn create_webhook(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::ManageWebhooks)?;
        let (now, rules) = (self.house.now(), &settings.webhooks);
        let mut world = self.world.write();
        let base = caller.base(&world, base, Level::Create)?;
        let body = call.json(&settings.errors)?;
        let specification = given(&body, "specification").ok_or_else(|| Problem::missing("specification"))?;
        let spec = spec::parse(&world.bases[base], specification).map_err(Problem::invalid_request)?;
        needs(caller, &spec)?;
        let url = notification_url(given(&body, "notificationUrl"))?;
        let hooks = &mut world.bases[base].hooks;
        hooks.retain(|hook| !hook.is_gone(now, rules));
        let mine = |hook: &&Hook| hook.integration.is_some() && hook.integration == caller.integration();
        if hooks.len() >= rules.per_base || hooks.iter().filter(mine).count() >= rules.per_integration {
            let message = "The maximum number of webhooks has been reached";
            return Err(Problem::worded(&settings.errors.too_many_webhooks, message));
        }
        let mut dice = self.dice.lock();
        let secret = data_encoding::BASE64.encode(dice.hex(64).as_bytes());
        let expires = now.saturating_add(rules.life_secs.saturating_mul(1_000));
        let hook = Hook::new(ids::throw(&mut dice, "ach"), secret, caller.integration(), url, spec, expires);
        let json =
            json!({ "id": hook.id, "macSecretBase64": hook.secret, "expirationTime": iso(hook.expires) });
        hooks.push(hook);
        Ok(Reply::Json(json))
    }

    pub(in crate::airtable) fn list_webhooks(
        &self,
        caller: &Caller,
        settings: &Settings,
        base: &str,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::ManageWebhooks)?;
        let now = self.house.now();
        let world = self.world.read();
        let base = caller.base(&world, base, Level::Read)?;
        let hooks = world.bases[base].hooks.iter();
        let shown = hooks.filter(|hook| sees(caller, hook) && !hook.is_gone(now, &settings.webhooks));
        let json: Vec<Value> = shown.map(|hook| hook.json(now)).collect();
        Ok(Reply::Json(json!({ "webhooks": json })))
    }

    pub(in crate::airtable) fn enable_notifications(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        id: &str,
    ) -> Result<Reply, Problem> {
        let mut world = self.world.write();
        let hook = find(&mut world, caller, base, id, self.house.now(), settings)?;
        let body = call.json(&settings.errors)?;
        let enable = given(&body, "enable").ok_or_else(|| Problem::missing("enable"))?;
        hook.notifications =
            enable.as_bool().ok_or_else(|| Problem::invalid_request("enable must be true or false"))?;
        Ok(Reply::Empty)
    }

    pub(in crate::airtable) fn refresh_webhook(
        &self,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        id: &str,
    ) -> Result<Reply, Problem> {
        let now = self.house.now();
        let mut world = self.world.write();
        let hook = find(&mut world, caller, base, id, now, settings)?;
        if !hook.is_active(now) {
            return Err(Problem::invalid_request("The webhook has expired"));
        }
        hook.extend(now, &settings.webhooks);
        Ok(Reply::Json(json!({ "expirationTime": iso(hook.expires) })))
    }

    /// Listing payloads extends the life of a webhook that is still active.
    pub(in crate::airtable) fn list_payloads(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        id: &str,
    ) -> Result<Reply, Problem> {
        let now = self.house.now();
        let mut world = self.world.write();
        let hook = find(&mut world, caller, base, id, now, settings)?;
        needs(caller, &hook.spec)?;
        let number = |name: &str, or: u64| match call.param(name).map(str::parse::<u64>) {
            None => Ok(or),
            Some(Ok(number)) if number >= 1 => Ok(number),
            Some(_) => Err(Problem::invalid_request(format!("{name} must be a number from 1 on"))),
        };
        let (cursor, limit) = (number("cursor", 1)?, number("limit", MOST as u64)?);
        let limit = usize::try_from(limit).unwrap_or(MOST).min(MOST);
        let page = hook.page(cursor, limit, now, &settings.webhooks);
        hook.extend(now, &settings.webhooks);
        let json = json!({ "payloads": page.payloads, "cursor": page.cursor, "mightHaveMore": page.more });
        Ok(Reply::Json(json))
    }

    pub(in crate::airtable) fn delete_webhook(
        &self,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        id: &str,
    ) -> Result<Reply, Problem> {
        let mut world = self.world.write();
        find(&mut world, caller, base, id, self.house.now(), settings)?;
        if let Some(base) = world.base(base) {
            world.bases[base].hooks.retain(|hook| hook.id != id);
        }
        Ok(Reply::Empty)
    }
}
