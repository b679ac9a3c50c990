//! Importing API descriptions, publishing them, and keeping read ones at hand.

mod specs;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use aforo_core::{
    Clock, Entropy, PlanId, ProductId, SpecId, Store, TenantId, TenantScope,
    domain::{
        plan::Plan,
        product::{Product, Upstream},
    },
    kernel::audit::{Actor, AuditEntry},
};
use ipnet::IpNet;
use url::Url;

use crate::{
    error::DocsError,
    spec::{bundle::RemoteDocuments, diff::SpecDiff, model::Server, openapi::ApiDescription},
    store::DocsTx,
};

pub use self::specs::{Conditions, Imported, NewVersion, PublishWhen};

/// Descriptions kept read, least recently used first. One is a few times its document; 16 documents of 10 MB
/// is the worst case.
const KEPT: usize = 16;

/// The older and the newer description of a comparison.
type Compared = (TenantId, SpecId, SpecId);

/// Imports API descriptions and answers questions about them.
pub struct Specs {
    store: Arc<dyn Store<dyn DocsTx>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    // A description never changes under its id, so what is kept here cannot be stale.
    kept: Mutex<VecDeque<(TenantId, SpecId, ApiDescription)>>,
    // So is what lies between two.
    compared: Mutex<VecDeque<(Compared, Arc<SpecDiff>)>>,
    // Reading one takes many times its size for a moment: one at a time, and whoever waited finds it kept.
    reading: tokio::sync::Mutex<()>,
    remote: Option<Arc<dyn RemoteDocuments>>,
}

/// A product to add.
#[derive(Clone, Debug)]
pub struct NewProduct {
    /// What people call it: 1 to 100 characters.
    pub name: String,
    /// Where its calls go: an absolute URL. The caller has checked that it may be connected to.
    pub upstream: Option<Upstream>,
    /// Private ranges that the operator allows for this upstream.
    pub private_ranges: Vec<IpNet>,
    /// The name of the plan that comes with it.
    pub plan: String,
    /// Whether new accounts get that plan when they sign up.
    pub auto_subscribe: bool,
}

impl Specs {
    /// The service over a store.
    pub fn new(store: Arc<dyn Store<dyn DocsTx>>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            store,
            clock,
            entropy,
            kept: Mutex::default(),
            compared: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            remote: None,
        }
    }

    /// Fetches what a `$ref` names outside of a document when the document is imported, and keeps it with the version.
    /// Without this such references are warnings.
    #[must_use]
    pub fn with_remote_references(mut self, remote: Arc<dyn RemoteDocuments>) -> Self {
        self.remote = Some(remote);
        self
    }

    /// Adds a product with a plan of its own.
    pub async fn add_product(
        &self,
        scope: TenantScope,
        actor: Actor,
        new: NewProduct,
    ) -> Result<(Product, Plan), DocsError> {
        let name = new.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            let reason = "Enter a name of 1 to 100 characters.".to_owned();
            return Err(DocsError::Invalid {
                field: "name",
                reason,
            });
        }
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let base = slug(&name);
        let mut free = base.clone();
        let mut number = 2;
        while tx.products(scope).find_by_slug(&free).await?.is_some() {
            free = format!("{base}-{number}");
            number += 1;
        }
        let product = Product {
            id: ProductId::new(now, &*self.entropy),
            tenant: scope.tenant(),
            name,
            slug: free,
            upstream: new.upstream,
            private_ranges: new.private_ranges,
            proposed_upstream: None,
            published_spec: None,
            created_at: now,
        };
        let plan = Plan {
            id: PlanId::new(now, &*self.entropy),
            tenant: scope.tenant(),
            name: new.plan,
            products: vec![product.id],
            auto_subscribe: new.auto_subscribe,
            created_at: now,
        };
        tx.products(scope).insert(&product).await?;
        tx.plans(scope).insert(&plan).await?;
        let mut entry = AuditEntry::new(scope, actor, "product.created", now, &*self.entropy)
            .target(product.id)
            .detail("name", &product.name);
        if let Some(upstream) = &product.upstream {
            entry = entry.detail("origin", &upstream.origin);
        }
        tx.audit(scope).append(&entry).await?;
        tx.commit().await?;
        Ok((product, plan))
    }

    /// Makes this the approved upstream, in the caller's transaction: from now on calls, with their credential, go
    /// there. Revoke the product's twins in the same transaction, so that what the old server has seen ends.
    pub async fn approve_upstream_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        actor: Actor,
        product: ProductId,
        upstream: &Upstream,
    ) -> Result<(), DocsError> {
        let now = self.clock.now();
        if !tx.products(scope).approve_upstream(product, upstream).await? {
            return Err(DocsError::ProductNotFound(product));
        }
        let entry = AuditEntry::new(scope, actor, "upstream.approved", now, &*self.entropy)
            .target(product)
            .detail("origin", &upstream.origin)
            .detail("base_path", &upstream.base_path);
        Ok(tx.audit(scope).append(&entry).await?)
    }

    /// A stored description, read.
    pub async fn description(&self, scope: TenantScope, id: SpecId) -> Result<ApiDescription, DocsError> {
        if let Some(kept) = self.kept(scope.tenant(), id) {
            return Ok(kept);
        }
        let _one = self.reading.lock().await;
        if let Some(kept) = self.kept(scope.tenant(), id) {
            return Ok(kept);
        }
        let source = self.store.read().await?.specs(scope).source(id).await?;
        let source = source.ok_or(DocsError::SpecNotFound(id))?;
        // It was readable when it was imported.
        let description = read(source).await?.1?.description;
        self.keep(scope.tenant(), id, description.clone());
        Ok(description)
    }

    fn kept(&self, tenant: TenantId, id: SpecId) -> Option<ApiDescription> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(t, i, _)| (*t, *i) == (tenant, id))?;
        let entry = kept.remove(at)?;
        let description = entry.2.clone();
        kept.push_back(entry);
        Some(description)
    }

    fn keep(&self, tenant: TenantId, id: SpecId, description: ApiDescription) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(t, i, _)| (*t, *i) != (tenant, id));
        kept.push_back((tenant, id, description));
        while kept.len() > KEPT {
            kept.pop_front();
        }
    }
}

/// A text without control characters: databases refuse some of them, and nobody reads them.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

type Read = Result<crate::spec::openapi::Parsed, crate::spec::diagnostic::ImportError>;

/// Reads a document off the async threads: ten megabytes of YAML take a while.
async fn read(source: Vec<u8>) -> Result<(Vec<u8>, Read), DocsError> {
    let done = tokio::task::spawn_blocking(move || {
        let parsed = ApiDescription::parse(&source);
        (source, parsed)
    });
    done.await.map_err(|_| DocsError::Reader)
}

/// Where the document says that calls go: its first absolute server, or its first server on the approved origin.
fn named_upstream(servers: &[Server], approved: Option<&Upstream>) -> Option<Upstream> {
    let absolute = servers.iter().find_map(|server| upstream_of(&server.url));
    absolute.or_else(|| {
        // A document that names no path says nothing about the one that was approved.
        let path = path_of(&servers.first()?.url);
        if path.is_empty() {
            return None;
        }
        approved.map(|approved| Upstream {
            origin: approved.origin.clone(),
            base_path: path,
        })
    })
}

/// The base path of a server, which may be relative; empty for none.
fn path_of(url: &str) -> String {
    match upstream_of(url) {
        Some(absolute) => absolute.base_path,
        None if url.starts_with('/') && !url.starts_with("//") => url.trim_end_matches('/').to_owned(),
        None => String::new(),
    }
}

/// Origin and base path of an absolute http(s) URL; `None` for anything else, such as a relative server.
pub fn upstream_of(url: &str) -> Option<Upstream> {
    let url = Url::parse(url).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    url.host()?;
    let base_path = url.path().trim_end_matches('/').to_owned();
    Some(Upstream {
        origin: url.origin().ascii_serialization(),
        base_path,
    })
}

/// A name as a part of a URL: `Translation API` becomes `translation-api`.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    let slug: String = slug.chars().take(60).collect();
    if slug.is_empty() { "api".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        assert_eq!(slug("Translation API (v2)"), "translation-api-v2");
        assert_eq!(slug("日本"), "api");
    }

    #[test]
    fn upstreams() {
        let up = upstream_of("https://API.acme.test/v1/").unwrap();
        assert_eq!((&*up.origin, &*up.base_path), ("https://api.acme.test", "/v1"));
        for bad in [
            "/v1",
            "ftp://a.test",
            "https://user@a.test",
            "",
            "mailto:a@b.test",
        ] {
            assert!(upstream_of(bad).is_none(), "{bad}");
        }
    }
}
