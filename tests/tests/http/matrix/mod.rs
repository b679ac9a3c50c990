//! Questions asked of every operation that `/api/openapi.json` lists: a new operation is asked without anybody
//! thinking of it.

mod bodies;
mod fuzz;
mod origins;
mod others;

use aforo_tests::{
    hosts::Host,
    http::{Answer, Call},
    world::{Person, Store, World, string},
};
use serde_json::{Value, json};

/// Where the questions are asked: each host and each store at least once.
const PLACES: [(Host, Store); 3] = [
    (Host::Axum, Store::Sqlite),
    (Host::Actix, Store::Postgres),
    (Host::Actix, Store::Memory),
];

/// An operation of the console's own API.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The names of the security schemes that it takes; empty for anybody.
    pub(crate) security: Vec<String>,
    /// The properties of its JSON body, if it takes one.
    pub(crate) body: Option<Vec<(String, Value)>>,
}

impl Operation {
    /// All operations, as the running console lists them.
    pub(crate) async fn all(world: &World) -> Vec<Self> {
        let document = world.send(Call::get("/api/openapi.json")).await.ok(200);
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let security = operation["security"].as_array().unwrap();
                let schemes = security
                    .iter()
                    .flat_map(|s| s.as_object().unwrap().keys().cloned());
                let schema = operation["requestBody"]["content"]["application/json"]["schema"].as_object();
                let body = schema.map(|schema| {
                    let pointer = schema["$ref"].as_str().unwrap().trim_start_matches('#');
                    let properties = document.pointer(pointer).unwrap()["properties"].as_object();
                    properties.unwrap().clone().into_iter().collect()
                });
                all.push(Self {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    security: schemes.collect(),
                    body,
                });
            }
        }
        assert!(all.len() >= 30, "{} operations", all.len());
        all
    }

    /// Whether it may change something.
    pub(crate) fn is_unsafe(&self) -> bool {
        !matches!(&*self.method, "GET" | "HEAD" | "OPTIONS")
    }

    /// Whether gateways call it, with the key of somebody else.
    pub(crate) fn is_for_gateways(&self) -> bool {
        self.path.contains("authz") || self.path.ends_with("/verify")
    }

    /// What stands where its id goes, such as `api-keys`.
    pub(crate) fn resource(&self) -> Option<&str> {
        let (before, _) = self.path.split_once("/{id}")?;
        before.rsplit('/').next()
    }

    /// A call that would be accepted from somebody who may.
    pub(crate) fn call(&self, world: &World, things: &Things) -> Call {
        let id = self.resource().map(|resource| things.id(resource));
        self.call_with(world, id.as_deref())
    }

    /// The same with this id in its path.
    pub(crate) fn call_with(&self, world: &World, id: Option<&str>) -> Call {
        let path = self.path.replace("{id}", id.unwrap_or_default());
        let path = path.replace("{product}", "any").replace("{environment}", "any");
        let path = path.replace("{number}", "1");
        let call = Call::new(&self.method, path);
        match self.body_for(world) {
            Some(body) => call.json(&body),
            None => call,
        }
    }

    /// A body that is acceptable.
    pub(crate) fn body_for(&self, world: &World) -> Option<Value> {
        self.body.as_ref()?;
        let tail = self.path.strip_prefix("/api/v1").unwrap();
        let attempt = json!({"specId": world.acme.spec.to_string(), "operationId": "listItems"});
        Some(match tail {
            "/auth/sign-up" => json!({"email": "new@acme.test", "password": "long enough", "name": "New"}),
            "/auth/sign-in" => json!({"email": "nobody@acme.test", "password": "long enough"}),
            "/products" => json!({"name": "Made", "autoSubscribe": false}),
            "/products/{id}/approve-upstream" => json!({"origin": "https://192.0.1.7"}),
            "/docs/api-specs" => {
                json!({"productId": world.acme.product.to_string(), "sourceUrl": "https://127.0.0.1/"})
            }
            "/docs/api-specs/{id}/publish" => json!({}),
            "/products/{id}/spec-watch" => {
                json!({"url": "https://192.0.1.7/openapi.yaml", "intervalMinutes": 60})
            }
            "/subscriptions" => json!({"planId": world.acme.plan.to_string()}),
            "/api-keys" => json!({"name": "Made", "environment": "live"}),
            "/api-keys/verify" => json!({"key": "x"}),
            "/playground/try" | "/playground/samples" | "/playground/preview" => attempt,
            "/agents" => json!({"name": "Robot"}),
            "/docs/pages" => json!({"title": "Made"}),
            "/docs/pages/{id}/draft" | "/docs/pages/{id}/versions" => {
                json!({"baseVersion": 1, "title": "Changed", "body": "Changed."})
            }
            "/docs/pages/{id}/feedback" => json!({"version": 1, "helpful": true}),
            "/docs/pages/{id}/move" => json!({"position": 0}),
            "/docs/pages/{id}/publish" => json!({"version": 1}),
            "/docs/pages/{id}/suggestions" => json!({"baseVersion": 1, "body": "Changed."}),
            "/docs/suggestions/{id}/review" => json!({"accept": false}),
            other => panic!("say which body {other} takes"),
        })
    }
}

/// Things that belong to somebody.
#[derive(Clone, Debug)]
pub(crate) struct Things {
    product: String,
    spec: String,
    subscription: String,
    key: String,
    agent: String,
    page: String,
    suggestion: String,
}

impl Things {
    /// Makes what a person can own, in the person's tenant.
    pub(crate) async fn of(world: &World, person: &Person) -> Self {
        let (offer, admin) = if person.host == world.dev.host {
            (world.acme, &world.admin)
        } else {
            (world.globex, &world.gus)
        };
        let subscription = world.subscribe(person).await;
        let key = world
            .make_key(person, json!({"subscriptionId": subscription}))
            .await;
        let made = async |person: &Person, path: &str, body: Value| {
            let call = Call::post(format!("/api/v1{path}")).json(&body);
            world.send(person.asks(call)).await.ok(201)
        };
        let page = json!({"title": "A guide", "body": "One.", "publish": true});
        let page = string(&made(admin, "/docs/pages", page).await["page"]["id"]);
        let change = json!({"baseVersion": 1, "body": "Two."});
        let suggestion = made(person, &format!("/docs/pages/{page}/suggestions"), change).await;
        let agent = made(person, "/agents", json!({"name": "Robot"})).await;
        Self {
            product: offer.product.to_string(),
            spec: offer.spec.to_string(),
            subscription,
            key: string(&key["id"]),
            agent: string(&agent["agent"]["id"]),
            page,
            suggestion: string(&suggestion["id"]),
        }
    }

    pub(crate) fn id(&self, resource: &str) -> String {
        match resource {
            "products" => &self.product,
            "api-specs" => &self.spec,
            "subscriptions" => &self.subscription,
            "api-keys" => &self.key,
            "agents" => &self.agent,
            "pages" => &self.page,
            "suggestions" => &self.suggestion,
            other => panic!("say what an id of {other} is"),
        }
        .clone()
    }
}

/// Everything of an answer but its time and number.
pub(crate) fn said(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| name != "date" && name != "x-request-id");
    headers.sort();
    (answer.status, headers, answer.text())
}

/// All that the console keeps, as its people see it; to notice whether something had an effect.
pub(crate) async fn state(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for person in [&world.admin, &world.gus] {
        for list in [
            "api-keys",
            "subscriptions",
            "products",
            "docs/api-specs",
            "plans",
            "audit",
        ] {
            let call = person.asks(Call::get(format!("/api/v1/{list}?limit=100")));
            let answer = world.send_quietly(&call).await;
            let mut list = answer.ok(200);
            for item in list["items"].as_array_mut().unwrap() {
                item["lastUsedAt"] = Value::Null; // asking is using
            }
            all.push(list.to_string());
        }
        for list in [
            "docs/pages",
            "docs/deleted-pages",
            "docs/suggestions",
            "docs/images",
        ] {
            let call = person.asks(Call::get(format!("/api/v1/{list}")));
            let answer = world.send_quietly(&call).await;
            all.push(answer.ok(200).to_string());
        }
    }
    for person in [&world.admin, &world.dev, &world.eve, &world.gus] {
        let account = world
            .send_quietly(&person.asks(Call::get("/api/v1/account")))
            .await;
        all.push(account.text());
        let agents = person.asks(Call::get("/api/v1/agents"));
        all.push(world.send_quietly(&agents).await.ok(200).to_string());
    }
    all
}
