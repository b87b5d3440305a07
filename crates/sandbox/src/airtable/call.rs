//! A request, taken apart.

use super::problem::Problem;
use super::settings::Errors;
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// A request to one of Airtable's hosts.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// The path's parts, decoded; a slash at the end makes no part.
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// How long the URL would be at Airtable's own host.
    pub(super) url_chars: usize,
}

impl Call {
    pub(super) fn new(parts: http::request::Parts, body: Bytes) -> Self {
        let path = parts.uri.path();
        let path: Vec<String> = path
            .trim_matches('/')
            .split('/')
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let query = parts.uri.query().unwrap_or_default();
        let whole = parts.uri.path_and_query().map_or(0, |whole| whole.as_str().len());
        Self {
            method: parts.method,
            path,
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: parts.headers,
            body,
            url_chars: "https://api.airtable.com".len() + whole,
        }
    }

    /// A query parameter. airtable.js sends those it does not use empty: these count as absent.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// All values of a repeated query parameter: `name[]=a&name[]=b`, `name[0]=a`, or `name=a`.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let is_name = |key: &str| {
            key.strip_prefix(name).is_some_and(|rest| {
                let index = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                rest.is_empty() || index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
            })
        };
        self.query.iter().filter(|(key, _)| is_name(key)).map(|(_, value)| value.as_str()).collect()
    }

    /// A header's text.
    pub(super) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as a JSON object. No body is an empty one.
    ///
    /// # Errors
    /// When it is no JSON, or no object.
    pub(super) fn json(&self, errors: &Errors) -> Result<Map<String, Value>, Problem> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Problem::invalid_request("The request body must be a JSON object")),
            Err(_) => Err(Problem::worded(&errors.unparsable_json, "The request body is not valid JSON")),
        }
    }

    /// The body as a form.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// A key of a JSON body that is there and not null.
pub(super) fn given<'a>(body: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    body.get(key).filter(|value| !value.is_null())
}

/// A key that must be a boolean where it is given.
///
/// # Errors
/// When it is something else.
pub(super) fn flag(body: &Map<String, Value>, key: &str) -> Result<bool, Problem> {
    match given(body, key) {
        None => Ok(false),
        Some(value) => {
            value.as_bool().ok_or_else(|| Problem::invalid_request(format!("{key} must be true or false")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded() {
        let request =
            http::Request::get("/v0/app1/My%2FTable%20%C3%A4/?fields%5B%5D=a+b&fields[1]=c&limit=&records=x")
                .body(())
                .expect("a request");
        let call = Call::new(request.into_parts().0, Bytes::new());
        assert_eq!(call.path, ["v0", "app1", "My/Table ä"]);
        assert_eq!(call.list("fields"), ["a b", "c"]);
        assert_eq!(call.list("records"), ["x"]);
        assert_eq!(call.param("limit"), None);
    }
}
