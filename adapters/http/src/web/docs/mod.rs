//! The guides: overview, pages, what was helpful. Public, as documentation is.

mod context;
mod suggest;

use std::sync::Arc;

use aforo_core::domain::user::Role;
use aforo_docs::{
    guide::{
        Guides,
        page::DocPage,
        service::{Found, NewFeedback},
        tree::{Audience, Node, Tree},
        version::PageVersion,
    },
    markdown::{self, Options, Rendered},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;

pub(super) use self::context::Texts;
use super::{
    chrome,
    form::{Form, OpenForm},
    page, redirect,
    reference::Names,
    takes_form,
};
use crate::{
    api::feedback_turn,
    console::Shared,
    extract::{Ctx, Query},
    guard::{Caller, Context},
    pages::{
        self, DocLink, DocView, DocsNav, DocsSection, DocsView, Helpful, MissingView, NavNode, TocEntry,
    },
    problem::Problem,
    route::{Plane, Route, RoutesBuilder},
};

/// A suggested text comes percent-encoded.
const SUGGESTION_LIMIT: usize = 2 * 1024 * 1024;
/// Characters of the first words that search engines and previews show.
const SUMMARY: usize = 160;

pub(super) fn routes(routes: &mut RoutesBuilder) {
    let public = |method, path, summary| Route::page(method, path, Plane::Public, summary);
    routes.add(public(Method::GET, "/docs", "All guides"), landing);
    routes.add(
        public(
            Method::GET,
            "/docs/{*path}",
            "A guide; with .md at the end its source, with /suggest the form to suggest an edit",
        ),
        read,
    );
    let sent = public(
        Method::POST,
        "/docs/{*path}",
        "Suggest an edit (/suggest), or say whether the guide was helpful (/feedback)",
    );
    routes.add(takes_form(sent).body_limit(SUGGESTION_LIMIT), send);
}

/// Whether the caller sees drafts.
fn is_author(context: &Context) -> bool {
    matches!(&context.caller, Caller::Person(person) if person.role == Role::Admin)
}

/// The tree for the side navigation. Authors see drafts among the published pages.
async fn nav(guides: &Guides, context: &Context, readers: &Tree, current: &str) -> Result<DocsNav, Problem> {
    let authors = match is_author(context) {
        true => Some(guides.tree(context.tenant_scope(), Audience::Authors).await?),
        false => None,
    };
    let nodes = nodes(authors.as_deref().unwrap_or(readers), readers, None);
    Ok(DocsNav {
        nodes,
        current: current.to_owned(),
    })
}

fn nodes(tree: &Tree, readers: &Tree, parent: Option<aforo_core::PageId>) -> Vec<NavNode> {
    tree.children(parent)
        .map(|node| {
            // What is published is called what its readers call it.
            let shown = readers.node(node.page.id).unwrap_or(node);
            NavNode {
                title: shown.page.title.clone(),
                path: shown.path.clone(),
                draft: !node.visible,
                below: nodes(tree, readers, Some(node.page.id)),
            }
        })
        .collect()
}

async fn landing(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let scope = context.tenant_scope();
    let tree = shared.guides.tree(scope, Audience::Readers).await?;
    let nav = nav(&shared.guides, &context, &tree, "").await?;
    let mut sections = Vec::new();
    for node in &nav.nodes {
        let summary = match tree.at_path(&node.path) {
            Some(root) => match shared.guides.published(scope, root.page.id).await {
                Ok(reading) => markdown::excerpt(&reading.version.body, SUMMARY),
                // Taken back in this moment.
                Err(_) => continue,
            },
            None => String::new(),
        };
        sections.push(DocsSection {
            node: node.clone(),
            summary,
        });
    }
    let view = DocsView {
        nav,
        sections,
        canonical: context.absolute(&context.urls.docs()),
    };
    let chrome = chrome(&shared, &context).await?;
    Ok(page(StatusCode::OK, pages::docs(&chrome, &view)))
}

/// What is shown at a path: what readers see or, to authors, the latest saved version.
struct Shown {
    readers: Arc<Tree>,
    page: DocPage,
    path: String,
    version: PageVersion,
    draft: bool,
}

enum Lookup {
    Shown(Box<Shown>),
    Moved(String),
    Nothing(Arc<Tree>),
}

async fn look_up(shared: &Shared, context: &Context, path: &str) -> Result<Lookup, Problem> {
    let scope = context.tenant_scope();
    match shared.guides.page_by_path(scope, path).await? {
        Found::Page(reading) => {
            return Ok(Lookup::Shown(Box::new(Shown {
                readers: reading.tree,
                page: reading.page,
                path: reading.path,
                version: reading.version,
                draft: false,
            })));
        }
        Found::Moved(path) => return Ok(Lookup::Moved(path)),
        Found::Nothing => {}
    }
    let readers = shared.guides.tree(scope, Audience::Readers).await?;
    if is_author(context) {
        let authors = shared.guides.tree(scope, Audience::Authors).await?;
        if let Some(node) = authors.at_path(path.trim_matches('/')) {
            let (page, version) = shared.guides.page(scope, node.page.id).await?;
            return Ok(Lookup::Shown(Box::new(Shown {
                readers,
                page,
                path: node.path.clone(),
                version,
                draft: true,
            })));
        }
    }
    Ok(Lookup::Nothing(readers))
}

#[derive(Deserialize)]
struct ReadQuery {
    helpful: Option<String>,
}

async fn read(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names(path): Names<String>,
    Query(query): Query<ReadQuery>,
) -> Result<Response, Problem> {
    if let Some(of) = path.strip_suffix("/suggest") {
        return suggest::form(&shared, &context, of).await;
    }
    if let Some(of) = path.strip_suffix("/feedback") {
        return redirect(&context.urls.doc(of));
    }
    let source = path.strip_suffix(".md");
    let wanted = source.unwrap_or(&path);
    match look_up(&shared, &context, wanted).await? {
        Lookup::Moved(to) => moved(&context, &to, source.is_some()),
        Lookup::Shown(shown) if shown.path != wanted => moved(&context, &shown.path, source.is_some()),
        Lookup::Shown(shown) if source.is_some() => Ok(markdown_file(&context, &shown)),
        Lookup::Shown(shown) => {
            let helpful = query.helpful.as_deref().and_then(Helpful::parse);
            show(&shared, &context, *shown, helpful).await
        }
        Lookup::Nothing(tree) => missing(&shared, &context, &tree, wanted).await,
    }
}

/// For good: search engines follow.
fn moved(context: &Context, path: &str, source: bool) -> Result<Response, Problem> {
    let to = if source {
        context.urls.doc_markdown(path)
    } else {
        context.urls.doc(path)
    };
    let to = HeaderValue::from_str(&to).map_err(Problem::internal)?;
    Ok((StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, to)]).into_response())
}

/// The source, with its title as a heading unless it has one.
fn markdown_file(context: &Context, shown: &Shown) -> Response {
    let mut text = titled(&shown.version);
    text.push_str(&format!(
        "\n\nSource: {}\n",
        context.absolute(&context.urls.doc(&shown.path))
    ));
    let kind = HeaderValue::from_static("text/markdown; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// A text that says its own title.
pub(crate) fn titled(version: &PageVersion) -> String {
    let body = version.body.trim();
    if body.starts_with("# ") {
        return body.to_owned();
    }
    format!("# {}\n\n{body}", version.title)
}

async fn show(
    shared: &Shared,
    context: &Context,
    shown: Shown,
    helpful: Option<Helpful>,
) -> Result<Response, Problem> {
    let chrome = chrome(shared, context).await?;
    let nav = nav(&shared.guides, context, &shown.readers, &shown.path).await?;
    let texts = Texts::of(shared, context, &shown.version.body, shown.page.product).await?;
    let texts = texts.at(&shown.path, shown.readers.clone());
    let author = is_author(context);
    let canonical = context.absolute(&context.urls.doc(&shown.path));
    let write = move || {
        let rendered = texts.render(body_of(&shown.version), author && shown.draft);
        let view = view(shown, nav, rendered, helpful, author, canonical);
        pages::doc(&chrome, &view)
    };
    let written = tokio::task::spawn_blocking(write)
        .await
        .map_err(Problem::internal)?;
    Ok(page(StatusCode::OK, written))
}

/// The text without a first heading that only says the title again.
fn body_of(version: &PageVersion) -> &str {
    without_title(&version.title, &version.body)
}

/// A text without a first heading that only says its title again.
pub(super) fn without_title<'b>(title: &str, body: &'b str) -> &'b str {
    let Some(rest) = body.trim_start().strip_prefix("# ") else {
        return body;
    };
    let (heading, rest) = rest.split_once('\n').unwrap_or((rest, ""));
    let same = heading.trim().trim_end_matches('#').trim() == title;
    if same { rest } else { body }
}

fn view(
    shown: Shown,
    nav: DocsNav,
    rendered: Rendered,
    helpful: Option<Helpful>,
    author: bool,
    canonical: String,
) -> DocView {
    let link = |node: &Node| DocLink {
        title: node.page.title.clone(),
        path: node.path.clone(),
    };
    let tree = &shown.readers;
    let id = shown.page.id;
    let (previous, next) = tree.neighbours(id);
    let updated = match (shown.draft, shown.page.published_at) {
        (false, Some(at)) => at,
        _ => shown.version.created_at,
    };
    DocView {
        above: tree.ancestors(id).into_iter().map(link).collect(),
        summary: match markdown::excerpt(&shown.version.body, SUMMARY) {
            text if text.is_empty() => rendered.summary(SUMMARY),
            text => text,
        },
        content_html: rendered.html,
        toc: rendered
            .headings
            .into_iter()
            .filter(|heading| heading.level <= 3)
            .map(|heading| TocEntry {
                level: heading.level,
                id: heading.id,
                text: heading.text,
            })
            .collect(),
        minutes: rendered.minutes,
        updated,
        version: shown.version.number,
        draft: shown.draft,
        below: if shown.draft {
            Vec::new()
        } else {
            tree.children(Some(id)).map(link).collect()
        },
        previous: previous.map(link),
        next: next.map(link),
        helpful,
        edit: author.then(|| id.to_string()),
        canonical,
        title: shown.version.title,
        nav,
    }
}

async fn missing(shared: &Shared, context: &Context, tree: &Tree, path: &str) -> Result<Response, Problem> {
    let view = MissingView {
        nav: nav(&shared.guides, context, tree, "").await?,
        words: words_of(path),
        nearest: nearest(tree, path),
    };
    let chrome = chrome(shared, context).await?;
    Ok(page(StatusCode::NOT_FOUND, pages::doc_missing(&chrome, &view)))
}

/// The last part of a path as words.
fn words_of(path: &str) -> String {
    let last = path.trim_matches('/').rsplit('/').next().unwrap_or_default();
    let words = last
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words
        .take(8)
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(100)
        .collect()
}

/// How many guides are offered in the place of one that is not there.
const NEAREST: usize = 5;

/// The guides whose paths share the most with this one.
fn nearest(tree: &Tree, path: &str) -> Vec<DocLink> {
    let wanted = pairs(&words_of(path));
    let likeness = |node: &Node| {
        let own = pairs(&format!("{} {}", words_of(&node.path), node.page.title));
        let shared = wanted.iter().filter(|pair| own.contains(*pair)).count();
        if wanted.is_empty() {
            0
        } else {
            shared * 100 / wanted.len()
        }
    };
    let mut all: Vec<_> = tree.nodes().iter().map(|node| (likeness(node), node)).collect();
    all.retain(|(likeness, _)| *likeness >= 50);
    all.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
    let link = |(_, node): (usize, &Node)| DocLink {
        title: node.page.title.clone(),
        path: node.path.clone(),
    };
    all.into_iter().take(NEAREST).map(link).collect()
}

/// The pairs of neighbouring letters of each word.
fn pairs(text: &str) -> std::collections::BTreeSet<(char, char)> {
    let words = text
        .split_whitespace()
        .map(|word| word.to_lowercase().chars().collect::<Vec<_>>());
    words
        .flat_map(|word| word.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>())
        .collect()
}

async fn send(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    Names(path): Names<String>,
    form: OpenForm,
) -> Result<Response, Problem> {
    if let Some(of) = path.strip_suffix("/suggest") {
        return suggest::send(&shared, &context, of, &form).await;
    }
    let Some(of) = path.strip_suffix("/feedback") else {
        return Err(Problem::not_found("page"));
    };
    let form = Form::checked(form.into_fields(), &context, &shared)?;
    let Lookup::Shown(shown) = look_up(&shared, &context, of).await? else {
        return Err(Problem::not_found("guide"));
    };
    let comment = form.text("comment");
    let said = match (form.text("helpful"), comment.trim().is_empty()) {
        ("yes" | "no", false) => Helpful::Commented,
        ("yes", true) => Helpful::Yes,
        ("no", true) => Helpful::No,
        _ => return Err(Problem::invalid("helpful", "Say yes or no.")),
    };
    let new = NewFeedback {
        version: form.text("version").parse().unwrap_or(shown.version.number),
        visitor: shared.visitors.of(&context),
        helpful: form.text("helpful") == "yes",
        comment: comment.to_owned(),
    };
    feedback_turn(&shared, &context)?;
    shared
        .guides
        .give_feedback(context.tenant_scope(), shown.page.id, new)
        .await?;
    redirect(&format!(
        "{}?helpful={}#helpful",
        context.urls.doc(&shown.path),
        said.as_str()
    ))
}

impl Texts {
    /// A text with what it refers to.
    fn render(&self, body: &str, writer: bool) -> Rendered {
        let audience = if writer {
            markdown::Audience::Writer
        } else {
            markdown::Audience::Reader
        };
        let options = Options {
            embeds: self,
            links: self,
            audience,
            ..Options::default()
        };
        markdown::render(body, &options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_words() {
        assert_eq!(words_of("keys/rotate-a_key/"), "rotate a key");
        assert_eq!(words_of(""), "");
        assert_eq!(words_of("%00\u{0}"), "00");
    }
}
