//! The playground: call an operation of a stored description, without URL and without credential (PROXY-1, 2).

use std::sync::Arc;

use aforo_core::{
    SpecId,
    domain::product::{Product, Upstream},
};
use aforo_docs::{
    request::{self, FileInput, InputError, PlainRequest, TryInputs, form},
    sample::{self, Language},
    spec::{
        model::{Method as SpecMethod, Operation},
        openapi::ApiDescription,
    },
};
use aforo_proxy::request::MAX_BODY;
use aforo_proxy::service::{OperationName, Outcome, SandboxError, TryRequest};
use aforo_vault::key::Environment;
use axum::{
    body::Body,
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{Ctx, Json},
    guard::Context,
    problem::{FieldProblem, Problem},
    route::{Plane, Route, RoutesBuilder},
};

/// A call to make. There is no field for a URL or a credential.
#[derive(Default, Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TryInput {
    /// The stored description.
    pub(crate) spec_id: String,
    /// The operation; or name it by `method` and `path`.
    pub(crate) operation_id: Option<String>,
    /// `GET`, `POST`…
    pub(crate) method: Option<String>,
    /// The path template, or a path that fits it.
    pub(crate) path: Option<String>,
    /// `live` (the default) or `test`.
    pub(crate) environment: Option<String>,
    /// Parameters.
    #[serde(default)]
    pub(crate) parameters: Parameters,
    /// The body: JSON for JSON bodies, a string for text.
    #[serde(default)]
    pub(crate) body: Option<Value>,
    /// The body's media type; the description's first if left out.
    pub(crate) content_type: Option<String>,
    /// Fields of the body's form, laid over `body`.
    #[serde(default)]
    pub(crate) fields: Vec<BodyField>,
    /// Which alternatives of a `oneOf` or `anyOf` the fields are of.
    #[serde(default)]
    pub(crate) alternatives: Vec<BodyAlternative>,
    /// A person has said that calls which change something may go to `live`: their pages ask no more in this
    /// session.
    #[serde(default)]
    pub(crate) confirm_live: bool,
    /// Files, when the call came as a form.
    #[serde(skip)]
    pub(crate) files: Vec<FileInput>,
}

/// A field of the body.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BodyField {
    /// JSON pointer into the body.
    pub(crate) pointer: String,
    /// As it was typed; empty to leave it out.
    pub(crate) value: String,
}

/// The alternative that fields are of.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BodyAlternative {
    /// JSON pointer into the body.
    pub(crate) pointer: String,
    /// Which one, counted from 0.
    pub(crate) index: usize,
}

/// Parameters by place and name.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Parameters {
    /// In the path.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) path: Map<String, Value>,
    /// In the query.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) query: Map<String, Value>,
    /// In headers.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) header: Map<String, Value>,
    /// In cookies.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) cookie: Map<String, Value>,
}

/// What came back, without the credential.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)] // describes the JSON that `CleanResponse` writes
pub(crate) struct Envelope {
    /// The upstream's status.
    status: u16,
    /// Kept headers: pairs of name and value.
    headers: Vec<Vec<String>>,
    /// The body as text, or as base64 if it is binary.
    body: String,
    /// `text`, `base64` or `none`.
    body_encoding: String,
    /// The upstream's content type.
    content_type: Option<String>,
    /// Bytes of the body.
    size: u64,
    /// Whether the body is longer than what is shown.
    truncated: bool,
    /// How often the credential was found and removed.
    redactions: u64,
    /// Milliseconds by step.
    #[schema(value_type = Object)]
    timing: Value,
}

/// Samples of a call.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SamplesView {
    /// One in each language.
    samples: Vec<SampleLine>,
}

/// A sample.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SampleLine {
    /// `curl`, `javascript`…
    pub(crate) language: &'static str,
    /// For people.
    pub(crate) label: &'static str,
    /// The code; the key is read from an environment variable.
    pub(crate) code: String,
}

/// What a call would be.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Preview {
    /// One in each language; empty while `errors` is not.
    samples: Vec<SampleLine>,
    /// The body as JSON, once its fields are put into it; null where it is no JSON.
    body: Option<String>,
    /// What keeps the call from being made.
    errors: Vec<FieldProblem>,
    /// What the description says against the body. The call can be made nevertheless: descriptions err.
    warnings: Vec<FieldProblem>,
}

/// A call with its files: as much as a body may have, and the form around it.
pub(crate) const TRY_LIMIT: usize = MAX_BODY + 1024 * 1024;
const PREVIEW_LIMIT: usize = 512 * 1024;

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let api = |path, summary| Route::api(Method::POST, path, Plane::Session, summary).takes::<TryInput>();
    routes.add(
        api(
            "/api/v1/playground/try",
            "Call an operation; the credential is injected server-side",
        )
        .takes_file(TRY_LIMIT)
        .gives::<Envelope>(200),
        try_call,
    );
    routes.add(
        Route::api(
            Method::POST,
            "/api/v1/playground/preview",
            Plane::Public,
            "What a call would be: its samples, its body, and what is wrong with it",
        )
        .takes::<TryInput>()
        .body_limit(PREVIEW_LIMIT)
        .gives::<Preview>(200),
        preview,
    );
    // Samples hold no data of anybody: public, as the reference is.
    routes.add(
        Route::api(
            Method::POST,
            "/api/v1/playground/samples",
            Plane::Public,
            "Code samples of a call",
        )
        .takes::<TryInput>()
        .body_limit(64 * 1024)
        .gives::<SamplesView>(200),
        samples,
    );
}

impl TryInput {
    fn spec(&self) -> Result<SpecId, Problem> {
        self.spec_id
            .parse()
            .map_err(|_| Problem::not_found("API description"))
    }

    fn operation(&self) -> Result<OperationName, Problem> {
        match (&self.operation_id, &self.method, &self.path) {
            (Some(id), None, None) => Ok(OperationName::Id(id.clone())),
            (None, Some(method), Some(path)) => {
                let method = SpecMethod::parse(method).ok_or_else(|| Problem::not_found("operation"))?;
                Ok(OperationName::MethodAndPath(method, path.clone()))
            }
            _ => Err(Problem::invalid(
                "/operationId",
                "Name the operation by operationId, or by method and path.",
            )),
        }
    }

    pub(crate) fn inputs(self) -> TryInputs {
        TryInputs {
            path: self.parameters.path,
            query: self.parameters.query,
            header: self.parameters.header,
            cookie: self.parameters.cookie,
            body: self.body,
            content_type: self.content_type,
            fields: self.fields.into_iter().map(|f| (f.pointer, f.value)).collect(),
            alternatives: self
                .alternatives
                .into_iter()
                .map(|a| (a.pointer, a.index))
                .collect(),
            files: self.files,
        }
    }
}

/// Makes a call for a signed-in person.
pub(crate) async fn send(shared: &Shared, context: &Context, input: TryInput) -> Result<Outcome, Problem> {
    let environment = match input.environment.as_deref() {
        None | Some("") => Environment::Live,
        Some(word) => word
            .parse()
            .map_err(|_| Problem::invalid("/environment", "Choose `live` or `test`."))?,
    };
    if environment == Environment::Live
        && let Some(agent) = &context.person()?.agent
        && !agent.live
    {
        let detail = "This agent may call Sandbox only. Leave `environment` out, or ask the person for an agent that \
            may call Live.";
        return Err(Problem::forbidden("live_not_granted", detail));
    }
    let request = TryRequest {
        spec: input.spec()?,
        operation: input.operation()?,
        environment,
        session_ms: context.session_ms,
        inputs: input.inputs(),
    };
    let outcome = shared.sandbox.send(context.person()?, request).await;
    shared.metrics.tried(match &outcome {
        Ok(_) => "sent",
        Err(error) => error.code(),
    });
    Ok(outcome?)
}

/// A call as JSON; or as a form, with the JSON in the field `call` and files in fields named `file:{part}`, `file:`
/// for the body itself.
struct TryCall(TryInput);

impl<S: Send + Sync> FromRequest<S> for TryCall {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_multipart(request.headers()) {
            return Json::from_request(request, state)
                .await
                .map(|Json(input)| Self(input));
        }
        let mut call = None;
        let mut files = Vec::new();
        for part in parts(request, state).await? {
            match part.name.strip_prefix(FILE_FIELD).map(str::to_owned) {
                Some(field) => files.extend(part.file(&field)),
                None if part.name == "call" => call = Some(part.bytes),
                None => {
                    return Err(Problem::invalid(
                        format!("/{}", part.name),
                        "There is no such field.",
                    ));
                }
            }
        }
        let call = call.ok_or_else(|| Problem::invalid("/call", "Send the call as JSON in this field."))?;
        let input: TryInput = crate::extract::from_json(&call)?;
        Ok(Self(TryInput { files, ..input }))
    }
}

/// What the names of fields with files begin with.
pub(crate) const FILE_FIELD: &str = "file:";

pub(crate) fn is_multipart(headers: &http::HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let essence = kind.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("multipart/form-data")
}

/// One part of a form.
pub(crate) struct Part {
    pub(crate) name: String,
    filename: Option<String>,
    content_type: Option<String>,
    pub(crate) bytes: bytes::Bytes,
}

impl Part {
    /// The file in it. Browsers send a part without name and content for a field in which nothing was chosen.
    pub(crate) fn file(self, field: &str) -> Option<FileInput> {
        let filename = self.filename?;
        if filename.is_empty() && self.bytes.is_empty() {
            return None;
        }
        Some(FileInput {
            field: field.to_owned(),
            filename,
            content_type: self.content_type,
            bytes: Arc::from(&*self.bytes),
        })
    }
}

/// The parts of a `multipart/form-data` request, within the route's limit.
pub(crate) async fn parts<S: Send + Sync>(request: Request, state: &S) -> Result<Vec<Part>, Problem> {
    let refused = |error: axum::extract::multipart::MultipartError| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            body_too_large()
        } else {
            crate::extract::broken_body()
        }
    };
    let form = axum::extract::Multipart::from_request(request, state).await;
    let mut form = form.map_err(|_| crate::extract::broken_body())?;
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(refused)? {
        let name = field.name().unwrap_or("").to_owned();
        let filename = field.file_name().map(str::to_owned);
        let content_type = field.content_type().map(str::to_owned);
        let bytes = field.bytes().await.map_err(refused)?;
        parts.push(Part {
            name,
            filename,
            content_type,
            bytes,
        });
    }
    Ok(parts)
}

/// The body with its files is more than the playground sends.
fn body_too_large() -> Problem {
    let detail = "The playground sends bodies of up to 1 MiB, files included. Choose a smaller file, or send this \
        call from your own program: the samples show how.";
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        "The body is too large",
        detail,
    )
    .with("fault", "caller")
}

async fn try_call(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    TryCall(input): TryCall,
) -> Result<Response, Problem> {
    let timing = HeaderName::from_static("server-timing");
    let confirmed = input.confirm_live;
    let mut answer = match send(&shared, &context, input).await? {
        Outcome::Whole(response) => {
            let header = HeaderValue::from_str(&response.timing().server_timing());
            let status = StatusCode::from_u16(response.http_status()).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut answer = (status, Json(response)).into_response();
            if let Ok(header) = header {
                answer.headers_mut().insert(timing, header);
            }
            answer
        }
        Outcome::Events(stream) => {
            let events = stream
                .headers()
                .iter()
                .any(|(name, value)| name == "content-type" && value.starts_with("text/event-stream"));
            let kind = if events {
                "text/event-stream"
            } else {
                "application/x-ndjson"
            };
            let mut answer = Response::builder()
                .header(header::CONTENT_TYPE, kind)
                .header(header::CACHE_CONTROL, "no-store")
                .header("x-upstream-status", stream.status());
            // The API's headers as data: none of them is a header of ours.
            let headers = serde_json::to_string(stream.headers()).unwrap_or_default();
            if let Ok(value) = HeaderValue::from_str(&headers) {
                answer = answer.header("x-upstream-headers", value);
            }
            if let Ok(value) = HeaderValue::from_str(&stream.timing().server_timing()) {
                answer = answer.header(timing, value);
            }
            answer
                .body(Body::from_stream(stream))
                .map_err(Problem::internal)?
        }
    };
    if confirmed {
        answer
            .headers_mut()
            .append(header::SET_COOKIE, live_cookie(&shared, &context)?);
    }
    Ok(answer)
}

/// Remembers that calls which change something may go to Live, for as long as the session lasts: the value is bound
/// to it.
pub(crate) const LIVE_COOKIE: &str = "console_live";

pub(crate) fn live_mark(shared: &Shared, context: &Context) -> String {
    shared.csrf.token(&format!("live:{}", context.csrf_bearer))
}

pub(crate) fn live_cookie(shared: &Shared, context: &Context) -> Result<HeaderValue, Problem> {
    let (mark, path) = (live_mark(shared, context), context.urls.cookie_path());
    let secure = if shared.cookie.secure { "; Secure" } else { "" };
    let text = format!("{LIVE_COOKIE}={mark}; Path={path}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).map_err(Problem::internal)
}

/// A call that somebody thinks of, found but not judged.
struct Thought {
    description: ApiDescription,
    operation: Operation,
    inputs: TryInputs,
    upstream: Option<Upstream>,
}

async fn thought(shared: &Shared, context: &Context, input: TryInput) -> Result<Thought, Problem> {
    let (spec, name) = (input.spec()?, input.operation()?);
    let (spec, product) = current(shared, context, spec, &name).await?;
    let description = shared.specs.description(context.tenant_scope(), spec).await?;
    let mut inputs = input.inputs();
    let operation = match name {
        OperationName::Id(id) => description.operation(&id),
        OperationName::MethodAndPath(method, path) => {
            match description.operation_by_method_and_path(method, &path) {
                Some(operation) => Some(operation),
                None => request::match_path(&description, method, &path).and_then(|(id, values)| {
                    inputs.path.extend(values);
                    description.operation(&id)
                }),
            }
        }
    };
    let operation = operation.ok_or_else(|| Problem::not_found("operation"))?;
    Ok(Thought {
        description,
        operation,
        inputs,
        upstream: product.upstream,
    })
}

/// The version to think of, as for calls: what is published. A page that was open while another version was published
/// goes on as long as its operation is still the same; administrators may look at any version.
async fn current(
    shared: &Shared,
    context: &Context,
    spec: SpecId,
    name: &OperationName,
) -> Result<(SpecId, Product), Problem> {
    let (_, product) = super::specs::known_version(shared, context, spec).await?;
    if product.published_spec == Some(spec) || context.is_admin() {
        return Ok((spec, product));
    }
    let OperationName::Id(id) = name else {
        return Err(SandboxError::SpecNotFound.into());
    };
    let current = shared
        .specs
        .current_for(context.tenant_scope(), spec, id)
        .await?
        .ok_or(SandboxError::SpecChanged)?;
    Ok((current, product))
}

async fn samples(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<TryInput>,
) -> Result<Json<SamplesView>, Problem> {
    let call = thought(&shared, &context, input).await?;
    let samples = samples_of(&call.operation, &call.inputs, call.upstream.as_ref())?;
    Ok(Json(SamplesView { samples }))
}

async fn preview(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<TryInput>,
) -> Result<Json<Preview>, Problem> {
    let call = thought(&shared, &context, input).await?;
    // Checking a body compiles its schema.
    let work = tokio::task::spawn_blocking(move || call.preview());
    work.await.map(Json).map_err(Problem::internal)
}

impl Thought {
    fn preview(self) -> Preview {
        let body = body_text(&self.operation, &self.inputs);
        let warnings = warnings(&self.description, &self.operation, &self.inputs);
        let (samples, errors) = match request::build(&self.operation, &self.inputs) {
            Ok(plain) => (
                write_samples(&self.operation, &plain, self.upstream.as_ref()),
                Vec::new(),
            ),
            Err(errors) => (
                Vec::new(),
                errors.into_iter().map(|e| finding(e, body.as_deref())).collect(),
            ),
        };
        Preview {
            samples,
            body,
            errors,
            warnings,
        }
    }
}

/// The body as it is written in JSON, for people: fields put in, or the text as it was typed.
pub(crate) fn body_text(operation: &Operation, inputs: &TryInputs) -> Option<String> {
    match form::composed(operation, inputs) {
        Some(value) => serde_json::to_string_pretty(&value).ok(),
        None => match inputs.body.as_ref()? {
            Value::String(text) => Some(text.clone()),
            value => serde_json::to_string_pretty(value).ok(),
        },
    }
}

/// What the description says against the body, with the place of each in the text that [`body_text`] gives.
pub(crate) fn warnings(
    description: &ApiDescription,
    operation: &Operation,
    inputs: &TryInputs,
) -> Vec<FieldProblem> {
    let contents = operation.body.as_ref().map(|body| &body.contents);
    let first = contents.and_then(|c| c.first()).map(|c| c.media_type.as_str());
    let Some(kind) = inputs.content_type.as_deref().filter(|t| !t.is_empty()).or(first) else {
        return Vec::new();
    };
    let text = body_text(operation, inputs);
    let Some(value) = form::composed(operation, inputs).or_else(|| inputs.body.clone()) else {
        return Vec::new();
    };
    if value
        .as_str()
        .is_some_and(|text| serde_json::from_str::<Value>(text).is_err())
    {
        return Vec::new(); // told as an error
    }
    let found = request::body_warnings(description, &operation.summary.id, kind, &value);
    found.into_iter().map(|e| finding(e, text.as_deref())).collect()
}

/// An error of an input, with the line of the body where it is.
pub(crate) fn finding(error: InputError, body: Option<&str>) -> FieldProblem {
    let mut line = None;
    let mut column = None;
    if let (Some(inner), Some(text)) = (error.pointer.strip_prefix("/body"), body) {
        match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => line = request::line_of(text, inner),
            Err(e) => {
                line = u32::try_from(e.line()).ok().filter(|n| *n > 0);
                column = u32::try_from(e.column()).ok();
            }
        }
    }
    FieldProblem {
        pointer: error.pointer,
        detail: error.message,
        code: Some(error.code.to_owned()),
        line,
        column,
    }
}

/// Samples of a call in every language. `upstream` is the approved base; without one the description's own
/// server is shown.
pub(crate) fn samples_of(
    operation: &Operation,
    inputs: &TryInputs,
    upstream: Option<&Upstream>,
) -> Result<Vec<SampleLine>, Problem> {
    let plain = request::build(operation, inputs).map_err(Problem::from)?;
    Ok(write_samples(operation, &plain, upstream))
}

fn write_samples(
    operation: &Operation,
    plain: &PlainRequest,
    upstream: Option<&Upstream>,
) -> Vec<SampleLine> {
    let approved = upstream.map(|u| format!("{}{}", u.origin, u.base_path));
    let named = operation.servers.first().map(|server| server.url.as_str());
    let base_url = approved.as_deref().or(named).unwrap_or("https://api.example.com");
    let none = Vec::new();
    let security = operation.security.first().unwrap_or(&none);
    let context = sample::Context {
        base_url,
        security,
        key_variable: sample::KEY_VARIABLE,
    };
    let line = |(language, code): (Language, String)| SampleLine {
        language: language.id(),
        label: language.label(),
        code,
    };
    sample::render_all(plain, &context)
        .into_iter()
        .map(line)
        .collect()
}

impl From<Vec<InputError>> for Problem {
    fn from(errors: Vec<InputError>) -> Self {
        let detail = errors.first().map(|e| e.message.clone()).unwrap_or_default();
        let mut problem = Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_parameters",
            "The parameters do not fit the operation",
            detail,
        );
        problem.errors = errors.into_iter().map(|e| finding(e, None)).collect();
        problem.with("fault", "caller")
    }
}

/// Whose turn it is and what to do next, by the code of what went wrong: one table for pages, scripts and programs.
fn advice(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "unauthenticated" => ("session", "Sign in again. What you typed is kept."),
        "no_subscription" => (
            "subscription",
            "Subscribe to a plan with this product, then send again.",
        ),
        "playground_budget" => (
            "budget",
            "Wait until the time is over, then send again. Nothing was called.",
        ),
        "vault" | "credential_placement" | "credential_unsafe" => (
            "vault",
            "Nothing was sent. Tell whoever runs this console; the request id finds the reason.",
        ),
        "origin_not_approved" => (
            "console",
            "Nothing was sent. An administrator approves the server of the API.",
        ),
        "unsupported_security" => (
            "console",
            "Take a sample and send the call from your own program.",
        ),
        "address_denied" => (
            "console",
            "Nothing was sent. An administrator decides which addresses this console may call.",
        ),
        "dns_failed" => (
            "network",
            "The API's host name is not known. Its operator can put that right.",
        ),
        "connect_failed" => (
            "network",
            "Nothing listens there, or a firewall is in between. Try again later.",
        ),
        "tls_failed" => (
            "network",
            "The API's certificate must be put right by its operator; nothing was sent.",
        ),
        "upstream_timeout" => (
            "network",
            "The API may have done what you asked for. Look before you send again.",
        ),
        "response_too_large" | "protocol_error" | "stream_withheld" | "proxy_authentication" => (
            "upstream",
            "The call was made. Tell the API's operator what is wrong with the answer.",
        ),
        "request_refused" | "invalid_parameters" | "body_too_large" => {
            ("request", "Nothing was sent. Correct the form, then send again.")
        }
        _ => return None,
    })
}

impl Problem {
    /// Says whose turn it is and what to do next, where that is known.
    pub(crate) fn advised(self) -> Self {
        match advice(self.code) {
            Some((whose, next)) => self.with("whose", whose).with("next", next),
            None => self,
        }
    }
}

impl From<SandboxError> for Problem {
    fn from(error: SandboxError) -> Self {
        Problem::of_call(error).advised()
    }
}

/// An error's text as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

impl Problem {
    fn of_call(error: SandboxError) -> Self {
        let code = error.code();
        match error {
            SandboxError::SpecNotFound => Problem::not_found("API description"),
            SandboxError::OperationNotFound => Problem::not_found("operation"),
            SandboxError::SpecChanged => Problem::conflict(
                code,
                "A new version of this API was published, and the operation has changed. Reload the page to see \
                 what is different, then send again.",
            ),
            SandboxError::Inputs(errors) => errors.into(),
            SandboxError::NoSubscription => Problem::forbidden(
                code,
                "Your account has no active subscription to this product. Subscribe first, then send again.",
            ),
            SandboxError::OriginNotApproved => Problem::conflict(
                code,
                "An administrator must approve this product's origin before calls go there.",
            ),
            SandboxError::BudgetUsedUp { retry_after } => Problem::throttled(
                code,
                "Too many playground calls. Wait, then send again.",
                retry_after,
            ),
            SandboxError::UnsupportedSecurity(schemes) => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                code,
                "The operation's security is not supported",
                format!("The playground can place a key as bearer, basic or apiKey, not as {schemes}."),
            ),
            SandboxError::Vault(error) => Problem::from(error).with("fault", "console"),
            SandboxError::Store(error) => error.into(),
            SandboxError::Docs(error) => error.into(),
            SandboxError::Proxy(error) => {
                let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::BAD_GATEWAY);
                Problem::new(
                    status,
                    code,
                    "The call did not go through",
                    sentence(&error.to_string()),
                )
                .with("fault", serde_json::to_value(error.fault()).unwrap_or_default())
            }
            other => Problem::internal(other),
        }
    }
}
