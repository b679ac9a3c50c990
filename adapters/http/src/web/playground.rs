//! Try it without JavaScript: the form of an operation's page, answered with a page that shows the response.

use std::{sync::Arc, time::Duration};

use aforo_docs::{
    request::{
        self, FileInput, TryInputs,
        form::{self, Edit},
    },
    spec::model::{Operation, ParameterPlace},
};
use aforo_proxy::{
    HeldStream,
    response::{CleanBody, CleanResponse, Timing},
    service::Outcome,
};
use axum::{
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::StreamExt;
use http::{HeaderValue, Method, StatusCode};
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
    pages::{
        self, BodyEncoding, BodyView, Environment, Fault, Finding, ProblemView, TryAnswer, TryOutcome,
        TryTiming, TryValues,
    },
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
            body_limit: api::TRY_LIMIT,
            ..route
        },
        send,
    );
}

/// The form of Try it, as browsers send it with and without files.
struct TryForm {
    form: Form,
    files: Vec<FileInput>,
}

impl FromRequest<Arc<Shared>> for TryForm {
    type Rejection = Problem;
    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Problem> {
        if !api::is_multipart(request.headers()) {
            let form = Form::from_request(request, shared).await?;
            return Ok(Self {
                form,
                files: Vec::new(),
            });
        }
        let context = request.extensions().get::<Arc<Context>>().cloned();
        let context = context.ok_or_else(|| Problem::internal("a route has no guard"))?;
        let (mut texts, mut files) = (Vec::new(), Vec::new());
        for part in api::parts(request, shared).await? {
            match part.name.strip_prefix(api::FILE_FIELD).map(str::to_owned) {
                Some(field) => files.extend(part.file(&field)),
                None => texts.push((part.name, String::from_utf8_lossy(&part.bytes).into_owned())),
            }
        }
        let form = Form::checked(Fields::of(texts), &context, shared)?;
        Ok(Self { form, files })
    }
}

async fn send(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names((slug, id)): Names<(String, String)>,
    TryForm { form, files }: TryForm,
) -> Result<Response, Problem> {
    let shown = Shown::find(&shared, &context, &slug, &id).await?;
    let mut values = values(&form);
    if !form.text("edit").is_empty() {
        edit(shown.operation(), &mut values, &form, form.text("edit"));
        return again(&shared, &context, &shown, values).await;
    }
    let mut input = input(&shown.spec().to_string(), shown.operation(), &values, &form);
    input.files = files;
    let inputs = input.clone().inputs();
    if values.view == BodyView::Fields {
        // From here on the body is what the fields make of it.
        values.body = api::body_text(shown.operation(), &inputs).unwrap_or_default();
    }
    let mut confirmed = context.visit.live == api::live_mark(&shared, &context);
    let mut status = StatusCode::OK;
    let mut retry_after = None;
    let told = |problem: Problem, status: &mut StatusCode, retry_after: &mut Option<u64>| {
        if let Some(reason) = problem.internal_reason() {
            tracing::error!(problem.code = problem.code, problem.reason = %reason, "request failed");
        }
        *status = problem.status;
        *retry_after = problem.retry_seconds();
        TryOutcome::Failed(told(&context, &problem))
    };
    let live = values.environment == Environment::Live.as_str();
    let changes = !shown.operation().summary.method.is_safe();
    let says_yes = form.text("confirm") == "live";
    let outcome = if !matches!(context.caller, Caller::Person(_)) {
        told(signed_out(), &mut status, &mut retry_after)
    } else if live && changes && !confirmed && !says_yes {
        TryOutcome::Confirm
    } else {
        confirmed |= says_yes;
        values.findings = if form.text("insist").is_empty() {
            findings(&shown, &inputs).await
        } else {
            Vec::new()
        };
        if values.findings.is_empty() {
            match api::send(&shared, &context, input).await {
                Ok(Outcome::Whole(response)) => whole(&context, &response),
                Ok(Outcome::Events(stream)) => events(stream).await,
                Err(problem) => told(problem, &mut status, &mut retry_after),
            }
        } else {
            status = StatusCode::UNPROCESSABLE_ENTITY;
            TryOutcome::Check
        }
    };
    let access = shown.access(&shared, &context).await?;
    let environment = values.environment.clone();
    let view = shown.view(access, Some(values), Some(&inputs));
    let chrome = chrome(&shared, &context).await?;
    let mut response = page(status, pages::try_result(&chrome, &view, &outcome)).into_response();
    let headers = response.headers_mut();
    if let Some(seconds) = retry_after {
        headers.insert(http::header::RETRY_AFTER, seconds.into());
    }
    if confirmed && says_yes {
        headers.append(http::header::SET_COOKIE, api::live_cookie(&shared, &context)?);
    }
    if let Some(environment) = Environment::parse(&environment) {
        headers.append(
            http::header::SET_COOKIE,
            kept_environment(&shared, &context, environment)?,
        );
    }
    Ok(response)
}

/// Keeps the environment for as long as the browser is open. The page's script sets it, too.
fn kept_environment(
    shared: &Shared,
    context: &Context,
    environment: Environment,
) -> Result<HeaderValue, Problem> {
    let (name, value, path) = (
        pages::ENVIRONMENT_COOKIE,
        environment.as_str(),
        context.urls.cookie_path(),
    );
    let secure = if shared.cookie.secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path={path}; SameSite=Lax{secure}"))
        .map_err(Problem::internal)
}

/// The page with the form as it stands; nothing is sent.
async fn again(
    shared: &Shared,
    context: &Context,
    shown: &Shown,
    values: TryValues,
) -> Result<Response, Problem> {
    let access = shown.access(shared, context).await?;
    let inputs = input(
        &shown.spec().to_string(),
        shown.operation(),
        &values,
        &Fields::default(),
    )
    .inputs();
    let view = shown.view(access, Some(values), Some(&inputs));
    let chrome = chrome(shared, context).await?;
    Ok(page(StatusCode::OK, pages::operation(&chrome, &view)))
}

/// What the description says against the body.
async fn findings(shown: &Shown, inputs: &TryInputs) -> Vec<Finding> {
    let (description, operation, inputs) = (
        shown.description().clone(),
        shown.operation().clone(),
        inputs.clone(),
    );
    // Checking compiles a schema.
    let work = tokio::task::spawn_blocking(move || api::warnings(&description, &operation, &inputs));
    let finding = |f: crate::problem::FieldProblem| Finding {
        pointer: f.pointer,
        message: f.detail,
        line: f.line,
    };
    work.await.unwrap_or_default().into_iter().map(finding).collect()
}

/// Makes the change that a button of the form asks for.
fn edit(operation: &Operation, values: &mut TryValues, form: &Fields, word: &str) {
    let contents = operation.body.iter().flat_map(|body| &body.contents);
    let content = contents
        .clone()
        .find(|c| c.media_type == values.content_type)
        .or(contents.clone().next());
    let Some(content) = content else { return };
    let fields = fields(form);
    let composed = |values: &TryValues| {
        let inputs = TryInputs {
            body: Some(Value::String(values.body.clone())),
            content_type: Some(content.media_type.clone()),
            fields: fields.clone(),
            alternatives: values.alternatives.clone(),
            ..TryInputs::default()
        };
        form::composed(operation, &inputs).unwrap_or_else(|| form::read(inputs.body.as_ref()))
    };
    let (verb, argument) = word.split_once(':').unwrap_or((word, ""));
    match verb {
        "type" | "reset" => {
            let example = request::example_inputs_of(operation, &content.media_type);
            values.body = match example.body {
                Some(Value::String(text)) if !content.media_type.contains("json") => text,
                Some(value) => pretty(&value),
                None => String::new(),
            };
            values.alternatives.clear();
            if verb == "type" || values.view == BodyView::Fields && !form::has_form(content) {
                values.view = if form::has_form(content) && !content.media_type.contains("json") {
                    BodyView::Fields
                } else {
                    BodyView::Json
                };
            }
            return;
        }
        "view" if argument == "json" => {
            // A text that was typed stays as it was typed.
            if values.view == BodyView::Fields {
                values.body = pretty(&composed(values));
            }
            values.view = BodyView::Json;
            return;
        }
        "view" => {
            let text = values.body.trim();
            match serde_json::from_str::<Value>(text) {
                Err(error) if !text.is_empty() && values.view == BodyView::Json => {
                    let place = format!("line {}, column {}", error.line(), error.column());
                    values.note = Some(format!(
                        "The body is not valid JSON ({place}). Correct it to see its fields."
                    ));
                }
                _ => {
                    if values.view == BodyView::Fields {
                        values.body = pretty(&composed(values));
                    }
                    values.view = BodyView::Fields;
                }
            }
            return;
        }
        _ => {}
    }
    let mut body = composed(values);
    match verb {
        "add" => form::edit(
            content,
            &mut body,
            &values.alternatives,
            &Edit::Add(argument.to_owned()),
        ),
        "remove" => form::edit(
            content,
            &mut body,
            &values.alternatives,
            &Edit::Remove(argument.to_owned()),
        ),
        _ => {} // the fields of another alternative
    }
    values.body = pretty(&body);
    values.view = BodyView::Fields;
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Fields `b.{pointer}`.
fn fields(form: &Fields) -> Vec<(String, String)> {
    let field = |(name, value): (&str, &str)| Some((name.strip_prefix("b.")?.to_owned(), value.to_owned()));
    form.iter().filter_map(field).collect()
}

fn signed_out() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthenticated",
        "Not signed in",
        "Your session has ended, or you have not signed in. Sign in, then send again. What you typed is below.",
    )
    .with("fault", "session")
}

/// A problem with everything that is wrong with the inputs.
fn told(context: &Context, problem: &Problem) -> ProblemView {
    let mut view = problem_view(context, problem);
    if problem.errors.len() > 1 {
        let all: Vec<&str> = problem.errors.iter().map(|error| error.detail.as_str()).collect();
        view.detail = all.join("; ");
    }
    if let Some(next) = problem.extra.get("next").and_then(Value::as_str) {
        let end = if view.detail.ends_with(['.', '!', '?']) {
            " "
        } else {
            ". "
        };
        view.detail = format!("{}{end}{next}", view.detail);
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
        alternatives: form
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("alt.")?.to_owned(), value.parse().ok()?)))
            .collect(),
        view: if form.text("view") == "form" {
            BodyView::Fields
        } else {
            BodyView::Json
        },
        findings: Vec::new(),
        note: None,
    }
}

/// The same call as the script of the page makes of its form. Fields of unknown parameters are kept, so that
/// they are refused rather than dropped; empty ones are left out.
fn input(spec: &str, operation: &Operation, values: &TryValues, form: &Fields) -> TryInput {
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
        content_type: Some(values.content_type.clone()).filter(|kind| !kind.is_empty()),
        body: body.map(Value::String),
        fields: fields(form)
            .into_iter()
            .map(|(pointer, value)| api::BodyField { pointer, value })
            .collect(),
        alternatives: values
            .alternatives
            .iter()
            .map(|(pointer, index)| api::BodyAlternative {
                pointer: pointer.clone(),
                index: *index,
            })
            .collect(),
        confirm_live: false,
        files: Vec::new(),
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
