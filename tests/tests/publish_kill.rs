//! SIGKILL at any moment of importing and publishing a description: the whole old state is left, or the whole new
//! one. Pointer, publication, audit entries and what search finds agree.
//!
//! The program that is killed is this test binary itself, asked for its ignored test. `AFORO_PUBLISH_KILLS` sets
//! how often it is killed on each database (default 25).

#![allow(clippy::unwrap_used)] // a suite of tests: what it unwraps is what it claims

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use aforo_core::{
    OsEntropy, PageRequest, SystemClock, TenantScope, domain::tenant::ensure_tenant, kernel::audit::Actor,
};
use aforo_docs::{
    search::{Search, SearchRequest},
    service::{NewProduct, NewVersion, PublishWhen, Specs},
    store::Stores,
};
use aforo_sql::AnyStore;
use aforo_tests::postgres::Database;

const URL: &str = "AFORO_PUBLISH_CHILD";

/// Many operations, so that publishing takes a while; each says which document it is of.
fn document(number: u64) -> Vec<u8> {
    let operation = |n: u64| {
        format!(
            r#""/p{n}":{{"get":{{"operationId":"o{n}","summary":"Marker v{number}v","responses":{{"200":{{"description":"ok"}}}}}}}}"#
        )
    };
    let paths: Vec<String> = (0..40 + number % 3).map(operation).collect();
    format!(
        r#"{{"openapi":"3.1.0","info":{{"title":"T","version":"v{number}v"}},"paths":{{{}}}}}"#,
        paths.join(",")
    )
    .into_bytes()
}

async fn open(url: &str) -> (AnyStore, Stores) {
    let store = aforo_sql::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    let stores = store.stores();
    (store, stores)
}

fn specs(stores: &Stores) -> Specs {
    Specs::new(stores.docs.clone(), Arc::new(SystemClock), Arc::new(OsEntropy))
}

async fn scope(stores: &Stores) -> TenantScope {
    let tenant = ensure_tenant(&*stores.core, "acme", "Acme", vec![], &SystemClock, &OsEntropy).await;
    TenantScope::tenant_wide(tenant.unwrap().id)
}

/// Imports, publishes and rolls back until it is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the program that the other tests kill"]
async fn child() {
    let Ok(url) = env::var(URL) else { return };
    let (_store, stores) = open(&url).await;
    let (specs, scope) = (specs(&stores), scope(&stores).await);
    let mut tx = stores.docs.read().await.unwrap();
    let product = tx
        .products(scope)
        .list(PageRequest::first(1))
        .await
        .unwrap()
        .items[0]
        .id;
    let latest = tx.specs(scope).latest(product).await.unwrap();
    drop(tx);
    let mut number = latest.as_ref().map_or(0, |spec| u64::from(spec.number));
    let mut before = latest.map(|spec| spec.id);
    println!("ready");
    loop {
        number += 1;
        let version = |publish| NewVersion {
            source: document(number),
            publish,
            ..NewVersion::default()
        };
        let wanted = if number % 2 == 0 {
            PublishWhen::Always
        } else {
            PublishWhen::Never
        };
        let made = specs
            .import_version(scope, Actor::Operator, product, version(wanted))
            .await
            .unwrap()
            .spec
            .id;
        if wanted == PublishWhen::Never {
            specs.publish(scope, Actor::Operator, made).await.unwrap();
        }
        if let Some(before) = before.replace(made) {
            specs.publish(scope, Actor::Operator, before).await.unwrap();
        }
    }
}

struct Victim(Child);

impl Victim {
    fn start(url: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(URL, url)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The harness prints before it, on the same line even.
        assert!(
            lines.any(|line| line.unwrap().contains("ready")),
            "the child does not begin"
        );
        Self(child)
    }
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// What must hold whatever was cut off. Says how many publications there are.
async fn inspect(stores: &Stores, scope: TenantScope) -> usize {
    let mut tx = stores.docs.read().await.unwrap();
    let product = tx
        .products(scope)
        .list(PageRequest::first(1))
        .await
        .unwrap()
        .items
        .remove(0);
    let versions = tx
        .specs(scope)
        .list(Some(product.id), PageRequest::first(100_000))
        .await
        .unwrap()
        .items;
    let log = tx
        .publications(scope)
        .list(Some(product.id), PageRequest::first(100_000))
        .await
        .unwrap()
        .items;
    let entries = tx
        .audit(scope)
        .list(PageRequest::first(100_000))
        .await
        .unwrap()
        .items;
    // Numbers without a gap, each with its audit entry.
    let numbers: BTreeSet<u32> = versions.iter().map(|v| v.number).collect();
    let count = u32::try_from(versions.len()).unwrap();
    assert_eq!(numbers, (1..=count).collect());
    let targets = |action: &str| -> Vec<String> {
        let of = entries.iter().filter(|e| e.action == action);
        let mut targets: Vec<String> = of.map(|e| e.target.clone()).collect();
        targets.sort();
        targets
    };
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(
        targets("spec.imported"),
        sorted(versions.iter().map(|v| v.id.to_string()).collect())
    );
    // Each publication follows the one before, has its audit entry, and the last is what readers see.
    assert_eq!(
        targets("spec.published"),
        sorted(log.iter().map(|p| p.spec.to_string()).collect())
    );
    for pair in log.windows(2) {
        assert_eq!(pair[0].previous, Some(pair[1].spec));
    }
    assert_eq!(log.first().map(|p| p.spec), product.published_spec);
    let Some(published) = product.published_spec else {
        return 0;
    };
    let spec = versions.iter().find(|v| v.id == published).unwrap();
    // Search finds all of this version, and nothing of another.
    let request = SearchRequest {
        text: "marker".to_owned(),
        kind: None,
        product: Some(product.id),
        limit: 100,
        counts: false,
    };
    let hits = Search::find_in(&mut *tx, scope, &request).await.unwrap().hits;
    assert_eq!(hits.len(), spec.operations as usize);
    for hit in hits {
        let held = format!("{:?}", hit.entry);
        assert!(
            held.contains(&spec.version),
            "{} is published, and search has {held}",
            spec.version
        );
    }
    log.len()
}

async fn kill_often(url: &str) {
    let (store, stores) = open(url).await;
    let scope = scope(&stores).await;
    let new = NewProduct {
        name: "T".into(),
        upstream: None,
        private_ranges: vec![],
        plan: "Free".into(),
        auto_subscribe: false,
    };
    specs(&stores)
        .add_product(scope, Actor::Operator, new)
        .await
        .unwrap();
    let kills: u64 = env::var("AFORO_PUBLISH_KILLS").map_or(25, |text| text.parse().unwrap());
    let mut before = 0;
    let mut moved = 0;
    for n in 0..kills {
        let url = url.to_owned();
        tokio::task::spawn_blocking(move || {
            let victim = Victim::start(&url);
            // Spread over what a few rounds take.
            thread::sleep(Duration::from_millis(2 + (n * 37) % 190));
            victim.kill();
        })
        .await
        .unwrap();
        let now = inspect(&stores, scope).await;
        moved += usize::from(now > before);
        before = now;
    }
    store.close().await;
    assert!(moved > 0, "nothing was ever published");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_publication_leaves_sqlite_old_or_new() {
    let folder = tempfile::tempdir().unwrap();
    kill_often(&format!("sqlite:{}", folder.path().join("console.db").display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_publication_leaves_postgres_old_or_new() {
    let database = Database::empty().await;
    kill_often(&database.url).await;
}
