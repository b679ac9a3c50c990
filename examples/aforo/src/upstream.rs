//! The demo API: a small translation service that asks the console whether a key is good, as a gateway would.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aforo_core::{ProductId, kernel::egress};
use aforo_proxy::testing;
use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    middleware::{self, Next},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::{get, post},
};
use futures_util::{StreamExt, stream};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    Failure,
    phrasebook::{self, Phrasebook},
};

/// Asks the console about keys.
#[derive(Clone)]
pub(crate) struct Verifier {
    client: egress::Client,
    url: String,
}

impl Verifier {
    /// Asks the console at this address, about this product.
    pub(crate) fn new(console: SocketAddr, prefix: &str, product: ProductId) -> Result<Self, Failure> {
        let policy = egress::Policy {
            allow: vec![console.ip().into()],
            ..egress::Policy::default()
        };
        let prefix = prefix.trim_end_matches('/');
        let url = format!("http://{console}{prefix}/api/v1/authz?product={product}");
        Ok(Self {
            client: egress::Client::with_system_resolver(policy)?,
            url,
        })
    }

    /// The console's word about the credential in these headers.
    async fn ask(&self, headers: &http::HeaderMap) -> Result<StatusCode, egress::EgressError> {
        let target = self.client.target(&self.url, &[]).await?;
        let mut request = egress::Request::new(Method::GET);
        if let Some(credential) = headers.get(header::AUTHORIZATION) {
            request.headers.insert(header::AUTHORIZATION, credential.clone());
        }
        Ok(self
            .client
            .send(&target, request, &egress::Limits::default())
            .await?
            .status)
    }
}

#[derive(Clone)]
struct Api {
    verifier: Verifier,
    done: Arc<Mutex<VecDeque<(String, Value)>>>,
}

/// Serves the demo API for as long as the program runs.
pub(crate) async fn serve(
    listener: TcpListener,
    verifier: Verifier,
    phrasebook: Phrasebook,
    phrasebook_verifier: Verifier,
) {
    let graphql = Router::new()
        .route("/graphql", post(phrasebook::answer))
        .layer(middleware::from_fn_with_state(phrasebook_verifier, check_key))
        .with_state(phrasebook);
    let api = Api {
        verifier,
        done: Arc::default(),
    };
    let router = Router::new()
        .route("/v1/translate", post(translate))
        .route("/v1/translate/stream", get(stream_translation))
        .route("/v1/translations/{id}", get(retrieve))
        .route("/v1/languages", get(languages))
        .layer(middleware::from_fn_with_state(api.verifier.clone(), check_key))
        .with_state(api)
        .merge(graphql)
        .fallback(|| async { error(StatusCode::NOT_FOUND, "not_found", "There is no such path.") });
    if let Err(failure) = axum::serve(listener, router).await {
        tracing::error!(error = %failure, "the demo API stopped");
    }
}

/// What a gateway in front of the API would do.
async fn check_key(State(verifier): State<Verifier>, request: Request, next: Next) -> Response {
    match verifier.ask(request.headers()).await {
        Ok(status) if status.is_success() => next.run(request).await,
        Ok(StatusCode::TOO_MANY_REQUESTS) => error(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "The key's rate limit is used up.",
        ),
        Ok(StatusCode::FORBIDDEN) => error(
            StatusCode::FORBIDDEN,
            "forbidden",
            "The key may not be used here.",
        ),
        Ok(_) => error(
            StatusCode::UNAUTHORIZED,
            "invalid_key",
            "Send a valid key: Authorization: Bearer sk_…",
        ),
        Err(failure) => {
            tracing::error!(error = %failure, "the console does not answer");
            error(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Keys cannot be checked now.",
            )
        }
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
}

#[derive(Deserialize)]
struct TranslateRequest {
    text: String,
    target_lang: String,
    source_lang: Option<String>,
    model: Option<String>,
}

async fn translate(State(api): State<Api>, body: axum::body::Bytes) -> Response {
    let request: TranslateRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(failure) => return error(StatusCode::BAD_REQUEST, "malformed", &failure.to_string()),
    };
    let length = request.text.chars().count();
    if length == 0 || length > 5000 {
        return error(
            StatusCode::BAD_REQUEST,
            "text_length",
            "Send a text of 1 to 5,000 characters.",
        );
    }
    if request.source_lang.as_deref().is_some_and(|lang| lang != "en") {
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "source_lang",
            "The demo translates from English only.",
        );
    }
    if request.model.as_deref().is_some_and(|model| model != "demo-1") {
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "model",
            "The only model is demo-1.",
        );
    }
    let Some(text) = in_language(&request.text, &request.target_lang) else {
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "target_lang",
            "Choose es, de or fr.",
        );
    };
    let id = id_of(&request.target_lang, &request.text);
    let answer = json!({
        "id": id,
        "text": text,
        "source_lang": "en",
        "target_lang": request.target_lang,
        "usage": {"characters": length, "credits": length.div_ceil(50)},
    });
    let mut done = api.done.lock().unwrap_or_else(PoisonError::into_inner);
    done.retain(|(known, _)| *known != id);
    done.push_back((id, answer.clone()));
    if done.len() > 1000 {
        done.pop_front();
    }
    Json(answer).into_response()
}

async fn retrieve(State(api): State<Api>, Path(id): Path<String>) -> Response {
    let done = api.done.lock().unwrap_or_else(PoisonError::into_inner);
    match done.iter().find(|(known, _)| *known == id) {
        Some((_, answer)) => Json(answer.clone()).into_response(),
        None => error(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is no such translation.",
        ),
    }
}

async fn languages() -> Json<Value> {
    Json(json!({"languages": [
        {"code": "es", "name": "Spanish"}, {"code": "de", "name": "German"}, {"code": "fr", "name": "French"},
    ]}))
}

async fn stream_translation(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let text = query.get("text").map_or("", String::as_str);
    let target = query.get("target_lang").map_or("", String::as_str);
    let Some(translated) = in_language(text, target) else {
        return error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "target_lang",
            "Choose es, de or fr.",
        );
    };
    let mut words: Vec<String> = translated
        .split_whitespace()
        .take(200)
        .map(str::to_owned)
        .collect();
    words.push("[done]".to_owned());
    let events = stream::iter(words).then(|word| async move {
        tokio::time::sleep(Duration::from_millis(80)).await;
        Ok::<_, Infallible>(Event::default().data(word))
    });
    Sse::new(events).into_response()
}

/// A stable id, so that the same text can be asked for again.
fn id_of(target: &str, text: &str) -> String {
    let hash = format!("{target}\n{text}")
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("trn_{hash:016x}")
}

/// English, Spanish, German, French.
pub(crate) const WORDS: &[[&str; 4]] = &[
    ["good morning", "buenos días", "guten Morgen", "bonjour"],
    ["thank you", "gracias", "danke", "merci"],
    ["hello", "hola", "hallo", "bonjour"],
    ["world", "mundo", "Welt", "monde"],
    ["the", "el", "der", "le"],
    ["a", "un", "ein", "un"],
    ["and", "y", "und", "et"],
    ["is", "es", "ist", "est"],
    ["key", "clave", "Schlüssel", "clé"],
    ["server", "servidor", "Server", "serveur"],
    ["stays", "se queda", "bleibt", "reste"],
    ["on", "en", "auf", "sur"],
    ["your", "tu", "dein", "ton"],
    ["friend", "amigo", "Freund", "ami"],
    ["please", "por favor", "bitte", "s'il vous plaît"],
    ["goodbye", "adiós", "auf Wiedersehen", "au revoir"],
];

/// Translates phrase by phrase, then word by word; what it does not know it leaves.
pub(crate) fn in_language(text: &str, target: &str) -> Option<String> {
    let column = ["en", "es", "de", "fr"]
        .iter()
        .position(|lang| *lang == target)
        .filter(|at| *at > 0)?;
    let mut out = String::new();
    let mut rest = text;
    'next: while let Some(first) = rest.chars().next() {
        if first.is_alphabetic() {
            for row in WORDS {
                let Some(head) = rest.get(..row[0].len()) else {
                    continue;
                };
                let ends = !rest[row[0].len()..].starts_with(char::is_alphabetic);
                if ends && head.eq_ignore_ascii_case(row[0]) {
                    let mut word = row[column].chars();
                    match word.next() {
                        Some(letter) if first.is_uppercase() => out.extend(letter.to_uppercase()),
                        letter => out.extend(letter),
                    }
                    out.push_str(word.as_str());
                    rest = &rest[row[0].len()..];
                    continue 'next;
                }
            }
            let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(out)
}

/// A description of the hostile API: one operation for each way of echoing a credential.
pub(crate) fn hostile_openapi() -> String {
    let mut paths = serde_json::Map::new();
    for mode in testing::MODES {
        let operation = json!({"get": {
            "operationId": format!("hostile_{}", mode.replace('-', "_")),
            "summary": format!("Echo the credential: {mode}"),
            "tags": ["Hostile"],
            "responses": {"200": {"description": "The credential, dressed up"}},
        }});
        paths.insert(format!("/hostile/{mode}"), operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Hostile API", "version": "1"},
        "servers": [{"url": "http://127.0.0.1:8081"}],
        "security": [{"apiKey": []}],
        "paths": paths,
        "components": {"securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer"}}},
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translates_what_it_knows_and_leaves_the_rest() {
        assert_eq!(
            in_language("Good morning, world.", "es").unwrap(),
            "Buenos días, mundo."
        );
        assert_eq!(
            in_language("Hello Ürsel the 3rd", "de").unwrap(),
            "Hallo Ürsel der 3rd"
        );
        assert_eq!(in_language("x", "en"), None);
    }
}
