//! Small forms: a new page, another place for a page.

use maud::{Markup, html};

use super::super::chrome::{AdminPage, AdminSection, admin_page};
use crate::pages::{
    chrome::{Chrome, csrf_field},
    parts::{Field, FieldError, Notes, crumbs, error_summary},
};

/// A page that others can be put below.
#[derive(Clone, Debug)]
pub struct PlaceChoice {
    /// Its id; empty for the root.
    pub id: String,
    /// Its title.
    pub title: String,
    /// 1 at the root; 0 for the root itself.
    pub level: usize,
    /// Why nothing can be put below it.
    pub refused: Option<&'static str>,
    /// The pages below it, by id and title, in their order; the one that moves is left out.
    pub children: Vec<(String, String)>,
}

/// The form for a new page.
#[derive(Clone, Debug, Default)]
pub struct NewPageView {
    /// Where it can go.
    pub places: Vec<PlaceChoice>,
    /// The title so far.
    pub title: String,
    /// The chosen page above it.
    pub parent: String,
    /// Products that it can be about, by id and name.
    pub products: Vec<(String, String)>,
    /// The chosen product.
    pub product: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// The form for another place.
#[derive(Clone, Debug, Default)]
pub struct MovePageView {
    /// The page's id.
    pub id: String,
    /// The page's title.
    pub title: String,
    /// Where it can go.
    pub places: Vec<PlaceChoice>,
    /// The page above it.
    pub parent: String,
    /// Where among its siblings: `first`, `last`, or the id of the page before it.
    pub place: String,
    /// Where to go afterwards.
    pub next: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// The form for a new page.
pub fn new_page(c: &Chrome, view: &NewPageView) -> Markup {
    let title = Field {
        required: true,
        hint: Some("Its address is made from the title; you can change both later."),
        ..Field::text("name", "Title", &view.title)
    };
    let form = html! {
        form.stackf method="post" action=(c.urls.admin_new_page()) {
            (csrf_field(c))
            (title.render(c, &view.errors))
            (parent_field(c, "Below", &view.places, &view.parent, &view.errors))
            @if !view.products.is_empty() {
                div.field {
                    label for="f-product" { "About" span.opt { "optional" } }
                    select.in #f-product name="product" {
                        option value="" { "All products" }
                        @for (id, name) in &view.products { option value=(id) selected[*id == view.product] { (name) } }
                    }
                }
            }
            div.formf { a.btn data-close href=(c.urls.admin_docs()) { "Cancel" } button.btn.btn-primary { "Create page" } }
        }
    };
    page(c, "New page", &view.errors, &form)
}

/// The form for another place: what dragging does, for everybody.
pub fn move_page(c: &Chrome, view: &MovePageView) -> Markup {
    let note = Notes::of("place", None, &view.errors);
    let form = html! {
        form.stackf method="post" action=(c.urls.admin_page_move(&view.id)) {
            (csrf_field(c))
            input type="hidden" name="next" value=(view.next);
            (parent_field(c, "Below", &view.places, &view.parent, &view.errors))
            div.field.bad[note.error.is_some()] {
                label for="f-place" { "Position" }
                (note.before(c))
                select.in #f-place name="place" aria-describedby=[note.described_by()] aria-invalid=[note.invalid()] {
                    option value="first" selected[view.place == "first"] { "First" }
                    option value="last" selected[view.place == "last"] { "Last" }
                    @for place in view.places.iter().filter(|p| p.refused.is_none() && !p.children.is_empty()) {
                        optgroup label={ "Below " (place.title) } data-parent=(place.id) {
                            @for (id, title) in &place.children {
                                option value=(id) selected[*id == view.place] { "After " (title) }
                            }
                        }
                    }
                }
            }
            div.formf { a.btn data-close href=(view.next) { "Cancel" } button.btn.btn-primary { "Move page" } }
        }
    };
    page(c, &format!("Move “{}”", view.title), &view.errors, &form)
}

fn page(c: &Chrome, title: &str, errors: &[FieldError], form: &Markup) -> Markup {
    let main = html! {
        (crumbs(&[(c.urls.admin_docs(), "Guides")]))
        div.narrowcol {
            div.ph { h1 { (title) } }
            (error_summary(c, errors))
            section.card.pad { (form) }
        }
    };
    let page = AdminPage {
        module: Some("tree.js"),
        error: !errors.is_empty(),
        ..AdminPage::new(title, AdminSection::Guides)
    };
    admin_page(c, page, &main)
}

fn parent_field(
    c: &Chrome,
    label: &str,
    places: &[PlaceChoice],
    chosen: &str,
    errors: &[FieldError],
) -> Markup {
    let note = Notes::of("parent", Some("Pages nest three levels deep at most."), errors);
    html! {
        div.field.bad[note.error.is_some()] {
            label for="f-parent" { (label) }
            (note.before(c))
            select.in #f-parent name="parent" aria-describedby=[note.described_by()] aria-invalid=[note.invalid()] {
                @for place in places {
                    option value=(place.id) selected[place.id == chosen] disabled[place.refused.is_some()] {
                        @for _ in 1..place.level { "\u{2003}" }
                        (place.title)
                        @if let Some(reason) = place.refused { " (" (reason) ")" }
                    }
                }
            }
        }
    }
}
