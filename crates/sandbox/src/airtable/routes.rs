//! Which request is which.

use super::Airtable;
use super::auth::Caller;
use super::call::Call;
use super::limits::Asked;
use super::problem::Problem;
use super::settings::Settings;
use crate::house::json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use serde_json::Value;
use std::sync::Arc;

/// What a success carries.
pub(super) enum Reply {
    Json(Value),
    Empty,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Whoami,
    Bases,
    CreateBase,
    Tables { base: &'a str },
    CreateTable { base: &'a str },
    PatchTable { base: &'a str, table: &'a str },
    CreateField { base: &'a str, table: &'a str },
    PatchField { base: &'a str, table: &'a str, field: &'a str },
    List { base: &'a str, table: &'a str },
    ListByPost { base: &'a str, table: &'a str },
    Create { base: &'a str, table: &'a str },
    Update { base: &'a str, table: &'a str, replace: bool },
    Delete { base: &'a str, table: &'a str },
    GetRecord { base: &'a str, table: &'a str, record: &'a str },
    UpdateRecord { base: &'a str, table: &'a str, record: &'a str, replace: bool },
    DeleteRecord { base: &'a str, table: &'a str, record: &'a str },
    Comments { base: &'a str, table: &'a str, record: &'a str },
    CreateComment { base: &'a str, table: &'a str, record: &'a str },
    PatchComment { base: &'a str, table: &'a str, record: &'a str, comment: &'a str },
    DeleteComment { base: &'a str, table: &'a str, record: &'a str, comment: &'a str },
    Upload { base: &'a str, record: &'a str, field: &'a str },
    Webhooks { base: &'a str },
    CreateWebhook { base: &'a str },
    EnableNotifications { base: &'a str, hook: &'a str },
    RefreshWebhook { base: &'a str, hook: &'a str },
    Payloads { base: &'a str, hook: &'a str },
    DeleteWebhook { base: &'a str, hook: &'a str },
}

/// The route of a request; none: there is no such path.
fn route<'a>(method: &Method, path: &[&'a str]) -> Option<Route<'a>> {
    let ["v0", rest @ ..] = path else { return None };
    match rest {
        ["meta", rest @ ..] => meta(method, rest),
        ["bases", base, "webhooks", rest @ ..] => webhooks(method, base, rest),
        [base, record, field, "uploadAttachment"] if record.starts_with("rec") && *method == Method::POST => {
            Some(Route::Upload { base, record, field })
        }
        [base, table, rest @ ..] => records(method, base, table, rest),
        _ => None,
    }
}

fn meta<'a>(method: &Method, path: &[&'a str]) -> Option<Route<'a>> {
    Some(match (method.as_str(), path) {
        ("GET", ["whoami"]) => Route::Whoami,
        ("GET", ["bases"]) => Route::Bases,
        ("POST", ["bases"]) => Route::CreateBase,
        ("GET", ["bases", base, "tables"]) => Route::Tables { base },
        ("POST", ["bases", base, "tables"]) => Route::CreateTable { base },
        ("PATCH", ["bases", base, "tables", table]) => Route::PatchTable { base, table },
        ("POST", ["bases", base, "tables", table, "fields"]) => Route::CreateField { base, table },
        ("PATCH", ["bases", base, "tables", table, "fields", field]) => {
            Route::PatchField { base, table, field }
        }
        _ => return None,
    })
}

fn webhooks<'a>(method: &Method, base: &'a str, path: &[&'a str]) -> Option<Route<'a>> {
    Some(match (method.as_str(), path) {
        ("GET", []) => Route::Webhooks { base },
        ("POST", []) => Route::CreateWebhook { base },
        ("POST", [hook, "enableNotifications"]) => Route::EnableNotifications { base, hook },
        ("POST", [hook, "refresh"]) => Route::RefreshWebhook { base, hook },
        ("GET", [hook, "payloads"]) => Route::Payloads { base, hook },
        ("DELETE", [hook]) => Route::DeleteWebhook { base, hook },
        _ => return None,
    })
}

fn records<'a>(method: &Method, base: &'a str, table: &'a str, path: &[&'a str]) -> Option<Route<'a>> {
    Some(match (method.as_str(), path) {
        ("GET", []) => Route::List { base, table },
        ("POST", ["listRecords"]) => Route::ListByPost { base, table },
        ("POST", []) => Route::Create { base, table },
        ("PATCH" | "PUT", []) => Route::Update { base, table, replace: *method == Method::PUT },
        ("DELETE", []) => Route::Delete { base, table },
        ("GET", [record]) => Route::GetRecord { base, table, record },
        ("PATCH" | "PUT", [record]) => {
            Route::UpdateRecord { base, table, record, replace: *method == Method::PUT }
        }
        ("DELETE", [record]) => Route::DeleteRecord { base, table, record },
        ("GET", [record, "comments"]) => Route::Comments { base, table, record },
        ("POST", [record, "comments"]) => Route::CreateComment { base, table, record },
        ("PATCH", [record, "comments", comment]) => Route::PatchComment { base, table, record, comment },
        ("DELETE", [record, "comments", comment]) => Route::DeleteComment { base, table, record, comment },
        _ => return None,
    })
}

impl<'a> Route<'a> {
    /// The base it is about.
    fn base(self) -> Option<&'a str> {
        match self {
            Self::Whoami | Self::Bases | Self::CreateBase => None,
            Self::Tables { base }
            | Self::CreateTable { base }
            | Self::PatchTable { base, .. }
            | Self::CreateField { base, .. }
            | Self::PatchField { base, .. }
            | Self::List { base, .. }
            | Self::ListByPost { base, .. }
            | Self::Create { base, .. }
            | Self::Update { base, .. }
            | Self::Delete { base, .. }
            | Self::GetRecord { base, .. }
            | Self::UpdateRecord { base, .. }
            | Self::DeleteRecord { base, .. }
            | Self::Comments { base, .. }
            | Self::CreateComment { base, .. }
            | Self::PatchComment { base, .. }
            | Self::DeleteComment { base, .. }
            | Self::Upload { base, .. }
            | Self::Webhooks { base }
            | Self::CreateWebhook { base }
            | Self::EnableNotifications { base, .. }
            | Self::RefreshWebhook { base, .. }
            | Self::Payloads { base, .. }
            | Self::DeleteWebhook { base, .. } => Some(base),
        }
    }
}

/// Answers every request to Airtable's hosts.
pub(super) async fn serve(State(airtable): State<Arc<Airtable>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return json::empty(StatusCode::BAD_REQUEST) };
    let call = Call::new(parts, body);
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["oauth2", "v1", "authorize"] if matches!(call.method, Method::GET | Method::POST) => {
            airtable.authorize(&call)
        }
        ["oauth2", "v1", "token"] if call.method == Method::POST => airtable.token(&call),
        ["attachments", until, seal, id, _] if call.method == Method::GET => airtable.file(until, seal, id),
        path => match airtable.api(&call, path) {
            Ok(Reply::Json(value)) => json::answer(StatusCode::OK, &value),
            Ok(Reply::Empty) => json::empty(StatusCode::OK),
            Err(problem) => problem.into_response(),
        },
    }
}

impl Airtable {
    fn api(&self, call: &Call, path: &[&str]) -> Result<Reply, Problem> {
        let settings = self.settings.get();
        let limits = &settings.limits;
        if call.url_chars > limits.url_chars {
            return Err(Problem::worded(&settings.errors.url_too_long, "The URL is too long"));
        }
        let route = route(&call.method, path).ok_or_else(Problem::not_found)?;
        // An upload has a limit of its own, and carries base64.
        if call.body.len() > limits.body_bytes && !matches!(route, Route::Upload { .. }) {
            return Err(Problem::worded(&settings.errors.too_large, "Request body is too large"));
        }
        let caller = self.caller(call, &settings)?;
        let asked = Asked {
            // What does not exist has no limit, or anybody could fill the memory with buckets.
            base: route.base().filter(|base| self.world.read().base(base).is_some()),
            pat_user: caller.integration().is_none().then_some(caller.user),
            upsert: matches!(route, Route::Update { .. }) && is_upsert(&call.body),
            meta: path.get(1) == Some(&"meta"),
        };
        self.limits.lock().admit(asked, self.house.now(), limits)?;
        self.handle(route, call, &caller, &settings)
    }

    fn handle(
        &self,
        route: Route<'_>,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Reply, Problem> {
        match route {
            Route::Whoami => Ok(self.whoami(caller)),
            Route::Bases => self.list_bases(call, caller, settings),
            Route::CreateBase => self.create_base(call, caller, settings),
            Route::Tables { base } => self.list_tables(call, caller, base),
            Route::CreateTable { base } => self.create_table(call, caller, settings, base),
            Route::PatchTable { base, table } => self.patch_table(call, caller, settings, base, table),
            Route::CreateField { base, table } => self.create_field(call, caller, settings, base, table),
            Route::PatchField { base, table, field } => {
                self.patch_field(call, caller, settings, base, (table, field))
            }
            Route::List { base, table } => self.list(call, caller, settings, base, table),
            Route::ListByPost { base, table } => self.list_by_post(call, caller, settings, base, table),
            Route::Create { base, table } => self.create(call, caller, settings, base, table),
            Route::Update { base, table, replace } => {
                self.update(call, caller, settings, (base, table), replace)
            }
            Route::Delete { base, table } => self.delete_some(call, caller, settings, base, table),
            Route::GetRecord { base, table, record } => {
                self.get_record(call, caller, settings, (base, table), record)
            }
            Route::UpdateRecord { base, table, record, replace } => {
                self.update_one(call, caller, settings, (base, table, record), replace)
            }
            Route::DeleteRecord { base, table, record } => {
                self.delete_one(caller, settings, base, table, record)
            }
            Route::Comments { base, table, record } => {
                self.list_comments(call, caller, (base, table, record))
            }
            Route::CreateComment { base, table, record } => {
                self.create_comment(call, caller, settings, (base, table, record))
            }
            Route::PatchComment { base, table, record, comment } => {
                self.patch_comment(call, caller, settings, (base, table, record), comment)
            }
            Route::DeleteComment { base, table, record, comment } => {
                self.delete_comment(caller, (base, table, record), comment)
            }
            Route::Upload { base, record, field } => {
                self.upload(call, caller, settings, (base, record, field))
            }
            Route::Webhooks { base } => self.list_webhooks(caller, settings, base),
            Route::CreateWebhook { base } => self.create_webhook(call, caller, settings, base),
            Route::EnableNotifications { base, hook } => {
                self.enable_notifications(call, caller, settings, base, hook)
            }
            Route::RefreshWebhook { base, hook } => self.refresh_webhook(caller, settings, base, hook),
            Route::Payloads { base, hook } => self.list_payloads(call, caller, settings, base, hook),
            Route::DeleteWebhook { base, hook } => self.delete_webhook(caller, settings, base, hook),
        }
    }
}

/// Whether a batch update is an upsert, as far as its throttling is concerned.
fn is_upsert(body: &[u8]) -> bool {
    let needle = b"\"performUpsert\"";
    body.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods_make_the_route() {
        let is = |method: Method, path: &[&'static str]| route(&method, path);
        assert_eq!(is(Method::GET, &["v0", "meta", "whoami"]), Some(Route::Whoami));
        let upload = Route::Upload { base: "app1", record: "rec1", field: "Files" };
        assert_eq!(is(Method::POST, &["v0", "app1", "rec1", "Files", "uploadAttachment"]), Some(upload));
        let put = Route::Update { base: "app1", table: "People", replace: true };
        assert_eq!(is(Method::PUT, &["v0", "app1", "People"]), Some(put));
        let list = Route::ListByPost { base: "app1", table: "People" };
        assert_eq!(is(Method::POST, &["v0", "app1", "People", "listRecords"]), Some(list));
        for (method, path) in [
            (Method::GET, &["v0"][..]),
            (Method::GET, &["v0", "meta"]),
            (Method::DELETE, &["v0", "meta", "whoami"]),
            (Method::GET, &["v0", "bases", "app1", "webhooks", "ach1"]),
            (Method::GET, &["v1", "app1", "People"]),
            (Method::POST, &["v0", "app1", "People", "rec1", "x"]),
        ] {
            assert_eq!(route(&method, path), None, "{method} {path:?}");
        }
    }
}
