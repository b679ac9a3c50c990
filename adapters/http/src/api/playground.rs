//! The playground: call an operation of a stored description, without URL and without credential (PROXY-1, 2).

use std::sync::Arc;

use aforo_core::{SpecId, domain::product::Upstream};
use aforo_docs::{
    request::{self, InputError, TryInputs},
    sample::{self, Language},
    spec::model::{Method as SpecMethod, Operation},
};
use aforo_proxy::service::{OperationName, Outcome, SandboxError, TryRequest};
use aforo_vault::key::Environment;
use axum::{
    body::Body,
    extract::State,
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
#[derive(Clone, Debug, Deserialize, ToSchema)]
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

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let api = |path, summary| Route::api(Method::POST, path, Plane::Session, summary).takes::<TryInput>();
    routes.add(
        api(
            "/api/v1/playground/try",
            "Call an operation; the credential is injected server-side",
        )
        .gives::<Envelope>(200),
        try_call,
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

async fn try_call(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<TryInput>,
) -> Result<Response, Problem> {
    let timing = HeaderName::from_static("server-timing");
    match send(&shared, &context, input).await? {
        Outcome::Whole(response) => {
            let header = HeaderValue::from_str(&response.timing().server_timing());
            let status = StatusCode::from_u16(response.http_status()).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut answer = (status, Json(response)).into_response();
            if let Ok(header) = header {
                answer.headers_mut().insert(timing, header);
            }
            Ok(answer)
        }
        Outcome::Events(stream) => {
            let mut answer = Response::builder()
                .header(header::CONTENT_TYPE, "text/event-stream")
                .header(header::CACHE_CONTROL, "no-store")
                .header("x-upstream-status", stream.status());
            if let Ok(value) = HeaderValue::from_str(&stream.timing().server_timing()) {
                answer = answer.header(timing, value);
            }
            answer.body(Body::from_stream(stream)).map_err(Problem::internal)
        }
    }
}

async fn samples(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Json(input): Json<TryInput>,
) -> Result<Json<SamplesView>, Problem> {
    let (spec, name) = (input.spec()?, input.operation()?);
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
    let mut tx = shared.stores.docs.read().await?;
    let spec = tx.specs(context.tenant_scope()).find(spec).await?;
    let product = match spec {
        Some(spec) => tx.products(context.tenant_scope()).find(spec.product).await?,
        None => None,
    };
    drop(tx);
    let upstream = product.and_then(|p| p.upstream);
    Ok(Json(SamplesView {
        samples: samples_of(&operation, &inputs, upstream.as_ref())?,
    }))
}

/// Samples of a call in every language. `upstream` is the approved base; without one the description's own
/// server is shown.
pub(crate) fn samples_of(
    operation: &Operation,
    inputs: &TryInputs,
    upstream: Option<&Upstream>,
) -> Result<Vec<SampleLine>, Problem> {
    let plain = request::build(operation, inputs).map_err(Problem::from)?;
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
    let lines = Language::AVAILABLE.iter().map(|language| SampleLine {
        language: language.id(),
        label: language.label(),
        code: sample::render(*language, &plain, &context),
    });
    Ok(lines.collect())
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
        let field = |e: InputError| FieldProblem {
            pointer: e.pointer,
            detail: e.message,
            code: Some(e.code.to_owned()),
            line: None,
            column: None,
        };
        problem.errors = errors.into_iter().map(field).collect();
        problem
    }
}

impl From<SandboxError> for Problem {
    fn from(error: SandboxError) -> Self {
        let code = error.code();
        match error {
            SandboxError::SpecNotFound => Problem::not_found("API description"),
            SandboxError::OperationNotFound => Problem::not_found("operation"),
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
            SandboxError::Vault(error) => error.into(),
            SandboxError::Store(error) => error.into(),
            SandboxError::Docs(error) => error.into(),
            SandboxError::Proxy(error) => {
                let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::BAD_GATEWAY);
                Problem::new(status, code, "The call did not go through", error.to_string())
                    .with("fault", serde_json::to_value(error.fault()).unwrap_or_default())
            }
            other => Problem::internal(other),
        }
    }
}
