//! Names for what keys and subscriptions refer to, and keys as rows of pages.

use std::collections::HashMap;

use aforo_core::{
    PageRequest, ProductId, SubscriptionId, TenantScope, Timestamp,
    domain::{
        product::{Product, ProductRepository},
        subscription::{Subscription, SubscriptionFilter},
    },
};
use aforo_docs::store::ConsoleTx;
use aforo_vault::key::{ApiKey, CredentialFormat, Environment, KeyOrigin, KeyStatus};

use crate::{
    pages::{self, KeyRow},
    problem::Problem,
};

/// How many rows are asked for at once where all are needed.
const BATCH: u32 = 200;

/// The products of a tenant.
pub(crate) struct Catalog {
    products: Vec<Product>,
    at: HashMap<ProductId, usize>,
}

impl Catalog {
    pub(crate) async fn read(repository: &mut dyn ProductRepository) -> Result<Self, Problem> {
        let (mut products, mut after) = (Vec::new(), None);
        loop {
            let page = repository.list(PageRequest { after, limit: BATCH }).await?;
            products.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let at = products
            .iter()
            .enumerate()
            .map(|(i, product)| (product.id, i))
            .collect();
        Ok(Self { products, at })
    }
    /// All products, oldest first.
    pub(crate) fn products(&self) -> &[Product] {
        &self.products
    }
    pub(crate) fn find(&self, id: ProductId) -> Option<&Product> {
        self.products.get(*self.at.get(&id)?)
    }
    /// The names of these products; those that are gone are left out.
    pub(super) fn names(&self, ids: &[ProductId]) -> Vec<String> {
        ids.iter()
            .filter_map(|id| self.find(*id))
            .map(|product| product.name.clone())
            .collect()
    }
    /// `Translation API, Documents API`.
    pub(super) fn list(&self, ids: &[ProductId]) -> String {
        let names = self.names(ids);
        if names.is_empty() {
            "No product".to_owned()
        } else {
            names.join(", ")
        }
    }
    /// `Translation API, Pro`.
    pub(super) fn subscription(&self, subscription: &Subscription) -> String {
        format!(
            "{}, {}",
            self.list(&subscription.products),
            subscription.plan_name
        )
    }
}

/// Every active subscription of a scope, oldest first.
pub(super) async fn active_subscriptions(
    tx: &mut dyn ConsoleTx,
    scope: TenantScope,
) -> Result<Vec<Subscription>, Problem> {
    let filter = SubscriptionFilter {
        active_only: true,
        product: None,
    };
    subscriptions(tx, scope, filter).await
}

/// Every subscription of a scope that passes the filter, oldest first.
pub(super) async fn subscriptions(
    tx: &mut dyn ConsoleTx,
    scope: TenantScope,
    filter: SubscriptionFilter,
) -> Result<Vec<Subscription>, Problem> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = tx
            .subscriptions(scope)
            .list(filter, PageRequest { after, limit: BATCH })
            .await?;
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// Says what keys are bound to, each subscription read once.
pub(super) struct Scopes<'c> {
    catalog: &'c Catalog,
    seen: HashMap<SubscriptionId, Option<String>>,
}

impl<'c> Scopes<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Self {
        Self {
            catalog,
            seen: HashMap::new(),
        }
    }

    /// `Translation API, Pro`; what an operator key is called; or the products of a key whose bindings ended.
    pub(super) async fn of(
        &mut self,
        tx: &mut dyn ConsoleTx,
        scope: TenantScope,
        key: &ApiKey,
    ) -> Result<String, Problem> {
        if key.origin == KeyOrigin::Operator {
            return Ok("Operator key".to_owned());
        }
        let mut labels = Vec::new();
        let bindings = tx.keys(scope).bindings(key.id).await?;
        for id in bindings {
            if !self.seen.contains_key(&id) {
                let found = tx.subscriptions(scope).find(id).await?;
                self.seen.insert(id, found.map(|s| self.catalog.subscription(&s)));
            }
            labels.extend(self.seen.get(&id).cloned().flatten());
        }
        Ok(match labels.as_slice() {
            [] if key.products.is_empty() => "No subscription".to_owned(),
            [] => self.catalog.list(&key.products),
            labels => labels.join("; "),
        })
    }
}

/// A key as pages list it.
pub(super) fn row(key: &ApiKey, scope: String, successor: Option<&ApiKey>, now: Timestamp) -> KeyRow {
    let status = match key.status(now) {
        KeyStatus::Active => pages::KeyStatus::Active,
        KeyStatus::Grace { until } => pages::KeyStatus::Grace {
            until,
            replaced_by: successor.map(ApiKey::display_hint),
        },
        KeyStatus::Expired => pages::KeyStatus::Expired,
        KeyStatus::Revoked => pages::KeyStatus::Revoked,
    };
    KeyRow {
        id: key.id.to_string(),
        name: key.name.clone(),
        masked: masked(key),
        environment: environment(key.environment),
        scope,
        last_used: key.last_used_at,
        created: key.created_at,
        status,
        dormant: key.is_dormant(now),
    }
}

/// What a key can be told by: `sk_live_…n3p4`, or `client_7Hd2… + secret`.
pub(super) fn masked(key: &ApiKey) -> String {
    match (&key.client_id, key.format) {
        (Some(id), CredentialFormat::ClientCredentials) => {
            format!("{}… + secret", id.chars().take(11).collect::<String>())
        }
        _ => key.display_hint(),
    }
}

pub(super) fn environment(environment: Environment) -> pages::Environment {
    match environment {
        Environment::Test => pages::Environment::Sandbox,
        Environment::Live => pages::Environment::Live,
    }
}
