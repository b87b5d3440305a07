//! What users and Airtable itself do, on demand: records and schema changed by hand, access taken away, iterators lost,
//! pings about nothing.

use super::Airtable;
use super::accounts::Level;
use super::commit::{Act, error_payload};
use super::ids::RecordId;
use super::model::base::World;
use super::model::plan::{Plan, Write};
use super::model::write::Writer;
use super::problem::Problem;
use super::schema::build;
use super::schema::changes::Naming;
use super::settings::Settings;
use super::webhooks::ping::Target;
use super::webhooks::spec::SOURCES;
use crate::house::EditError;
use crate::house::clock::iso;
use serde_json::{Value, json};

fn invalid(reason: impl Into<String>) -> EditError {
    EditError::Invalid(reason.into())
}

fn missing(what: &str, name: &str) -> EditError {
    EditError::NotFound(format!("there is no {what} {name}"))
}

impl From<Problem> for EditError {
    fn from(problem: Problem) -> Self {
        match problem.status {
            404 => Self::NotFound(problem.reason()),
            _ => Self::Invalid(problem.reason()),
        }
    }
}

/// A text the edit must have.
fn text<'a>(edit: &'a Value, key: &str) -> Result<&'a str, EditError> {
    edit[key].as_str().ok_or_else(|| invalid(format!("{key} is missing")))
}

/// The number of the base it is about; the first one when it does not say.
fn base(world: &World, edit: &Value) -> Result<usize, EditError> {
    match edit["base_id"].as_str() {
        None => Ok(0),
        Some(id) => world.base(id).ok_or_else(|| missing("base", id)),
    }
}

fn table(world: &World, base: usize, edit: &Value) -> Result<usize, EditError> {
    let name = text(edit, "table")?;
    world.bases[base].table(name).ok_or_else(|| missing("table", name))
}

fn field(world: &World, base: usize, table: usize, edit: &Value) -> Result<u16, EditError> {
    let name = text(edit, "field")?;
    world.bases[base].tables[table].field(name).ok_or_else(|| missing("field", name))
}

fn user(world: &World, edit: &Value) -> Result<Option<usize>, EditError> {
    match edit["user"].as_str() {
        None => Ok(None),
        Some(name) => world.user(name).map(Some).ok_or_else(|| missing("user", name)),
    }
}

fn act(world: &World, edit: &Value) -> Result<Act, EditError> {
    let source = edit["source"].as_str().unwrap_or("client");
    if !SOURCES.contains(&source) {
        return Err(invalid(format!("source is one of {}", SOURCES.join(", "))));
    }
    let about = edit.get("source_metadata").cloned().unwrap_or_default();
    let user = user(world, edit)?.unwrap_or(0);
    Ok(Act { base: base(world, edit)?, user, source: source.to_owned(), about })
}

fn naming(edit: &Value) -> Result<Naming, EditError> {
    let text = |key: &str| match &edit[key] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(invalid(format!("{key} must be a text"))),
    };
    Ok(Naming { name: text("name")?, description: text("description")? })
}

const ACTIONS: &str = "create, update, delete, create_table, rename_table, delete_table, create_field, rename_field, \
     delete_field, set_permission, revoke, expire_token, expire_refresh_token, expire_iterators, add_base, remove_base, \
     ping, error_payload";

impl Airtable {
    /// Does it.
    ///
    /// # Errors
    /// When it makes no sense; then nothing has changed.
    pub(super) fn user_edit(&self, edit: &Value) -> Result<Value, EditError> {
        let settings = self.settings.get();
        match text(edit, "action")? {
            "create" | "update" | "delete" => self.edit_record(edit, &settings),
            "create_table" | "rename_table" | "delete_table" => self.edit_table(edit, &settings),
            "create_field" | "rename_field" | "delete_field" => self.edit_field(edit, &settings),
            "set_permission" => self.set_permission(edit),
            "revoke" => self.revoke(edit),
            "expire_token" => {
                Ok(json!({ "expired": self.grants.write().expire_access(edit["token"].as_str()) }))
            }
            "expire_refresh_token" => {
                Ok(json!({ "expired": self.grants.write().expire_refresh(edit["token"].as_str()) }))
            }
            "expire_iterators" => Ok(json!({ "expired": self.iterators.lock().clear() })),
            "add_base" | "remove_base" => self.change_bases(edit),
            "ping" => self.ping_now(edit),
            "error_payload" => self.push_error(edit, &settings),
            other => Err(invalid(format!("there is no action {other}; there are {ACTIONS}"))),
        }
    }

    fn edit_record(&self, edit: &Value, settings: &Settings) -> Result<Value, EditError> {
        let mut world = self.world.write();
        let act = act(&world, edit)?;
        let base = act.base;
        let table = table(&world, base, edit)?;
        let number = match edit["action"].as_str() {
            Some("create") => None,
            _ => {
                let id = text(edit, "id")?;
                let rows = &world.bases[base].tables[table];
                let number = RecordId::parse(id).and_then(|id| rows.number(id));
                Some(number.ok_or_else(|| missing("record", id))?)
            }
        };
        let mut dice = self.dice.lock();
        let mut plan = Plan::new(table);
        match (number, edit["action"] == "delete") {
            (Some(number), true) => plan.writes.push(Write::Delete(number)),
            (number, _) => {
                let none = serde_json::Map::new();
                let fields = match &edit["fields"] {
                    Value::Null => &none,
                    fields => fields.as_object().ok_or_else(|| invalid("fields must be an object"))?,
                };
                let mut writer = Writer {
                    world: &world,
                    base: &world.bases[base],
                    errors: &settings.errors,
                    typecast: true,
                    plan: &mut plan,
                    dice: &mut dice,
                };
                let cells = writer.cells(fields, number)?;
                plan.writes.push(match number {
                    Some(number) => Write::Update(number, cells),
                    None => Write::Create(
                        cells.into_iter().filter_map(|(field, cell)| Some((field, cell?))).collect(),
                    ),
                });
            }
        }
        let applied = self.commit(&mut world, &act, plan, settings, &mut dice);
        let row = applied.written.first().and_then(|number| world.bases[base].tables[table].row(*number));
        let id = row.map_or_else(|| edit["id"].clone(), |row| json!(row.id.to_string()));
        Ok(json!({ "id": id }))
    }

    fn edit_table(&self, edit: &Value, settings: &Settings) -> Result<Value, EditError> {
        let mut world = self.world.write();
        let act = act(&world, edit)?;
        if edit["action"] == "create_table" {
            let mut dice = self.dice.lock();
            let new = build::table(&world.bases[act.base], edit, &mut dice)?;
            let number = self.add_table(&mut world, &act, new, settings, &mut dice);
            return Ok(json!({ "id": world.bases[act.base].tables[number].id }));
        }
        let table = table(&world, act.base, edit)?;
        let id = world.bases[act.base].tables[table].id.clone();
        if edit["action"] == "rename_table" {
            self.rename_table(&mut world, &act, table, naming(edit)?, settings);
        } else {
            self.delete_table(&mut world, &act, table, settings);
        }
        Ok(json!({ "id": id }))
    }

    fn edit_field(&self, edit: &Value, settings: &Settings) -> Result<Value, EditError> {
        let mut world = self.world.write();
        let act = act(&world, edit)?;
        let table = table(&world, act.base, edit)?;
        let id = |world: &World, slot: u16| json!({ "id": world.bases[act.base].tables[table].fields[usize::from(slot)].id });
        if edit["action"] == "create_field" {
            let mut dice = self.dice.lock();
            let new = build::field(&world.bases[act.base], edit, &mut dice)?;
            if world.bases[act.base].tables[table].field(&new.name).is_some() {
                return Err(invalid(format!("there is a field {} already", new.name)));
            }
            let slot = self.add_field(&mut world, &act, table, new, settings, &mut dice);
            return Ok(id(&world, slot));
        }
        let slot = field(&world, act.base, table, edit)?;
        if edit["action"] == "rename_field" {
            self.rename_field(&mut world, &act, (table, slot), naming(edit)?, settings);
        } else if slot == 0 {
            return Err(invalid("the primary field cannot be deleted"));
        } else {
            self.delete_field(&mut world, &act, (table, slot), settings);
        }
        Ok(id(&world, slot))
    }

    fn set_permission(&self, edit: &Value) -> Result<Value, EditError> {
        let mut world = self.world.write();
        let base = base(&world, edit)?;
        let user = user(&world, edit)?.ok_or_else(|| invalid("user is missing"))?;
        let level = Level::parse(text(edit, "permission")?);
        let level = level.ok_or_else(|| invalid("permission is none, read, comment, edit or create"))?;
        let users = world.users.len();
        world.bases[base].levels.resize(users, Level::None);
        world.bases[base].levels[user] = level;
        Ok(json!({ "permission": level.name() }))
    }

    /// A personal access token, or what users have granted: all of it, or that of one user or to one client.
    fn revoke(&self, edit: &Value) -> Result<Value, EditError> {
        let mut world = self.world.write();
        if let Some(token) = edit["token"].as_str().filter(|token| token.starts_with("pat")) {
            let known = world.users.iter_mut().find(|user| user.token == token);
            known.ok_or_else(|| missing("personal access token", token))?.token_works = false;
            return Ok(json!({ "revoked": 1 }));
        }
        let user = user(&world, edit)?;
        let client = edit["client_id"].as_str();
        let integrations = self.integrations.read();
        let mut grants = self.grants.write();
        let token = edit["token"].as_str();
        if let Some(token) = token.filter(|token| grants.find(token, self.house.now()).is_none()) {
            return Err(missing("access token", token));
        }
        let revoked = grants.revoke_where(|grant| {
            user.is_none_or(|user| grant.user == user)
                && client.is_none_or(|client| integrations[grant.integration].client_id == client)
                && token.is_none_or(|token| grant.has_access(token))
        });
        Ok(json!({ "revoked": revoked }))
    }

    /// A user adds a base to a grant or takes it away.
    fn change_bases(&self, edit: &Value) -> Result<Value, EditError> {
        let world = self.world.read();
        let id = text(edit, "base_id")?;
        world.base(id).ok_or_else(|| missing("base", id))?;
        let user = user(&world, edit)?;
        let add = edit["action"] == "add_base";
        let changed = self.grants.write().change_bases(
            |grant| user.is_none_or(|user| grant.user == user),
            |bases| {
                bases.retain(|known| known != id);
                if add {
                    bases.push(id.to_owned());
                }
            },
        );
        Ok(json!({ "grants": changed }))
    }

    fn hook(world: &World, edit: &Value) -> Result<(usize, usize), EditError> {
        let id = text(edit, "webhook")?;
        let mut all = world.bases.iter().enumerate().flat_map(|(base, one)| {
            one.hooks.iter().enumerate().map(move |(number, hook)| (base, number, hook))
        });
        let found = all.find(|(_, _, hook)| hook.id == id).map(|(base, number, _)| (base, number));
        found.ok_or_else(|| missing("webhook", id))
    }

    /// A ping about nothing.
    fn ping_now(&self, edit: &Value) -> Result<Value, EditError> {
        let world = self.world.read();
        let (base, number) = Self::hook(&world, edit)?;
        let base = &world.bases[base];
        let target = Target { base: base.id.clone(), hook: base.hooks[number].id.clone(), spurious: true };
        self.ping_at(self.house.now(), target, 0);
        Ok(json!({}))
    }

    /// A payload that says that something is wrong with the webhook.
    fn push_error(&self, edit: &Value, settings: &Settings) -> Result<Value, EditError> {
        let mut world = self.world.write();
        let (base, number) = Self::hook(&world, edit)?;
        let code = edit["code"].as_str().unwrap_or("INTERNAL_ERROR");
        if !["INVALID_FILTERS", "INVALID_HOOK", "INTERNAL_ERROR"].contains(&code) {
            return Err(invalid("code is INVALID_FILTERS, INVALID_HOOK or INTERNAL_ERROR"));
        }
        let now = self.house.now();
        let base = &mut world.bases[base];
        base.transaction += 1;
        let payload = error_payload(code, &iso(now), base.transaction);
        let hook = &mut base.hooks[number];
        hook.push(vec![payload], now, &settings.webhooks);
        let target = Target { base: base.id.clone(), hook: hook.id.clone(), spurious: true };
        self.ping_at(now, target, 0);
        Ok(json!({}))
    }
}
