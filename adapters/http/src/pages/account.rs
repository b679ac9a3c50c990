//! Sign-up and sign-in.

use maud::{Markup, html};

use super::{
    chrome::{Chrome, Page, Section, csrf_field, plain_page},
    parts::{Field, FieldError, error_summary},
};

/// The sign-up form (fields `name`, `email`, `password`, `next`).
#[derive(Clone, Debug, Default)]
pub struct SignUpView {
    /// Kept value.
    pub name: String,
    /// Kept value.
    pub email: String,
    /// Where to go afterwards; a path of this console, checked by the route.
    pub next: String,
    /// Fewest characters of a password.
    pub minimum_password: usize,
    /// What was wrong.
    pub errors: Vec<FieldError>,
}

/// The sign-in form (fields `email`, `password`, `next`).
#[derive(Clone, Debug, Default)]
pub struct SignInView {
    /// Kept value.
    pub email: String,
    /// Where to go afterwards; a path of this console, checked by the route.
    pub next: String,
    /// What was wrong; one sentence for all causes, so that accounts cannot be probed.
    pub errors: Vec<FieldError>,
}

/// Sign-up.
pub fn sign_up(c: &Chrome, view: &SignUpView) -> Markup {
    let hint = format!(
        "At least {} characters. Pasting from a password manager is fine.",
        view.minimum_password
    );
    let fields = html! {
        (Field { required: true, autocomplete: Some("name"), ..Field::text("name", "Name", &view.name) }
            .render(c, &view.errors))
        (email_field(c, &view.email, &view.errors))
        (Field { required: true, kind: "password", autocomplete: Some("new-password"), hint: Some(&hint),
                 ..Field::text("password", "Password", "") }.render(c, &view.errors))
    };
    let other = html! { "Have an account? " a href=(c.urls.sign_in_then(&view.next)) { "Sign in" } };
    let form = Form {
        title: "Create an account",
        action: c.urls.sign_up(),
        submit: "Create account",
    };
    account_form(c, &form, &view.next, &view.errors, &fields, &other)
}

/// Sign-in.
pub fn sign_in(c: &Chrome, view: &SignInView) -> Markup {
    let fields = html! {
        (email_field(c, &view.email, &view.errors))
        (Field { required: true, kind: "password", autocomplete: Some("current-password"),
                 ..Field::text("password", "Password", "") }.render(c, &view.errors))
    };
    let other = html! { "New here? " a href=(c.urls.sign_up_then(&view.next)) { "Create an account" } };
    let form = Form {
        title: "Sign in",
        action: c.urls.sign_in(),
        submit: "Sign in",
    };
    account_form(c, &form, &view.next, &view.errors, &fields, &other)
}

struct Form<'a> {
    title: &'a str,
    action: String,
    submit: &'a str,
}

fn account_form(
    c: &Chrome,
    form: &Form<'_>,
    next: &str,
    errors: &[FieldError],
    fields: &Markup,
    other: &Markup,
) -> Markup {
    let page = Page {
        title: form.title,
        description: None,
        section: Section::Account,
        module: None,
        sheet: None,
        error: !errors.is_empty(),
    };
    let main = html! {
        div.auth {
            span.mark.mark-lg aria-hidden="true" { (c.brand.name.chars().take(1).collect::<String>()) }
            h1 { (form.title) }
            p.t2 { "One session for keys, reference and playground." }
            (error_summary(c, errors))
            form.card.pad.stackf method="post" action=(form.action) novalidate {
                (csrf_field(c))
                input type="hidden" name="next" value=(next);
                (fields)
                button.btn.btn-primary.btn-lg { (form.submit) }
            }
            p.other { (other) }
        }
    };
    plain_page(c, page, &main)
}

fn email_field(c: &Chrome, value: &str, errors: &[FieldError]) -> Markup {
    let field = Field::text("email", "E-mail address", value);
    Field {
        required: true,
        kind: "email",
        autocomplete: Some("username"),
        ..field
    }
    .render(c, errors)
}
