//! API descriptions for operators: importing, comparing, publishing, watching.

use std::{collections::HashMap, sync::Arc};

use aforo_core::{
    PageRequest, ProductId, SpecId, UserId,
    domain::product::{Product, ProductRepository},
};
use aforo_docs::{
    error::DocsError,
    service::{Conditions, NewVersion, PublishWhen},
    spec::{
        diagnostic::Diagnostic,
        openapi::{ApiDescription, SourceFormat},
    },
    store::ApiSpec,
    watch::{NewWatch, SpecWatch},
};
use axum::{
    extract::{FromRequest, Multipart, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;

use super::{
    catalog::Catalog,
    chrome, field_errors,
    form::{Fields, Form},
    page, redirect, takes_form,
};
use crate::{
    api::{self, NewProductInput},
    console::Shared,
    extract::{Ctx, Id, Query, broken_body, too_large},
    guard::Context,
    pages::{
        FieldError,
        admin::{
            self, FindingLine, NewSpecView, PublicationLine, SpecProductRow, SpecView, SpecsView,
            VersionLine, WatchView,
        },
    },
    problem::{FieldProblem, Problem},
    route::{Plane, Route, RoutesBuilder},
};

/// The largest document (E7).
const DOCUMENT: usize = 16 * 1024 * 1024;
/// Findings that are shown.
const FINDINGS: usize = 50;
/// Rows that are asked for at once, and publications that are shown.
const BATCH: u32 = 200;
const LOG: u32 = 20;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let get = |path, summary| Route::page(Method::GET, path, Plane::Session, summary).admin();
    let post = |path, summary| takes_form(Route::page(Method::POST, path, Plane::Session, summary).admin());
    routes.add(
        get("/admin/specs", "API descriptions and what is published"),
        list,
    );
    routes.add(
        get("/admin/specs/new", "Form for a new version of a description"),
        form,
    );
    routes.add(
        // Text that is pasted and a file may both come, and one of them is refused.
        post("/admin/specs/new", "Import a description").body_limit(2 * DOCUMENT + 64 * 1024),
        import,
    );
    routes.add(get("/admin/specs/{id}", "One version of a description"), detail);
    routes.add(
        get("/admin/specs/{id}/source", "The document of a version"),
        source,
    );
    routes.add(post("/admin/specs/{id}/publish", "Publish a version"), publish);
    routes.add(
        post("/admin/specs/{id}/watch", "Watch an address for new versions"),
        watch,
    );
}

fn line(spec: &ApiSpec) -> VersionLine {
    VersionLine {
        id: spec.id.to_string(),
        number: spec.number,
        title: spec.title.clone(),
        version: spec.version.clone(),
        operations: spec.operations,
        at: spec.created_at,
    }
}

async fn list(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let mut tx = shared.stores.docs.read().await?;
    let catalog = Catalog::read(&mut *tx.products(scope)).await?;
    let (mut specs, mut after) = (HashMap::<ProductId, Vec<ApiSpec>>::new(), None);
    loop {
        let found = tx
            .specs(scope)
            .list(None, PageRequest { after, limit: BATCH })
            .await?;
        for spec in found.items {
            specs.entry(spec.product).or_default().push(spec);
        }
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    let watches = tx.watches(scope).list().await?;
    drop(tx);
    let mut watches: HashMap<ProductId, SpecWatch> = watches.into_iter().map(|w| (w.product, w)).collect();
    let row = |product: &Product| {
        let versions = specs.remove(&product.id).unwrap_or_default();
        let published = versions
            .iter()
            .find(|spec| Some(spec.id) == product.published_spec);
        let newest = versions.iter().max_by_key(|spec| spec.number);
        let number = published.map_or(0, |spec| spec.number);
        SpecProductRow {
            id: product.id.to_string(),
            name: product.name.clone(),
            slug: product.slug.clone(),
            published: published.map(line),
            waiting: newest.filter(|spec| spec.number > number).map(line),
            versions: u32::try_from(versions.len()).unwrap_or(u32::MAX),
            watched: watches
                .remove(&product.id)
                .map(|w| (w.url, w.last_checked, w.last_error)),
        }
    };
    let view = SpecsView {
        products: catalog.products().iter().map(row).collect(),
    };
    Ok(page(
        StatusCode::OK,
        admin::specs(&chrome(&shared, &context).await?, &view),
    ))
}

#[derive(Deserialize)]
struct FormQuery {
    product: Option<String>,
}

async fn form(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Query(query): Query<FormQuery>,
) -> Result<Response, Problem> {
    let products = products(&shared, &context).await?;
    let asked = query
        .product
        .filter(|id| products.iter().any(|(known, _)| known == id));
    let view = NewSpecView {
        product: asked
            .or_else(|| products.first().map(|(id, _)| id.clone()))
            .unwrap_or_default(),
        products,
        ..NewSpecView::default()
    };
    Ok(page(
        StatusCode::OK,
        admin::new_spec(&chrome(&shared, &context).await?, &view),
    ))
}

async fn products(shared: &Shared, context: &Context) -> Result<Vec<(String, String)>, Problem> {
    let mut tx = shared.stores.core.read().await?;
    let repository: &mut dyn ProductRepository = &mut *tx.products(context.tenant_scope());
    let catalog = Catalog::read(repository).await?;
    Ok(catalog
        .products()
        .iter()
        .map(|p| (p.id.to_string(), p.name.clone()))
        .collect())
}

/// The fields of the form, and the file.
async fn read(
    request: Request,
    context: &Context,
    shared: &Arc<Shared>,
) -> Result<(Form, Option<Vec<u8>>), Problem> {
    let mut parts = Multipart::from_request(request, shared)
        .await
        .map_err(|_| broken_body())?;
    let refused = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => broken_body(),
    };
    let (mut fields, mut file) = (Vec::new(), None);
    while let Some(mut field) = parts.next_field().await.map_err(refused)? {
        let name = field.name().unwrap_or("").to_owned();
        let cap = if matches!(&*name, "text" | "file") {
            DOCUMENT
        } else {
            4096
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(refused)? {
            if bytes.len() + chunk.len() > cap {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        if name == "file" {
            // A browser sends an empty file where none was chosen.
            file = Some(bytes).filter(|bytes| !bytes.is_empty());
        } else {
            fields.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok((Form::checked(Fields::of(fields), context, shared)?, file))
}

async fn import(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    request: Request,
) -> Result<Response, Problem> {
    let (form, file) = read(request, &context, &shared).await?;
    let mut view = NewSpecView {
        products: products(&shared, &context).await?,
        product: form.text("product").to_owned(),
        name: form.text("name").to_owned(),
        upstream: form.text("upstream").trim().to_owned(),
        text: form.text("text").to_owned(),
        url: form.text("url").trim().to_owned(),
        note: form.text("note").to_owned(),
        keep: !form.text("keep").is_empty(),
        ..NewSpecView::default()
    };
    match imported(&shared, &context, &view, file).await {
        Ok(id) => redirect(&context.urls.admin_spec(&id.to_string())),
        Err(problem) => {
            if problem.status.is_server_error() {
                return Err(problem);
            }
            let status = problem.status;
            if problem.code == "invalid_document" {
                view.findings = problem.errors.iter().take(FINDINGS).map(finding_of).collect();
                view.errors = vec![FieldError::new(
                    "",
                    "The document cannot be imported, and nothing was published.",
                )];
            } else {
                view.errors = field_errors(&problem, |field| match field {
                    "name" => "name",
                    "upstream" => "upstream",
                    "file" => "file",
                    "text" => "text",
                    "sourceUrl" => "url",
                    "note" => "note",
                    _ => "",
                });
            }
            Ok(page(
                status,
                admin::new_spec(&chrome(&shared, &context).await?, &view),
            ))
        }
    }
}

fn finding_of(problem: &FieldProblem) -> FindingLine {
    FindingLine {
        line: problem.line.map(|line| (line, problem.column.unwrap_or(1))),
        pointer: problem.pointer.clone(),
        message: problem.detail.clone(),
    }
}

fn warning(diagnostic: &Diagnostic) -> FindingLine {
    FindingLine {
        line: diagnostic.line.map(|line| (line, diagnostic.column.unwrap_or(1))),
        pointer: diagnostic.pointer.clone().unwrap_or_default(),
        message: diagnostic.message.clone(),
    }
}

/// Imports what the form holds. A product is made only for a document that can be read.
async fn imported(
    shared: &Shared,
    context: &Context,
    view: &NewSpecView,
    file: Option<Vec<u8>>,
) -> Result<SpecId, Problem> {
    let given = [file.is_some(), !view.text.trim().is_empty(), !view.url.is_empty()];
    let given = given.iter().filter(|given| **given).count();
    if given == 0 {
        return Err(Problem::invalid(
            "/file",
            "Choose a file, enter an address, or paste the text.",
        ));
    }
    if given > 1 {
        let detail =
            "There are several documents here. Keep one of file, address and text, and empty the others.";
        return Err(Problem::invalid("/file", detail));
    }
    let (source, source_url) = match file {
        Some(bytes) => (bytes, None),
        None if view.url.is_empty() => (view.text.clone().into_bytes(), None),
        None => (api::fetch(shared, &view.url).await?, Some(view.url.clone())),
    };
    let product: ProductId = if view.product.is_empty() {
        let (title, _) = parsed(source.clone()).await?;
        let name = if view.name.trim().is_empty() {
            title
        } else {
            view.name.clone()
        };
        let input = NewProductInput {
            name,
            upstream: Some(view.upstream.clone()).filter(|url| !url.is_empty()),
            plan: None,
            auto_subscribe: true,
        };
        api::create_product(shared, context, input).await?.0.id
    } else {
        view.product.parse().map_err(|_| Problem::not_found("product"))?
    };
    let version = NewVersion {
        source,
        source_url,
        note: view.note.clone(),
        publish: if view.keep {
            PublishWhen::Never
        } else {
            PublishWhen::Compatible
        },
        only_new: false,
    };
    Ok(api::import_version(shared, context, product, version)
        .await?
        .spec
        .id)
}

/// Title and warnings of a document.
async fn parsed(source: Vec<u8>) -> Result<(String, Vec<Diagnostic>), Problem> {
    let read = tokio::task::spawn_blocking(move || ApiDescription::parse(&source)).await;
    let parsed = read
        .map_err(Problem::internal)?
        .map_err(|error| Problem::from(&error))?;
    Ok((parsed.description.title(), parsed.warnings))
}

async fn detail(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SpecId>,
) -> Result<Response, Problem> {
    let view = view(&shared, &context, id).await?;
    Ok(page(
        StatusCode::OK,
        admin::spec(&chrome(&shared, &context).await?, &view),
    ))
}

/// Everything that the page of a version shows.
async fn view(shared: &Shared, context: &Context, id: SpecId) -> Result<SpecView, Problem> {
    let scope = context.tenant_scope();
    let mut tx = shared.stores.docs.read().await?;
    let unknown = || Problem::not_found("API description");
    let spec = tx.specs(scope).find(id).await?.ok_or_else(unknown)?;
    let product = tx.products(scope).find(spec.product).await?.ok_or_else(unknown)?;
    let (mut versions, mut after) = (Vec::new(), None);
    loop {
        let found = tx
            .specs(scope)
            .list(Some(product.id), PageRequest { after, limit: BATCH })
            .await?;
        versions.extend(found.items);
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    let log = tx
        .publications(scope)
        .list(Some(product.id), PageRequest::first(LOG))
        .await?
        .items;
    let watch = tx.watches(scope).find(product.id).await?;
    let source = tx.specs(scope).source(id).await?.ok_or_else(unknown)?;
    let mut people = Names::default();
    people.find(&mut *tx.users(scope), &spec.imported_by).await?;
    for publication in &log {
        people
            .find(&mut *tx.users(scope), &publication.published_by)
            .await?;
    }
    drop(tx);
    versions.sort_by_key(|version| std::cmp::Reverse(version.number));
    let number_of = |id: SpecId| versions.iter().find(|v| v.id == id).map(|v| v.number);
    let published = versions.iter().find(|v| Some(v.id) == product.published_spec);
    // The published version is compared with the one before it.
    let base = match published {
        Some(current) if current.id == id => log.iter().find(|p| p.spec == id).and_then(|p| p.previous),
        Some(current) => Some(current.id),
        None => None,
    };
    let changes = match base {
        Some(base) => Some(shared.specs.changes(scope, base, id).await?),
        None => None,
    };
    let (_, warnings) = parsed(source).await?;
    Ok(SpecView {
        version: line(&spec),
        source_url: spec.source_url.clone(),
        note: spec.note.clone(),
        imported_by: people.of(&spec.imported_by),
        published: published.map(line),
        changes,
        compared_with: base.and_then(number_of),
        warnings: warnings.iter().take(FINDINGS).map(warning).collect(),
        versions: versions.iter().map(line).collect(),
        log: log
            .iter()
            .map(|p| PublicationLine {
                number: p.number,
                previous: p.previous.and_then(number_of),
                at: p.published_at,
                by: people.of(&p.published_by),
                breaking: p.changes.totals.breaking,
            })
            .collect(),
        watch: watch_view(watch.as_ref(), &spec),
        product: (product.id.to_string(), product.slug, product.name),
        errors: Vec::new(),
    })
}

fn watch_view(watch: Option<&SpecWatch>, spec: &ApiSpec) -> WatchView {
    match watch {
        None => WatchView {
            url: spec.source_url.clone().unwrap_or_default(),
            interval: "60".to_owned(),
            publish: "compatible".to_owned(),
            ..WatchView::default()
        },
        Some(watch) => WatchView {
            active: true,
            url: watch.url.clone(),
            interval: watch.interval_minutes.to_string(),
            publish: watch.publish.to_string(),
            last_checked: watch.last_checked,
            last_changed: watch.last_changed,
            last_error: watch.last_error.clone(),
            next: Some(watch.next_at),
        },
    }
}

/// Names of people for the text forms of actors.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    async fn find(
        &mut self,
        users: &mut dyn aforo_core::domain::user::UserRepository,
        actor: &str,
    ) -> Result<(), Problem> {
        if self.0.contains_key(actor) {
            return Ok(());
        }
        if let Ok(id) = actor.parse::<UserId>() {
            let name = users
                .find(id)
                .await?
                .map(|user| user.name)
                .filter(|name| !name.is_empty());
            self.0.insert(
                actor.to_owned(),
                name.unwrap_or_else(|| "a closed account".to_owned()),
            );
        }
        Ok(())
    }
    fn of(&self, actor: &str) -> String {
        match (self.0.get(actor), actor) {
            (Some(name), _) => name.clone(),
            (None, "operator") => "the command line".to_owned(),
            (None, "system") => "the console".to_owned(),
            (None, other) => other.to_owned(),
        }
    }
}

async fn source(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SpecId>,
) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let (spec, product) = shared.specs.version(scope, id).await?;
    let description = shared.specs.description(scope, id).await?;
    let source = shared.stores.docs.read().await?.specs(scope).source(id).await?;
    let source = source.ok_or_else(|| Problem::not_found("API description"))?;
    let (kind, ending) = match description.source_format() {
        SourceFormat::Json => ("application/json", "json"),
        SourceFormat::Yaml => ("application/yaml", "yaml"),
    };
    // Slugs are letters, digits and hyphens.
    let name = format!(
        "attachment; filename=\"{}-v{}.{ending}\"",
        product.slug, spec.number
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    Ok((headers, source).into_response())
}

async fn publish(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SpecId>,
    form: Form,
) -> Result<Response, Problem> {
    let seen = match form.text("seen") {
        "" => None,
        text => Some(
            text.parse()
                .map_err(|_| Problem::invalid("/seen", "Load the page again."))?,
        ),
    };
    let conditions = Conditions {
        published: Some(seen),
        compatible_only: form.text("confirm").is_empty(),
    };
    let (scope, actor) = (context.tenant_scope(), context.actor());
    let refused = match shared.specs.publish_if(scope, actor, id, conditions).await {
        Ok(_) => return redirect(&context.urls.admin_spec(&id.to_string())),
        Err(DocsError::BreakingChanges(count)) => {
            let what = if count == 1 {
                "1 change breaks"
            } else {
                &format!("{count} changes break")
            };
            FieldError::new(
                "confirm",
                format!("{what} programs that work today. Confirm that you know."),
            )
        }
        Err(DocsError::PublishedChanged) => FieldError::new(
            "",
            "Another version was published in the meantime. Look at the changes below again, then publish.",
        ),
        Err(error) => return Err(error.into()),
    };
    let mut view = view(&shared, &context, id).await?;
    view.errors = vec![refused];
    Ok(page(
        StatusCode::CONFLICT,
        admin::spec(&chrome(&shared, &context).await?, &view),
    ))
}

async fn watch(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SpecId>,
    form: Form,
) -> Result<Response, Problem> {
    let (scope, actor) = (context.tenant_scope(), context.actor());
    let (spec, _) = shared.specs.version(scope, id).await?;
    let here = context.urls.admin_spec(&id.to_string());
    if form.text("do") == "stop" {
        return match shared.watches.remove(scope, actor, spec.product).await {
            Ok(()) | Err(DocsError::WatchNotFound(_)) => redirect(&here),
            Err(error) => Err(error.into()),
        };
    }
    let problem = match set_watch(&shared, &context, spec.product, &form).await {
        Ok(()) => return redirect(&here),
        Err(problem) if problem.status.is_server_error() => return Err(problem),
        Err(problem) => problem,
    };
    let mut view = view(&shared, &context, id).await?;
    view.watch.url = form.text("url").to_owned();
    view.watch.interval = form.text("interval").to_owned();
    view.watch.publish = form.text("publish").to_owned();
    view.errors = field_errors(&problem, |field| match field {
        "url" => "url",
        "intervalMinutes" => "interval",
        "publish" => "publish",
        _ => "",
    });
    Ok(page(
        problem.status,
        admin::spec(&chrome(&shared, &context).await?, &view),
    ))
}

async fn set_watch(
    shared: &Shared,
    context: &Context,
    product: ProductId,
    form: &Form,
) -> Result<(), Problem> {
    let interval = form.text("interval").trim().parse();
    let interval_minutes = interval
        .map_err(|_| Problem::invalid("/intervalMinutes", "Enter a number of minutes, 5 at least."))?;
    let publish = form.text("publish").parse();
    let new = NewWatch {
        url: form.text("url").trim().to_owned(),
        interval_minutes,
        publish: publish
            .map_err(|_| Problem::invalid("/publish", "Choose what happens to a new version."))?,
    };
    api::watch(shared, context, product, new).await?;
    Ok(())
}
