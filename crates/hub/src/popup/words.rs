//! What the popup's pages say, for the person in front of them: somebody's customer, who has never heard of us.

use super::pages::ResultPage;
use crate::connect::{Completed, ConnectError, KeyError};
use crate::portal::provider_name;
use crate::portal::views::Tone;
use http::StatusCode;
use syncline_store::connections::Connection;

fn page(title: impl Into<String>, what: impl Into<String>, todo: impl Into<String>) -> ResultPage {
    ResultPage {
        outcome: "failed",
        tone: Some(Tone::Bad),
        title: title.into(),
        what: what.into(),
        todo: todo.into(),
        ..ResultPage::default()
    }
}

const AGAIN: &str = "Close this window and connect again.";

/// What became of an authorization, and the status to answer with.
pub(super) fn completed(completed: &Completed, provider: Option<&str>) -> (StatusCode, ResultPage) {
    let name = provider.map_or("The provider", provider_name);
    match completed {
        Completed::Connected(connection) => (StatusCode::OK, connected(connection, "is connected")),
        Completed::Replayed(Some(connection)) => {
            (StatusCode::OK, connected(connection, "is connected already"))
        }
        Completed::Replayed(None) => (StatusCode::CONFLICT, used_up(name)),
        Completed::Denied { message } => (StatusCode::FORBIDDEN, denied(name, message)),
        Completed::Expired => (StatusCode::GONE, expired(name)),
        Completed::Unknown => (StatusCode::BAD_REQUEST, unknown()),
        Completed::WrongBrowser => (StatusCode::FORBIDDEN, wrong_browser()),
        Completed::AppRefused { message } => (StatusCode::INTERNAL_SERVER_ERROR, app_refused(name, message)),
        Completed::CodeRefused { message } => (StatusCode::BAD_GATEWAY, code_refused(name, message)),
        Completed::ProviderDown { message } => (StatusCode::BAD_GATEWAY, provider_down(name, message)),
        Completed::AccountOfAnother { account } => (StatusCode::CONFLICT, of_another(name, &account.name)),
        Completed::Failed(error) => failed(name, error),
    }
}

fn connected(connection: &Connection, verb: &str) -> ResultPage {
    let name = provider_name(&connection.provider);
    let account =
        if connection.account_name.is_empty() { &connection.account } else { &connection.account_name };
    ResultPage {
        tone: Some(Tone::Good),
        closes: true,
        ..page(
            format!("{name} {verb}"),
            format!("The account “{account}” is connected."),
            "You can close this window.",
        )
    }
}

fn used_up(name: &str) -> ResultPage {
    page(
        "This was used already",
        format!(
            "{name} sent this browser back a second time, and nothing came of the first. Nothing was connected."
        ),
        AGAIN,
    )
}

fn denied(name: &str, said: &str) -> ResultPage {
    ResultPage {
        tone: Some(Tone::Plain),
        closes: true,
        said: said.to_owned(),
        ..page(
            "Not connected",
            format!("Access was declined at {}. Nothing was connected, and nothing was stored.", at(name)),
            "If that was a mistake, close this window and connect again.",
        )
    }
}

fn at(name: &str) -> &str {
    if name == "The provider" { "the provider" } else { name }
}

fn expired(name: &str) -> ResultPage {
    page(
        "That took too long",
        format!(
            "{name} sent this browser back too late: an attempt to connect ends after a few minutes. Nothing was connected."
        ),
        AGAIN,
    )
}

fn unknown() -> ResultPage {
    page(
        "Nothing to finish here",
        "This address belongs to no attempt to connect that is under way: it is mistyped, incomplete, or very old. \
         Nothing was connected.",
        AGAIN,
    )
}

fn wrong_browser() -> ResultPage {
    page(
        "Another browser began this",
        "An attempt to connect ends in the browser in which it began, and this is another one, or it keeps no cookies. \
         Nothing was connected.",
        "Go back to the window in which you began. If it was this one, allow cookies for this address and connect again. \
         If you did not begin it, close this window: somebody may have sent you a link to connect your account to theirs.",
    )
}

fn app_refused(name: &str, said: &str) -> ResultPage {
    ResultPage {
        said: said.to_owned(),
        ..page(
            "Not set up correctly",
            format!(
                "{name} does not accept this service’s registration. It is not your fault. Nothing was connected."
            ),
            "Tell the people who run this service what is written here; only they can mend it.",
        )
    }
}

fn code_refused(name: &str, said: &str) -> ResultPage {
    ResultPage {
        said: said.to_owned(),
        ..page(
            "Almost",
            format!(
                "{name} took back its consent before it could be used; usually it was used twice, or is too old. Nothing was connected."
            ),
            AGAIN,
        )
    }
}

fn provider_down(name: &str, said: &str) -> ResultPage {
    ResultPage {
        said: said.to_owned(),
        ..page(
            format!("{name} does not answer"),
            format!(
                "You consented, but {} then gave no usable answer. Nothing is wrong with your account. Nothing was connected.",
                at(name)
            ),
            "Wait a few minutes, close this window and connect again.",
        )
    }
}

fn of_another(name: &str, account: &str) -> ResultPage {
    page(
        "Connected elsewhere",
        format!(
            "The {name} account “{account}” is connected to another organization here, and can belong to one only. Nothing was changed."
        ),
        "Choose another account, or have it disconnected there first.",
    )
}

fn failed(name: &str, error: &ConnectError) -> (StatusCode, ResultPage) {
    let passes = matches!(error, ConnectError::Store(error) if error.is_transient());
    let status = if passes { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
    let todo = if passes {
        "Wait a moment, close this window and connect again."
    } else {
        "Tell the people who run this service; its log says what is wrong."
    };
    let what = format!("The fault is on our side, not yours and not {}’s. Nothing was connected.", at(name));
    (status, page("Something broke here", what, todo))
}

/// A problem of the server's.
pub(super) fn broken(detail: &str) -> ResultPage {
    page("Something broke here", detail, "Tell the people who run this service; its log says what is wrong.")
}

pub(super) fn starting() -> ResultPage {
    page("Not right now", "This service is starting.", "Wait a moment, then load this page again.")
}

pub(super) fn too_slow() -> ResultPage {
    page(
        "Still working",
        "This takes longer than it should. What was begun goes on, and may still succeed.",
        "Close this window, and look in a minute whether the account is connected before you connect again.",
    )
}

pub(super) fn link_unknown() -> ResultPage {
    ResultPage {
        outcome: "link_unknown",
        ..page(
            "This link does not work",
            "It is not one of ours, it is incomplete, or it was changed on the way.",
            "Go back to the page that sent you here and connect from there.",
        )
    }
}

pub(super) fn link_expired() -> ResultPage {
    ResultPage {
        outcome: "link_expired",
        ..page(
            "This link has expired",
            "A link to connect an account works for a limited time only.",
            "Go back to the page that sent you here, load it again, and connect from there.",
        )
    }
}

pub(super) fn origin_not_allowed(origin: &str) -> ResultPage {
    let origin: String = origin.chars().take(200).collect();
    ResultPage {
        outcome: "origin_not_allowed",
        ..page(
            "Not from that page",
            format!("Accounts cannot be connected from pages of {origin}."),
            "If this is your service: add that origin to connect.allowed_origins, exactly as it is written here, and restart.",
        )
    }
}

pub(super) fn unknown_provider() -> ResultPage {
    ResultPage {
        outcome: "unknown_provider",
        ..page(
            "No such provider",
            "There is nothing of that name to connect.",
            "Go back to the page that sent you here. If it is yours: the providers are hubspot, notion, airtable and tentoeight.",
        )
    }
}

pub(super) fn not_for_this_token(name: &str) -> ResultPage {
    ResultPage {
        outcome: "provider_not_allowed",
        ..page(
            format!("Not {name}"),
            format!("The page that sent you here may connect other accounts, but none of {name}."),
            "Go back to it and choose another one.",
        )
    }
}

pub(super) fn bad_form() -> ResultPage {
    page(
        "That did not work",
        "The form came incomplete. Nothing was connected.",
        "Go back, load the page again and repeat what you did.",
    )
}

/// Why a key was not taken, for the person who pasted it.
pub(super) fn key_refused(error: &KeyError, name: &str) -> String {
    match error {
        KeyError::NoKey(wrong) => format!("This is no key of {name}: {wrong}."),
        KeyError::NotAccepted => {
            format!("{name} does not accept this key. Copy it again, whole, and see that it was not revoked.")
        }
        KeyError::Refused(said) => format!("{name} refuses this key: {said}"),
        KeyError::ProviderDown(_) => {
            format!("{name} does not answer, so the key could not be tried. Wait a moment and try again.")
        }
        KeyError::AccountOfAnother(account) => {
            format!(
                "The account “{}” is connected to another organization here, and can belong to one only.",
                account.name
            )
        }
        KeyError::App(_) | KeyError::BadName(_) => {
            "The link that led here is wrong. Go back and connect again.".to_owned()
        }
        KeyError::Failed(_) => {
            "Something broke on our side. Nothing was connected. Try again in a moment.".to_owned()
        }
    }
}

/// What the provider calls its keys.
pub(super) fn key_label(provider: &str) -> &'static str {
    match provider {
        "hubspot" => "Access token of a private app",
        "notion" => "Token of an internal integration",
        "airtable" => "Personal access token",
        _ => "API key",
    }
}

/// Where people find one.
pub(super) fn key_hint(provider: &str) -> &'static str {
    match provider {
        "hubspot" => "In HubSpot under Settings, Integrations, Private apps.",
        "notion" => "In Notion under Settings, Connections, Develop or manage integrations.",
        "airtable" => "At airtable.com/create/tokens.",
        _ => "In the account’s settings, where its API is described.",
    }
}
