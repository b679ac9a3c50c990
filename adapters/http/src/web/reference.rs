//! The reference of a product: index, operations, the document itself, and approving its origin. Public, as
//! documentation is.

use std::sync::Arc;

use aforo_core::{
    PageRequest, SpecId,
    domain::{
        product::{Product, Upstream},
        subscription::SubscriptionFilter,
        user::Role,
    },
};
use aforo_docs::{
    markdown::to_safe_html,
    request::{TryInputs, example_inputs},
    sample::Language,
    spec::{
        model::{Operation, OperationSummary, Server},
        openapi::{ApiDescription, SourceFormat},
    },
};
use axum::{
    extract::{FromRequestParts, Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use serde::{Deserialize, de::DeserializeOwned};

use super::{chrome, form::Form, local::local, machine, page, redirect, takes_form, theme};
use crate::{
    api,
    console::Shared,
    extract::{Ctx, Id, Query},
    guard::{Caller, Context},
    pages::{
        self, Chrome, Environment, LANGUAGE_COOKIE, OperationView, OriginApproval, PlanChoice, ProductRef,
        ReferenceNav, ReferenceView, SampleView, SchemaPageView, SchemasView, TryAccess, TryValues,
    },
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let public = |path, summary| Route::page(Method::GET, path, Plane::Public, summary);
    routes.add(public("/reference/{product}", "Reference of a product"), index);
    routes.add(
        public(
            "/reference/{product}/openapi.json",
            "The published document in JSON",
        ),
        json_document,
    );
    routes.add(
        public(
            "/reference/{product}/openapi.yaml",
            "The published document in YAML",
        ),
        yaml_document,
    );
    #[cfg(feature = "graphql")]
    routes.add(
        public(
            "/reference/{product}/schema.graphql",
            "The published GraphQL schema",
        ),
        graphql_schema,
    );
    routes.add(
        public("/reference/{product}/schemas", "The schemas of a product"),
        schemas,
    );
    routes.add(
        public("/reference/{product}/schemas/{name}", "One schema"),
        schema,
    );
    routes.add(
        public(
            "/reference/{product}/{operation}",
            "One operation, with Try it and samples",
        ),
        operation,
    );
    let approve = Route::page(
        Method::POST,
        "/admin/specs/{id}/approve-origin",
        Plane::Session,
        "Send calls to the origin that a document names",
    );
    routes.add(takes_form(approve.admin()), approve_origin);
}

/// Names in a path. What cannot be read answers as unknown.
pub(super) struct Names<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Names<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Path::<T>::from_request_parts(parts, state).await;
        read.map(|Path(names)| Names(names))
            .map_err(|_| Problem::not_found("page"))
    }
}

/// A product with its published description.
pub(super) struct Published {
    product: Product,
    spec: SpecId,
    description: ApiDescription,
    /// The number of an older version that somebody reads; `None` for what is published.
    older: Option<u32>,
}

/// Says which version an answer was made of, for caches, support, and tests.
const SPEC_HEADER: HeaderName = HeaderName::from_static("x-spec-id");

fn of_spec(mut response: Response, spec: SpecId) -> Response {
    if let Ok(value) = HeaderValue::from_str(&spec.to_string()) {
        response.headers_mut().insert(SPEC_HEADER, value);
    }
    response
}

/// One operation of it.
pub(super) struct Shown {
    published: Published,
    operation: Operation,
}

async fn product(shared: &Shared, context: &Context, slug: &str) -> Result<Product, Problem> {
    let mut tx = shared.stores.core.read().await?;
    let found = tx.products(context.tenant_scope()).find_by_slug(slug).await?;
    found.ok_or_else(|| Problem::not_found("product"))
}

impl Published {
    /// What is published: the product is read once, and all of the answer is made of what it says.
    async fn find(shared: &Shared, context: &Context, slug: &str) -> Result<Self, Problem> {
        let product = product(shared, context, slug).await?;
        Self::version(shared, context, product, None).await
    }

    /// One version of it; those that were never published are for administrators.
    async fn version(
        shared: &Shared,
        context: &Context,
        product: Product,
        number: Option<u32>,
    ) -> Result<Self, Problem> {
        let unknown = || Problem::not_found("API description");
        let published = product.published_spec.ok_or_else(unknown)?;
        let (spec, older) = match number {
            None => (published, None),
            Some(number) => {
                let scope = context.tenant_scope();
                let found = shared.specs.find_version(scope, product.id, number).await?;
                let (spec, was_published) = found.ok_or_else(unknown)?;
                if !was_published && !context.person().is_ok_and(|person| person.role == Role::Admin) {
                    return Err(unknown());
                }
                (spec.id, Some(number).filter(|_| spec.id != published))
            }
        };
        let description = shared.specs.description(context.tenant_scope(), spec).await?;
        Ok(Self {
            product,
            spec,
            description,
            older,
        })
    }

    /// An older version says so, and its links lead to itself.
    fn dress(&self, chrome: &mut Chrome) {
        if let Some(number) = self.older {
            chrome.notice = Some(format!(
                "You are reading version {number}, which is not the current one."
            ));
            chrome.urls = chrome.urls.at_version(number);
        }
    }
    fn reference(&self) -> ProductRef {
        ProductRef {
            slug: self.product.slug.clone(),
            name: self.product.name.clone(),
            version: self.description.version(),
            graphql: self.description.spec_format() != "OPENAPI_3",
        }
    }
}

#[derive(Deserialize)]
struct IndexQuery {
    tag: Option<String>,
    version: Option<u32>,
}

async fn index(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names(slug): Names<String>,
    Query(query): Query<IndexQuery>,
) -> Result<Response, Problem> {
    let product = product(&shared, &context, &slug).await?;
    let approval = product.proposed_upstream.as_ref().map(|proposed| OriginApproval {
        waiting: proposed.origin.clone(),
        current: product.upstream.as_ref().map(|upstream| upstream.origin.clone()),
    });
    let mut chrome = chrome(&shared, &context).await?;
    if product.published_spec.is_none() {
        let view = ReferenceView {
            product: ProductRef {
                slug: product.slug,
                name: product.name,
                version: String::new(),
                graphql: false,
            },
            spec_id: String::new(),
            description_html: String::new(),
            servers: Vec::new(),
            security: Vec::new(),
            markdown: to_safe_html,
            external_docs: None,
            nav: ReferenceNav::default(),
            webhooks: Vec::new(),
            tag: None,
            approval: None,
            published: false,
        };
        return Ok(page(StatusCode::OK, pages::reference(&chrome, &view)));
    }
    let published = Published::version(&shared, &context, product, query.version).await?;
    let (spec, approval) = (published.spec, approval.filter(|_| published.older.is_none()));
    published.dress(&mut chrome);
    let description = &published.description;
    let operations = description.operations();
    let tag = query
        .tag
        .filter(|tag| operations.iter().any(|o| ReferenceNav::tag_of(o) == tag));
    let text = description.description();
    // Operations may differ; the first one stands for all.
    let security = operations
        .first()
        .and_then(|o| description.operation(&o.id))
        .map(|o| o.security);
    let view = ReferenceView {
        product: published.reference(),
        spec_id: spec.to_string(),
        description_html: if text.trim().is_empty() {
            String::new()
        } else {
            to_safe_html(&text)
        },
        servers: servers(description, published.product.upstream.as_ref()),
        security: security.unwrap_or_default(),
        markdown: to_safe_html,
        external_docs: description.external_docs(),
        nav: ReferenceNav::of(description, tag.as_deref()),
        webhooks: description.webhooks().to_vec(),
        tag,
        approval,
        published: true,
    };
    Ok(of_spec(
        page(StatusCode::OK, pages::reference(&chrome, &view)),
        spec,
    ))
}

/// The servers that the document names. A relative one means nothing without its host, so the approved origin
/// stands in for it.
fn servers(description: &ApiDescription, approved: Option<&Upstream>) -> Vec<Server> {
    let mut servers = description.servers();
    for server in &mut servers {
        if server.url.starts_with('/')
            && let Some(upstream) = approved
        {
            let path = if upstream.base_path.is_empty() {
                server.url.trim_end_matches('/')
            } else {
                &upstream.base_path
            };
            server.url = format!("{}{path}", upstream.origin);
        }
    }
    servers.retain(|server| server.url != "/");
    servers
}

async fn json_document(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names(slug): Names<String>,
) -> Result<Response, Problem> {
    document(&shared, &context, &slug, SourceFormat::Json).await
}

async fn yaml_document(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names(slug): Names<String>,
) -> Result<Response, Problem> {
    document(&shared, &context, &slug, SourceFormat::Yaml).await
}

/// The document as it was imported, if it was in this format and keeps nothing to itself; else written anew.
async fn document(
    shared: &Shared,
    context: &Context,
    slug: &str,
    format: SourceFormat,
) -> Result<Response, Problem> {
    let published = Published::find(shared, context, slug).await?;
    let description = published.description;
    let as_imported = description.source_format() == format && description.is_public_as_imported();
    let text = if as_imported {
        let mut tx = shared.stores.docs.read().await?;
        let source = tx.specs(context.tenant_scope()).source(published.spec).await?;
        source.ok_or_else(|| Problem::not_found("API description"))?
    } else {
        let write = move || description.to_text(format).into_bytes();
        tokio::task::spawn_blocking(write)
            .await
            .map_err(Problem::internal)?
    };
    let (kind, ending) = match format {
        SourceFormat::Json => ("application/json", "openapi.json"),
        SourceFormat::Yaml => ("application/yaml", "openapi.yaml"),
    };
    Ok(download(
        kind,
        &published.product.slug,
        ending,
        published.spec,
        text,
    ))
}

/// A file of a published description.
fn download(kind: &'static str, slug: &str, ending: &str, spec: SpecId, text: Vec<u8>) -> Response {
    // Slugs are letters, digits and hyphens.
    let name = format!("attachment; filename=\"{slug}-{ending}\"");
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    of_spec((headers, text).into_response(), spec)
}

#[cfg(feature = "graphql")]
async fn graphql_schema(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names(slug): Names<String>,
) -> Result<Response, Problem> {
    let published = Published::find(&shared, &context, &slug).await?;
    let schema = published.description.graphql().cloned();
    let schema = schema.ok_or_else(|| Problem::not_found("GraphQL schema"))?;
    let write = move || schema.to_sdl().into_bytes();
    let text = tokio::task::spawn_blocking(write)
        .await
        .map_err(Problem::internal)?;
    Ok(download(
        "application/graphql",
        &published.product.slug,
        "schema.graphql",
        published.spec,
        text,
    ))
}

async fn schemas(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names(slug): Names<String>,
) -> Result<Response, Problem> {
    let published = Published::find(&shared, &context, &slug).await?;
    let view = SchemasView {
        product: published.reference(),
        nav: ReferenceNav::of(&published.description, None),
        names: published.description.schemas().map(str::to_owned).collect(),
    };
    Ok(page(
        StatusCode::OK,
        pages::schemas(&chrome(&shared, &context).await?, &view),
    ))
}

async fn schema(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names((slug, name)): Names<(String, String)>,
) -> Result<Response, Problem> {
    let published = Published::find(&shared, &context, &slug).await?;
    let chrome = chrome(&shared, &context).await?;
    let write = move || {
        let description = &published.description;
        let schema = description.schema(&name)?;
        let view = SchemaPageView {
            product: published.reference(),
            nav: ReferenceNav::of(description, None),
            example: description.schema_example(&name),
            name,
            schema: &schema,
            markdown: to_safe_html,
        };
        Some(pages::schema(&chrome, &view))
    };
    let written = tokio::task::spawn_blocking(write)
        .await
        .map_err(Problem::internal)?;
    let written = written.ok_or_else(|| Problem::not_found("schema"))?;
    Ok(page(StatusCode::OK, written))
}

#[derive(Deserialize)]
struct OperationQuery {
    lang: Option<String>,
    version: Option<u32>,
}

async fn operation(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names((slug, id)): Names<(String, String)>,
    Query(query): Query<OperationQuery>,
) -> Result<Response, Problem> {
    if let Some(id) = id.strip_suffix(".md") {
        let product = product(&shared, &context, &slug).await?;
        return machine::operation(&shared, &context, product, id).await;
    }
    let shown = match Shown::at(&shared, &context, &slug, &id, query.version).await {
        Err(problem) if problem.status == StatusCode::NOT_FOUND => {
            Shown::webhook(&shared, &context, &slug, &id)
                .await?
                .ok_or(problem)?
        }
        found => found?,
    };
    let access = match (shown.operation.webhook, shown.published.older) {
        (true, _) => TryAccess::SignIn, // nothing to try
        (false, None) => shown.access(&shared, &context).await?,
        (false, Some(_)) => TryAccess::Unavailable {
            reason: "This is an older version, for reading. Calls are made by the current one.".to_owned(),
        },
    };
    let view = shown.view(access, None, None);
    let mut chrome = chrome(&shared, &context).await?;
    shown.published.dress(&mut chrome);
    // Without JavaScript the tabs of languages are links.
    let asked = query.lang.as_deref().and_then(Language::parse);
    if let Some(author) = query
        .lang
        .as_deref()
        .filter(|lang| lang.starts_with(pages::AUTHOR_SAMPLE))
    {
        chrome.language = author.to_owned();
    }
    if let Some(language) = asked {
        chrome.language = language.id().to_owned();
    }
    let mut response = of_spec(
        page(StatusCode::OK, pages::operation(&chrome, &view)),
        shown.spec(),
    );
    if let Some(language) = asked {
        let cookie = theme::kept(&shared, &context, LANGUAGE_COOKIE, Some(language.id()))?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

impl Shown {
    pub(super) async fn find(
        shared: &Shared,
        context: &Context,
        slug: &str,
        id: &str,
    ) -> Result<Self, Problem> {
        Self::at(shared, context, slug, id, None).await
    }

    async fn at(
        shared: &Shared,
        context: &Context,
        slug: &str,
        id: &str,
        version: Option<u32>,
    ) -> Result<Self, Problem> {
        let product = product(shared, context, slug).await?;
        let published = Published::version(shared, context, product, version).await?;
        let mut operation = published
            .description
            .operation(id)
            .ok_or_else(|| Problem::not_found("operation"))?;
        if let Some(approved) = &published.product.upstream {
            // What the page shows is where calls go, whatever the document says.
            let base = approved.clone();
            let url = format!("{}{}", base.origin, base.base_path);
            operation.servers = vec![Server {
                url,
                description: String::new(),
            }];
        }
        operation.servers.retain(|server| server.url != "/");
        Ok(Self { published, operation })
    }

    /// A webhook: shown like an operation, without anything to try.
    async fn webhook(
        shared: &Shared,
        context: &Context,
        slug: &str,
        id: &str,
    ) -> Result<Option<Self>, Problem> {
        let published = Published::find(shared, context, slug).await?;
        let operation = published.description.webhook(id);
        Ok(operation.map(|operation| Self { published, operation }))
    }

    pub(super) fn spec(&self) -> SpecId {
        self.published.spec
    }

    pub(super) fn description(&self) -> &ApiDescription {
        &self.published.description
    }

    pub(super) fn operation(&self) -> &Operation {
        &self.operation
    }

    /// What the playground can do for this visitor.
    pub(super) async fn access(&self, shared: &Shared, context: &Context) -> Result<TryAccess, Problem> {
        let Caller::Person(person) = &context.caller else {
            return Ok(TryAccess::SignIn);
        };
        let product = self.published.product.id;
        let filter = SubscriptionFilter {
            active_only: true,
            product: Some(product),
        };
        let mut tx = shared.stores.core.read().await?;
        let found = tx
            .subscriptions(person.own_scope())
            .list(filter, PageRequest::first(1))
            .await?;
        let Some(subscription) = found.items.first() else {
            let plans = tx.plans(context.tenant_scope()).list().await?;
            let opens = plans.into_iter().filter(|plan| plan.products.contains(&product));
            let plans = opens
                .map(|plan| PlanChoice {
                    id: plan.id.to_string(),
                    name: plan.name,
                })
                .collect();
            return Ok(TryAccess::Subscribe { plans });
        };
        if self.published.product.upstream.is_none() {
            let reason = "Calls can be sent once an administrator has approved the API's server.".to_owned();
            return Ok(TryAccess::Unavailable { reason });
        }
        let run_as = format!("{}, {} plan", person.name, subscription.plan_name);
        Ok(TryAccess::Ready {
            environments: Environment::ALL.to_vec(),
            chosen: context.visit.environment.unwrap_or(Environment::Sandbox),
            run_as,
            live_confirmed: context.visit.live == api::live_mark(shared, context),
        })
    }

    /// The page. `inputs` are what the samples show: what was sent, or the document's examples.
    pub(super) fn view(
        &self,
        access: TryAccess,
        values: Option<TryValues>,
        inputs: Option<&TryInputs>,
    ) -> OperationView<'_> {
        let operation = &self.operation;
        let summary: &OperationSummary = &operation.summary;
        let text = &operation.description;
        OperationView {
            operation,
            description_html: if text.trim().is_empty() {
                String::new()
            } else {
                to_safe_html(text)
            },
            markdown: to_safe_html,
            product: self.published.reference(),
            spec_id: self.published.spec.to_string(),
            nav: ReferenceNav::of(&self.published.description, Some(ReferenceNav::tag_of(summary))),
            access,
            values,
            samples: self.samples(inputs),
        }
    }

    /// Samples of what was sent if a request can be made of it, else of the examples. Documents whose examples
    /// do not fit their own schemas have none.
    fn samples(&self, inputs: Option<&TryInputs>) -> Vec<SampleView> {
        let of = |inputs: &TryInputs| {
            api::samples_of(&self.operation, inputs, self.published.product.upstream.as_ref()).ok()
        };
        let lines = inputs
            .and_then(of)
            .or_else(|| of(&example_inputs(&self.operation)));
        let sample = |line: api::SampleLine| SampleView {
            id: line.language.to_owned(),
            label: line.label.to_owned(),
            code: line.code,
        };
        lines.unwrap_or_default().into_iter().map(sample).collect()
    }
}

async fn approve_origin(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SpecId>,
    form: Form,
) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let mut tx = shared.stores.docs.read().await?;
    let spec = tx
        .specs(scope)
        .find(id)
        .await?
        .ok_or_else(|| Problem::not_found("API description"))?;
    let product = tx
        .products(scope)
        .find(spec.product)
        .await?
        .ok_or_else(|| Problem::not_found("product"))?;
    drop(tx);
    if product.published_spec != Some(id) {
        let detail =
            "Another version of the description was published in the meantime. Look at the product again.";
        return Err(Problem::conflict("spec_not_published", detail));
    }
    api::approve_upstream(&shared, &context, product.id, form.text("origin")).await?;
    let reference = context.urls.reference(&product.slug);
    redirect(local(&context.urls, form.text("next")).unwrap_or(&reference))
}
