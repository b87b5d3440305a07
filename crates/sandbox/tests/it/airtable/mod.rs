//! airtable over real HTTP.

mod access;
mod cells;
mod comments;
mod edits;
mod errors;
mod files;
mod limits;
mod lists;
mod oauth;
mod pings;
mod schema;
mod upserts;
mod webhooks;
mod writes;

use crate::support::{Answer, TestSandbox, send};
use reqwest::Method;
use serde_json::{Value, json};
use syncline_sandbox::{Options, Population};

/// A sandbox without rate limits, the first user's token, and the first base.
pub(crate) struct Desk {
    pub(crate) sandbox: TestSandbox,
    pub(crate) credentials: Value,
    pub(crate) token: String,
    pub(crate) base: String,
}

impl Desk {
    pub(crate) async fn new() -> Self {
        Self::with(Options::for_tests()).await
    }

    /// With so many people, companies and deals.
    pub(crate) async fn populated(people: usize, companies: usize, deals: usize) -> Self {
        let population = Population { people, companies, deals };
        Self::with(Options { population, ..Options::for_tests() }).await
    }

    async fn with(options: Options) -> Self {
        let sandbox = TestSandbox::with(options).await;
        sandbox.set(json!({"airtable": {"limits": {"enabled": false}}})).await;
        let credentials = sandbox.credentials()["airtable"].clone();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let token = text(&credentials["users"][0]["token"]);
        let base = text(&credentials["bases"][0]["base_id"]);
        Self { sandbox, credentials, token, base }
    }

    /// `path` below `/v0`, `{base}` standing for the first base.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.call_as(&self.token, method, path, body).await
    }

    pub(crate) async fn call_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let path = format!("/airtable/v0{}", path.replace("{base}", &self.base));
        self.sandbox.call(token, method, &path, body.as_ref()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// A new record in `table`; its id.
    pub(crate) async fn record(&self, table: &str, fields: Value) -> String {
        let created = self.post(&format!("/{{base}}/{table}"), json!({"fields": fields})).await.expect(200);
        created["id"].as_str().expect("an id").to_owned()
    }

    /// The fields of a record.
    pub(crate) async fn fields(&self, table: &str, id: &str) -> Value {
        self.get(&format!("/{{base}}/{table}/{id}")).await.expect(200)["fields"].clone()
    }

    /// The schema of a table.
    pub(crate) async fn table(&self, name: &str) -> Value {
        let tables = self.get("/meta/bases/{base}/tables").await.expect(200);
        let tables = tables["tables"].as_array().expect("a list").clone();
        tables.into_iter().find(|table| table["name"] == name).expect("the table")
    }

    /// The id of a field.
    pub(crate) async fn field(&self, table: &str, name: &str) -> String {
        let table = self.table(table).await;
        let fields = table["fields"].as_array().expect("a list");
        let field = fields.iter().find(|field| field["name"] == name).expect("the field");
        field["id"].as_str().expect("an id").to_owned()
    }

    /// Changes Airtable's settings.
    pub(crate) async fn set(&self, settings: Value) {
        self.sandbox.set(json!({ "airtable": settings })).await;
    }

    /// A user's edit.
    pub(crate) async fn edit(&self, edit: Value) -> Value {
        self.sandbox.edit("airtable", edit).await
    }

    pub(crate) fn second_token(&self) -> String {
        self.credentials["users"][1]["token"].as_str().expect("text").to_owned()
    }
}

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "http://localhost:9/back";
const STATE: &str = "a-state-of.enough_characters";

/// OAuth as an app does it.
impl Desk {
    fn authorize_url(&self, app: &str, scope: &str) -> url::Url {
        let mut url = url::Url::parse(&self.sandbox.url("/airtable/oauth2/v1/authorize")).expect("a URL");
        url.query_pairs_mut().extend_pairs([
            ("client_id", self.credentials[app]["client_id"].as_str().expect("text")),
            ("redirect_uri", BACK),
            ("response_type", "code"),
            ("scope", scope),
            ("state", STATE),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        url
    }

    /// The query with which the browser is sent back.
    async fn authorize(&self, url: &url::Url) -> std::collections::HashMap<String, String> {
        let path = url.as_str().strip_prefix(&self.sandbox.url("")).expect("ours").to_owned();
        let answer = self.sandbox.get(&path).await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        let back = url::Url::parse(answer.header("location")).expect("a URL");
        assert!(back.as_str().starts_with(BACK));
        back.query_pairs().into_owned().collect()
    }

    async fn code(&self, app: &str, scope: &str) -> String {
        self.authorize(&self.authorize_url(app, scope)).await["code"].clone()
    }

    /// Calls the token endpoint as `app`, with its secret when it has one.
    async fn ask_for_tokens(&self, app: &str, form: &[(&str, &str)]) -> Answer {
        let app = &self.credentials[app];
        let id = app["client_id"].as_str().expect("text");
        let request = self.sandbox.request(Method::POST, "/airtable/oauth2/v1/token");
        let (request, with_id) = match app["client_secret"].as_str() {
            Some(secret) => (request.basic_auth(id, Some(secret)), None),
            None => (request, Some(("client_id", id))),
        };
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .extend_pairs(with_id)
            .finish();
        send(request.header("content-type", "application/x-www-form-urlencoded").body(form)).await
    }

    async fn exchange(&self, app: &str, code: &str) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        self.ask_for_tokens(app, &form).await
    }

    async fn refresh(&self, app: &str, token: &str) -> Answer {
        self.ask_for_tokens(app, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Access and refresh token.
    async fn tokens(&self, app: &str, scope: &str) -> (String, String) {
        let tokens = self.exchange(app, &self.code(app, scope).await).await.expect(200);
        let text = |key: &str| tokens[key].as_str().expect("text").to_owned();
        (text("access_token"), text("refresh_token"))
    }
}
