//! Importing and publishing: what a document may change by itself, and what it only proposes.

#![allow(clippy::unwrap_used)] // helpers of a test: what they unwrap is what they claim

use std::sync::Arc;

use aforo_core::{
    OsEntropy, ProductId, Store, SystemClock, TenantScope,
    domain::{
        product::{Product, Upstream},
        store::CoreTx,
        tenant::ensure_tenant,
    },
    kernel::audit::Actor,
};
use aforo_docs::{
    error::DocsError,
    service::{Imported, NewProduct, Specs, upstream_of},
    store::DocsTx,
};

struct World {
    store: Arc<aforo_memory::Store>,
    specs: Specs,
    scope: TenantScope,
    product: ProductId,
}

impl World {
    async fn new(upstream: Option<&str>) -> Self {
        let store = Arc::new(aforo_memory::Store::new());
        let core: &dyn Store<dyn CoreTx> = &*store;
        let tenant = ensure_tenant(core, "acme", "Acme", vec![], &SystemClock, &OsEntropy)
            .await
            .unwrap();
        let scope = TenantScope::tenant_wide(tenant.id);
        let docs: Arc<dyn Store<dyn DocsTx>> = store.clone();
        let specs = Specs::new(docs, Arc::new(SystemClock), Arc::new(OsEntropy));
        let new = NewProduct {
            name: "Weather".into(),
            upstream: upstream.and_then(upstream_of),
            private_ranges: vec![],
            plan: "Free".into(),
            auto_subscribe: false,
        };
        let product = specs.add_product(scope, Actor::Operator, new).await.unwrap().0.id;
        Self {
            store,
            specs,
            scope,
            product,
        }
    }

    async fn import(&self, servers: &str) -> Result<Imported, DocsError> {
        let document = format!(
            r#"{{"openapi":"3.1.0","info":{{"title":"T","version":"1"}},{servers}
                "paths":{{"/now":{{"get":{{"responses":{{"200":{{"description":"ok"}}}}}}}}}}}}"#
        );
        self.specs
            .import(
                self.scope,
                Actor::Operator,
                self.product,
                document.into_bytes(),
                None,
            )
            .await
    }

    async fn product(&self) -> Product {
        let core: &dyn Store<dyn CoreTx> = &*self.store;
        core.read()
            .await
            .unwrap()
            .products(self.scope)
            .find(self.product)
            .await
            .unwrap()
            .unwrap()
    }
}

fn up(origin: &str, base_path: &str) -> Option<Upstream> {
    Some(Upstream {
        origin: origin.into(),
        base_path: base_path.into(),
    })
}

#[tokio::test]
async fn a_changed_server_is_only_proposed() {
    let w = World::new(Some("https://api.acme.test/v1")).await;
    w.import(r#""servers":[{"url":"https://api.acme.test/v1"}],"#)
        .await
        .unwrap();
    assert_eq!(
        (w.product().await.upstream, w.product().await.proposed_upstream),
        (up("https://api.acme.test", "/v1"), None)
    );
    // Another origin, another path of the same origin, a relative path: calls stay where they were.
    for (servers, proposed) in [
        (
            r#""servers":[{"url":"https://evil.test/v1"}],"#,
            up("https://evil.test", "/v1"),
        ),
        (
            r#""servers":[{"url":"https://api.acme.test/other/tenant"}],"#,
            up("https://api.acme.test", "/other/tenant"),
        ),
        (
            r#""servers":[{"url":"/v2"}],"#,
            up("https://api.acme.test", "/v2"),
        ),
        (r#""servers":[{"url":"https://api.acme.test/v1"}],"#, None),
        ("", None),
    ] {
        w.import(servers).await.unwrap();
        let product = w.product().await;
        assert_eq!(product.upstream, up("https://api.acme.test", "/v1"), "{servers}");
        assert_eq!(product.proposed_upstream, proposed, "{servers}");
    }
}

#[tokio::test]
async fn the_first_description_completes_an_origin_without_a_path() {
    let w = World::new(Some("https://staging.acme.test")).await;
    w.import(r#""servers":[{"url":"https://api.acme.test/v1/"}],"#)
        .await
        .unwrap();
    assert_eq!(w.product().await.upstream, up("https://staging.acme.test", "/v1"));
    w.import(r#""servers":[{"url":"https://api.acme.test/v2"}],"#)
        .await
        .unwrap();
    assert_eq!(w.product().await.upstream, up("https://staging.acme.test", "/v1"));
}

#[tokio::test]
async fn without_an_origin_calls_go_nowhere_until_one_is_approved() {
    let w = World::new(None).await;
    let imported = w
        .import(r#""servers":[{"url":"https://api.acme.test/v1"}],"#)
        .await
        .unwrap();
    assert_eq!(
        (w.product().await.upstream, imported.proposed.clone()),
        (None, up("https://api.acme.test", "/v1"))
    );
    let proposed = imported.proposed.unwrap();
    let docs: &dyn Store<dyn DocsTx> = &*w.store;
    let mut tx = docs.begin().await.unwrap();
    w.specs
        .approve_upstream_in(&mut *tx, w.scope, Actor::Operator, w.product, &proposed)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        (w.product().await.upstream, w.product().await.proposed_upstream),
        (up("https://api.acme.test", "/v1"), None)
    );
}

#[tokio::test]
async fn a_document_that_cannot_be_read_changes_nothing() {
    let w = World::new(Some("https://api.acme.test")).await;
    let first = w.import("").await.unwrap();
    assert!(matches!(
        w.import(r#""servers": nonsense"#).await,
        Err(DocsError::Import(_))
    ));
    assert_eq!(w.product().await.published_spec, Some(first.spec.id));
    assert_eq!(
        w.specs
            .description(w.scope, first.spec.id)
            .await
            .unwrap()
            .operations()
            .len(),
        1
    );
}
