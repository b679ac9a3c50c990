//! Search over 10,000 pages and operations beside the bare ranked query of the same words, on SQLite and PostgreSQL.
//!
//! `cargo bench -p aforo-tests --bench search`. Prints medians and 99th percentiles; asserts nothing.
#![allow(clippy::print_stdout)] // that is what it is for

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aforo_core::{OsEntropy, Store, SystemClock, TenantScope, domain::tenant::ensure_tenant};
use aforo_docs::{
    search::{Entry, Kind, Search, SearchRequest},
    store::{DocsTx, Stores},
};
use sqlx::AssertSqlSafe;

const ENTRIES: usize = 10_000;
const ROUNDS: usize = 1_000;

const VERBS: [&str; 12] = [
    "create", "list", "retrieve", "delete", "update", "cancel", "archive", "export", "verify", "restore",
    "approve", "rotate",
];
const THINGS: [&str; 20] = [
    "translation",
    "payment",
    "customer",
    "invoice",
    "subscription",
    "webhook",
    "glossary",
    "document",
    "refund",
    "token",
    "session",
    "device",
    "member",
    "project",
    "report",
    "balance",
    "dispute",
    "mandate",
    "payout",
    "region",
];

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("bench.db");
    let store = aforo_sql::sqlite::Store::open_file(&file)
        .await
        .expect("SQLite opens");
    store.migrate().await.expect("SQLite migrates");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&file)
        .read_only(true);
    let pool = sqlx::SqlitePool::connect_with(options)
        .await
        .expect("SQLite opens again");
    let (search, scope) = fill(Stores::of(store)).await;
    report("SQLite", &search, scope, async |words: &[String]| {
        let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let question = format!(
            "\"§t{}\" AND ({})",
            scope.tenant().as_uuid().simple(),
            words.join(" AND ")
        );
        let sql = "SELECT e.entry FROM (SELECT rowid AS number FROM search_index WHERE search_index MATCH $1
             AND rank MATCH 'bm25(0.0, 10.0, 8.0, 4.0, 3.2, 1.0, 0.8)' ORDER BY rank LIMIT 20) AS found
             JOIN search_entries e ON e.number = found.number";
        let rows = sqlx::query(sql).bind(question).fetch_all(&pool).await;
        rows.expect("the query runs").len()
    })
    .await;

    let database = aforo_tests::postgres::Database::new().await;
    let store = aforo_sql::postgres::Store::open(&database.url)
        .await
        .expect("PostgreSQL opens");
    let pool = sqlx::PgPool::connect(&database.url)
        .await
        .expect("PostgreSQL opens again");
    let (search, scope) = fill(Stores::of(store)).await;
    sqlx::query(AssertSqlSafe("VACUUM ANALYZE"))
        .execute(&pool)
        .await
        .expect("the planner's figures");
    report("PostgreSQL", &search, scope, async |words: &[String]| {
        let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let words = words.join(" & ");
        let question = format!("'§t{}' & ({words})", scope.tenant().as_uuid().simple());
        let sql = "SELECT e.entry FROM (SELECT number FROM search_index WHERE lexemes @@ CAST($1 AS tsquery)
             ORDER BY ts_rank_cd('{0.1, 0.1, 0.4, 1.0}', lexemes, CAST($2 AS tsquery)) DESC, number LIMIT 20) AS found
             JOIN search_entries e ON e.number = found.number";
        let rows = sqlx::query(sql).bind(question).bind(words).fetch_all(&pool).await;
        rows.expect("the query runs").len()
    })
    .await;
}

/// A tenant with documentation: a third are sections of guides.
async fn fill(stores: Stores) -> (Search, TenantScope) {
    let tenant = ensure_tenant(&*stores.core, "acme", "Acme", vec![], &SystemClock, &OsEntropy).await;
    let scope = TenantScope::tenant_wide(tenant.expect("a tenant").id);
    let store: Arc<dyn Store<dyn DocsTx>> = stores.docs;
    let started = Instant::now();
    let entries: Vec<Entry> = (0..ENTRIES).map(entry).collect();
    let mut tx = store.begin().await.expect("a transaction");
    tx.search(scope)
        .replace("bench", "1", &entries)
        .await
        .expect("the index is written");
    tx.commit().await.expect("it is committed");
    println!("{ENTRIES} entries written in {:.1?}", started.elapsed());
    (Search::new(store), scope)
}

fn entry(n: usize) -> Entry {
    let (verb, thing) = (VERBS[n % VERBS.len()], THINGS[n / VERBS.len() % THINGS.len()]);
    // A vocabulary of some thousand words, some of them usual and most of them rare.
    let word = |k: usize| {
        let rank = (n * 31 + k * 17) % (1 + (n * 7 + k * k * 13) % 4_000);
        format!(
            "{}{}",
            THINGS[rank % THINGS.len()].get(..4).unwrap_or_default(),
            letters(rank)
        )
    };
    let body: Vec<String> = (0..120)
        .map(|k| {
            if k % 9 == 0 {
                THINGS[(n + k) % THINGS.len()].to_owned()
            } else {
                word(k)
            }
        })
        .collect();
    let guide = n.is_multiple_of(3);
    Entry {
        key: format!("entry-{n}"),
        kind: if guide { Kind::Guide } else { Kind::Operation },
        product: None,
        title: format!("{verb} a {thing} {}", letters(n)),
        names: if guide {
            vec![]
        } else {
            vec![format!("{verb}{thing}{n}")]
        },
        trail: vec![thing.to_owned()],
        method: (!guide).then(|| "POST".to_owned()),
        path: (!guide).then(|| format!("/v1/{thing}s/{{id}}/{verb}/{}", letters(n))),
        body: body.join(" "),
        address: format!("page-{n}"),
        anchor: None,
    }
}

fn letters(mut n: usize) -> String {
    let mut text = String::new();
    while n > 0 || text.is_empty() {
        text.push(char::from(b'a' + u8::try_from(n % 26).unwrap_or(0)));
        n /= 26;
    }
    text
}

async fn report(name: &str, search: &Search, scope: TenantScope, bare: impl AsyncFn(&[String]) -> usize) {
    println!("{name}");
    for (what, question) in [
        ("one usual word", question as fn(usize) -> Vec<String>),
        ("two words", |n| {
            vec![VERBS[n % 12].to_owned(), THINGS[n % 20].to_owned()]
        }),
        ("a rare word", |n| vec![letters(700 + n % 9_000)]),
        ("a typing error", |n| {
            vec![
                VERBS[n % 12].to_owned(),
                THINGS[n % 20].chars().rev().collect::<String>(),
            ]
        }),
    ] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for n in 0..ROUNDS {
            let words = question(n);
            let request = SearchRequest {
                // A blank at the end: no word is being typed, as in the bare query.
                text: format!("{} ", words.join(" ")),
                limit: 20,
                ..SearchRequest::default()
            };
            let started = Instant::now();
            search.find(scope, &request).await.expect("an answer");
            ours.push(started.elapsed());
            let started = Instant::now();
            bare(&words).await;
            theirs.push(started.elapsed());
        }
        let (p50, p99) = percentiles(&mut ours);
        let (bare50, bare99) = percentiles(&mut theirs);
        println!(
            "  {what:16} p50 {p50:>9.2?} p99 {p99:>9.2?}   bare p50 {bare50:>9.2?} p99 {bare99:>9.2?}   p50 x{:.2}",
            p50.as_secs_f64() / bare50.as_secs_f64()
        );
    }
}

fn question(n: usize) -> Vec<String> {
    vec![THINGS[n % THINGS.len()].to_owned()]
}

fn percentiles(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    (at(50), at(99))
}
