//! Versions of a description: storing, publishing, rolling back; and addresses that are watched for new ones.

#![allow(clippy::unwrap_used)] // helpers of a test: what they unwrap is what they claim

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aforo_core::{
    ManualClock, OsEntropy, PageRequest, ProductId, SpecId, Store, SystemClock, TenantScope, Timestamp,
    domain::{product::Product, store::CoreTx, tenant::ensure_tenant},
    kernel::audit::{Actor, AuditEntry},
};
use aforo_docs::{
    error::DocsError,
    publication::Publication,
    service::{Conditions, Imported, NewProduct, NewVersion, PublishWhen, Specs},
    store::DocsTx,
    watch::{
        Checked, NewWatch, Source, SourceAnswer, SourceFailure, SpecWatch, Validators, WatchPublish, Watches,
    },
};
use async_trait::async_trait;

const START: Timestamp = Timestamp::from_millis(1_795_373_283_123);

struct World {
    store: Arc<aforo_memory::Store>,
    clock: Arc<ManualClock>,
    specs: Arc<Specs>,
    watches: Watches,
    scope: TenantScope,
    product: ProductId,
}

/// A document whose only response has these properties.
fn document(properties: &[&str]) -> Vec<u8> {
    let all: serde_json::Map<String, serde_json::Value> = properties
        .iter()
        .map(|p| ((*p).to_owned(), serde_json::json!({"type": "string"})))
        .collect();
    serde_json::json!({
        "openapi": "3.1.0",
        "info": {"title": "Weather", "version": properties.join("+")},
        "paths": {"/now": {"get": {"operationId": "now", "responses": {"200": {"description": "ok",
            "content": {"application/json": {"schema": {"type": "object", "properties": all}}}}}}}},
    })
    .to_string()
    .into_bytes()
}

impl World {
    async fn new() -> Self {
        let store = Arc::new(aforo_memory::Store::new());
        let core: &dyn Store<dyn CoreTx> = &*store;
        let tenant = ensure_tenant(core, "acme", "Acme", vec![], &SystemClock, &OsEntropy)
            .await
            .unwrap();
        let scope = TenantScope::tenant_wide(tenant.id);
        let clock = Arc::new(ManualClock::new(START));
        let docs: Arc<dyn Store<dyn DocsTx>> = store.clone();
        let specs = Arc::new(Specs::new(docs.clone(), clock.clone(), Arc::new(OsEntropy)));
        let watches = Watches::new(docs, specs.clone(), clock.clone(), Arc::new(OsEntropy));
        let new = NewProduct {
            name: "Weather".into(),
            upstream: None,
            private_ranges: vec![],
            plan: "Free".into(),
            auto_subscribe: false,
        };
        let product = specs.add_product(scope, Actor::Operator, new).await.unwrap().0.id;
        Self {
            store,
            clock,
            specs,
            watches,
            scope,
            product,
        }
    }
    async fn import(&self, properties: &[&str], publish: PublishWhen) -> Imported {
        let version = NewVersion {
            source: document(properties),
            publish,
            ..NewVersion::default()
        };
        self.specs
            .import_version(self.scope, Actor::Operator, self.product, version)
            .await
            .unwrap()
    }
    async fn docs(&self) -> Box<dyn DocsTx> {
        let docs: &dyn Store<dyn DocsTx> = &*self.store;
        docs.read().await.unwrap()
    }
    async fn product(&self) -> Product {
        self.docs()
            .await
            .products(self.scope)
            .find(self.product)
            .await
            .unwrap()
            .unwrap()
    }
    async fn log(&self) -> Vec<Publication> {
        let page = PageRequest::first(100);
        self.specs
            .publications(self.scope, Some(self.product), page)
            .await
            .unwrap()
            .items
    }
    async fn versions(&self) -> Vec<u32> {
        let page = self
            .specs
            .versions(self.scope, self.product, PageRequest::first(100))
            .await
            .unwrap();
        let mut numbers: Vec<u32> = page.items.iter().map(|spec| spec.number).collect();
        numbers.sort_unstable();
        numbers
    }
    async fn audit(&self) -> Vec<String> {
        let page = PageRequest::first(100);
        let found = self.docs().await.audit(self.scope).list(page).await.unwrap();
        let mut names: Vec<String> = found
            .items
            .iter()
            .map(|entry: &AuditEntry| entry.action.clone())
            .collect();
        // Entries of the same moment have no order.
        names.sort();
        names.retain(|name| name.starts_with("spec"));
        names
    }
    async fn publish(&self, spec: SpecId) -> Option<Publication> {
        self.specs
            .publish(self.scope, Actor::Operator, spec)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_version_is_stored_compared_and_published_as_a_whole() {
    let w = World::new().await;
    let first = w.import(&["a", "b"], PublishWhen::Always).await;
    assert!(first.published && first.changes.is_none() && !first.unchanged);
    let second = w.import(&["a"], PublishWhen::Never).await;
    assert!(!second.published);
    assert_eq!(second.changes.unwrap().totals.breaking, 1);
    assert_eq!(w.product().await.published_spec, Some(first.spec.id));
    let publication = w.publish(second.spec.id).await.unwrap();
    assert_eq!(w.product().await.published_spec, Some(second.spec.id));
    assert_eq!(
        (publication.number, publication.previous),
        (2, Some(first.spec.id))
    );
    assert_eq!(publication.changes.changes[0].rule, "response-property-removed");
    assert_eq!(w.log().await[0], publication);
    let audit = w.audit().await;
    assert_eq!(
        audit,
        [
            "spec.imported",
            "spec.imported",
            "spec.published",
            "spec.published"
        ]
    );
    assert_eq!(w.versions().await, [1, 2]);
}

#[tokio::test]
async fn rolling_back_is_publishing_the_older_version() {
    let w = World::new().await;
    let first = w.import(&["a"], PublishWhen::Always).await.spec.id;
    w.import(&["a", "b"], PublishWhen::Always).await;
    let back = w.publish(first).await.unwrap();
    assert_eq!((back.number, back.changes.totals.breaking), (1, 1));
    assert_eq!(w.product().await.published_spec, Some(first));
    // Again changes nothing.
    assert_eq!(w.publish(first).await, None);
    assert_eq!(
        w.log().await.iter().map(|p| p.number).collect::<Vec<_>>(),
        [1, 2, 1]
    );
}

#[tokio::test]
async fn the_same_document_adds_no_version() {
    let w = World::new().await;
    let first = w.import(&["a"], PublishWhen::Always).await;
    let again = w.import(&["a"], PublishWhen::Always).await;
    assert!(again.unchanged && again.published);
    assert_eq!(again.spec, first.spec);
    let second = w.import(&["b"], PublishWhen::Never).await;
    // The newest version is not the published one yet, and importing it again publishes it.
    let again = w.import(&["b"], PublishWhen::Always).await;
    assert!(again.unchanged && again.published);
    assert_eq!(again.spec, second.spec);
    assert_eq!(w.product().await.published_spec, Some(second.spec.id));
    // What is not the newest is a version of its own, so that the numbers tell the story.
    assert_eq!(w.import(&["a"], PublishWhen::Always).await.spec.number, 3);
    assert_eq!(w.versions().await, [1, 2, 3]);
}

#[tokio::test]
async fn conditions_are_checked_when_it_happens() {
    let w = World::new().await;
    let first = w.import(&["a"], PublishWhen::Always).await.spec.id;
    let second = w.import(&["b"], PublishWhen::Compatible).await;
    assert!(!second.published, "it removes a property");
    let compatible = Conditions {
        compatible_only: true,
        ..Conditions::default()
    };
    let refused = w
        .specs
        .publish_if(w.scope, Actor::Operator, second.spec.id, compatible)
        .await;
    assert!(matches!(refused, Err(DocsError::BreakingChanges(1))));
    let seen = |spec| Conditions {
        published: Some(spec),
        compatible_only: false,
    };
    for stale in [None, Some(second.spec.id)] {
        let refused = w
            .specs
            .publish_if(w.scope, Actor::Operator, second.spec.id, seen(stale))
            .await;
        assert!(matches!(refused, Err(DocsError::PublishedChanged)));
    }
    assert_eq!(w.product().await.published_spec, Some(first));
    let done = w
        .specs
        .publish_if(w.scope, Actor::Operator, second.spec.id, seen(Some(first)))
        .await;
    assert!(done.unwrap().is_some());
    assert!(w.import(&["b", "c"], PublishWhen::Compatible).await.published);
}

#[tokio::test]
async fn imports_at_once_get_numbers_of_their_own_and_one_history() {
    let w = Arc::new(World::new().await);
    let names: Vec<String> = (0..6).map(|n| format!("p{n}")).collect();
    let imports = names.iter().map(|name| {
        let (w, name) = (w.clone(), name.clone());
        tokio::spawn(async move { w.import(&[&name], PublishWhen::Always).await.spec.number })
    });
    let mut numbers = Vec::new();
    for import in imports.collect::<Vec<_>>() {
        numbers.push(import.await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    // Each publication follows the one before it.
    let log = w.log().await;
    assert!(log.len() <= 6);
    for pair in log.windows(2) {
        assert_eq!(pair[0].previous, Some(pair[1].spec));
    }
    assert_eq!(w.product().await.published_spec, Some(log[0].spec));
}

#[tokio::test]
async fn notes_have_an_end() {
    let w = World::new().await;
    let version = NewVersion {
        source: document(&["a"]),
        note: "x".repeat(501),
        ..NewVersion::default()
    };
    let refused = w
        .specs
        .import_version(w.scope, Actor::Operator, w.product, version)
        .await;
    assert!(matches!(refused, Err(DocsError::Invalid { field: "note", .. })));
    assert_eq!(w.versions().await, Vec::<u32>::new());
}

/// A server that gives these answers, and keeps what it was asked.
#[derive(Default)]
struct Server {
    answers: Mutex<Vec<Result<SourceAnswer, SourceFailure>>>,
    asked: Mutex<Vec<(String, Validators)>>,
}

impl Server {
    fn then(&self, answer: Result<SourceAnswer, SourceFailure>) {
        self.answers.lock().unwrap().push(answer);
    }
    fn asked(&self) -> Vec<(String, Validators)> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

#[async_trait]
impl Source for Server {
    async fn look(&self, url: &str, seen: &Validators) -> Result<SourceAnswer, SourceFailure> {
        self.asked.lock().unwrap().push((url.to_owned(), seen.clone()));
        self.answers.lock().unwrap().remove(0)
    }
}

const URL: &str = "https://weather.test/openapi.json";

fn tagged(etag: &str) -> Validators {
    Validators {
        url: Some(URL.into()),
        etag: Some(etag.into()),
        last_modified: None,
    }
}

fn gives(properties: &[&str], etag: &str) -> Result<SourceAnswer, SourceFailure> {
    Ok(SourceAnswer::Document(document(properties), tagged(etag)))
}

impl World {
    async fn watch(&self, publish: WatchPublish) -> SpecWatch {
        let new = NewWatch {
            url: URL.into(),
            interval_minutes: 10,
            publish,
        };
        self.watches
            .set(self.scope, Actor::Operator, self.product, new)
            .await
            .unwrap()
    }
    async fn look(&self, server: &Server) -> Option<Checked> {
        self.watches
            .check_next(self.scope, server)
            .await
            .unwrap()
            .map(|(_, checked)| checked)
    }
    async fn watched(&self) -> SpecWatch {
        self.watches
            .find(self.scope, self.product)
            .await
            .unwrap()
            .unwrap()
    }
    fn wait(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(minutes * 60));
    }
}

#[tokio::test]
async fn a_watched_address_brings_versions_when_it_changes() {
    let (w, server) = (World::new().await, Server::default());
    w.watch(WatchPublish::Always).await;
    server.then(gives(&["a"], "one"));
    assert!(matches!(w.look(&server).await, Some(Checked::Stored(_, true))));
    assert_eq!(server.asked(), [(URL.to_owned(), Validators::default())]);
    // Not before its time, and then with what is known.
    assert_eq!(w.look(&server).await, None);
    w.wait(9);
    assert_eq!(w.look(&server).await, None);
    w.wait(1);
    server.then(Ok(SourceAnswer::Unchanged));
    assert_eq!(w.look(&server).await, Some(Checked::Unchanged));
    assert_eq!(server.asked(), [(URL.to_owned(), tagged("one"))]);
    // Another name for the same bytes is no version either.
    w.wait(10);
    server.then(gives(&["a"], "two"));
    assert_eq!(w.look(&server).await, Some(Checked::Unchanged));
    assert_eq!(
        (w.watched().await.seen, w.versions().await),
        (tagged("two"), vec![1])
    );
    w.wait(10);
    server.then(gives(&["a", "b"], "three"));
    assert!(matches!(w.look(&server).await, Some(Checked::Stored(_, true))));
    let watch = w.watched().await;
    assert_eq!(watch.last_changed, Some(START + Duration::from_secs(30 * 60)));
    let product = w.product().await;
    let (spec, _) = w
        .specs
        .version(w.scope, product.published_spec.unwrap())
        .await
        .unwrap();
    assert_eq!(
        (spec.number, spec.source_url.as_deref(), &*spec.imported_by),
        (2, Some(URL), "system")
    );
}

#[tokio::test]
async fn what_breaks_clients_waits_for_somebody_unless_it_is_allowed() {
    for (publish, expected) in [
        (WatchPublish::Never, false),
        (WatchPublish::Compatible, false),
        (WatchPublish::Always, true),
    ] {
        let (w, server) = (World::new().await, Server::default());
        let first = w.import(&["a"], PublishWhen::Always).await.spec.id;
        w.watch(publish).await;
        server.then(gives(&["b"], "one"));
        assert!(matches!(w.look(&server).await, Some(Checked::Stored(_, now)) if now == expected));
        assert_eq!(w.product().await.published_spec == Some(first), !expected);
    }
}

/// A person went back to an older version; the next look finds the newest as it is, and leaves the person's decision.
/// A person changes their mind while the document is on its way.
struct Meanwhile<'a>(&'a World, Option<WatchPublish>);

#[async_trait]
impl Source for Meanwhile<'_> {
    async fn look(&self, _: &str, _: &Validators) -> Result<SourceAnswer, SourceFailure> {
        match self.1 {
            Some(publish) => drop(self.0.watch(publish).await),
            None => {
                let (scope, product) = (self.0.scope, self.0.product);
                self.0
                    .watches
                    .remove(scope, Actor::Operator, product)
                    .await
                    .unwrap();
            }
        }
        gives(&["b"], "one")
    }
}

#[tokio::test]
async fn what_a_person_decides_during_a_look_counts() {
    let w = World::new().await;
    let first = w.import(&["a"], PublishWhen::Always).await.spec.id;
    for then in [Some(WatchPublish::Never), None] {
        w.watch(WatchPublish::Always).await;
        let looked = w.watches.check_next(w.scope, &Meanwhile(&w, then)).await.unwrap();
        assert_eq!(looked, Some((w.product, Checked::Abandoned)));
        assert_eq!(
            (w.product().await.published_spec, w.versions().await),
            (Some(first), vec![1])
        );
    }
    // The next look goes by what was decided.
    let server = Server::default();
    w.watch(WatchPublish::Never).await;
    server.then(gives(&["b"], "one"));
    assert!(matches!(w.look(&server).await, Some(Checked::Stored(_, false))));
    // A lease that another process took while this one was slow.
    w.watch(WatchPublish::Always).await;
    let slow = Slow(&w);
    let looked = w.watches.check_next(w.scope, &slow).await.unwrap();
    assert_eq!(looked, Some((w.product, Checked::Abandoned)));
    assert_eq!(w.product().await.published_spec, Some(first));
}

/// It takes so long that another process begins anew.
struct Slow<'a>(&'a World);

#[async_trait]
impl Source for Slow<'_> {
    async fn look(&self, _: &str, _: &Validators) -> Result<SourceAnswer, SourceFailure> {
        self.0.wait(4);
        let server = Server::default();
        server.then(Ok(SourceAnswer::Unchanged));
        assert_eq!(self.0.look(&server).await, Some(Checked::Unchanged));
        gives(&["c"], "two")
    }
}

#[tokio::test]
async fn a_look_does_not_undo_a_rollback() {
    let (w, server) = (World::new().await, Server::default());
    let first = w.import(&["a"], PublishWhen::Always).await.spec.id;
    w.watch(WatchPublish::Always).await;
    server.then(gives(&["b"], "one"));
    w.look(&server).await;
    w.publish(first).await;
    w.wait(10);
    server.then(gives(&["b"], "one"));
    assert_eq!(w.look(&server).await, Some(Checked::Unchanged));
    assert_eq!(w.product().await.published_spec, Some(first));
}

#[tokio::test]
async fn failures_are_kept_and_slow_the_looks_down() {
    let (w, server) = (World::new().await, Server::default());
    w.watch(WatchPublish::Always).await;
    let mut at = START;
    for (failures, pause) in [(1u32, 20u64), (2, 40), (3, 80)] {
        server.then(Err(SourceFailure("the host's name does not resolve".into())));
        assert!(matches!(w.look(&server).await, Some(Checked::Failed(_))));
        let watch = w.watched().await;
        assert_eq!(
            (watch.failures, watch.last_error.as_deref()),
            (failures, Some("the host's name does not resolve"))
        );
        assert_eq!(watch.next_at, at + Duration::from_secs(pause * 60));
        assert_eq!(watch.last_checked, Some(at));
        w.wait(pause);
        at = watch.next_at;
    }
    // A document that cannot be read is a failure with its place, and is asked for again in full.
    server.then(Ok(SourceAnswer::Document(
        b"openapi: [".to_vec(),
        tagged("broken"),
    )));
    let Some(Checked::Failed(why)) = w.look(&server).await else {
        panic!("a broken document was taken");
    };
    assert!(why.contains("line"), "{why}");
    assert_eq!(w.watched().await.seen, Validators::default());
    assert_eq!(w.versions().await, Vec::<u32>::new());
    w.wait(24 * 60);
    server.then(gives(&["a"], "one"));
    w.look(&server).await;
    let watch = w.watched().await;
    assert_eq!((watch.failures, watch.last_error), (0, None));
    assert_eq!(
        watch.next_at,
        watch.last_checked.unwrap() + Duration::from_secs(10 * 60)
    );
}

/// Two processes: while one looks, the other finds nothing to do.
#[tokio::test]
async fn two_processes_do_not_look_at_once() {
    struct Nested<'a>(&'a World, Mutex<Option<Option<Checked>>>);
    #[async_trait]
    impl Source for Nested<'_> {
        async fn look(&self, _: &str, _: &Validators) -> Result<SourceAnswer, SourceFailure> {
            let other = self.0.look(&Server::default()).await;
            *self.1.lock().unwrap() = Some(other);
            gives(&["a"], "one")
        }
    }
    let w = World::new().await;
    w.watch(WatchPublish::Always).await;
    let nested = Nested(&w, Mutex::default());
    let checked = w.watches.check_next(w.scope, &nested).await.unwrap();
    assert!(matches!(checked, Some((_, Checked::Stored(_, true)))));
    assert_eq!(*nested.1.lock().unwrap(), Some(None));
}

#[tokio::test]
async fn a_watch_is_judged_when_it_is_set_and_ends_when_it_is_removed() {
    let w = World::new().await;
    let set = |url: &str, interval_minutes| {
        let new = NewWatch {
            url: url.to_owned(),
            interval_minutes,
            publish: WatchPublish::Never,
        };
        w.watches.set(w.scope, Actor::Operator, w.product, new)
    };
    for url in ["", "openapi.yaml", "file:///etc/passwd", "mailto:a@b.test"] {
        assert!(
            matches!(set(url, 10).await, Err(DocsError::Invalid { field: "url", .. })),
            "{url}"
        );
    }
    for minutes in [0, 4, 43_201] {
        let refused = set(URL, minutes).await;
        assert!(
            matches!(
                refused,
                Err(DocsError::Invalid {
                    field: "intervalMinutes",
                    ..
                })
            ),
            "{minutes}"
        );
    }
    set(URL, 5).await.unwrap();
    w.watches
        .remove(w.scope, Actor::Operator, w.product)
        .await
        .unwrap();
    assert_eq!(w.watches.find(w.scope, w.product).await.unwrap(), None);
    let again = w.watches.remove(w.scope, Actor::Operator, w.product).await;
    assert!(matches!(again, Err(DocsError::WatchNotFound(_))));
    assert_eq!(w.audit().await, ["spec_watch.removed", "spec_watch.set"]);
}
