//! Two processes over one database: what one has done, the other knows at once.

use std::{net::SocketAddr, path::Path};

use aforo_tests::{
    binary::{Process, run},
    http::{Answer, Call, exchange},
    postgres::Database,
    world::string,
};
use serde_json::json;

const ROUNDS: usize = 100;
const PASSWORD: &str = "a password of two processes";

async fn send(addr: SocketAddr, call: Call) -> Answer {
    exchange(addr, &call.at("127.0.0.1").wire("")).await.unwrap()
}

async fn verify(addr: SocketAddr, key: &str) -> Answer {
    send(
        addr,
        Call::post("/api/v1/api-keys/verify").json(&json!({"key": key})),
    )
    .await
}

/// Cancels, revokes and signs out in one process, and asks the other.
async fn the_other_process_knows(data: &Path, database: &str) {
    run(data, database, &["tenants", "create", "Acme"], "");
    let admin = [
        "users",
        "create",
        "--email",
        "ada@acme.test",
        "--name",
        "Ada",
        "--admin",
    ];
    run(data, database, &admin, &format!("{PASSWORD}\n"));
    let (one, two) = (Process::serve(data, database), Process::serve(data, database));
    let credentials = json!({"email": "ada@acme.test", "password": PASSWORD});
    let sign_in = || Call::post("/api/v1/auth/sign-in").json(&credentials);
    let token = string(&send(one.addr, sign_in()).await.ok(200)["token"]);
    let ask = |addr, call: Call| send(addr, call.bearer(&token));
    let product = Call::post("/api/v1/products").json(&json!({"name": "Echo API"}));
    let plan = string(&ask(one.addr, product).await.ok(201)["planId"]);

    for round in 0..ROUNDS {
        // They take turns.
        let (here, there) = if round % 2 == 0 {
            (one.addr, two.addr)
        } else {
            (two.addr, one.addr)
        };
        let subscribe = Call::post("/api/v1/subscriptions").json(&json!({"planId": plan}));
        let subscription = string(&ask(here, subscribe).await.ok(201)["id"]);
        let key = json!({"name": "CI", "environment": "live", "subscriptionId": subscription});
        let made = ask(there, Call::post("/api/v1/api-keys").json(&key))
            .await
            .ok(201);
        let (id, key) = (string(&made["id"]), string(&made["key"]));
        for addr in [here, there] {
            verify(addr, &key).await.ok(200);
        }
        if round % 4 == 3 {
            let revoke = Call::delete(format!("/api/v1/api-keys/{id}"));
            ask(here, revoke).await.ok(204);
        } else {
            let cancel = Call::post(format!("/api/v1/subscriptions/{subscription}/cancel"));
            let cancelled = ask(here, cancel).await.ok(200);
            assert_eq!(cancelled["revokedKeys"], json!([id]));
        }
        // The very next question, elsewhere and here.
        verify(there, &key).await.problem(401, "key_invalid");
        verify(here, &key).await.problem(401, "key_invalid");
    }

    let second = string(&send(two.addr, sign_in()).await.ok(200)["token"]);
    let account = || Call::get("/api/v1/account").bearer(&second);
    send(one.addr, account()).await.ok(200);
    send(one.addr, Call::post("/api/v1/auth/sign-out").bearer(&second))
        .await
        .ok(204);
    send(two.addr, account()).await.problem(401, "unauthenticated");
    // Both wrote to one audit log, and both sealed it.
    drop((one, two));
    let said = run(data, database, &["audit", "verify"], "");
    assert!(!said.to_lowercase().contains("broken"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_in_one_process_has_ended_in_the_other_on_sqlite() {
    let data = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", data.path().join("shared.db").display());
    the_other_process_knows(data.path(), &database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_in_one_process_has_ended_in_the_other_on_postgres() {
    let data = tempfile::tempdir().unwrap();
    let database = Database::new().await;
    the_other_process_knows(data.path(), &database.url).await;
}
