//! What the pages of the editor show, read from the services.

use std::collections::HashMap;

use aforo_core::{PageId, StoreError, UserId};
use aforo_docs::{
    compare::{self, Comparison},
    guide::{
        page::DocPage,
        tree::{Audience::Authors, Node, Tree},
        version::VersionSummary,
    },
    markdown::{self, Audience, Options},
};

use crate::{
    console::Shared,
    guard::Context,
    pages::admin::{GuideRow, GuideStatus, PlaceChoice, PreviewView, VersionRow},
    problem::Problem,
    web::docs::{Texts, without_title},
};

/// Names of people by their ids.
#[derive(Default)]
pub(super) struct People(HashMap<UserId, String>);

impl People {
    /// Looks up everybody of a list, each once.
    pub(super) async fn read(
        shared: &Shared,
        context: &Context,
        ids: Vec<UserId>,
    ) -> Result<Self, StoreError> {
        let mut names = HashMap::new();
        let mut tx = shared.stores.core.read().await?;
        for id in ids {
            if names.contains_key(&id) {
                continue;
            }
            let user = tx.users(context.tenant_scope()).find(id).await?;
            let name = user.filter(|user| user.closed_at.is_none()).map(|user| user.name);
            names.insert(id, name.unwrap_or_else(|| "Somebody who left".to_owned()));
        }
        Ok(Self(names))
    }
    /// Who did it; what no person did was done by a program.
    pub(super) fn name(&self, id: Option<UserId>) -> String {
        match id {
            Some(id) => self.0.get(&id).cloned().unwrap_or_default(),
            None => "A program".to_owned(),
        }
    }
}

/// How far a page is.
pub(super) fn status(page: &DocPage) -> GuideStatus {
    match page.published_version {
        None => GuideStatus::Draft,
        Some(version) if version >= page.latest_version => GuideStatus::Published,
        Some(version) => GuideStatus::Changed(page.latest_version - version),
    }
}

/// The tree as its rows.
pub(super) fn rows(tree: &Tree) -> Vec<GuideRow> {
    let row = |node: &Node| GuideRow {
        id: node.page.id.to_string(),
        title: node.page.title.clone(),
        path: node.path.clone(),
        level: node.level,
        status: status(&node.page),
        hidden: node.page.published_version.is_some() && !node.visible,
        updated: node.page.updated_at,
    };
    tree.nodes().iter().map(row).collect()
}

/// Where a page can go; without one, where a new page can.
pub(super) fn places(tree: &Tree, moving: Option<PageId>) -> Vec<PlaceChoice> {
    let subtree = moving.map_or(&[][..], |id| tree.subtree(id));
    let own = moving.and_then(|id| tree.node(id)).map_or(0, |node| node.level);
    // How many levels come with it.
    let depth = subtree.iter().map(|node| node.level - own).max().unwrap_or(0);
    let children = |parent| {
        tree.children(parent)
            .filter(|node| Some(node.page.id) != moving)
            .map(|node| (node.page.id.to_string(), node.page.title.clone()))
            .collect()
    };
    let root = PlaceChoice {
        id: String::new(),
        title: "Top level".to_owned(),
        level: 0,
        refused: None,
        children: children(None),
    };
    let place = |node: &Node| {
        let refused = if subtree.iter().any(|below| below.page.id == node.page.id) {
            Some("the page itself")
        } else if node.level + 1 + depth > aforo_docs::guide::page::MAX_LEVELS {
            Some("too deep")
        } else {
            None
        };
        PlaceChoice {
            id: node.page.id.to_string(),
            title: node.page.title.clone(),
            level: node.level,
            refused,
            children: children(Some(node.page.id)),
        }
    };
    std::iter::once(root)
        .chain(tree.nodes().iter().map(place))
        .collect()
}

/// One version in a list.
pub(super) fn version_row(version: &VersionSummary, people: &People, published: Option<u32>) -> VersionRow {
    VersionRow {
        number: version.number,
        title: version.title.clone(),
        slug: version.slug.clone(),
        author: people.name(version.author),
        note: version.note.clone(),
        at: version.created_at,
        published: published == Some(version.number),
    }
}

/// A text as readers will see it, in the place of a page. Rendering takes a while, so it is kept off the threads
/// that serve requests.
pub(super) async fn preview(
    shared: &Shared,
    context: &Context,
    id: PageId,
    title: &str,
    body: &str,
) -> Result<PreviewView, Problem> {
    let tree = shared.guides.tree(context.tenant_scope(), Authors).await?;
    let node = tree.node(id).ok_or_else(|| Problem::not_found("page"))?;
    let (path, product) = (node.path.clone(), node.page.product);
    let texts = Texts::of(shared, context, body, product).await?.at(&path, tree);
    let (title, body) = (title.to_owned(), body.to_owned());
    let _turn = shared.previews.acquire().await.map_err(Problem::internal)?;
    off_the_threads(move || {
        let options = Options {
            embeds: &texts,
            links: &texts,
            audience: Audience::Writer,
            ..Options::default()
        };
        let rendered = markdown::render(without_title(title.trim(), &body), &options);
        PreviewView {
            title,
            body_html: rendered.html,
            words: rendered.words,
            minutes: rendered.minutes,
        }
    })
    .await
}

/// What changed from one text to another.
pub(super) async fn changes(old: &str, new: &str) -> Result<Comparison, Problem> {
    let (old, new) = (old.to_owned(), new.to_owned());
    off_the_threads(move || compare::words(&old, &new)).await
}

/// Runs what takes long.
pub(super) async fn off_the_threads<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
}
