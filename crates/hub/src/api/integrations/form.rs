//! The fields of a form, however the browser encodes it.

use super::detail::Detail;
use crate::api::Api;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, Multipart, Request};
use http::{StatusCode, header};
use std::collections::BTreeMap;

/// The fields, by name.
#[derive(Clone, Debug)]
pub struct Fields(BTreeMap<String, String>);

/// The most fields a form of ours has.
const MOST: usize = 32;

impl Fields {
    /// A field that must be there and say something.
    ///
    /// # Errors
    /// 422 that names it.
    pub fn required(&self, name: &str) -> Result<String, Detail> {
        match self.0.get(name).map(String::as_str) {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => {
                let say = format!("The form's field `{name}` is missing or empty.");
                Err(Detail::new(StatusCode::UNPROCESSABLE_ENTITY, say))
            }
        }
    }

    fn of(pairs: Vec<(String, String)>) -> Result<Self, Detail> {
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            if fields.len() >= MOST {
                return Err(Detail::new(StatusCode::BAD_REQUEST, "The form has too many fields."));
            }
            if fields.insert(name.clone(), value).is_some() {
                let name: String = name.chars().take(64).collect();
                let say = format!("The form's field `{}` comes twice.", name.escape_debug());
                return Err(Detail::new(StatusCode::BAD_REQUEST, say));
            }
        }
        Ok(Self(fields))
    }
}

impl FromRequest<Api> for Fields {
    type Rejection = Detail;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Detail> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => {
                let form = Form::<Vec<(String, String)>>::from_request(request, api).await;
                Self::of(form.map_err(|error| urlencoded(&error))?.0)
            }
            "multipart/form-data" => Self::of(multipart(request, api).await?),
            _ => Err(Detail::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send a form: multipart/form-data or application/x-www-form-urlencoded.",
            )),
        }
    }
}

fn urlencoded(error: &FormRejection) -> Detail {
    let status = match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    Detail::new(status, format!("The form cannot be read: {}", error.body_text()))
}

async fn multipart(request: Request, api: &Api) -> Result<Vec<(String, String)>, Detail> {
    let unreadable = |status, why: String| Detail::new(status, format!("The form cannot be read: {why}"));
    let mut form = Multipart::from_request(request, api)
        .await
        .map_err(|error| unreadable(StatusCode::BAD_REQUEST, error.body_text()))?;
    let mut pairs = Vec::new();
    while let Some(field) =
        form.next_field().await.map_err(|error| unreadable(error.status(), error.body_text()))?
    {
        let name = field.name().unwrap_or_default().to_owned();
        let value = field.bytes().await.map_err(|error| unreadable(error.status(), error.body_text()))?;
        let value = String::from_utf8(value.to_vec())
            .map_err(|_| unreadable(StatusCode::BAD_REQUEST, "a field is not UTF-8".to_owned()))?;
        pairs.push((name, value));
        if pairs.len() > MOST {
            break;
        }
    }
    Ok(pairs)
}
