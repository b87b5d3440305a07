//! Endpoints made and changed: what is typed is read, what is wrong with it is said beside it, and nothing that was typed is lost.

use super::super::form::{check_csrf, read};
use super::super::session::Session;
use super::super::suggest::organizations;
use super::super::views::Section;
use super::super::views::endpoints::{EndpointForm, EndpointFormPage};
use super::super::{Failure, Portal, render};
use super::act::{back, scheme_of, shown};
use super::show::{ShowQuery, page, written};
use crate::api::accounts::check_name;
use crate::api::refusals::sentence;
use crate::config::{self, Span};
use crate::endpoints::{self, Change, NewEndpoint, NewSecret, Refused};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::notify::kinds;
use syncline_core::notify::lane::Rate;
use syncline_core::notify::schedule::Schedule;
use syncline_store::notify::endpoints::Endpoint;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    csrf: String,
    url: String,
    organization: String,
    description: String,
    types: String,
    headers: String,
    /// `yes`: the headers that were typed take the place of those that there are.
    other_headers: String,
    calls: String,
    per: String,
    ordered: String,
    waits: String,
    scheme: String,
}

impl Sent {
    fn form(&self) -> EndpointForm {
        EndpointForm {
            url: self.url.trim().to_owned(),
            organization: self.organization.trim().to_owned(),
            description: self.description.clone(),
            types: self.types.clone(),
            headers: self.headers.clone(),
            calls: self.calls.clone(),
            per: self.per.clone(),
            ordered: self.ordered == "yes",
            waits: self.waits.clone(),
            ed25519: self.scheme == "ed25519",
        }
    }

    /// What it asks for; headers only if there are some, or the old ones are to go. Everything that cannot be read is told at once.
    fn change(&self) -> Result<Change, Wrong> {
        let read = (headers(&self.headers), rate(&self.calls, &self.per), schedule(&self.waits));
        let (headers, rate, schedule) = match read {
            (Ok(headers), Ok(rate), Ok(schedule)) => (headers, rate, schedule),
            (headers, rate, schedule) => {
                let wrong = [("headers", headers.err()), ("calls", rate.err()), ("waits", schedule.err())];
                let said = wrong.into_iter().filter_map(|(field, why)| Some((field, why?)));
                return Err(Wrong { fields: said.collect(), whole: None });
            }
        };
        let other = self.other_headers == "yes" || !headers.is_empty();
        let types = self.types.split([' ', ',', '\n', '\r', '\t']).filter(|one| !one.is_empty());
        Ok(Change {
            url: Some(self.url.trim().to_owned()),
            description: Some(self.description.trim().to_owned()),
            event_types: Some(types.map(str::to_owned).collect()),
            headers: other.then_some(headers),
            rate: Some(rate),
            ordered: Some(self.ordered == "yes"),
            schedule: Some(schedule),
            state: None,
        })
    }
}

/// What is wrong with what was typed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wrong {
    /// With which fields, by their names in the form, and what.
    fields: Vec<(&'static str, String)>,
    /// With none of them.
    whole: Option<String>,
}

impl Wrong {
    fn with(field: &'static str, why: String) -> Self {
        Self { fields: vec![(field, why)], whole: None }
    }
}

/// Headers as they were typed, one a line. A mistake is told by the line's number: a value may be a password.
fn headers(typed: &str) -> Result<BTreeMap<String, String>, String> {
    let mut headers = BTreeMap::new();
    for (at, line) in typed.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| format!("Line {} of the headers is not `Name: value`.", at + 1))?;
        headers.insert(name.trim().to_owned(), value.trim().to_owned());
    }
    Ok(headers)
}

fn rate(calls: &str, per: &str) -> Result<Option<Rate>, String> {
    if calls.trim().is_empty() {
        return Ok(None);
    }
    let parts = calls.trim().parse::<u32>().ok().zip(Span::parse(per).map(Span::get));
    let rate = parts.and_then(|(calls, per)| Rate::new(calls, per));
    rate.map(Some).ok_or_else(|| sentence(&Refused::Rate.to_string()))
}

fn schedule(waits: &str) -> Result<Option<Schedule>, String> {
    const JITTER: u8 = 10;
    let waits = waits.trim();
    if waits.is_empty() {
        return Ok(None);
    }
    let spans = waits.split([' ', ',']).filter(|wait| !wait.is_empty() && *wait != "never");
    let spans: Option<Vec<Duration>> = spans.map(|wait| Span::parse(wait).map(Span::get)).collect();
    let spans = spans.ok_or("Retries are waits with spaces between them, such as 5s 5m 1h, or `never`.")?;
    Schedule::new(spans, JITTER).map(Some).map_err(|why| sentence(&why.to_string()))
}

pub(super) async fn new(State(portal): State<Portal>, session: Session) -> Result<Response, Failure> {
    form(&portal, &session, None, EndpointForm::default(), Wrong::default()).await
}

pub(super) async fn create(
    State(portal): State<Portal>,
    session: Session,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Failure> {
    let sent = read(sent)?;
    check_csrf(&sent.csrf, &session.csrf)?;
    let again = |wrong: Wrong| form(&portal, &session, None, sent.form(), wrong);
    let terms = match sent.change() {
        Ok(terms) => terms,
        Err(wrong) => return again(wrong).await,
    };
    let org_id = Some(sent.organization.trim().to_owned()).filter(|org_id| !org_id.is_empty());
    if let Some(problem) = org_id.as_deref().and_then(|name| check_name("Organization", name).err()) {
        return again(Wrong::with("organization", problem.detail.to_string())).await;
    }
    let wanted = NewEndpoint { org_id, url: sent.url.trim().to_owned(), terms };
    let secret = NewSecret::Generated(scheme_of(&sent.scheme));
    match endpoints::create(&session.cx(&portal), wanted, secret).await {
        Ok((endpoint, made)) => {
            page(&portal, &session, &endpoint.id, &ShowQuery::default(), Some(shown(&made))).await
        }
        Err(refused) => again(told(refused)?).await,
    }
}

pub(super) async fn edit(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let endpoint = endpoints::get(&portal.api.cx, &session.caller().scope, &id).await?;
    let typed = of(&endpoint);
    form(&portal, &session, Some(&endpoint), typed, Wrong::default()).await
}

pub(super) async fn save(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Failure> {
    let sent = read(sent)?;
    check_csrf(&sent.csrf, &session.csrf)?;
    let (cx, scope) = (&session.cx(&portal), session.caller().scope);
    let endpoint = endpoints::get(cx, &scope, &id).await?;
    let wrong = match sent.change() {
        Ok(change) => match endpoints::update(cx, &scope, &id, change).await {
            Ok(_) => return Ok(back(&id, "save")),
            Err(Refused::Changed) => return Ok(back(&id, "changed")),
            Err(refused) => told(refused)?,
        },
        Err(wrong) => wrong,
    };
    form(&portal, &session, Some(&endpoint), sent.form(), wrong).await
}

/// What is wrong with what was typed; everything else is no matter of the form.
fn told(refused: Refused) -> Result<Wrong, Failure> {
    let field = match &refused {
        Refused::Gone | Refused::Store(_) | Refused::Keys(_) => return Err(refused.into()),
        Refused::Url(_) => "url",
        Refused::Filter(_) | Refused::NoType(_) => "types",
        Refused::Header(_) => "headers",
        Refused::Rate => "calls",
        Refused::Schedule(_) => "waits",
        Refused::Description => "description",
        other => return Ok(Wrong { whole: Some(sentence(&other.to_string())), ..Wrong::default() }),
    };
    Ok(Wrong::with(field, sentence(&refused.to_string())))
}

/// An endpoint's terms as they would be typed. Header values are not shown again.
fn of(endpoint: &Endpoint) -> EndpointForm {
    let rate = endpoint.rate.map(Rate::parts);
    let per = |per: Duration| {
        config::Span::from_millis(u64::try_from(per.as_millis()).unwrap_or(u64::MAX)).to_string()
    };
    let waits = |schedule: &Schedule| {
        Some(written(schedule)).filter(|waits| !waits.is_empty()).unwrap_or_else(|| "never".to_owned())
    };
    EndpointForm {
        url: endpoint.url.clone(),
        organization: endpoint.org_id.clone(),
        description: endpoint.description.clone(),
        types: endpoint.filter.patterns().join(" "),
        headers: String::new(),
        calls: rate.map(|(calls, _)| calls.to_string()).unwrap_or_default(),
        per: rate.map(|(_, span)| per(span)).unwrap_or_default(),
        ordered: endpoint.ordered,
        waits: endpoint.schedule.as_ref().map(waits).unwrap_or_default(),
        ed25519: false,
    }
}

async fn form(
    portal: &Portal,
    session: &Session,
    of: Option<&Endpoint>,
    typed: EndpointForm,
    wrong: Wrong,
) -> Result<Response, Failure> {
    let cx = &portal.api.cx;
    let headers = of.and_then(|endpoint| endpoints::headers(cx, endpoint).ok());
    Ok(render(&EndpointFormPage {
        shell: session.shell(portal, Section::Endpoints),
        id: of.map(|endpoint| endpoint.id.clone()),
        form: typed,
        problems: wrong.fields,
        problem: wrong.whole,
        organizations: organizations(portal).await?,
        types: kinds::all().iter().map(|kind| (kind.name.clone(), kind.summary.clone())).collect(),
        header_names: headers.map(|headers| headers.names()).unwrap_or_default(),
        usual_waits: written(&cx.config.notify.schedule),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_or_told_without_repeating_a_value() {
        assert_eq!(rate("", "1s"), Ok(None));
        assert_eq!(rate(" 10 ", "1m"), Ok(Rate::new(10, Duration::from_mins(1))));
        assert!(rate("x", "1s").is_err() && rate("0", "1s").is_err() && rate("1", "").is_err());
        assert_eq!(schedule("  "), Ok(None));
        assert_eq!(schedule("never").unwrap().unwrap().attempts(), 1);
        assert_eq!(written(&schedule("5s, 5m 1h").unwrap().unwrap()), "5s 5m 1h");
        assert!(schedule("soon").is_err() && schedule("8d").is_err());
        let typed = headers("X-Key: a: b\n\nAuthorization:Bearer x\r\n").unwrap();
        assert_eq!((typed["X-Key"].as_str(), typed["Authorization"].as_str()), ("a: b", "Bearer x"));
        let mistake = headers("X-A: 1\ns3cret").unwrap_err();
        assert!(mistake.contains('2') && !mistake.contains("s3cret"), "{mistake}");
    }
    #[test]
    fn everything_that_cannot_be_read_is_told_at_once_and_beside_its_field() {
        let typed = |calls: &str, waits: &str| Sent {
            headers: "x".to_owned(),
            calls: calls.to_owned(),
            waits: waits.to_owned(),
            ..Sent::default()
        };
        let fields = |sent: Sent| -> Vec<&str> {
            sent.change().unwrap_err().fields.into_iter().map(|(field, _)| field).collect()
        };
        assert_eq!(fields(typed("many", "soon")), ["headers", "calls", "waits"]);
        assert_eq!(fields(typed("", "never")), ["headers"]);
        assert_eq!(told(Refused::Description).unwrap().fields[0].0, "description");
        assert!(told(Refused::TooMany).unwrap().whole.is_some_and(|why| why.contains("most")));
    }
}
