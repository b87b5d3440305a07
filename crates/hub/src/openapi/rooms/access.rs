//! Who may what: API keys, accounts and their organizations, sealing keys, the way into the portal.

use super::Room;
use crate::openapi::operation::{Access, Operation, delete, get, post, put};
use crate::openapi::schema::{Schema, all_of, count, flag, id, object, refer, text, time, whole, words};
use serde_json::json;

pub fn room() -> Room {
    Room {
        tag: "Access",
        says: "For operators: API keys, which account belongs to which organization, the keys that seal credentials.",
        operations: operations(),
        schemas: vec![
            ("ApiKey", api_key()),
            ("NewApiKey", new_key()),
            ("ApiKeyMade", key_made()),
            ("Account", account()),
            ("Assignment", assignment()),
            ("SealingKey", sealing_key()),
        ],
    }
}

fn operations() -> Vec<Operation> {
    let made = object("A key.").with("id", text("Its id."));
    let pruned = object("Keys.").with("pruned", count("How many were taken out.")).with(
        "again_at",
        time("When those can be taken out that stayed because the keys changed a moment ago.").or_null(),
    );
    let link = object("A link.").with("url", text("Where a password is chosen; it works for an hour, once."));
    let all = vec![
        get("/v1/api-keys", "listApiKeys", "API keys, without what is secret in them").answers(
            200,
            "The keys.",
            all_of("ApiKey"),
        ),
        post("/v1/api-keys", "createApiKey", "Make an API key")
            .takes("NewApiKey", json!({ "name": "backend", "org_id": "acme" }))
            .answers(201, "The key, with its secret, this once.", refer("ApiKeyMade"))
            .refuses(&["bad_name"]),
        delete("/v1/api-keys/{id}", "revokeApiKey", "Revoke an API key")
            .ends(204, "It is good for nothing any more."),
        get("/v1/accounts", "listAccounts", "Accounts, and whose they are").answers(
            200,
            "Accounts.",
            all_of("Account"),
        ),
        put("/v1/accounts/{provider}/{account}", "assignAccount", "Give an account to an organization")
            .says("The events that it has already follow.")
            .takes("Assignment", json!({ "org_id": "acme" }))
            .ends(204, "It belongs there now.")
            .refuses(&["bad_name", "unknown_provider"]),
        get("/v1/keys", "listSealingKeys", "The keys that seal credentials, by their ids")
            .answers(200, "The keys.", all_of("SealingKey"))
            .refuses(&["keys_unusable", "keys_busy"]),
        post("/v1/keys/rotate", "rotateSealingKeys", "Seal with a new key from now on")
            .says("What others sealed is sealed anew in the background.")
            .answers(200, "The new key.", made)
            .refuses(&["keys_configured", "keys_unusable", "keys_busy"]),
        post("/v1/keys/prune", "pruneSealingKeys", "Take out the keys that nothing is sealed with")
            .says("For ten minutes after a rotation none is: what was sealed a moment before it may not be stored yet.")
            .answers(200, "What was taken out.", pruned)
            .refuses(&["keys_configured", "keys_unusable", "keys_busy"]),
        post("/v1/portal/setup-link", "createSetupLink", "A link that sets the portal's password anew")
            .answers(201, "The link.", link),
    ];
    all.into_iter().map(|operation| operation.for_(Access::Operator)).collect()
}

fn api_key() -> Schema {
    object("An API key.")
        .with("id", id("key", ""))
        .with("name", text("What the operator called it.").like("backend"))
        .with("org_id", text("The one organization it sees; null: all.").or_null().like("acme"))
        .with("prefix", text("Its first characters, to know it by.").like("syn_a1B2c3"))
        .with("created_at", time("When it was made."))
        .with("last_used_at", time("When it was last used, to the minute.").or_null())
        .with("revoked_at", time("When it was revoked.").or_null())
}

fn new_key() -> Schema {
    object("A key to be made.")
        .with("name", text("What to call it.").long(1, 255))
        .maybe("org_id", text("The one organization it may see; left out: all.").long(1, 255).or_null())
        .closed()
}

fn key_made() -> Schema {
    object("A key that was just made.")
        .with("id", id("key", ""))
        .with("name", text("What it is called.").like("backend"))
        .with("org_id", text("The one organization it sees; null: all.").or_null().like("acme"))
        .with("secret", text("What is sent as the bearer token, this once.").like("syn_…"))
}

fn account() -> Schema {
    object("An account.")
        .with("provider", words(&super::connections::PROVIDERS, "At which provider."))
        .with("account", text("Its id there.").like("62515"))
        .with("org_id", text("The organization it belongs to.").like("acme"))
        .with("created_at", time("Since when."))
}

fn assignment() -> Schema {
    object("Whose an account is.").with("org_id", text("The organization.").long(1, 255)).closed()
}

fn sealing_key() -> Schema {
    object("A key that seals credentials.")
        .with("id", text("Its id.").like("k1"))
        .with("current", flag("Whether it seals now."))
        .with(
            "available",
            flag("Whether it is there; what was sealed with one that is not cannot be opened."),
        )
        .with("connections", whole("How many connections' credentials are sealed with it."))
        .with("endpoints", whole("How many signing secrets and sets of headers of endpoints."))
        .with("counters", whole("How many secrets of counters."))
}
