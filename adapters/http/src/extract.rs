//! Reading requests: every refusal is a problem that says where and what.

use std::{fmt::Display, str::FromStr, sync::Arc};

use aforo_core::{Page, PageRequest};
use axum::{
    extract::{FromRequest, FromRequestParts, Path, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    guard::Context,
    problem::{FieldProblem, Problem},
};

/// What the guard found out.
pub(crate) struct Ctx(pub(crate) Arc<Context>);

impl<S: Send + Sync> FromRequestParts<S> for Ctx {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let context = parts.extensions.get::<Arc<Context>>().cloned();
        context
            .map(Ctx)
            .ok_or_else(|| Problem::internal("a route has no guard"))
    }
}

/// A JSON body; or, with [`into_response`](IntoResponse), a JSON answer.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or("");
        let essence = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        // Other types can be sent across sites without asking first; JSON cannot.
        if essence != "application/json" && !essence.ends_with("+json") {
            let detail = "Send the body as application/json.";
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Unsupported media type",
                detail,
            ));
        }
        let bytes = whole_body(request, state).await?;
        from_json(&bytes).map(Json)
    }
}

/// The whole body, within the route's limit.
pub(crate) async fn whole_body<S: Send + Sync>(request: Request, state: &S) -> Result<bytes::Bytes, Problem> {
    bytes::Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                too_large()
            } else {
                broken_body()
            }
        })
}

pub(crate) fn too_large() -> Problem {
    let detail = "The body is larger than this operation takes.";
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        "Body too large",
        detail,
    )
}

pub(crate) fn broken_body() -> Problem {
    let detail = "The body ended early or is malformed. Send it again.";
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed_body",
        "Malformed body",
        detail,
    )
}

/// Reads JSON. What is wrong is told with line and column; an unknown field is an error, since it is most
/// likely a misspelt one.
pub(crate) fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let syntax = error.is_syntax() || error.is_eof();
        let (status, code, title) = if syntax {
            (StatusCode::BAD_REQUEST, "malformed_json", "The body is not JSON")
        } else {
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_input",
                "The input is not acceptable",
            )
        };
        let detail = shorten(&error.to_string());
        let mut problem = Problem::new(status, code, title, detail.clone());
        let field = detail
            .split('`')
            .nth(1)
            .filter(|_| detail.contains("field"))
            .unwrap_or("");
        problem.errors.push(FieldProblem {
            pointer: if field.is_empty() {
                String::new()
            } else {
                format!("/{field}")
            },
            detail,
            code: None,
            line: u32::try_from(error.line()).ok(),
            column: u32::try_from(error.column()).ok(),
        });
        problem
    })
}

/// serde quotes what it read; a long or secret-looking quote does not belong into an answer.
fn shorten(text: &str) -> String {
    if text.contains("sk_live_") || text.contains("sk_test_") {
        return "a field has a value of the wrong type".to_owned();
    }
    if text.chars().count() > 300 {
        text.chars().take(300).chain(['…']).collect()
    } else {
        text.to_owned()
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let kind = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, kind)], body).into_response()
            }
            Err(error) => Problem::internal(error).into_response(),
        }
    }
}

/// The id in a path. One that is malformed answers as one that is unknown.
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let not_found = || Problem::not_found("object");
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found())?;
        text.parse().map(Id).map_err(|_| not_found())
    }
}

/// The query, as a struct.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|query| Query(query.0))
            .map_err(|rejection| Problem::invalid("query", shorten(&rejection.body_text())))
    }
}

/// Which page of a list.
#[derive(Deserialize)]
pub(crate) struct PageQuery {
    #[serde(alias = "cursor")]
    pub(crate) after: Option<String>,
    pub(crate) limit: Option<u32>,
}

pub(crate) const PAGE_PARAMETERS: &[(&str, &str)] = &[
    ("after", "The `next` of the page before"),
    ("limit", "How many items: 1 to 100, 50 if left out"),
];

impl PageQuery {
    pub(crate) fn read<C: FromStr>(&self) -> Result<PageRequest<C>, Problem> {
        let limit = self.limit.unwrap_or(50);
        if !(1..=100).contains(&limit) {
            return Err(Problem::invalid("limit", "Ask for 1 to 100 items."));
        }
        let after = match self.after.as_deref() {
            None | Some("") => None,
            Some(text) => {
                let wrong = || Problem::invalid("after", "Send the `next` of the page before, unchanged.");
                Some(text.parse().map_err(|_| wrong())?)
            }
        };
        Ok(PageRequest { after, limit })
    }
}

/// One page of a list as JSON.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct List<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// Ask with `after` set to this for the next page; null on the last one.
    pub(crate) next: Option<String>,
}

impl<T> List<T> {
    pub(crate) fn of<U, C: Display>(page: Page<U, C>, show: impl Fn(U) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(show).collect(),
            next: page.next.map(|c| c.to_string()),
        }
    }
}

/// Reads an uploaded document of at most `limit` bytes from a multipart form, with the form's text fields.
pub(crate) async fn upload<S: Send + Sync>(
    request: Request,
    state: &S,
    limit: usize,
) -> Result<(std::collections::BTreeMap<String, String>, Option<Vec<u8>>), Problem> {
    let mut form = axum::extract::Multipart::from_request(request, state)
        .await
        .map_err(|_| broken_body())?;
    let (mut fields, mut document) = (std::collections::BTreeMap::new(), None);
    let refused = |error: axum::extract::multipart::MultipartError| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            too_large()
        } else {
            broken_body()
        }
    };
    while let Some(mut field) = form.next_field().await.map_err(refused)? {
        let name = field.name().unwrap_or("").to_owned();
        let is_text = matches!(
            &*name,
            "productId" | "specFormat" | "note" | "publish" | "allowBreaking" | "csrf"
        );
        let cap = if name == "note" {
            4096
        } else if is_text {
            1024
        } else {
            limit
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(refused)? {
            if bytes.len() + chunk.len() > cap {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        if is_text {
            fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        } else if document.replace(bytes).is_some() {
            return Err(Problem::invalid("/file", "Send one document only."));
        }
    }
    Ok((fields, document))
}
