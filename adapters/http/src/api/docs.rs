//! The guides: what readers read, and what authors do (DOCS-1 to 3, 7 to 9).

mod problem;
mod reading;
mod suggestions;
mod transfer;
mod writing;

use aforo_docs::guide::{
    page::DocPage,
    tree::{Node, Tree},
    version::{PageVersion, VersionSummary},
};
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::docs::problem::not_found, extract::List, problem::Problem, route::RoutesBuilder};

pub(crate) use self::{problem::guide_problem, reading::feedback_turn};

pub(super) fn routes(routes: &mut RoutesBuilder) {
    reading::routes(routes);
    writing::routes(routes);
    suggestions::routes(routes);
    transfer::routes(routes);
}

/// A page in its place.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageView {
    /// Its id.
    id: String,
    /// The page above it; null at the root.
    parent_id: Option<String>,
    /// The product it is about.
    product_id: Option<String>,
    /// Its title.
    title: String,
    /// Its part of the address.
    slug: String,
    /// Its place among its siblings, from 0.
    position: i64,
    /// `draft` or `published`.
    status: &'static str,
    /// The number of its latest version.
    latest_version: u32,
    /// The number of the version that is published.
    published_version: Option<u32>,
    /// When it was created, RFC 3339.
    created_at: String,
    /// When its latest version was saved.
    updated_at: String,
    /// When its published version was published.
    published_at: Option<String>,
}

/// A page of the tree.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeView {
    /// 1 at the root, at most 3.
    level: usize,
    /// Slugs from the root: `keys/rotation`.
    path: String,
    /// Whether readers see it: it and all pages above it are published.
    visible: bool,
    /// The page.
    page: PageView,
}

/// One version of a page.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionView {
    /// The page.
    page_id: String,
    /// Counts from 1.
    number: u32,
    /// The title.
    title: String,
    /// The page's part of the address.
    slug: String,
    /// The text: CommonMark.
    body: String,
    /// Who wrote it; null if no person did.
    author_id: Option<String>,
    /// What the author said about it.
    note: String,
    /// When it was saved.
    created_at: String,
}

/// One version of a page, without its text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionLine {
    /// Counts from 1.
    number: u32,
    /// The title.
    title: String,
    /// The page's part of the address.
    slug: String,
    /// Who wrote it; null if no person did.
    author_id: Option<String>,
    /// What the author said about it.
    note: String,
    /// When it was saved.
    created_at: String,
}

/// A page with a version of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SavedView {
    /// The page.
    page: PageView,
    /// The version.
    version: VersionView,
}

impl PageView {
    fn of(page: &DocPage) -> Self {
        Self {
            id: page.id.to_string(),
            parent_id: page.parent.map(|id| id.to_string()),
            product_id: page.product.map(|id| id.to_string()),
            title: page.title.clone(),
            slug: page.slug.clone(),
            position: page.sort_order,
            status: page.status.as_str(),
            latest_version: page.latest_version,
            published_version: page.published_version,
            created_at: page.created_at.to_rfc3339(),
            updated_at: page.updated_at.to_rfc3339(),
            published_at: page.published_at.map(|at| at.to_rfc3339()),
        }
    }
}

impl VersionView {
    fn of(version: &PageVersion) -> Self {
        Self {
            page_id: version.page.to_string(),
            number: version.number,
            title: version.title.clone(),
            slug: version.slug.clone(),
            body: version.body.clone(),
            author_id: version.author.map(|id| id.to_string()),
            note: version.note.clone(),
            created_at: version.created_at.to_rfc3339(),
        }
    }
}

impl VersionLine {
    fn of(version: &VersionSummary) -> Self {
        Self {
            number: version.number,
            title: version.title.clone(),
            slug: version.slug.clone(),
            author_id: version.author.map(|id| id.to_string()),
            note: version.note.clone(),
            created_at: version.created_at.to_rfc3339(),
        }
    }
}

impl SavedView {
    fn of(page: &DocPage, version: &PageVersion) -> Self {
        Self {
            page: PageView::of(page),
            version: VersionView::of(version),
        }
    }
}

impl NodeView {
    fn list(tree: &Tree) -> List<Self> {
        let of = |node: &Node| Self {
            level: node.level,
            path: node.path.clone(),
            visible: node.visible,
            page: PageView::of(&node.page),
        };
        List {
            items: tree.nodes().iter().map(of).collect(),
            next: None,
        }
    }
}

/// The page and the number of a version in a path.
struct PageAndNumber(aforo_core::PageId, u32);

impl<S: Send + Sync> FromRequestParts<S> for PageAndNumber {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((page, number)) = read.map_err(|_| not_found())?;
        let page = page.parse().map_err(|_| not_found())?;
        Ok(Self(page, number.parse().map_err(|_| not_found())?))
    }
}
