//! What to look at next: a story in a few steps, each with a page of the portal, as things stand right now.

use super::setup::WAREHOUSE;
use super::stage::Stage;
use crate::portal::views::text::segment;
use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    title: String,
    text: String,
    link: String,
    label: String,
}

impl Step {
    fn new(title: &str, text: impl Into<String>, link: impl Into<String>, label: &str) -> Self {
        Self { title: title.to_owned(), text: text.into(), link: link.into(), label: label.to_owned() }
    }

    /// As the page takes it.
    pub(super) fn to_json(&self) -> Value {
        json!({ "title": self.title, "text": self.text, "link": self.link, "label": self.label })
    }
}

/// How things stand, as far as the hub said.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    sync: String,
    counter: String,
    connection: String,
    warehouse: String,
    is_shut: bool,
    conflict: Option<String>,
    held: Option<(String, String)>,
    exam: Option<(String, String)>,
}

/// Asks the hub how things stand.
///
/// # Errors
/// When it is away, or nothing is set up yet.
pub(super) async fn standing(stage: &Stage) -> Result<Standing> {
    let ids = stage.ids()?;
    let of_sync = segment(&ids.sync);
    let first =
        async |path: &str| stage.ask_once(Method::GET, path, None).await.map(|page| page["data"][0].clone());
    let conflict = first(&format!("/v1/conflicts?sync_id={of_sync}&state=open&limit=1")).await?;
    let held = first(&format!("/v1/syncs/{of_sync}/links?trouble=held&limit=1")).await?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let exam = stage.cast().exams.first().map(|exam| (exam.id.clone(), exam.name.clone()));
    Ok(Standing {
        sync: ids.sync.clone(),
        counter: ids.counter.clone(),
        connection: ids.hubspot.clone(),
        warehouse: ids.endpoints.get(WAREHOUSE).cloned().unwrap_or_default(),
        is_shut: stage.receiver.is_shut(WAREHOUSE),
        conflict: text(&conflict["id"]),
        held: text(&held["id"]).map(|id| (id, text(&held["name"]).unwrap_or_default())),
        exam,
    })
}

/// The steps.
pub(super) fn steps(now: &Standing) -> Vec<Step> {
    let mut steps = vec![
        Step::new(
            "Events as they come",
            "Every webhook is on disk before it is answered, and stored once. People at the four providers edit something every \
             few seconds: watch the timeline, and open an event to see what came.",
            "/portal/events",
            "The timeline",
        ),
        Step::new(
            "A sync in both directions",
            "HubSpot’s contacts and 10to8’s customers. The history says which field went which way, and what was merged.",
            format!("/portal/syncs/{}", segment(&now.sync)),
            "The sync",
        ),
    ];
    steps.push(match &now.conflict {
        Some(id) => Step::new(
            "A conflict that waits for you",
            "Two people gave somebody another name at the same moment, each on a side. Decide it; both sides follow.",
            format!("/portal/conflicts/{}", segment(id)),
            "Decide it",
        ),
        None => Step::new(
            "Conflicts",
            "None is open right now. When both sides change a name at once, a person decides here.",
            "/portal/conflicts",
            "All conflicts",
        ),
    });
    if let Some((id, name)) = &now.held {
        steps.push(Step::new(
            "A value that HubSpot does not take",
            format!(
                "{name} has one at 10to8. It stays there, HubSpot keeps a placeholder, and both say why."
            ),
            format!("/portal/syncs/{}/links/{}", segment(&now.sync), segment(id)),
            "What is held",
        ));
    }
    steps.push(delivery(now));
    let (path, text) = match &now.exam {
        Some((id, name)) => (
            format!("/portal/counters/{}/values/{}", segment(&now.counter), segment(id)),
            format!(
                "The {name} is booked now and then. The number is durable at once; HubSpot’s property follows through a workflow."
            ),
        ),
        None => (format!("/portal/counters/{}", segment(&now.counter)), String::new()),
    };
    steps.push(Step::new("A counter", text, path, "The counter"));
    steps.push(Step::new(
        "The connection",
        "Its credentials are sealed and renewed by themselves. Revoke the token on this page, and look here what becomes of it.",
        format!("/portal/connections/{}", segment(&now.connection)),
        "acme’s HubSpot",
    ));
    steps
}

fn delivery(now: &Standing) -> Step {
    let text = if now.is_shut {
        "acme’s data warehouse answers 503 right now. Messages for it wait and are tried again; nobody else is delayed. Look at \
         the attempts of one."
    } else {
        "acme’s data warehouse was out of order and is back: what waited was delivered, nothing was lost. Look at the attempts."
    };
    let title = if now.is_shut { "A delivery that fails" } else { "A delivery that failed for a while" };
    Step::new(title, text, format!("/portal/endpoints/{}", segment(&now.warehouse)), "Its deliveries")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_shown_and_what_is_not_is_explained() {
        let told = |now: &Standing| {
            let lines = steps(now)
                .into_iter()
                .map(|step| format!("{} -> {} ({})\n  {}", step.title, step.link, step.label, step.text));
            lines.collect::<Vec<_>>().join("\n")
        };
        let now = Standing {
            sync: "syn_1".to_owned(),
            counter: "ctr_1".to_owned(),
            connection: "con_1".to_owned(),
            warehouse: "ep_1".to_owned(),
            is_shut: true,
            conflict: Some("cnf_1".to_owned()),
            held: Some(("lnk_1".to_owned(), "Ada Lovelace".to_owned())),
            exam: Some(("77".to_owned(), "Mock exam 1".to_owned())),
        };
        insta::assert_snapshot!(told(&now));
        let calm = Standing { is_shut: false, conflict: None, held: None, ..now };
        let calm = told(&calm);
        assert!(calm.contains("None is open right now") && calm.contains("is back"), "{calm}");
        assert!(!calm.contains("HubSpot keeps a placeholder"), "{calm}");
    }
}
