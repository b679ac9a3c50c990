//! What the guides refuse, as problems.

use aforo_docs::{
    error::DocsError,
    guide::{page, suggestion::MAX_OPEN, transfer::TransferProblem},
};
use http::StatusCode;
use serde_json::json;

use super::VersionView;
use crate::problem::{FieldProblem, Problem};

pub(super) fn not_found() -> Problem {
    Problem::not_found("page")
}

fn unprocessable(code: &'static str, pointer: &str, detail: impl Into<String>) -> Problem {
    let mut problem = Problem::invalid(pointer, detail);
    problem.code = code;
    problem
}

/// What [`DocsError`] says about guides; other errors are the console's own fault.
pub(crate) fn guide_problem(error: DocsError) -> Problem {
    match error {
        DocsError::PageNotFound(_) => not_found(),
        DocsError::VersionNotFound { .. } => Problem::not_found("version"),
        DocsError::SuggestionNotFound(_) => Problem::not_found("suggestion"),
        DocsError::VersionConflict { latest } => {
            let detail = format!(
                "Version {} was saved in the meantime. Nothing was changed. Compare it with yours, then save \
                 with `baseVersion` {}.",
                latest.number, latest.number
            );
            Problem::conflict("page_conflict", detail).with("latest", json!(VersionView::of(&latest)))
        }
        DocsError::PageTooDeep => unprocessable(
            "page_too_deep",
            "/parentId",
            format!(
                "The tree has {} levels. Choose a page further up.",
                page::MAX_LEVELS
            ),
        ),
        DocsError::PageCycle => unprocessable(
            "page_cycle",
            "/parentId",
            "A page cannot be below itself. Choose another page.",
        ),
        DocsError::SlugTaken { slug, by } => {
            let detail = format!("Another page there has the address “{slug}”. Choose another.");
            Problem::conflict("slug_taken", detail).with("pageId", by.to_string())
        }
        DocsError::TooManyPages => Problem::conflict(
            "too_many_pages",
            format!(
                "There are {} pages, and there is no room for more. Delete some first.",
                page::MAX_PAGES
            ),
        ),
        DocsError::PageHasChildren { count } => Problem::conflict(
            "page_has_children",
            format!(
                "There are {count} pages below it. Move them, or delete them as well with `children=true`."
            ),
        )
        .with("count", count),
        DocsError::ParentDeleted(parent) => Problem::conflict(
            "parent_deleted",
            "The page above it is deleted. Bring that back first.",
        )
        .with("pageId", parent.to_string()),
        DocsError::SuggestionDecided => Problem::conflict(
            "suggestion_decided",
            "Somebody has decided on this suggestion already.",
        ),
        DocsError::TooManySuggestions => Problem::conflict(
            "too_many_suggestions",
            format!(
                "You have {MAX_OPEN} suggestions that nobody has looked at yet. Wait until some are decided."
            ),
        ),
        DocsError::SuggestionConflict { latest, marked } => {
            let detail =
                "The page changed in the same lines. Put the text together, and accept it with `body`.";
            Problem::conflict("suggestion_conflict", detail)
                .with("latest", json!(VersionView::of(&latest)))
                .with("marked", marked)
        }
        DocsError::ImageRefused { reason } => unprocessable("image_refused", "/file", reason),
        DocsError::TooManyImages => Problem::conflict(
            "too_many_images",
            "There is no room for more images. Images are kept as long as the console is.",
        ),
        DocsError::ImportRefused { problems } => import_refused(&problems),
        other => Problem::internal(other),
    }
}

fn import_refused(problems: &[TransferProblem]) -> Problem {
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    let detail = format!("The files cannot be imported, and nothing was changed. First: {first}");
    let mut refused = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "import_refused",
        "The files cannot be imported",
        detail,
    );
    refused.errors = problems.iter().take(200).map(finding).collect();
    refused
}

/// A problem of a file; the file's path stands in the place of a pointer.
pub(super) fn finding(problem: &TransferProblem) -> FieldProblem {
    FieldProblem {
        pointer: problem.file.clone(),
        detail: problem.message.clone(),
        code: None,
        line: problem.line,
        column: None,
    }
}
