//! The reference index of a product.

use aforo_docs::spec::model::{ExternalDocs, OperationSummary, SecurityScheme, Server};
use maud::{Markup, html};

use super::{
    super::{
        chrome::{Chrome, Page, Section, csrf_field, document},
        format,
        parts::{copy_button, crumbs, empty_state, icon, icon_sm, method_badge},
    },
    Markdown, ProductRef, ReferenceNav,
    nav::side,
    operation::{scheme_label, security_text},
    prose,
    schema::more_to_read,
    without_images,
};

/// The reference index of a product.
#[derive(Clone, Debug)]
pub struct ReferenceView {
    /// The product.
    pub product: ProductRef,
    /// Identifies the published document, for the form that approves an origin.
    pub spec_id: String,
    /// The document's description as sanitised HTML; may be empty.
    pub description_html: String,
    /// Servers of the document.
    pub servers: Vec<Server>,
    /// Renders the descriptions of tags.
    pub markdown: Markdown,
    /// More to read elsewhere.
    pub external_docs: Option<ExternalDocs>,
    /// Security of the document: any one set is enough.
    pub security: Vec<Vec<SecurityScheme>>,
    /// Operations by tag.
    pub nav: ReferenceNav,
    /// Calls that the API makes.
    pub webhooks: Vec<OperationSummary>,
    /// The tag that was asked for.
    pub tag: Option<String>,
    /// An origin that waits for an operator.
    pub approval: Option<OriginApproval>,
    /// A document is published.
    pub published: bool,
}

/// A new version of the document points to an origin that the playground does not send to yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginApproval {
    /// The origin that waits, such as `https://api.example.com`.
    pub waiting: String,
    /// The origin in use, if there is one.
    pub current: Option<String>,
}

/// The reference index: servers, authentication, operations by tag.
pub fn reference(c: &Chrome, view: &ReferenceView) -> Markup {
    let title = format!("{} reference", view.product.name);
    let description = format!("Operations, authentication and servers of {}.", view.product.name);
    let page = Page {
        title: &title,
        description: Some(&description),
        section: Section::Reference,
        module: None,
        sheet: None,
        error: false,
    };
    let body = html! {
        div.ref.ref-index.page {
            (side(c, &view.product, &view.nav, None))
            main #main { (main(c, view)) }
        }
    };
    document(c, page, &body)
}

fn main(c: &Chrome, view: &ReferenceView) -> Markup {
    html! {
        (crumbs(&[(c.urls.references(), "API reference")]))
        div.titlerow {
            h1 { (view.product.name) }
            @if !view.product.version.is_empty() { span.badge.b-line { "v" (view.product.version) } }
            span.grow {}
            @if view.published && view.product.graphql {
                a.btn.btn-sm href=(c.urls.graphql_schema(&view.product.slug)) download {
                    (icon_sm(c, "doc")) "Download schema"
                }
            } @else if view.published {
                a.btn.btn-sm href=(c.urls.spec_document(&view.product.slug)) download {
                    (icon_sm(c, "doc")) "Download JSON"
                }
                a.btn.btn-sm href=(c.urls.spec_document_yaml(&view.product.slug)) download { "YAML" }
            }
        }
        @if let Some(approval) = &view.approval { (approval_note(c, view, approval)) }
        @if !view.published {
            (empty_state(c, "spec", "No specification yet", "The operator has not published a specification for this \
                product.", &html! {}))
        } @else {
            @if !view.description_html.is_empty() { div.prose.lede { (without_images(&view.description_html)) } }
            (more_to_read(view.markdown, view.external_docs.as_ref()))
            (facts(c, view))
            (operations(c, view))
            (webhooks(c, view))
            @if view.nav.schemas > 0 && view.tag.is_none() {
                section.sect aria-labelledby="schemas-h" {
                    h2 #schemas-h { "Schemas" span.fs12 { (format::count(view.nav.schemas, "schema", "schemas")) } }
                    p.t2.gap-s { a href=(c.urls.schemas(&view.product.slug)) { "All schemas" } " that requests and responses consist of." }
                }
            }
        }
    }
}

fn approval_note(c: &Chrome, view: &ReferenceView, approval: &OriginApproval) -> Markup {
    let operator = c.viewer.as_ref().is_some_and(|viewer| viewer.operator);
    html! {
        div.banner.approve { (icon(c, "warn")) div.grow {
            @if operator {
                b { "The playground waits for your approval. " }
                span.t2 {
                    "This version sends calls to " code { (approval.waiting) }
                    @match &approval.current {
                        Some(current) => { ". Until you approve it, calls go to " code { (current) } "." },
                        None => ". Until you approve it, nothing is sent.",
                    }
                    " Credentials are sealed to the origin, so approve only a server that is yours."
                }
            } @else {
                b { "The playground is being set up for this version. " }
                span.t2 { @match &approval.current {
                    Some(current) => { "Calls still go to " code { (current) } "." },
                    None => "Reading works; sending calls starts when an operator approves the server.",
                } }
            }
        }
        @if operator {
            form method="post" action=(c.urls.approve_origin(&view.spec_id)) {
                (csrf_field(c))
                input type="hidden" name="origin" value=(approval.waiting);
                input type="hidden" name="next" value=(c.here);
                button.btn { "Approve origin" }
            }
        } }
    }
}

fn facts(c: &Chrome, view: &ReferenceView) -> Markup {
    html! {
        div.two.sect {
            section.card aria-labelledby="servers-h" {
                div.card-h { (icon(c, "cloud")) h2 #servers-h { "Servers" } }
                ul.kvl role="list" {
                    @if view.servers.is_empty() { li.muted { "The specification names none." } }
                    @for (i, server) in view.servers.iter().enumerate() {
                        @let id = format!("server-{i}");
                        li.srv { code id=(id) { (server.url) } (copy_button(c, &id, "Copy server URL"))
                            @if !server.description.is_empty() { span.fs12.muted { (server.description) } } }
                    }
                }
            }
            section.card aria-labelledby="auth-h" {
                div.card-h { (icon(c, "lock")) h2 #auth-h { "Authentication" } }
                div.pad {
                    p.t2 { (security_text(&view.security)) }
                    div.chips { @for scheme in view.security.iter().flatten() { span.chip { (scheme_label(scheme)) } } }
                    p.fs12.muted.gap-s { "Code samples read the key from " code { "$" (c.brand.key_variable) } ". "
                        a href=(c.urls.keys()) { "Your keys" } }
                }
            }
        }
    }
}

fn operations(c: &Chrome, view: &ReferenceView) -> Markup {
    let wanted = view.tag.as_deref();
    html! {
        @if view.nav.total > super::PAGE_LIMIT || wanted.is_some() {
            nav.tagnav aria-label="Tags" {
                span.fs12.muted { (format::count(view.nav.total, "operation", "operations")) " in "
                    (format::count(view.nav.groups.len(), "group", "groups")) }
                ul role="list" { @for group in &view.nav.groups { li {
                    a.chip href=(c.urls.reference_tag(&view.product.slug, &group.tag))
                        aria-current=[(wanted == Some(group.tag.as_str())).then_some("true")] {
                        (group.label) " " span.muted { (group.count) } }
                } } }
            }
        }
        @for group in view.nav.groups.iter().filter(|g| !g.operations.is_empty() && wanted.is_none_or(|tag| tag == g.tag)) {
            @let id = format!("tag-{}", super::schema::slug(&group.tag));
            section.sect aria-labelledby=(id) {
                h2 id=(id) { (group.label) a.anchor href={ "#" (id) } aria-label={ "Link to " (group.label) } { "#" }
                    span.fs12 { (format::count(group.count, "operation", "operations")) } }
                @if let Some(text) = prose(view.markdown, &group.description) { div.prose.small { (text) } }
                (list(c, view, &group.operations))
            }
        }
    }
}

fn list(c: &Chrome, view: &ReferenceView, operations: &[OperationSummary]) -> Markup {
    html! {
        ul.oplist role="list" { @for o in operations { li {
            a href=(c.urls.operation(&view.product.slug, &o.id)) {
                (method_badge(o.method))
                span.opn { span.old[o.deprecated] { (o.summary) }
                    @if o.deprecated { span.badge.b-warn { "Deprecated" } } }
                code { (o.path) }
            }
        } } }
    }
}

/// Calls that the API makes. All of them: their page is this one.
fn webhooks(c: &Chrome, view: &ReferenceView) -> Markup {
    html! { @if !view.webhooks.is_empty() && view.tag.is_none() {
        section.sect aria-labelledby="webhooks" {
            h2 #webhooks { "Webhooks" a.anchor href="#webhooks" aria-label="Link to Webhooks" { "#" }
                span.fs12 { "sent to your server" } }
            (list(c, view, &view.webhooks))
        }
    } }
}
