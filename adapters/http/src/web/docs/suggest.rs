//! Suggesting an edit. Whatever happens, what somebody wrote comes back to them.

use aforo_docs::{
    compare::words,
    error::DocsError,
    guide::{service::NewSuggestion, tree::Audience},
    markdown::MAX_BYTES,
};
use axum::response::Response;
use http::StatusCode;

use super::{Lookup, Shown, Texts, chrome, look_up, missing, nav, page, redirect};
use crate::{
    console::Shared,
    guard::{Caller, Context},
    pages::{self, CSRF_FIELD, FieldError, SuggestView},
    problem::Problem,
    web::form::OpenForm,
};

/// The form with the text as it is published.
pub(super) async fn form(shared: &Shared, context: &Context, path: &str) -> Result<Response, Problem> {
    let shown = match look_up(shared, context, path).await? {
        Lookup::Shown(shown) if !shown.draft => shown,
        Lookup::Moved(to) => return redirect(&context.urls.doc_suggest(&to)),
        _ => return nothing(shared, context, path).await,
    };
    // Nobody writes for an hour and learns then that an account is needed.
    if matches!(context.caller, Caller::Nobody) {
        return Err(Problem::unauthenticated());
    }
    let view = SuggestView {
        body: shown.version.body.clone(),
        ..empty(shared, context, &shown).await?
    };
    let chrome = chrome(shared, context).await?;
    Ok(page(StatusCode::OK, pages::suggest_edit(&chrome, &view)))
}

async fn empty(shared: &Shared, context: &Context, shown: &Shown) -> Result<SuggestView, Problem> {
    Ok(SuggestView {
        nav: nav(&shared.guides, context, &shown.readers, &shown.path).await?,
        title: shown.page.title.clone(),
        base_version: shown.version.number,
        ..SuggestView::default()
    })
}

async fn nothing(shared: &Shared, context: &Context, path: &str) -> Result<Response, Problem> {
    let tree = shared
        .guides
        .tree(context.tenant_scope(), Audience::Readers)
        .await?;
    missing(shared, context, &tree, path).await
}

/// Shows what changes, or sends it.
pub(super) async fn send(
    shared: &Shared,
    context: &Context,
    path: &str,
    form: &OpenForm,
) -> Result<Response, Problem> {
    let shown = match look_up(shared, context, path).await? {
        Lookup::Shown(shown) if !shown.draft => shown,
        // It moved while somebody wrote: the form is answered here, with the new address in it.
        Lookup::Moved(to) => match look_up(shared, context, &to).await? {
            Lookup::Shown(shown) if !shown.draft => shown,
            _ => return nothing(shared, context, path).await,
        },
        _ => return nothing(shared, context, path).await,
    };
    let mut view = empty(shared, context, &shown).await?;
    view.base_version = form.text("base").parse().unwrap_or(view.base_version);
    view.body = form.text("body").to_owned();
    view.note = form.text("note").to_owned();
    let mut status = StatusCode::OK;
    let accepted = matches!(context.caller, Caller::Person(_))
        && shared.csrf.fits(&context.csrf_bearer, form.text(CSRF_FIELD));
    let refused = match &context.caller {
        Caller::Person(person) if accepted => {
            if form.text("do") == "send" {
                let new = NewSuggestion {
                    base_version: view.base_version,
                    body: view.body.clone(),
                    note: view.note.clone(),
                };
                match shared
                    .guides
                    .suggest(context.tenant_scope(), person.user, shown.page.id, new)
                    .await
                {
                    Ok(_) => {
                        view.sent = true;
                        None
                    }
                    Err(error) => {
                        let (field, message) = told(error)?;
                        Some((StatusCode::UNPROCESSABLE_ENTITY, field, message))
                    }
                }
            } else {
                None
            }
        }
        Caller::Person(_) => Some((
            StatusCode::FORBIDDEN,
            "",
            "You signed in since this page was opened. Your text is here: look at it, and send it again."
                .to_owned(),
        )),
        _ => Some((
            StatusCode::UNAUTHORIZED,
            "",
            "Your session has ended. Sign in in another tab, then send this again. Your text is kept here."
                .to_owned(),
        )),
    };
    if let Some((code, field, message)) = refused {
        status = code;
        view.errors = vec![FieldError::new(field, message)];
    }
    // Costs CPU, and is nothing for those who cannot send it.
    if !view.sent && accepted {
        compare(shared, context, &shown, &mut view).await?;
    }
    let chrome = chrome(shared, context).await?;
    Ok(page(status, pages::suggest_edit(&chrome, &view)))
}

/// Fills in what changes and how it would look. Measured against what is published, whatever the form says that it began
/// with: other versions may never have been published.
async fn compare(
    shared: &Shared,
    context: &Context,
    shown: &Shown,
    view: &mut SuggestView,
) -> Result<(), Problem> {
    let base = shown.version.body.clone();
    if view.base_version != shown.version.number && view.errors.is_empty() {
        let message = "The guide was published again since you began. Your text is here, compared with the guide as \
                       it is now.";
        view.errors.push(FieldError::new("", message));
    }
    // One that is not known to readers cannot be sent; an earlier one is merged with what came since.
    if !(1..=shown.version.number).contains(&view.base_version) {
        view.base_version = shown.version.number;
    }
    if view.body.len() > MAX_BYTES {
        return Ok(());
    }
    let texts = Texts::of(shared, context, &view.body, shown.page.product).await?;
    let texts = texts.at(&shown.path, shown.readers.clone());
    let body = view.body.clone();
    let _turn = shared.previews.acquire().await.map_err(Problem::internal)?;
    let work = move || (words(&base, &body), texts.render(&body, true).html);
    let (changes, html) = tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::internal)?;
    view.changes = Some(changes);
    view.preview_html = html;
    Ok(())
}

/// What the writer can do about a refusal; other errors stay errors.
fn told(error: DocsError) -> Result<(&'static str, String), Problem> {
    match error {
        DocsError::Invalid { field, reason } => Ok((if field == "note" { "note" } else { "body" }, reason)),
        error @ (DocsError::TooManySuggestions | DocsError::VersionNotFound { .. }) => {
            Ok(("", Problem::from(error).detail))
        }
        error => Err(error.into()),
    }
}
