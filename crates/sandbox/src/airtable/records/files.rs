//! Files in cells: uploaded, fetched (in appearance), served for two hours (Airtable facts 5 and 6).

use super::query::Shape;
use crate::airtable::Airtable;
use crate::airtable::accounts::Level;
use crate::airtable::auth::Caller;
use crate::airtable::call::{Call, given};
use crate::airtable::commit::Act;
use crate::airtable::ids::{self, RecordId};
use crate::airtable::model::base::World;
use crate::airtable::model::cell::{Attachment, Cell, Fetched};
use crate::airtable::model::compute::At;
use crate::airtable::model::field::Kind;
use crate::airtable::model::plan::{Fetch, Plan, Write};
use crate::airtable::oauth::scopes::Scope;
use crate::airtable::problem::Problem;
use crate::airtable::routes::Reply;
use crate::airtable::settings::Settings;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// What a file's name says about its type.
fn type_of(filename: &str) -> &'static str {
    let extension = filename.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("pdf") => "application/pdf",
        Some("csv") => "text/csv",
        Some("txt") => "text/plain",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

/// Width and height of a PNG.
fn picture(bytes: &[u8]) -> Option<(u32, u32)> {
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.get(12..16) != Some(b"IHDR") {
        return None;
    }
    let side = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    Some((side(16)?, side(20)?))
}

/// What stands for a file that a URL leads to: the sandbox calls nobody but webhook receivers.
fn placeholder(filename: &str, url: &str) -> Bytes {
    Bytes::from(format!("Simulated contents of {filename}, as if fetched from {url}\n"))
}

/// Whether a file cannot be fetched from here.
fn fails(url: &str, settings: &Settings) -> bool {
    let host =
        url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    settings.attachments.failing_hosts.iter().any(|end| host.ends_with(end.as_str()))
}

impl Airtable {
    /// What an answer says, where it says so, about files that will fail.
    pub(in crate::airtable) fn failing(&self, fetches: &[Fetch], settings: &Settings) -> Option<Value> {
        let told = settings.attachments.failures_in_details
            && fetches.iter().any(|fetch| fails(&fetch.url, settings));
        told.then(|| json!({ "message": "partialSuccess", "reasons": ["ATTACHMENTS_FAILED_UPLOADING"] }))
    }

    /// Has a file fetched a moment later.
    pub(in crate::airtable) fn fetch_later(
        &self,
        base: String,
        table: usize,
        number: u32,
        fetch: Fetch,
        wait_ms: i64,
    ) {
        let me = self.me.clone();
        self.house.schedule.at(self.house.now().saturating_add(wait_ms), async move {
            if let Some(airtable) = me.upgrade() {
                airtable.fetched(&base, table, number, &fetch);
            }
        });
    }

    fn fetched(&self, base: &str, table: usize, number: u32, fetch: &Fetch) {
        let settings = self.settings.get();
        let mut world = self.world.write();
        let Some(base) = world.base(base) else { return };
        let World { bases, files, .. } = &mut *world;
        let Some(row) = bases[base].tables[table].row_mut(number) else { return };
        let Some(Cell::Files(cell)) = row.cell(fetch.field) else { return };
        let mut cell = cell.to_vec();
        let Some(position) = cell.iter().position(|file| file.id == fetch.attachment) else { return };
        if fails(&fetch.url, &settings) {
            cell.remove(position);
            let cell = (!cell.is_empty()).then(|| Cell::Files(cell.into_boxed_slice()));
            let mut plan = Plan::new(table);
            plan.writes.push(Write::Update(number, vec![(fetch.field, cell)]));
            self.commit(&mut world, &Act::by_system(base), plan, &settings, &mut self.dice.lock());
            return;
        }
        let file = &mut cell[position];
        let bytes = placeholder(&file.filename, &fetch.url);
        let kind = type_of(&file.filename).to_owned();
        file.fetched = Some(Fetched { size: bytes.len(), kind, picture: None });
        files.insert(file.id.clone(), bytes);
        row.set(fetch.field, Some(Cell::Files(cell.into_boxed_slice())));
    }

    /// `POST https://content.airtable.com/v0/{base}/{record}/{field}/uploadAttachment`. The table is found by the record.
    pub(in crate::airtable) fn upload(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        (base, record, field): (&str, &str, &str),
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::WriteRecords)?;
        let mut world = self.world.write();
        let base = caller.base(&world, base, Level::Edit)?;
        let id = RecordId::parse(record).ok_or_else(Problem::not_found)?;
        let found = world.bases[base].live_tables().find_map(|(table, rows)| Some((table, rows.number(id)?)));
        let (table, number) = found.ok_or_else(Problem::not_found)?;
        let rows = &world.bases[base].tables[table];
        let slot = rows.field(field).ok_or_else(Problem::forbidden_or_missing)?;
        if !matches!(rows.kind(slot), Kind::Attachments) {
            let message = format!("Field \"{field}\" cannot accept the provided value");
            return Err(Problem::worded(&settings.errors.invalid_value, message));
        }
        let (attachment, bytes) = self.uploaded(call, settings)?;
        let mut cell = match rows.row(number).and_then(|row| row.cell(slot)) {
            Some(Cell::Files(files)) => files.to_vec(),
            _ => Vec::new(),
        };
        let mut plan = Plan::new(table);
        plan.uploads.push((attachment.id.clone(), bytes));
        cell.push(attachment);
        plan.writes.push(Write::Update(number, vec![(slot, Some(Cell::Files(cell.into_boxed_slice())))]));
        self.commit(&mut world, &Act::by_api(caller, base), plan, settings, &mut self.dice.lock());
        let files = self.files(settings);
        let reader = self.reader(&world, base, &files);
        let row = world.bases[base].tables[table].row(number).ok_or_else(Problem::not_found)?;
        let shape = Shape { fields: Some(vec![slot]), by_id: true, ..Shape::default() };
        Ok(Reply::Json(super::list::record(&reader, At { table, number, row }, &shape)))
    }

    fn uploaded(&self, call: &Call, settings: &Settings) -> Result<(Attachment, Bytes), Problem> {
        let body = call.json(&settings.errors)?;
        let text = |key: &str| -> Result<&str, Problem> {
            let value = given(&body, key).ok_or_else(|| Problem::missing(key))?;
            value.as_str().ok_or_else(|| Problem::invalid_request(format!("{key} must be a text")))
        };
        let (kind, filename, file) = (text("contentType")?, text("filename")?, text("file")?);
        let bytes =
            BASE64.decode(file.as_bytes()).map_err(|_| Problem::invalid_request("file must be base64"))?;
        if bytes.len() > settings.attachments.upload_bytes {
            return Err(Problem::worded(&settings.errors.too_large, "The file is too large"));
        }
        let fetched = Fetched { size: bytes.len(), kind: kind.to_owned(), picture: picture(&bytes) };
        let id = ids::throw(&mut self.dice.lock(), "att");
        let attachment = Attachment { id, filename: filename.to_owned(), fetched: Some(fetched) };
        Ok((attachment, bytes.into()))
    }

    /// Serves a file, while its address works.
    pub(in crate::airtable) fn file(&self, until: &str, seal: &str, id: &str) -> Response {
        let settings = self.settings.get();
        let known = until.parse::<i64>().ok().filter(|until| self.files(&settings).seal(id, *until) == seal);
        let Some(until) = known else { return Problem::not_found().into_response() };
        if self.house.now() >= until {
            return Problem::typed(410, "ATTACHMENT_URL_EXPIRED", "This URL has expired").into_response();
        }
        let Some(bytes) = self.world.read().files.get(id).cloned() else {
            return Problem::not_found().into_response();
        };
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = StatusCode::OK;
        let kind = HeaderValue::from_static("application/octet-stream");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_tell_their_size() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 2, 0, 0, 0, 1, 0]);
        assert_eq!(picture(&png), Some((512, 256)));
        assert_eq!(picture(b"GIF89a"), None);
        assert_eq!(picture(b"\x89PNG\r\n\x1a\n"), None);
        assert_eq!(type_of("a.b.PDF"), "application/pdf");
    }
}
