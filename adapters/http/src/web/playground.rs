//! Try it without JavaScript: the form of an operation's page, answered with a page that shows the response.

use std::{sync::Arc, time::Duration};

use aforo_docs::spec::model::{Operation, ParameterPlace};
use aforo_proxy::{
    HeldStream,
    response::{CleanBody, CleanResponse, Timing},
    service::Outcome,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::StreamExt;
use http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::{
    chrome,
    form::{Fields, Form},
    page, problem_view,
    reference::{Names, Shown},
};
use crate::{
    api::{self, Parameters, TryInput},
    console::Shared,
    extract::Ctx,
    guard::{Caller, Context},
    pages::{self, BodyEncoding, Fault, ProblemView, TryAnswer, TryOutcome, TryTiming, TryValues},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// A page cannot follow a stream of events: it shows what came until one of these.
const STREAM_BYTES: usize = 256 * 1024;
const STREAM_TIME: Duration = Duration::from_secs(10);

pub(super) fn routes(routes: &mut RoutesBuilder) {
    // Public, so that a session that has ended costs nobody what was typed: the form comes back with it.
    let summary = "Call an operation, and show its response";
    let route = Route::page(
        Method::POST,
        "/reference/{product}/{operation}",
        Plane::Public,
        summary,
    );
    routes.add(
        Route {
            body_limit: 2 * 1024 * 1024,
            ..route
        },
        send,
    );
}

async fn send(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names((slug, id)): Names<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let shown = Shown::find(&shared, &context, &slug, &id).await?;
    let values = values(&form);
    let input = input(&shown.spec().to_string(), shown.operation(), &values);
    let inputs = input.clone().inputs();
    let outcome = match &context.caller {
        Caller::Person(_) => api::send(&shared, &context, input).await,
        _ => Err(signed_out()),
    };
    let mut status = StatusCode::OK;
    let mut retry_after = None;
    let outcome = match outcome {
        Ok(Outcome::Whole(response)) => whole(&context, &response),
        Ok(Outcome::Events(stream)) => events(stream).await,
        Err(problem) => {
            if let Some(reason) = problem.internal_reason() {
                tracing::error!(problem.code = problem.code, problem.reason = %reason, "request failed");
            }
            status = problem.status;
            retry_after = problem.retry_seconds();
            TryOutcome::Failed(told(&context, &problem))
        }
    };
    let access = shown.access(&shared, &context).await?;
    let view = shown.view(access, Some(values), Some(&inputs));
    let chrome = chrome(&shared, &context).await?;
    let mut response = page(status, pages::try_result(&chrome, &view, &outcome)).into_response();
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(http::header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

fn signed_out() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthenticated",
        "Not signed in",
        "Your session has ended, or you have not signed in. Sign in, then send again. What you typed is below.",
    )
}

/// A problem with everything that is wrong with the inputs.
fn told(context: &Context, problem: &Problem) -> ProblemView {
    let mut view = problem_view(context, problem);
    if problem.errors.len() > 1 {
        let all: Vec<&str> = problem.errors.iter().map(|error| error.detail.as_str()).collect();
        view.detail = all.join("; ");
    }
    view
}

/// What the form held, as sent.
fn values(form: &Fields) -> TryValues {
    let parameter = |(name, value): (&str, &str)| {
        let (place, name) = name.strip_prefix("p.")?.split_once('.')?;
        (!name.is_empty()).then(|| (place.to_owned(), name.to_owned(), value.to_owned()))
    };
    TryValues {
        environment: form.text("environment").to_owned(),
        parameters: form.iter().filter_map(parameter).collect(),
        content_type: form.text("contentType").to_owned(),
        body: form.text("body").to_owned(),
    }
}

/// The same call as the script of the page makes of its form. Fields of unknown parameters are kept, so that
/// they are refused rather than dropped; empty ones are left out.
fn input(spec: &str, operation: &Operation, values: &TryValues) -> TryInput {
    let mut parameters = Parameters::default();
    for (place, name, value) in values.parameters.iter().filter(|(.., value)| !value.is_empty()) {
        let of_place = match place.as_str() {
            "path" => &mut parameters.path,
            "query" => &mut parameters.query,
            "header" => &mut parameters.header,
            "cookie" => &mut parameters.cookie,
            _ => continue,
        };
        add(of_place, name, value);
    }
    // An empty path value is told as such instead of as missing.
    for parameter in operation
        .parameters
        .iter()
        .filter(|p| p.place == ParameterPlace::Path)
    {
        parameters
            .path
            .entry(parameter.name.clone())
            .or_insert_with(|| Value::String(String::new()));
    }
    let body = Some(values.body.clone()).filter(|body| !body.is_empty());
    TryInput {
        spec_id: spec.to_owned(),
        operation_id: Some(operation.summary.id.clone()),
        method: None,
        path: None,
        // Sandbox unless Live was chosen: nothing is charged by mistake.
        environment: Some(
            if values.environment == "live" {
                "live"
            } else {
                "test"
            }
            .to_owned(),
        ),
        parameters,
        content_type: body
            .as_ref()
            .map(|_| values.content_type.clone())
            .filter(|kind| !kind.is_empty()),
        body: body.map(Value::String),
    }
}

/// A field that comes several times is a list.
fn add(values: &mut Map<String, Value>, name: &str, value: &str) {
    let value = Value::String(value.to_owned());
    match values.get_mut(name) {
        None => {
            values.insert(name.to_owned(), value);
        }
        Some(Value::Array(items)) => items.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

fn whole(context: &Context, response: &CleanResponse) -> TryOutcome {
    let (body, body_encoding) = match response.body() {
        CleanBody::Text(text) if text.is_empty() => (String::new(), BodyEncoding::None),
        CleanBody::Text(text) => (text.clone(), BodyEncoding::Text),
        CleanBody::Binary(bytes) => (STANDARD.encode(bytes), BodyEncoding::Base64),
        CleanBody::Withheld(reason) => return withheld(context, response.status(), reason.message()),
        _ => return withheld(context, response.status(), "the body was withheld"),
    };
    TryOutcome::Answer(TryAnswer {
        status: response.status(),
        headers: response.headers().to_vec(),
        content_type: content_type(response.headers()),
        body,
        body_encoding,
        size: response.size() as u64,
        truncated: response.is_truncated(),
        redactions: u32::try_from(response.redactions()).unwrap_or(u32::MAX),
        timing: timing(response.timing()),
    })
}

fn withheld(context: &Context, status: u16, reason: &str) -> TryOutcome {
    TryOutcome::Failed(ProblemView {
        status: StatusCode::BAD_GATEWAY.as_u16(),
        title: format!("The API answered {status}, and its body is not shown"),
        detail: format!("For safety {reason}."),
        code: "body_withheld".to_owned(),
        fault: Fault::Upstream,
        request_id: context.visit.request_id.clone(),
        retry_after: None,
    })
}

/// What came of a stream within the time and size that a page can wait for.
async fn events(mut stream: HeldStream) -> TryOutcome {
    let mut bytes = Vec::new();
    let mut ended = false;
    let collect = async {
        while let Some(item) = stream.next().await {
            match item {
                Ok(events) => bytes.extend_from_slice(&events),
                Err(_) => return,
            }
            if bytes.len() >= STREAM_BYTES {
                return;
            }
        }
        ended = true;
    };
    let _ = tokio::time::timeout(STREAM_TIME, collect).await; // what came until then is the result
    TryOutcome::Answer(TryAnswer {
        status: stream.status(),
        headers: stream.headers().to_vec(),
        content_type: content_type(stream.headers()),
        size: bytes.len() as u64,
        body_encoding: if bytes.is_empty() {
            BodyEncoding::None
        } else {
            BodyEncoding::Text
        },
        // Items are whole events, which are UTF-8.
        body: String::from_utf8_lossy(&bytes).into_owned(),
        truncated: !ended,
        redactions: u32::try_from(stream.redactions().get()).unwrap_or(u32::MAX),
        timing: timing(stream.timing()),
    })
}

fn content_type(headers: &[(String, String)]) -> Option<String> {
    headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value.clone())
}

fn timing(timing: &Timing) -> TryTiming {
    TryTiming {
        session: timing.session + timing.grant,
        vault: timing.vault,
        connect: timing.dns + timing.connect + timing.tls,
        ttfb: timing.ttfb,
        download: timing.download,
        strip: timing.strip,
        total: timing.total,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn repeated_fields_are_lists() {
        let mut map = Map::new();
        for value in ["a", "b", "c"] {
            add(&mut map, "tags", value);
        }
        add(&mut map, "one", "x");
        assert_eq!(Value::Object(map), json!({"tags": ["a", "b", "c"], "one": "x"}));
    }
}
