//! Signing up, in and out, and closing an account.

use std::time::Duration;

use aforo_tests::{
    hosts::Host,
    http::{Answer, Call},
    world::{ACME, GLOBEX, PASSWORD, Person, Store, World, string},
};
use serde_json::{Value, json};

fn sign_up(email: &str, password: &str) -> Call {
    let form = json!({"email": email, "password": password, "name": "Nora"});
    Call::post("/api/v1/auth/sign-up").json(&form)
}

fn sign_in(email: &str, password: &str) -> Call {
    Call::post("/api/v1/auth/sign-in").json(&json!({"email": email, "password": password}))
}

fn account() -> Call {
    Call::get("/api/v1/account")
}

/// Everything of an answer but its time and number.
fn said(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| name != "date" && name != "x-request-id");
    headers.sort();
    (answer.status, headers, answer.text())
}

pub(crate) async fn people_sign_up_and_out(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let answer = world.send(sign_up("Nora@Acme.test ", PASSWORD)).await;
    let session = answer.ok(201);
    assert_eq!(session["user"]["role"], "developer");
    assert_eq!(session["user"]["tenantId"], world.acme.tenant.to_string());
    let token = string(&session["token"]);
    let cookie =
        format!("__Host-console_session={token}; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure");
    assert_eq!(answer.header("set-cookie"), Some(&*cookie));

    let me = world.send(account().bearer(&token)).await.ok(200);
    assert_eq!(me, session["user"]);
    let cookie = format!("a=b; __Host-console_session={token}");
    assert_eq!(world.send(account().header("cookie", &*cookie)).await.ok(200), me);
    // A cookie that is there twice was put there by somebody else.
    let twice = format!("{cookie}; __Host-console_session=x");
    world
        .send(account().header("cookie", twice))
        .await
        .problem(401, "unauthenticated");

    // A form sent twice does no harm; an address that is taken is not given away.
    let again = world.send(sign_up("nora@acme.test", PASSWORD)).await.ok(201);
    assert_eq!(again["user"], session["user"]);
    let taken = world.send(sign_up("nora@acme.test", "another password")).await;
    taken.problem(422, "sign_up_refused");
    // The same address at another company is another account.
    let elsewhere = world
        .send(sign_up("nora@acme.test", PASSWORD).at(GLOBEX))
        .await
        .ok(201);
    assert_ne!(elsewhere["user"]["id"], session["user"]["id"]);
    assert_eq!(elsewhere["user"]["tenantId"], world.globex.tenant.to_string());

    for (body, pointer) in [
        (
            json!({"email": "nobody", "password": PASSWORD, "name": "N"}),
            "/email",
        ),
        (
            json!({"email": "n@acme.test", "password": "short", "name": "N"}),
            "/password",
        ),
        (
            json!({"email": "n@acme.test", "password": PASSWORD, "name": " "}),
            "/name",
        ),
        (
            json!({"email": "n@acme.test", "password": PASSWORD, "name": "N", "role": "admin"}),
            "/role",
        ),
        (json!({"email": "n@acme.test", "password": PASSWORD}), "/name"),
    ] {
        let problem = world.send(Call::post("/api/v1/auth/sign-up").json(&body)).await;
        assert_eq!(
            problem.problem(422, "invalid_input")["errors"][0]["pointer"],
            pointer
        );
    }

    // A token is good at its own company's console only.
    let token_elsewhere = world.send(account().at(GLOBEX).bearer(&token)).await;
    token_elsewhere.problem(401, "unauthenticated");
    let (head, signature) = token.rsplit_once('.').unwrap();
    let unsigned = format!("{head}.{}", signature.chars().rev().collect::<String>());
    for wrong in [&*unsigned, &format!("{head}."), head, "", "x", "a.b.c"] {
        let refused = world.send(account().bearer(wrong)).await;
        refused.problem(401, "unauthenticated");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }

    // Signing out ends this session at once, and no other.
    let out = Call::post("/api/v1/auth/sign-out").header("cookie", &*cookie);
    let out = world.send(out.header("origin", format!("https://{ACME}"))).await;
    out.ok(204);
    let cleared = out.header("set-cookie").unwrap();
    assert!(cleared.starts_with("__Host-console_session=; ") && cleared.contains("Max-Age=0"));
    world
        .send(account().bearer(&token))
        .await
        .problem(401, "unauthenticated");
    world
        .send(account().header("cookie", &*cookie))
        .await
        .problem(401, "unauthenticated");
    let other = string(&again["token"]);
    world.send(account().bearer(&other)).await.ok(200);

    // A session ends by itself after twelve hours.
    world.wait(Duration::from_secs(12 * 3600 - 5));
    world.send(account().bearer(&other)).await.ok(200);
    world.wait(Duration::from_secs(6));
    world
        .send(account().bearer(&other))
        .await
        .problem(401, "unauthenticated");
    world
}

pub(crate) async fn sign_in_says_nothing_about_addresses(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let wrong = world.send(sign_in("dev@acme.test", "wrong password")).await;
    wrong.problem(401, "wrong_credentials");
    let unknown = world.send(sign_in("nobody@acme.test", "wrong password")).await;
    assert_eq!(said(&wrong), said(&unknown));
    // Somebody of another company is nobody here.
    let stranger = world.send(sign_in("gus@globex.test", PASSWORD)).await;
    assert_eq!(said(&wrong), said(&stranger));
    for odd in ["", "@", "dev@acme.test\u{0}", &"x".repeat(300)] {
        assert_eq!(
            said(&wrong),
            said(&world.send(sign_in(odd, PASSWORD)).await),
            "{odd:?}"
        );
    }
    let long = world.send(sign_in("dev@acme.test", &"x".repeat(100_000))).await;
    assert_eq!(said(&wrong), said(&long));
    let right = world.send(sign_in(" DEV@acme.test", PASSWORD)).await.ok(200);
    assert_eq!(right["user"]["id"], world.dev.id.to_string());
    world
}

pub(crate) async fn guessing_passwords_is_throttled(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let mut refused = Vec::new();
    for n in 0..1000 {
        let guess = sign_in("dev@acme.test", &format!("guess number {n}"));
        refused.push(world.send_quietly(&guess).await.status);
    }
    assert_eq!(refused[..5], [401; 5]);
    assert_eq!(refused[5..], [429; 995]);
    // The right one is refused as well: otherwise guessing would only be slower to read, not slower.
    let answer = world.send(sign_in("dev@acme.test", PASSWORD)).await;
    let problem = answer.problem(429, "too_many_attempts");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(problem["retryAfter"], wait);
    assert!((1..=15 * 60).contains(&wait), "{wait}");
    // Signing up is no way around it.
    let around = world.send(sign_up("dev@acme.test", PASSWORD)).await;
    around.problem(429, "too_many_attempts");
    world.wait(Duration::from_secs(15 * 60));
    world.send(sign_in("dev@acme.test", PASSWORD)).await.ok(200);
    world
}

pub(crate) async fn a_closed_account_leaves_nothing_alive(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let subscription = world.subscribe(&world.dev).await;
    let key = string(&world.make_key(&world.dev, json!({})).await["key"]);
    world.verify(&key).await.ok(200);
    let second = world.sign_in_again(&world.dev).await;

    let close = world.dev.asks(Call::delete("/api/v1/account"));
    world.send(close.clone()).await.ok(204);
    world.verify(&key).await.problem(401, "key_invalid");
    for person in [&world.dev, &second] {
        let gone = world.send(person.asks(account())).await;
        gone.problem(401, "unauthenticated");
    }
    world.send(close).await.problem(401, "unauthenticated");
    let refused = world.send(sign_in("dev@acme.test", PASSWORD)).await;
    refused.problem(401, "wrong_credentials");

    // The audit log still knows what happened.
    let entries = audit(&world, &world.admin).await;
    let closed = |e: &&Value| e["action"] == "account.closed" && e["target"] == world.dev.id.to_string();
    assert_eq!(entries.iter().filter(closed).count(), 1);
    let cancelled = |e: &&Value| e["action"] == "subscription.cancelled" && e["target"] == *subscription;
    assert_eq!(entries.iter().filter(cancelled).count(), 1);

    // The address is free, and its new account begins with nothing.
    let session = world.send(sign_up("dev@acme.test", PASSWORD)).await.ok(201);
    assert_ne!(session["user"]["id"], world.dev.id.to_string());
    let token = string(&session["token"]);
    for path in ["/api/v1/api-keys", "/api/v1/subscriptions"] {
        let list = world.send(Call::get(path).bearer(&token)).await.ok(200);
        assert_eq!(list["items"], json!([]), "{path}");
    }
    world
}

/// The whole audit log, newest first.
pub(crate) async fn audit(world: &World, admin: &Person) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1/audit?limit=100&after={after}");
        // Entries of one moment come in any order, so they are not for the transcript.
        let page = world.send_quietly(&admin.asks(Call::get(path))).await.ok(200);
        entries.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => return entries,
        }
    }
}
