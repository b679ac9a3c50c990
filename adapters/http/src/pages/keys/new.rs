//! The form for a new key (VAULT-8, VAULT-9).

use maud::{Markup, html};

use super::super::{
    chrome::{Chrome, Page, Section, account_page, csrf_field},
    parts::{Environment, Field, FieldError, Notes, crumbs, empty_state, error_summary, page_head},
};

/// The form for a new key.
#[derive(Clone, Debug, Default)]
pub struct NewKeyView {
    /// Active subscriptions that the key can be bound to.
    pub subscriptions: Vec<SubscriptionOption>,
    /// What the form holds.
    pub form: NewKeyForm,
    /// What was wrong.
    pub errors: Vec<FieldError>,
}

/// A subscription to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionOption {
    /// `sub_…`.
    pub id: String,
    /// Such as `Translation API, Pro`.
    pub label: String,
    /// Its products.
    pub products: Vec<ProductOption>,
}

/// A product to limit the key to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductOption {
    /// `prod_…`.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The values of the form as they were sent; field names are those of the struct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewKeyForm {
    /// `test` or `live`.
    pub environment: String,
    /// What the owner calls it.
    pub name: String,
    /// `bearer` or `client_credentials`.
    pub kind: String,
    /// A [`SubscriptionOption::id`].
    pub subscription: String,
    /// Repeated field `products`: [`ProductOption::id`]; none means all of the subscription.
    pub products: Vec<String>,
    /// One address or CIDR range a line.
    pub ip_ranges: String,
    /// Calls a minute; empty for the plan's limit.
    pub rate_limit: String,
    /// Days until it expires; empty for never.
    pub expires_days: String,
}

const EXPIRY: [(&str, &str); 5] = [
    ("", "Never"),
    ("7", "In 7 days"),
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("365", "In 1 year"),
];

/// Form for a new key.
pub fn new_key(c: &Chrome, view: &NewKeyView) -> Markup {
    let page = Page {
        title: "Create a key",
        description: None,
        section: Section::Keys,
        module: None,
        sheet: None,
        error: !view.errors.is_empty(),
    };
    let lead = html! { "The secret is shown once, on the next page." };
    let main = html! {
        (crumbs(&[(c.urls.keys(), "API keys")]))
        (page_head("Create a key", &lead, &html! {}))
        @if view.subscriptions.is_empty() {
            @let plans = html! { a.btn.btn-primary href=(c.urls.subscriptions()) { "See plans" } };
            (empty_state(c, "box", "Subscribe first", "A key belongs to a subscription. Choose a plan, then create \
                a key for it.", &plans))
        } @else {
            div.narrowcol { (error_summary(c, &view.errors)) (form(c, view)) }
        }
    };
    account_page(c, page, &main)
}

fn form(c: &Chrome, view: &NewKeyView) -> Markup {
    let (form, errors) = (&view.form, &view.errors);
    html! {
        form.card.pad.stackf method="post" action=(c.urls.new_key()) novalidate {
            (csrf_field(c))
            (environment(c, form, errors))
            (Field { required: true, hint: Some("Who or what uses it, such as ci-smoke or billing-service."),
                     ..Field::text("name", "Name", &form.name) }.render(c, errors))
            (kind(c, form, errors))
            (subscription(c, view))
            (products(c, view))
            details.more open[!form.ip_ranges.is_empty() || !form.rate_limit.is_empty() || !form.expires_days.is_empty()
                              || errors.iter().any(|e| is_limit(&e.field))] {
                summary { "Limits" span.muted { "IP ranges, rate, expiry" } }
                div.stackf {
                    (Field { kind: "textarea", placeholder: Some("203.0.113.0/24"), autocomplete: None,
                             hint: Some("One address or CIDR range a line. Calls from elsewhere are refused."),
                             ..Field::text("ip_ranges", "Allowed IP ranges", &form.ip_ranges) }.render(c, errors))
                    (Field { kind: "number", hint: Some("Calls a minute. Leave empty for the plan's limit."),
                             ..Field::text("rate_limit", "Rate limit", &form.rate_limit) }.render(c, errors))
                    (expiry(c, form, errors))
                }
            }
            div.formf {
                a.btn.btn-ghost href=(c.urls.keys()) { "Back to keys" }
                button.btn.btn-primary { "Create key" }
            }
        }
    }
}

fn is_limit(field: &str) -> bool {
    matches!(field, "ip_ranges" | "rate_limit" | "expires_days")
}

struct Choice<'a> {
    value: &'a str,
    title: &'a str,
    text: &'a str,
}

fn radio_cards(
    c: &Chrome,
    name: &str,
    legend: &str,
    chosen: &str,
    choices: &[Choice<'_>],
    errors: &[FieldError],
) -> Markup {
    let note = Notes::of(name, None, errors);
    html! {
        fieldset.plain.bad[note.error.is_some()] aria-describedby=[note.described_by()] {
            legend.lab { (legend) }
            (note.before(c))
            div.meth {
                @for (i, choice) in choices.iter().enumerate() {
                    label {
                        input type="radio" name=(name) value=(choice.value) id=[(i == 0).then(|| format!("f-{name}"))]
                            checked[choice.value == chosen];
                        span.rd aria-hidden="true" {}
                        span { b { (choice.title) } span.d { (choice.text) } }
                    }
                }
            }
        }
    }
}

fn environment(c: &Chrome, form: &NewKeyForm, errors: &[FieldError]) -> Markup {
    let choices = [
        Choice {
            value: "test",
            title: "Sandbox",
            text: "sk_test_. No charges, test data.",
        },
        Choice {
            value: "live",
            title: "Live",
            text: "sk_live_. Real data; every call is metered and billed.",
        },
    ];
    let chosen = Environment::parse(&form.environment)
        .unwrap_or(Environment::Sandbox)
        .as_str();
    radio_cards(c, "environment", "Environment", chosen, &choices, errors)
}

fn kind(c: &Chrome, form: &NewKeyForm, errors: &[FieldError]) -> Markup {
    let choices = [
        Choice {
            value: "bearer",
            title: "API key",
            text: "One secret, sent as a bearer token. Fits most programs.",
        },
        Choice {
            value: "client_credentials",
            title: "Client id and secret",
            text: "A public id and a secret, sent as HTTP Basic. For agents and MCP servers.",
        },
    ];
    let chosen = if form.kind == "client_credentials" {
        "client_credentials"
    } else {
        "bearer"
    };
    radio_cards(c, "kind", "Type", chosen, &choices, errors)
}

fn subscription(c: &Chrome, view: &NewKeyView) -> Markup {
    let note = Notes::of(
        "subscription",
        Some("The key stops when this subscription is cancelled."),
        &view.errors,
    );
    html! {
        div.field.bad[note.error.is_some()] {
            label for="f-subscription" { "Subscription" }
            (note.before(c))
            select.in #f-subscription name="subscription" required aria-describedby=[note.described_by()]
                aria-invalid=[note.invalid()] {
                @for option in &view.subscriptions {
                    option value=(option.id) selected[option.id == view.form.subscription] { (option.label) }
                }
            }
        }
    }
}

fn products(c: &Chrome, view: &NewKeyView) -> Markup {
    let note = Notes::of(
        "products",
        Some("Tick none for all products of the subscription."),
        &view.errors,
    );
    html! {
        @if view.subscriptions.iter().any(|s| s.products.len() > 1) {
            fieldset.plain.bad[note.error.is_some()] aria-describedby=[note.described_by()] {
                legend.lab { "Product scope" span.opt { "optional" } }
                (note.before(c))
                @let several = view.subscriptions.len() > 1;
                @for (s, subscription) in view.subscriptions.iter().enumerate() {
                    @if several { p.grouph { (subscription.label) } }
                    div.checks { @for (p, product) in subscription.products.iter().enumerate() {
                        label.check {
                            input type="checkbox" name="products" value=(product.id)
                                id=[(s == 0 && p == 0).then_some("f-products")]
                                checked[view.form.products.contains(&product.id)];
                            (product.name)
                        }
                    } }
                }
            }
        }
    }
}

fn expiry(c: &Chrome, form: &NewKeyForm, errors: &[FieldError]) -> Markup {
    let note = Notes::of("expires_days", None, errors);
    html! {
        div.field.bad[note.error.is_some()] {
            label for="f-expires_days" { "Expires" }
            (note.before(c))
            select.in #f-expires_days name="expires_days" aria-describedby=[note.described_by()]
                aria-invalid=[note.invalid()] {
                @for (value, label) in EXPIRY {
                    option value=(value) selected[form.expires_days == value] { (label) }
                }
            }
        }
    }
}
