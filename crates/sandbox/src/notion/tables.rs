//! The rows of each data source, for people to look at.

use super::Notion;
use super::content::reading::{Reader, Reading};
use super::content::schema::Property;
use super::content::state::State;
use super::id::Id;
use crate::house::clock::iso;
use crate::house::{Page, Row, Table};

/// One table per data source; the key is its id.
pub(crate) fn tables(notion: &Notion) -> Vec<Table> {
    let state = notion.state.read();
    let mut tables = Vec::new();
    for workspace in &state.workspaces {
        for source in workspace.sources.iter().filter_map(|id| state.sources.get(id)) {
            tables.push(Table {
                key: source.id.to_string(),
                title: format!("{} / {}", workspace.name, source.title.plain()),
                rows: source.rows.len(),
            });
        }
    }
    tables
}

/// Some rows of a data source. What comes after is named by the number of its first row.
pub(crate) fn page(notion: &Notion, table: &str, after: Option<&str>, limit: usize) -> Option<Page> {
    let state = notion.state.read();
    let settings = notion.settings.get();
    let source = state.sources.get(&Id::parse(table)?)?;
    let start = after.map_or(Some(0), |after| after.parse().ok())?;
    let reader = Reader::new(&state, &settings.timestamps);
    let rows = source.rows.iter().skip(start).take(limit).filter_map(|id| state.pages.get(id));
    let rows = rows
        .map(|page| Row {
            id: page.id.to_string(),
            cells: source
                .properties
                .iter()
                .map(|property| text(&state, reader.read(source, property, page)))
                .collect(),
            gone: state.is_trashed(page.id),
        })
        .collect();
    let end = start.saturating_add(limit);
    let columns = source.properties.iter().map(|property: &Property| property.name.clone()).collect();
    Some(Page { columns, rows, next: (end < source.rows.len()).then(|| end.to_string()) })
}

fn text(state: &State, reading: Reading<'_>) -> String {
    match reading {
        Reading::Empty => String::new(),
        Reading::Text(text) => text.into_owned(),
        Reading::Number(number) => number.to_string(),
        Reading::Flag(flag) => if flag { "yes" } else { "no" }.to_owned(),
        Reading::Choice(choice, _) => choice.name.clone(),
        Reading::Choices(choices) => {
            choices.iter().map(|choice| choice.name.as_str()).collect::<Vec<_>>().join(", ")
        }
        Reading::Date(moment) => {
            let text = iso(moment.at);
            if moment.day { text[..10].to_owned() } else { text }
        }
        Reading::Ids(ids) => {
            let mut names: Vec<String> = ids.iter().take(3).map(|id| name(state, *id)).collect();
            if ids.len() > 3 {
                names.push(format!("and {} more", ids.len() - 3));
            }
            names.join(", ")
        }
        Reading::Files(count) => format!("{count} files"),
        Reading::State(state) => state.to_owned(),
        Reading::List(values) => {
            values.into_iter().take(3).map(|value| text(state, value)).collect::<Vec<_>>().join(", ")
        }
    }
}

/// What a page or a user is called.
fn name(state: &State, id: Id) -> String {
    if let Some(page) = state.pages.get(&id) {
        return page.title();
    }
    if let Some(bot) = state.connections.get(&id) {
        return bot.name.clone();
    }
    let mut users = state.workspaces.iter().flat_map(|workspace| &workspace.users);
    users.find(|user| user.id == id).map_or_else(|| id.to_string(), |user| user.name.clone())
}
