//! Routes that take forms, for pages that call the hub straight from the browser.

use super::Room;
use crate::openapi::operation::{Access, Body, Operation, post};
use crate::openapi::schema::{Schema, id, list, object, refer, text, time, words};

pub fn room() -> Room {
    Room {
        tag: "Pages",
        says: "For pages on `connect.allowed_origins` that call the hub straight from the browser, where `connect.open_routes` lets \
               them, and for callers with an API key: forms in, `{\"detail\": …}` for errors.",
        operations: operations(),
        schemas: vec![
            ("Detail", object("What went wrong.").with("detail", text("For whoever wrote the page."))),
            ("PageCredentials", credentials()),
        ],
    }
}

const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];

fn form(mut operation: Operation, schema: Schema) -> Operation {
    operation.body = Some(Body { kinds: FORMS.to_vec(), schema, required: true, example: None });
    let refused: [(u16, &'static str); 10] = [
        (400, "The form cannot be read, or what it asks for cannot be."),
        (401, "Neither an API key nor a page that may."),
        (403, "The page's origin, or the organization, is another."),
        (404, "There is no such provider."),
        (409, "The operator has not configured the provider, or the account has to be connected again."),
        (413, "The form is too large."),
        (415, "No form."),
        (422, "A field is missing."),
        (502, "The provider gave no usable answer."),
        (503, "Not right now."),
    ];
    let all = refused.into_iter().chain([(500, "A defect.")]);
    all.fold(operation.for_(Access::Page), |operation, (status, says)| {
        operation.answers(status, says, refer("Detail"))
    })
}

fn operations() -> Vec<Operation> {
    let who = || {
        object("Who.")
            .with("user_id", text("Which user.").long(1, 255))
            .with("org_id", text("Which organization.").long(1, 255))
    };
    let handed = object("A form.").with("credentials", text("The JSON text that `/credentials` answered."));
    vec![
        form(
            post("/integrations/{provider}/authorize", "pageAuthorize", "The address to open in a popup")
                .answers(
                    200,
                    "The address.",
                    text("An address.").like("https://hub.example.com/connect/start?…"),
                ),
            who(),
        ),
        form(
            post(
                "/integrations/{provider}/credentials",
                "pageCredentials",
                "What stands for a connection, without a token in it",
            )
            .answers(200, "What `load` wants.", refer("PageCredentials")),
            who(),
        ),
        form(
            post(
                "/integrations/{provider}/load",
                "pageLoad",
                "The records of a connection, loaded first where there are none yet",
            )
            .answers(
                200,
                "The records.",
                list(refer("IntegrationItem"), "Those that are there and not archived."),
            )
            .and_header("Syncline-Partial", "`true`: the load is not over, or did not read everything.")
            .and_header("Syncline-Run", "The load's id."),
            handed,
        ),
    ]
}

fn credentials() -> Schema {
    object("What stands for a connection.")
        .with("handle", text("Sealed; it holds no token."))
        .with("expires_at", time("Until when it is good."))
        .with("connection_id", id("con", "The connection."))
        .with("provider", words(&super::connections::PROVIDERS, "Where."))
        .with("account_name", text("What people call the account.").like("acme.example"))
        .with("status", words(&["active"], "How it is."))
}
