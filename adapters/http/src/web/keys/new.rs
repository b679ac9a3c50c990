//! The form for a new key, and making one.

use std::{cmp::Reverse, sync::Arc, time::Duration};

use aforo_core::domain::user::Role;
use aforo_vault::key::{CredentialFormat, Environment};
use axum::{extract::State, response::Response};
use http::StatusCode;

use super::reveal;
use crate::{
    api::{self, Moment, NewKeyInput},
    console::Shared,
    extract::Ctx,
    guard::Context,
    pages::{self, FieldError, NewKeyForm, NewKeyView, ProductOption, SubscriptionOption},
    problem::Problem,
    web::{
        catalog::{Catalog, active_subscriptions},
        chrome, field_errors,
        form::{Fields, Form},
        page,
    },
};

/// What an administrator chooses in place of a subscription for a key of the tenant itself.
const OPERATOR: &str = "operator";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn form(State(shared): State<Arc<Shared>>, Ctx(context): Ctx) -> Result<Response, Problem> {
    let form = NewKeyForm {
        environment: Environment::Test.to_string(),
        kind: CredentialFormat::Bearer.to_string(),
        ..NewKeyForm::default()
    };
    shown(&shared, &context, StatusCode::OK, form, Vec::new()).await
}

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Ctx(context): Ctx,
    fields: Form,
) -> Result<Response, Problem> {
    let entered = entered(&fields);
    let problem = match input(&shared, &entered) {
        Ok(input) => match api::create_key(&shared, &context, input).await {
            Ok(made) => return reveal(&shared, &context, made, None).await,
            Err(problem) => problem,
        },
        Err(errors) => {
            return shown(
                &shared,
                &context,
                StatusCode::UNPROCESSABLE_ENTITY,
                entered,
                errors,
            )
            .await;
        }
    };
    // A subscription that is gone or cancelled is put right in the form, as any other field.
    let errors = match problem.status {
        StatusCode::UNPROCESSABLE_ENTITY => with_lines(&problem, &entered),
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => {
            vec![FieldError::new("subscription", &problem.detail)]
        }
        _ => return Err(problem),
    };
    shown(&shared, &context, problem.status, entered, errors).await
}

async fn shown(
    shared: &Shared,
    context: &Context,
    status: StatusCode,
    form: NewKeyForm,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let person = context.person()?;
    let mut tx = shared.stores.console.read().await?;
    let catalog = Catalog::read(&mut *tx.products(context.tenant_scope())).await?;
    let mut active = active_subscriptions(&mut *tx, person.own_scope()).await?;
    drop(tx);
    // The one that the API takes if none is named comes first: the newest, and of those that came with a sign-up,
    // which began at one moment, the one to the oldest plan.
    active.sort_by_key(|subscription| (Reverse(subscription.created_at), subscription.plan));
    let mut subscriptions: Vec<_> = active
        .iter()
        .map(|subscription| SubscriptionOption {
            id: subscription.id.to_string(),
            label: catalog.subscription(subscription),
            products: subscription
                .products
                .iter()
                .filter_map(|id| catalog.find(*id))
                .map(|product| ProductOption {
                    id: product.id.to_string(),
                    name: product.name.clone(),
                })
                .collect(),
        })
        .collect();
    if person.role == Role::Admin {
        let label = "No subscription: operator key for this console's API".to_owned();
        subscriptions.push(SubscriptionOption {
            id: OPERATOR.to_owned(),
            label,
            products: Vec::new(),
        });
    }
    let chrome = chrome(shared, context).await?;
    Ok(page(
        status,
        pages::new_key(
            &chrome,
            &NewKeyView {
                subscriptions,
                form,
                errors,
            },
        ),
    ))
}

fn entered(fields: &Fields) -> NewKeyForm {
    let text = |name: &str| fields.text(name).to_owned();
    NewKeyForm {
        environment: text("environment"),
        name: text("name"),
        kind: text("kind"),
        subscription: text("subscription"),
        products: fields.all("products").map(str::to_owned).collect(),
        ip_ranges: text("ip_ranges"),
        rate_limit: text("rate_limit"),
        expires_days: text("expires_days"),
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', ','])
        .map(str::trim)
        .filter(|line| !line.is_empty())
}

/// What the API is asked for; what it cannot judge, since it is the form's own, is judged here.
fn input(shared: &Shared, form: &NewKeyForm) -> Result<NewKeyInput, Vec<FieldError>> {
    let mut errors = Vec::new();
    let rate_limit = match form.rate_limit.trim() {
        "" => None,
        text => match text.parse::<u32>() {
            Ok(limit) if limit > 0 => Some(limit),
            _ => {
                errors.push(FieldError::new(
                    "rate_limit",
                    "Enter a whole number of calls a minute, such as 600.",
                ));
                None
            }
        },
    };
    let expires_at = match form.expires_days.trim() {
        "" => None,
        text => match text.parse::<u32>() {
            Ok(days) if (1..=3650).contains(&days) => Some(shared.clock.now() + DAY * days),
            _ => {
                errors.push(FieldError::new(
                    "expires_days",
                    "Choose one of the offered times.",
                ));
                None
            }
        },
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    let operator = form.subscription == OPERATOR;
    Ok(NewKeyInput {
        name: form.name.clone(),
        environment: form.environment.clone(),
        format: Some(form.kind.clone()),
        subscription_id: Some(form.subscription.clone()).filter(|id| !id.is_empty() && !operator),
        product_ids: form.products.clone(),
        ip_ranges: lines(&form.ip_ranges).map(str::to_owned).collect(),
        rate_limit,
        expires_at: expires_at.map(|at| Moment::Millis(at.as_millis())),
        operator,
        ..NewKeyInput::default()
    })
}

/// The errors of the API by the names of the form's fields; a wrong range is quoted, since the form holds them
/// all in one field.
fn with_lines(problem: &Problem, form: &NewKeyForm) -> Vec<FieldError> {
    let mut errors = field_errors(problem, field);
    for (error, of) in errors.iter_mut().zip(&problem.errors) {
        let at = of
            .pointer
            .strip_prefix("/ipRanges/")
            .and_then(|at| at.parse::<usize>().ok());
        if let Some(line) = at.and_then(|at| lines(&form.ip_ranges).nth(at)) {
            let line: String = line.chars().take(60).collect();
            error.message = format!("“{line}” is no address. {}", of.detail);
        }
    }
    errors
}

fn field(pointer: &str) -> &'static str {
    match pointer {
        "name" => "name",
        "environment" => "environment",
        "format" => "kind",
        "productId" | "productIds" => "products",
        "subscriptionId" | "subscriptionIds" => "subscription",
        "ipRanges" => "ip_ranges",
        "rateLimit" => "rate_limit",
        "expiresAt" => "expires_days",
        _ => "",
    }
}
