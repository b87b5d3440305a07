//! Connections: accounts at providers, and the ways to get them.

use super::Room;
use crate::openapi::operation::{Operation, delete, get, post};
use crate::openapi::schema::{
    Schema, about, by_name, choice, count, flag, id, list, object, refer, text, time, whole, words,
};
use serde_json::json;

/// The statuses of a connection.
const STATUSES: [&str; 3] = ["active", "needs_reauthorization", "disconnected"];
/// The providers, by their names.
pub const PROVIDERS: [&str; 4] = ["hubspot", "notion", "airtable", "tentoeight"];

pub fn room() -> Room {
    Room {
        tag: "Connections",
        says: "Accounts at providers: connected with consent or a key, set up, looked at, ended.",
        operations: operations(),
        schemas: vec![
            ("Connection", connection()),
            ("ConnectionShown", shown()),
            ("ConnectWithKey", with_key()),
            ("Authorize", authorize()),
            ("ConnectLink", connect_link()),
            ("NewConnectToken", new_token()),
            ("ConnectToken", token()),
            ("SetupWanted", setup_wanted()),
            ("SetupReport", setup_report()),
        ],
    }
}

/// Codes of refusals where an app of a provider is needed.
const APP: [&str; 5] = ["unknown_provider", "keys_only", "no_such_app", "which_app", "app_not_configured"];

fn operations() -> Vec<Operation> {
    let status = choice(&STATUSES, "Only those that are so.");
    vec![
        get("/v1/connections", "listConnections", "Connections, the latest first")
            .of_organization()
            .query("provider", text("Only of this provider."))
            .query("account", text("Only of this account there."))
            .query("app", text("Only through this app."))
            .query("search", text("Only of accounts with this in their id or name, in capital or small letters."))
            .query("status", status)
            .pages("Connections.", "Connection")
            .refuses(&["bad_status"]),
        post("/v1/connections", "connectWithKey", "Connect an account with a key")
            .says("The provider is asked first whether it takes the key, and whose it is. An account that is connected already is \
                   connected anew.")
            .takes("ConnectWithKey", json!({ "provider": "tentoeight", "org_id": "acme", "key": "9a1c…" }))
            .answers(201, "It is connected.", refer("Connection"))
            .refuses(&["bad_key", "bad_name", "key_of_one_organization", "unknown_provider", "keys_unusable", "keys_busy"])
            .refuses(&["key_not_accepted", "key_refused", "account_of_another", "provider_down"])
            .refuses(&APP),
        post("/v1/connections/authorize", "authorizeConnection", "A link to the provider's consent page")
            .says("The person who opens it consents there, and comes back to the hub.")
            .takes("Authorize", json!({ "provider": "hubspot", "org_id": "acme", "user_id": "ada" }))
            .answers(200, "The link.", refer("ConnectLink"))
            .refuses(&["bad_name", "key_of_one_organization", "origin_not_allowed", "keys_unusable", "keys_busy"])
            .refuses(&APP),
        post("/v1/connect-tokens", "createConnectToken", "A token for the connect button of a page")
            .says("It is stored nowhere: it ends by itself, and cannot be taken back before.")
            .takes("NewConnectToken", json!({ "org_id": "acme", "user_id": "ada", "providers": ["hubspot"], "ttl": 900 }))
            .answers(201, "The token.", refer("ConnectToken"))
            .refuses(&["bad_name", "bad_ttl", "unknown_provider", "key_of_one_organization", "keys_unusable", "keys_busy"]),
        get("/v1/connections/{id}", "getConnection", "A connection, with what was read through it")
            .answers(200, "The connection.", refer("ConnectionShown")),
        delete("/v1/connections/{id}", "endConnection", "End a connection")
            .says("Its credentials are gone at once, and withdrawn at the provider.")
            .query("data", choice(&["keep", "erase"], "What becomes of its records; left out: they are kept."))
            .answers(200, "The connection, as it is then.", refer("Connection"))
            .refuses(&["bad_data"]),
        post("/v1/connections/{id}/setup", "setUpConnection", "Make what a connection needs at its provider")
            .says("Properties, webhooks, subscriptions: what is there already stays, and what is not ours is not touched. It takes as \
                   long as the provider takes.")
            .may_take("SetupWanted", json!({ "dry_run": true }))
            .answers(200, "What was done, or would be.", refer("SetupReport"))
            .refuses(&["key_of_one_organization", "setup_under_way", "needs_reauthorization", "disconnected"])
            .refuses(&["provider_down", "keys_unusable", "keys_busy", "stopping"]),
    ]
}

pub fn connection() -> Schema {
    object("A connection.")
        .with("id", id("con", ""))
        .with("org_id", text("Whose.").like("acme"))
        .with(
            "user_id",
            text("Who connected it, as the application names its users; may be empty.").like("ada"),
        )
        .with("provider", words(&PROVIDERS, "Where."))
        .with("app", text("Through which app; empty for a key.").like("main"))
        .with("account", text("The account's id there.").like("62515"))
        .with("account_name", text("What people call the account.").like("acme.example"))
        .with("method", words(&["oauth", "key"], "How it was authorized."))
        .with("status", words(&STATUSES, "How it is."))
        .with("reason", text("Why it is not active, for people.").or_null().like(json!(null)))
        .with("scopes", list(text(""), "What was granted, where the provider says.").like(json!(["oauth"])))
        .with("created_at", time("When it was first connected."))
        .with("updated_at", time("When it last changed."))
}

fn shown() -> Schema {
    let records = object("Records of one type.")
        .with("object_type", text("Their type.").like("contacts"))
        .with(
            "collection",
            text("Where they are, for types that are kept in several places; else empty.").like(""),
        )
        .with("live", count("There, and not archived."))
        .with("archived", count("There, and archived."))
        .with("gone", count("Gone."));
    let position = object("How far a lane was read.")
        .with("high_water", time("The latest change seen, by the provider's clock.").or_null())
        .with("full_at", time("When it was last read in full.").or_null());
    connection()
        .says("A connection, with what was read through it.")
        .with("records", list(records, "How many records of it are mirrored."))
        .with("stale", count("How many wait to be read again."))
        .with("positions", by_name(position, "Where each lane's next incremental load begins."))
        .with("last_run", about("Load", "Its latest load.").or_null())
}

fn with_key() -> Schema {
    object("An account, and a key for it.")
        .with("provider", words(&PROVIDERS, "At which provider."))
        .maybe("org_id", text("For which organization; left out: the key's own.").or_null())
        .maybe("user_id", text("By which of its users.").usually(""))
        .with("key", text("The key."))
        .closed()
}

fn authorize() -> Schema {
    object("Who wants to connect what.")
        .with("provider", words(&PROVIDERS, "At which provider."))
        .maybe("org_id", text("For which organization; left out: the key's own.").or_null())
        .maybe("user_id", text("By which of its users.").usually(""))
        .maybe("app", text("Through which app; left out: the only one of the provider.").or_null())
        .maybe("origin", text("The page that is to be told the result, an origin.").or_null())
        .closed()
}

fn connect_link() -> Schema {
    object("A link.")
        .with(
            "url",
            text("To be opened in the browser of the person who consents.")
                .like("https://hub.example.com/connect/start?…"),
        )
        .with("expires_at", time("Until when it is good."))
}

fn new_token() -> Schema {
    object("For whom a token is.")
        .maybe("org_id", text("For which organization; left out: the key's own.").or_null())
        .maybe("user_id", text("By which of its users.").usually(""))
        .maybe("providers", list(words(&PROVIDERS, ""), "At which providers; empty: any.").usually(json!([])))
        .maybe("ttl", whole("For how many seconds.").within(60, 3_600).or_null().usually(1_800))
        .closed()
}

fn token() -> Schema {
    object("A connect token.")
        .with("token", text("What the page hands to `connect.js`."))
        .with("expires_at", time("Until when it is good."))
}

fn setup_wanted() -> Schema {
    object("How to set up.")
        .maybe("dry_run", flag("Only say what would change.").usually(false))
        .maybe(
            "take_over",
            flag("Go on where that changes what others have set up; for operators.").usually(false),
        )
        .closed()
}

fn setup_report() -> Schema {
    let kinds =
        ["create", "activate", "pause", "renew", "replace", "delete", "unchanged", "refused", "by_hand"];
    let step = object("One thing.")
        .with("kind", words(&kinds, "What sort of change; null for a look that failed.").or_null())
        .with("what", text("A short sentence.").like("create the property group syncline"))
        .with("state", words(&["done", "planned", "failed"], "What became of it."))
        .maybe("reason", text("Why it failed."));
    let verification = object("What the provider told and a person has to confirm there.")
        .with("token", text("The token."))
        .with("arrived_at", time("When it arrived."));
    object("What was done, or would be.")
        .with("connection_id", id("con", "Of which connection."))
        .with("provider", words(&PROVIDERS, "At which provider."))
        .with("dry_run", flag("Whether nothing was changed."))
        .with("steps", list(step, "One after another."))
        .maybe("verification", verification)
}
