//! The editor: write, preview, keep, save, publish.

use std::sync::Arc;

use aforo_core::{PageId, Timestamp, UserId};
use aforo_docs::{
    compare::{self, Markers},
    error::DocsError,
    guide::{
        draft::PageDraft,
        page::DocPage,
        service::Edit,
        tree::Audience,
        version::{PageVersion, VersionSummary},
    },
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Deserialize;

use super::{
    TEXT_LIMIT, get, post,
    read::{self, People},
};
use crate::{
    console::Shared,
    extract::{Ctx, Id, Query},
    guard::Context,
    pages::{
        FieldError,
        admin::{self, ConflictView, Draft, EditorView},
    },
    problem::Problem,
    route::RoutesBuilder,
    web::{chrome, form::Form, page, redirect},
};

pub(super) fn routes(routes: &mut RoutesBuilder) {
    routes.add(get("/admin/docs/{page}", "A page in the editor"), open);
    routes.add(
        post("/admin/docs/{page}", "Save or publish a page").body_limit(TEXT_LIMIT),
        save,
    );
    routes.add(
        post("/admin/docs/{page}/preview", "Render a text").body_limit(TEXT_LIMIT),
        preview,
    );
    routes.add(
        post("/admin/docs/{page}/draft", "Keep unsaved work").body_limit(TEXT_LIMIT),
        keep,
    );
    routes.add(post("/admin/docs/{page}/discard", "Forget unsaved work"), discard);
    routes.add(
        post("/admin/docs/{page}/unpublish", "Take a page from readers"),
        unpublish,
    );
}

/// What the form of the editor holds.
struct Written {
    base: u32,
    title: String,
    slug: String,
    body: String,
    note: String,
}

impl Written {
    fn of(form: &Form) -> Self {
        Self {
            // A number that nobody has is a version that nobody saved: that is a conflict, and shown as one.
            base: form.text("base").parse().unwrap_or(0),
            title: form.text("title").to_owned(),
            slug: form.text("slug").trim().to_owned(),
            body: form.text("body").to_owned(),
            note: form.text("note").to_owned(),
        }
    }
    fn is(&self, version: &PageVersion) -> bool {
        (self.title.trim(), self.slug.as_str(), self.body.as_str())
            == (&version.title, &version.slug, &version.body)
    }
}

#[derive(Deserialize)]
struct DoneQuery {
    done: Option<String>,
}

fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "created" => "Page created. Readers see it once you publish it.",
        "saved" => "Saved. Readers see it once you publish it.",
        "published" => "Published. Readers see it now.",
        "unpublished" => "Unpublished. Readers do not see the page any more.",
        "discarded" => "Your draft is discarded.",
        "restored" => "Restored as a new version. Readers see it once you publish it.",
        "moved" => "Page moved.",
        _ => return None,
    })
}

async fn open(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    Query(query): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let user = context.person()?.user;
    let (doc, latest) = shared.guides.page(scope, id).await?;
    let kept = shared.guides.draft(scope, id, user).await?;
    let (written, draft) = match kept {
        Some(kept) => {
            let draft = Draft::Kept {
                at: kept.saved_at,
                overtaken_by: overtaken_by(&shared, &context, user, kept.base_version, &latest).await?,
            };
            (of_draft(kept), draft)
        }
        None => (of_version(&latest), Draft::None),
    };
    let view = editor_view(&shared, &context, &doc, &latest, written, draft).await?;
    let mut chrome = chrome(&shared, &context).await?;
    chrome.notice = query.done.as_deref().and_then(notice).map(str::to_owned);
    if chrome.notice.is_some() {
        chrome.here = context.urls.admin_page(&view.id);
    }
    Ok(page(StatusCode::OK, admin::editor(&chrome, &view)))
}

fn of_version(version: &PageVersion) -> Written {
    Written {
        base: version.number,
        title: version.title.clone(),
        slug: version.slug.clone(),
        body: version.body.clone(),
        note: String::new(),
    }
}

fn of_draft(draft: PageDraft) -> Written {
    Written {
        base: draft.base_version,
        title: draft.title,
        slug: draft.slug,
        body: draft.body,
        note: String::new(),
    }
}

async fn overtaken_by(
    shared: &Shared,
    context: &Context,
    user: UserId,
    base: u32,
    latest: &PageVersion,
) -> Result<Option<String>, Problem> {
    if base >= latest.number {
        return Ok(None);
    }
    if latest.author == Some(user) {
        return Ok(Some("You, in another window,".to_owned()));
    }
    let people = People::read(shared, context, latest.author.into_iter().collect()).await?;
    Ok(Some(people.name(latest.author)))
}

/// The editor with this text in it.
async fn editor_view(
    shared: &Shared,
    context: &Context,
    doc: &DocPage,
    latest: &PageVersion,
    written: Written,
    draft: Draft,
) -> Result<EditorView, Problem> {
    let scope = context.tenant_scope();
    let tree = shared.guides.tree(scope, Audience::Authors).await?;
    let readers = shared.guides.tree(scope, Audience::Readers).await?;
    let above = tree.ancestors(doc.id);
    let folder = above
        .last()
        .map_or_else(String::new, |node| format!("{}/", node.path));
    Ok(EditorView {
        rows: read::rows(&tree),
        id: doc.id.to_string(),
        above: above
            .iter()
            .map(|node| (node.page.title.clone(), node.page.id.to_string()))
            .collect(),
        folder: format!("/docs/{folder}"),
        note: written.note,
        base_version: written.base,
        versions: latest.number,
        status: read::status(doc),
        saved: latest.created_at,
        draft,
        reader_path: readers.node(doc.id).map(|node| node.path.clone()),
        preview: read::preview(shared, context, doc.id, &written.title, &written.body).await?,
        errors: Vec::new(),
        owner: context.person()?.user.to_string(),
        title: written.title,
        slug: written.slug,
        body: written.body,
    })
}

async fn save(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    form: Form,
) -> Result<Response, Problem> {
    let written = Written::of(&form);
    let publish = match form.text("do") {
        "preview" => return again(&shared, &context, id, written, Vec::new()).await,
        verb => verb == "publish",
    };
    let merged = form.text("merged") == "1";
    if merged && MARKERS.are_in(&written.body) {
        let message =
            "There are places left to decide: keep what is right, and delete the lines with the marks.";
        let error = FieldError::new("body", message);
        return conflict(&shared, &context, id, written, publish, Some(error)).await;
    }
    let edit = Edit {
        base_version: written.base,
        title: written.title.clone(),
        slug: Some(written.slug.clone()),
        body: written.body.clone(),
        note: written.note.clone(),
        publish,
    };
    let saved = shared
        .guides
        .save(context.tenant_scope(), context.actor(), id, edit)
        .await;
    let error = match saved {
        Ok(_) => return done(&context, id, if publish { "published" } else { "saved" }),
        Err(error) => error,
    };
    let error = match error {
        // Sent twice, or written twice: what I want saved is saved.
        DocsError::VersionConflict { latest } if written.is(&latest) && !publish => {
            return done(&context, id, "saved");
        }
        DocsError::VersionConflict { .. } => {
            return conflict(&shared, &context, id, written, publish, None).await;
        }
        DocsError::Invalid { field, reason } => FieldError::new(field, reason),
        DocsError::SlugTaken { .. } => FieldError::new(
            "slug",
            format!(
                "Another page in this place has the address “{}”. Choose another.",
                written.slug
            ),
        ),
        other => return Err(other.into()),
    };
    again(&shared, &context, id, written, vec![error]).await
}

fn done(context: &Context, id: PageId, done: &str) -> Result<Response, Problem> {
    redirect(&format!(
        "{}?done={done}",
        context.urls.admin_page(&id.to_string())
    ))
}

/// The editor as it was sent, with what is wrong; or with nothing wrong, to look at the preview.
async fn again(
    shared: &Shared,
    context: &Context,
    id: PageId,
    written: Written,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let (doc, latest) = shared.guides.page(context.tenant_scope(), id).await?;
    let mut view = editor_view(shared, context, &doc, &latest, written, Draft::Unsaved).await?;
    view.errors = errors;
    let status = if view.errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let mut chrome = chrome(shared, context).await?;
    // This address takes forms; the editor is where one comes back to.
    chrome.here = context.urls.admin_page(&view.id);
    Ok(page(status, admin::editor(&chrome, &view)))
}

/// What marks the places to decide.
const MARKERS: Markers<'static> = Markers {
    mine: "Your text",
    theirs: "Their text",
};

/// Both texts. Mine is kept as a draft, too, so that leaving the page loses nothing.
async fn conflict(
    shared: &Shared,
    context: &Context,
    id: PageId,
    mine: Written,
    publish: bool,
    error: Option<FieldError>,
) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let person = context.person()?;
    let (doc, theirs) = shared.guides.page(scope, id).await?;
    let kept = shared.guides.draft(scope, id, person.user).await?;
    // While places are being decided, the base is their version; what both began with is that of the draft.
    let began = match (&error, &kept) {
        (Some(_), Some(kept)) => kept.base_version,
        _ => mine.base,
    };
    let base = match shared.guides.version(scope, id, began).await {
        Ok(base) => base,
        Err(DocsError::VersionNotFound { .. }) => theirs.clone(),
        Err(other) => return Err(other.into()),
    };
    if error.is_none() && base.number == began {
        let draft = PageDraft {
            page: id,
            user: person.user,
            base_version: began,
            title: mine.title.clone(),
            slug: mine.slug.clone(),
            body: mine.body.clone(),
            saved_at: Timestamp::from_millis(0),
        };
        shared.guides.save_draft(scope, draft).await?;
    }
    let people = People::read(shared, context, theirs.author.into_iter().collect()).await?;
    let mut row = read::version_row(&VersionSummary::from(&theirs), &people, doc.published_version);
    if theirs.author == Some(person.user) {
        row.author = "You, in another window,".to_owned();
    }
    // With places left to decide, mine is what the draft holds, and the text that came is the merged one.
    let my_body = match (&error, kept) {
        (Some(_), Some(kept)) => kept.body,
        _ => mine.body.clone(),
    };
    let their_changes = read::changes(&base.body, &theirs.body).await?;
    let my_changes = read::changes(&base.body, &my_body).await?;
    let (merged, contradictions) = match &error {
        Some(_) => (mine.body.clone(), mine.body.matches("<<<<<<< ").count()),
        None => {
            let (base, mine, theirs) = (base.body.clone(), my_body.clone(), theirs.body.clone());
            let merged =
                read::off_the_threads(move || compare::merge(&base, &mine, &theirs, MARKERS)).await?;
            (merged.text, merged.conflicts)
        }
    };
    let status = if error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::CONFLICT
    };
    let view = ConflictView {
        id: id.to_string(),
        base: began,
        // What was not seen cannot be gone on from: if there is a later version than this page was made for,
        // saving shows both again.
        next_base: if error.is_some() { mine.base } else { theirs.number },
        theirs: row,
        title: mine.title,
        slug: mine.slug,
        body: my_body,
        note: mine.note,
        their_changes,
        my_changes,
        merged,
        contradictions,
        errors: error.into_iter().collect(),
        publish,
    };
    let mut chrome = chrome(shared, context).await?;
    chrome.here = context.urls.admin_page(&view.id);
    Ok(page(status, admin::conflict(&chrome, &view)))
}

async fn preview(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    form: Form,
) -> Result<Response, Problem> {
    let view = read::preview(&shared, &context, id, form.text("title"), form.text("body")).await?;
    Ok(page(StatusCode::OK, admin::preview_fragment(&view)))
}

/// Keeps unsaved work. Work that is the same as the latest version is no work, and forgotten.
async fn keep(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    form: Form,
) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let user = context.person()?.user;
    let written = Written::of(&form);
    let (_, latest) = shared.guides.page(scope, id).await?;
    if written.base == latest.number && written.is(&latest) {
        shared.guides.discard_draft(scope, id, user).await?;
    } else {
        let draft = PageDraft {
            page: id,
            user,
            base_version: written.base,
            title: written.title,
            slug: written.slug,
            body: written.body,
            saved_at: Timestamp::from_millis(0),
        };
        shared.guides.save_draft(scope, draft).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn discard(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    _: Form,
) -> Result<Response, Problem> {
    let user = context.person()?.user;
    shared
        .guides
        .discard_draft(context.tenant_scope(), id, user)
        .await?;
    done(&context, id, "discarded")
}

async fn unpublish(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Id(id): Id<PageId>,
    _: Form,
) -> Result<Response, Problem> {
    shared
        .guides
        .unpublish(context.tenant_scope(), context.actor(), id)
        .await?;
    done(&context, id, "unpublished")
}
