//! Adding an image to a page. With JavaScript it is pasted or dropped into the text; this page is for everybody.

use maud::{Markup, html};

use super::super::chrome::{AdminPage, AdminSection, admin_page};
use crate::pages::{
    chrome::{Chrome, csrf_field},
    parts::{FieldError, Notes, copy_button, crumbs, error_summary},
};

/// The form for an image, or what to write for the one that was added.
#[derive(Clone, Debug, Default)]
pub struct ImageView {
    /// The page's id.
    pub id: String,
    /// The page's title.
    pub title: String,
    /// The Markdown that shows the image that was added.
    pub markdown: Option<String>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

/// The form for an image.
pub fn add_image(c: &Chrome, view: &ImageView) -> Markup {
    let hint = "PNG, JPEG, GIF or WebP, 5 MB at most. What a camera noted about place and time is removed.";
    let note = Notes::of("file", Some(hint), &view.errors);
    let main = html! {
        (crumbs(&[(c.urls.admin_docs(), "Guides"), (c.urls.admin_page(&view.id), &view.title)]))
        div.narrowcol {
            div.ph { h1 { "Add an image" } }
            (error_summary(c, &view.errors))
            @if let Some(markdown) = &view.markdown {
                section.card.pad.gapb aria-labelledby="added-h" {
                    h2 #added-h { "The image is stored" }
                    p.t2.gap-s { "Put this line where the image belongs, and describe the image for those who cannot see it." }
                    div.keybox.gap-s { code #markdown { (markdown) } (copy_button(c, "markdown", "Copy Markdown")) }
                }
            }
            section.card.pad {
                form.stackf method="post" enctype="multipart/form-data" action=(c.urls.admin_page_image(&view.id)) {
                    (csrf_field(c))
                    div.field.bad[note.error.is_some()] {
                        label for="f-file" { "Image" }
                        (note.before(c))
                        input.in.file #f-file name="file" type="file" required accept="image/png,image/jpeg,image/gif,image/webp"
                            aria-describedby=[note.described_by()] aria-invalid=[note.invalid()];
                    }
                    div.formf { a.btn href=(c.urls.admin_page(&view.id)) { "Back to the page" } button.btn.btn-primary { "Add image" } }
                }
            }
        }
    };
    let page = AdminPage {
        error: !view.errors.is_empty(),
        ..AdminPage::new("Add an image", AdminSection::Guides)
    };
    admin_page(c, page, &main)
}
