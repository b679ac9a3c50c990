//! Random requests: whatever comes in, an answer goes out, and it never says that the console failed.

use std::time::Duration;

use aforo_tests::{
    http::{Call, exchange},
    world::{PREFIX, World, string},
};
use serde_json::json;

use super::{Operation, PLACES, Things};

const REQUESTS: usize = 1500;

/// Pages and forms, which no description lists.
const PAGES: [&str; 20] = [
    "GET /",
    "GET /keys",
    "GET /keys/new",
    "GET /keys/{id}",
    "GET /keys/{id}/rotate",
    "GET /keys/{id}/revoke",
    "GET /subscriptions",
    "GET /subscriptions/{id}/cancel",
    "GET /reference/{id}",
    "GET /reference/{id}/{id}",
    "GET /reference/{id}/openapi.json",
    "GET /reference/echo-api/{id}",
    "GET /assets/{id}/{id}",
    "GET /sign-in",
    "POST /sign-in",
    "POST /keys/new",
    "POST /keys/{id}/rotate",
    "POST /subscriptions",
    "POST /reference/{id}/{id}",
    "POST /admin/specs/{id}/approve-origin",
];

/// xorshift64*: the same requests each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most);
        (0..length).map(|_| self.next() as u8).collect()
    }
    /// Characters that mean something to somebody on the way.
    fn text(&mut self) -> String {
        let parts = [
            "%00",
            "%2F",
            "%2e%2e",
            "%FF",
            "%F0%9F%97%9D",
            "..",
            ".",
            ";",
            "a",
            "0",
            "key_",
            "sub_",
            "'",
            "\"",
            "%0d%0a",
            "{",
            "}",
            "*",
            "<",
            "&",
            "=",
            "+",
            "~",
            ":",
            "@",
            "%",
            "%zz",
            "%25",
            "echo-api",
            "openapi.json",
            "\\",
        ];
        let length = 1 + self.below(5);
        (0..length).map(|_| *self.pick(&parts)).collect()
    }
    /// A text with some of its bytes changed, left out or doubled.
    fn damage(&mut self, text: &[u8]) -> Vec<u8> {
        let mut bytes = text.to_vec();
        for _ in 0..=self.below(4) {
            if bytes.is_empty() {
                break;
            }
            let at = self.below(bytes.len());
            match self.below(4) {
                0 => bytes[at] = self.next() as u8,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, *self.pick(b"\"{}[],:\\0e-.\0")),
                _ => bytes.truncate(at),
            }
        }
        bytes
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_requests_are_answered() {
    for (number, (host, store)) in PLACES.into_iter().enumerate() {
        let world = World::new(host, store).await;
        let things = Things::of(&world, &world.dev).await;
        let operations = Operation::all(&world).await;
        let key = string(
            &world
                .make_key(&world.dev, json!({"permissions": ["keys:write"]}))
                .await["key"],
        );
        let mut random = Random(0x9E37_79B9_7F4A_7C15 + number as u64);
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "BREW"];
        let kinds = [
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "x",
        ];
        for n in 0..REQUESTS {
            // One part in five of each choice is wild.
            let wild = |random: &mut Random| random.below(5) == 0;
            let operation = random.pick(&operations).clone();
            let mut call = operation.call(&world, &things);
            if random.below(3) == 0 {
                let (method, path) = random.pick(&PAGES).split_once(' ').unwrap();
                call = Call::new(method, path);
                if method == "POST" {
                    let pairs = [
                        "csrf",
                        "name",
                        "email",
                        "password",
                        "environment",
                        "planId",
                        "theme",
                    ];
                    let form: String = (0..4)
                        .map(|_| format!("{}={}&", random.pick(&pairs), random.text()))
                        .collect();
                    call = call.body("application/x-www-form-urlencoded", form);
                }
            }
            while call.path.contains("{id}") {
                let id = match random.below(3) {
                    0 => things.key.clone(),
                    1 => things.subscription.clone(),
                    _ => random.text(),
                };
                call.path = call.path.replacen("{id}", &id, 1);
            }
            if wild(&mut random) {
                call.path = format!("{}/{}", call.path, random.text());
            }
            if wild(&mut random) {
                let names = [
                    "limit",
                    "after",
                    "cursor",
                    "product",
                    "environment",
                    "q",
                    "to",
                    "tag",
                ];
                call.path = format!("{}?{}={}", call.path, random.pick(&names), random.text());
            }
            if wild(&mut random) {
                call.method = (*random.pick(&methods)).to_owned();
            }
            match random.below(4) {
                0 => call.body = random.bytes(300),
                1 => call.body = random.damage(&call.body),
                _ => {}
            }
            if wild(&mut random) {
                call.headers.clear();
                call = call.header("content-type", *random.pick(&kinds));
            }
            call = match random.below(5) {
                0 => call,
                1 => world.admin.browses(call).header("accept", "text/html"),
                2 => call.bearer(&key),
                _ => world.dev.browses(call),
            };
            if wild(&mut random) {
                let names = [
                    "authorization",
                    "cookie",
                    "x-forwarded-for",
                    "accept",
                    "origin",
                    "if-none-match",
                    "range",
                ];
                let name = *random.pick(&names);
                call = call.header(name, random.text());
            }
            // People keep their accounts: a suite of refusals would show little.
            if call.path.starts_with("/api/v1/account") || call.path.contains("sign-out") {
                continue;
            }
            if n % 50 == 0 {
                world.wait(Duration::from_secs(60)); // so that not all is throttled
            }
            let answer = exchange(world.server.addr, &call.wire(PREFIX)).await;
            let answer = answer.unwrap_or_else(|error| panic!("{world:?} request {n}: {error}: {call:?}"));
            let of_the_api =
                call.path.starts_with("/api/v1/playground/try") && matches!(answer.status, 502 | 504);
            let unknown_method = call.method == "BREW" && answer.status == 501;
            assert!(
                answer.status < 500 || of_the_api || unknown_method,
                "{world:?} request {n}: {call:?}: {answer:?}"
            );
            let fine = !(200..300).contains(&answer.status)
                || answer.header("x-content-type-options") == Some("nosniff");
            assert!(fine, "{world:?} request {n}: {call:?}: {answer:?}");
        }
        // And afterwards everything still works.
        world.verify(&key).await;
        let account = world.send(world.dev.asks(Call::get("/api/v1/account"))).await;
        account.ok(200);
    }
}
