//! The consent page: which workspace, which of its pages.

use super::authorize::Asked;
use crate::notion::Notion;
use crate::notion::content::model::Parent;
use crate::notion::content::state::State;
use crate::notion::id::Id;
use askama::Template;

/// The page a person sees.
#[derive(Template)]
#[template(path = "notion/consent.html")]
pub(crate) struct ConsentPage<'a> {
    pub(crate) app: &'a str,
    pub(crate) action: &'a str,
    pub(crate) asked: &'a Asked,
    pub(crate) workspaces: Vec<Offer>,
}

/// What is shown instead when the link makes no sense.
#[derive(Template)]
#[template(path = "notion/mistake.html")]
pub(crate) struct MistakePage<'a> {
    pub(crate) message: &'a str,
}

/// A workspace to choose.
pub(crate) struct Offer {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) user: String,
    pub(crate) pages: Vec<Item>,
    pub(crate) first: bool,
}

/// A page or a database to share.
pub(crate) struct Item {
    pub(crate) id: Id,
    pub(crate) title: String,
    pub(crate) kind: &'static str,
    /// Whether it is on another one's page, which shares it too.
    pub(crate) nested: bool,
}

/// What there is to choose from.
pub(crate) fn offers(notion: &Notion) -> Vec<Offer> {
    let state = notion.state.read();
    let one = |(index, workspace): (usize, &crate::notion::content::model::Workspace)| Offer {
        id: workspace.id,
        name: workspace.name.clone(),
        user: workspace
            .users
            .first()
            .map(|user| format!("{} ({})", user.name, user.email))
            .unwrap_or_default(),
        pages: items(&state, index),
        first: index == 0,
    };
    state.workspaces.iter().enumerate().map(one).collect()
}

/// The pages at the top of a workspace, each with what is on it.
pub(crate) fn items(state: &State, workspace: usize) -> Vec<Item> {
    let mut items = Vec::new();
    for id in &state.workspaces[workspace].pages {
        let Some(page) =
            state.pages.get(id).filter(|page| page.parent == Parent::Workspace && !page.in_trash)
        else {
            continue;
        };
        items.push(Item { id: *id, title: page.title(), kind: "Page", nested: false });
        for child in page.children() {
            let database = state.databases.get(child).filter(|database| !database.in_trash);
            let Some(database) = database else { continue };
            let title = database.title.plain().into_owned();
            items.push(Item { id: *child, title, kind: "Database", nested: true });
        }
    }
    items
}
