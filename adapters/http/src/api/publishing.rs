//! Publishing versions of API descriptions: the difference, the publication, its log, and watched addresses.

use std::sync::Arc;

use aforo_core::{ProductId, PublicationId, SpecId};
use aforo_docs::{
    publication::Publication,
    service::Conditions,
    spec::diff::{Change, SpecDiff},
    watch::{NewWatch, SpecWatch},
};
use axum::extract::State;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::Shared,
    extract::{Ctx, Id, Json, List, PAGE_PARAMETERS, PageQuery, Query},
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// How to publish.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PublishInput {
    /// False refuses a version that breaks clients, with 409 `breaking_changes`; true if left out.
    allow_breaking: Option<bool>,
    /// The version that readers must still see, as it was compared with; 409 `published_changed` if they do not.
    expected_spec_id: Option<String>,
}

/// A publication.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublicationView {
    /// Its id; null if readers saw this version already.
    id: Option<String>,
    /// The product.
    product_id: String,
    /// The version that readers see from then on.
    spec_id: String,
    /// The version that they saw before.
    previous_spec_id: Option<String>,
    /// The version's number.
    number: u32,
    /// The document's own version.
    version: String,
    /// When, RFC 3339.
    published_at: Option<String>,
    /// What changed for clients; the first 200 changes are listed, all are counted.
    changes: DiffView,
}

/// What changed between two versions, breaking changes first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiffView {
    /// Changes that break clients.
    breaking: u32,
    /// Changes that some clients may notice.
    warnings: u32,
    /// Other changes.
    infos: u32,
    /// The changes.
    changes: Vec<ChangeView>,
}

/// One change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangeView {
    /// The rule that found it, such as `response-property-removed`.
    rule: String,
    /// `added`, `changed` or `removed`.
    kind: String,
    /// `breaking`, `warning` or `info`.
    severity: String,
    /// JSON pointer into the newer document; for what was removed, into the older.
    pointer: String,
    /// Where in the operation or schema.
    place: String,
    /// What happened.
    message: String,
    /// Operations that it reaches, as `GET /pets`; the first 20.
    operations: Vec<String>,
    /// How many operations it reaches.
    affected: u32,
}

/// A watched address.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WatchView {
    /// The product.
    product_id: String,
    /// Where to look.
    url: String,
    /// How often.
    interval_minutes: u32,
    /// `never`, `compatible` or `always`.
    publish: &'static str,
    /// When it was last looked at, RFC 3339.
    last_checked: Option<String>,
    /// When that last brought a new version.
    last_changed: Option<String>,
    /// Why the last look failed; null if it did not.
    last_error: Option<String>,
    /// Looks that failed since the last one that did not.
    failures: u32,
    /// When it is looked at next.
    next_look: String,
}

/// An address to watch.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WatchInput {
    /// Where the description is.
    url: String,
    /// How often to look, in minutes: 5 to 43200.
    interval_minutes: u32,
    /// What happens to a new version: `never` publish it, publish it if it is `compatible`, or `always`.
    publish: Option<String>,
}

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    let api = |method, path, summary| Route::api(method, path, Plane::Session, summary);
    routes.add(
        api(
            Method::POST,
            "/api/v1/docs/api-specs/{id}/publish",
            "Publish a version; an older one to roll back",
        )
        .admin()
        .takes::<PublishInput>()
        .gives::<PublicationView>(200),
        publish,
    );
    routes.add(
        api(
            Method::GET,
            "/api/v1/docs/api-specs/{id}/diff",
            "What a version changes for clients",
        )
        .admin()
        .query(&[("against", "The older version; the published one if left out")])
        .gives::<DiffView>(200),
        diff,
    );
    routes.add(
        api(
            Method::GET,
            "/api/v1/products/{id}/publications",
            "When which version of a product's description was published, newest first",
        )
        .query(PAGE_PARAMETERS)
        .gives::<List<PublicationView>>(200),
        publications,
    );
    let watch = "/api/v1/products/{id}/spec-watch";
    routes.add(
        api(
            Method::GET,
            watch,
            "The watched address of a product's description",
        )
        .admin()
        .gives::<WatchView>(200),
        watched,
    );
    routes.add(
        api(Method::PUT, watch, "Watch an address for new versions")
            .admin()
            .takes::<WatchInput>()
            .gives::<WatchView>(200),
        set_watch,
    );
    routes.add(api(Method::DELETE, watch, "Watch no longer").admin(), end_watch);
}

async fn publish(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SpecId>,
    Json(input): Json<PublishInput>,
) -> Result<Json<PublicationView>, Problem> {
    let (scope, actor) = (context.tenant_scope(), context.actor());
    let expected = input.expected_spec_id.as_deref().map(|text| {
        text.parse()
            .map_err(|_| Problem::invalid("/expectedSpecId", "Send the id of a version."))
    });
    let conditions = Conditions {
        published: expected.transpose()?.map(Some),
        compatible_only: !input.allow_breaking.unwrap_or(true),
    };
    let done = shared.specs.publish_if(scope, actor, id, conditions).await?;
    match done {
        Some(publication) => Ok(Json(view(publication))),
        None => {
            let (spec, _) = shared.specs.version(scope, id).await?;
            Ok(Json(PublicationView {
                id: None,
                product_id: spec.product.to_string(),
                spec_id: spec.id.to_string(),
                previous_spec_id: Some(spec.id.to_string()),
                number: spec.number,
                version: spec.version,
                published_at: None,
                changes: changes(&SpecDiff::default()),
            }))
        }
    }
}

#[derive(Deserialize)]
struct DiffQuery {
    against: Option<String>,
}

async fn diff(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<SpecId>,
    Query(query): Query<DiffQuery>,
) -> Result<Json<DiffView>, Problem> {
    let scope = context.tenant_scope();
    let (_, product) = shared.specs.version(scope, id).await?;
    let unknown = || Problem::not_found("API description");
    let base = match query.against.as_deref() {
        None | Some("") => product.published_spec,
        Some(text) => Some(text.parse().map_err(|_| unknown())?),
    };
    let base = base.ok_or_else(unknown)?;
    let (older, _) = shared.specs.version(scope, base).await?;
    if older.product != product.id {
        return Err(Problem::invalid("against", "Name a version of the same product."));
    }
    Ok(Json(changes(&*shared.specs.changes(scope, base, id).await?)))
}

async fn publications(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<ProductId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<PublicationView>>, Problem> {
    let page = page.read::<PublicationId>()?;
    let scope = context.tenant_scope();
    let known = shared.stores.core.read().await?.products(scope).find(id).await?;
    known.ok_or_else(|| Problem::not_found("product"))?;
    let found = shared.specs.publications(scope, Some(id), page).await?;
    Ok(Json(List::of(found, view)))
}

async fn watched(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<ProductId>,
) -> Result<Json<WatchView>, Problem> {
    let found = shared.watches.find(context.tenant_scope(), id).await?;
    found
        .map(|watch| Json(watch_view(watch)))
        .ok_or_else(|| Problem::not_found("watched address"))
}

async fn set_watch(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<ProductId>,
    Json(input): Json<WatchInput>,
) -> Result<Json<WatchView>, Problem> {
    let publish = input.publish.as_deref().unwrap_or("never");
    let publish = publish
        .parse()
        .map_err(|_| Problem::invalid("/publish", "Choose never, compatible or always."))?;
    let new = NewWatch {
        url: input.url,
        interval_minutes: input.interval_minutes,
        publish,
    };
    Ok(Json(watch_view(watch(&shared, &context, id, new).await?)))
}

/// Watches an address that the console may connect to; each look judges it again.
pub(crate) async fn watch(
    shared: &Shared,
    context: &crate::guard::Context,
    product: ProductId,
    new: NewWatch,
) -> Result<SpecWatch, Problem> {
    super::products::check_reachable(shared, "/url", &new.url, &shared.settings.private_upstreams).await?;
    let (scope, actor) = (context.tenant_scope(), context.actor());
    Ok(shared.watches.set(scope, actor, product, new).await?)
}

async fn end_watch(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<ProductId>,
) -> Result<StatusCode, Problem> {
    let (scope, actor) = (context.tenant_scope(), context.actor());
    shared.watches.remove(scope, actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(publication: Publication) -> PublicationView {
    PublicationView {
        id: Some(publication.id.to_string()),
        product_id: publication.product.to_string(),
        spec_id: publication.spec.to_string(),
        previous_spec_id: publication.previous.map(|id| id.to_string()),
        number: publication.number,
        version: publication.version,
        published_at: Some(publication.published_at.to_rfc3339()),
        changes: changes(&publication.changes),
    }
}

fn changes(diff: &SpecDiff) -> DiffView {
    let word = |value| match value {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    };
    let change = |change: &Change| ChangeView {
        rule: change.rule.clone(),
        kind: word(serde_json::to_value(change.kind)),
        severity: word(serde_json::to_value(change.severity)),
        pointer: change.pointer.clone(),
        place: change.place.clone(),
        message: change.message.clone(),
        operations: change
            .operations
            .iter()
            .map(|o| format!("{} {}", o.method, o.path))
            .collect(),
        affected: change.affected,
    };
    DiffView {
        breaking: diff.totals.breaking,
        warnings: diff.totals.warnings,
        infos: diff.totals.infos,
        changes: diff.changes.iter().map(change).collect(),
    }
}

fn watch_view(watch: SpecWatch) -> WatchView {
    WatchView {
        product_id: watch.product.to_string(),
        url: watch.url,
        interval_minutes: watch.interval_minutes,
        publish: watch.publish.as_str(),
        last_checked: watch.last_checked.map(|at| at.to_rfc3339()),
        last_changed: watch.last_changed.map(|at| at.to_rfc3339()),
        last_error: watch.last_error,
        failures: watch.failures,
        next_look: watch.next_at.to_rfc3339(),
    }
}
