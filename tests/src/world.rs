//! A console with two companies, their people, a product each and an API behind it, served by a real host over
//! a real store.
//!
//! ```no_run
//! # use aforo_tests::{hosts::Host, http::Call, world::{Store, World}};
//! # async fn story() {
//! let world = World::new(Host::Actix, Store::Postgres).await;
//! let mine = world.send(world.dev.asks(Call::get("/api/v1/api-keys"))).await.ok(200);
//! assert!(mine["items"].as_array().is_some_and(Vec::is_empty));
//! # }
//! ```
//!
//! The clock stands still except that each `POST`, `PUT`, `PATCH` and `DELETE` that the suite sends moves it by
//! a millisecond, so that lists have one order.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aforo_core::{
    Clock, CustomerId, ManualClock, OsEntropy, PlanId, ProductId, Secret, SessionId, SpecId, TenantId,
    TenantScope, Timestamp, UserId,
    domain::{
        customer::Customer,
        password::Passwords,
        session::Session,
        tenant::Tenant,
        token::{SessionSigner, TokenUse},
        user::{Role, User},
    },
    kernel::audit::Actor,
};
use aforo_docs::{
    service::{NewProduct, Specs, upstream_of},
    store::Stores,
};
use aforo_http::{Console, ConsoleBuilder, Tenancy};
use aforo_vault::kek::KeyRing;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::OnceCell,
};

use crate::{
    hosts::{Host, ServerHandle},
    http::{Answer, Call, exchange},
    postgres::Database,
    transcript::Transcript,
    upstream::Upstream,
};

/// Where the console is mounted.
pub const PREFIX: &str = "/developers";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";
/// The host name that leads to Acme.
pub const ACME: &str = "dev.acme.test";
/// The host name that leads to Globex.
pub const GLOBEX: &str = "dev.globex.test";
/// 2026-11-22T18:48:03.000Z: when every story begins.
pub const BEGIN: Timestamp = Timestamp::from_millis(1_795_373_283_000);

/// What keeps the console's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// This process.
    Memory,
    /// A SQLite file.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
}

impl Store {
    /// Every kind of store.
    pub const ALL: [Self; 3] = [Self::Memory, Self::Sqlite, Self::Postgres];

    /// A new and empty one, and what must live as long.
    async fn open(self) -> (Stores, Box<dyn Send + Sync>) {
        match self {
            Self::Memory => (Stores::of(aforo_memory::Store::new()), Box::new(())),
            Self::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let stores = sqlite(&folder).await;
                (stores, Box::new(folder))
            }
            Self::Postgres => {
                let database = Database::new().await;
                let store = aforo_sql::postgres::Store::open(&database.url).await;
                (Stores::of(store.expect("PostgreSQL opens")), Box::new(database))
            }
        }
    }
}

async fn sqlite(folder: &TempDir) -> Stores {
    let store = aforo_sql::sqlite::Store::open_file(folder.path().join("console.db"))
        .await
        .expect("SQLite opens");
    store.migrate().await.expect("the tables are made");
    Stores::of(store)
}

/// Somebody with an account, signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// The account that owns their keys.
    pub customer: CustomerId,
    /// Their address.
    pub email: String,
    /// The host name of their tenant's console.
    pub host: &'static str,
    /// Their session token.
    pub token: String,
}

impl Person {
    /// The call, as this person makes it.
    #[must_use]
    pub fn asks(&self, call: Call) -> Call {
        call.at(self.host).bearer(&self.token)
    }
    /// The call with the session in a cookie, as a browser of this person makes it.
    #[must_use]
    pub fn browses(&self, call: Call) -> Call {
        call.at(self.host)
            .header("cookie", format!("__Host-console_session={}", self.token))
    }
}

/// What a tenant offers.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// The tenant.
    pub tenant: TenantId,
    /// Its product.
    pub product: ProductId,
    /// The plan that covers it.
    pub plan: PlanId,
    /// The product's published description, `echo.yaml`.
    pub spec: SpecId,
}

/// A console and everybody around it.
pub struct World {
    /// The kind of host that serves it.
    pub host: Host,
    /// The kind of store behind it.
    pub store: Store,
    /// The console's clock.
    pub clock: Arc<ManualClock>,
    /// The console's data.
    pub stores: Stores,
    /// The API behind the products.
    pub upstream: Upstream,
    /// What Acme offers.
    pub acme: Offer,
    /// What Globex offers.
    pub globex: Offer,
    /// Acme's administrator.
    pub admin: Person,
    /// A developer at Acme's console.
    pub dev: Person,
    /// Another one, of another customer.
    pub eve: Person,
    /// Globex's administrator.
    pub gus: Person,
    /// The running server.
    pub server: ServerHandle,
    console: Console,
    transcript: Mutex<Transcript>,
    _keep: Box<dyn Send + Sync>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} over {:?}", self.host, self.store)
    }
}

impl World {
    /// A new world with a console of default settings.
    pub async fn new(host: Host, store: Store) -> Self {
        Self::with(host, store, |builder| builder).await
    }

    /// A new world with a console of other settings.
    ///
    /// # Panics
    /// If any of it cannot be made.
    pub async fn with(
        host: Host,
        store: Store,
        settings: impl FnOnce(ConsoleBuilder) -> ConsoleBuilder + Send,
    ) -> Self {
        let (stores, keep) = store.open().await;
        let clock = Arc::new(ManualClock::new(BEGIN));
        let upstream = Upstream::spawn().await;
        let acme = tenant(&stores, &clock, "Acme", ACME).await;
        let globex = tenant(&stores, &clock, "Globex", GLOBEX).await;
        let secret = || Secret::new([7; 32]);
        let signer = SessionSigner::new(&secret(), acme.to_string());
        let founder = Founder {
            stores: &stores,
            clock: &clock,
            signer: &signer,
        };
        let admin = founder.person(acme, ACME, "ada", Role::Admin).await;
        let dev = founder.person(acme, ACME, "dev", Role::Developer).await;
        let eve = founder.person(acme, ACME, "eve", Role::Developer).await;
        let gus = founder.person(globex, GLOBEX, "gus", Role::Admin).await;
        let acme = founder.offer(acme, &upstream.origin()).await;
        let globex = founder.offer(globex, &upstream.origin()).await;
        let builder = Console::builder(
            stores.clone(),
            Tenancy::ByHost(acme.tenant),
            Arc::new(KeyRing::generate(&OsEntropy)),
            secret(),
        );
        let console = settings(builder.clock(clock.clone())).build().expect("a console");
        let server = host.serve(console.service(), PREFIX).await;
        Self {
            host,
            store,
            clock,
            stores,
            upstream,
            acme,
            globex,
            admin,
            dev,
            eve,
            gus,
            server,
            console,
            transcript: Mutex::default(),
            _keep: keep,
        }
    }

    /// Sends a call, notes the answer in the transcript, and holds it to what every answer promises.
    ///
    /// # Panics
    /// If there is no answer, or it breaks a promise.
    pub async fn send(&self, call: Call) -> Answer {
        let answer = self.send_quietly(&call).await;
        let places = [
            (self.upstream.origin(), "http://upstream"),
            (self.server.addr.to_string(), "server"),
        ];
        self.transcript().note(&call, &answer, &places);
        answer
    }

    /// As [`send`](Self::send), without the transcript: for calls whose number or answer differs between runs.
    ///
    /// # Panics
    /// As [`send`](Self::send).
    pub async fn send_quietly(&self, call: &Call) -> Answer {
        let reads = matches!(&*call.method, "GET" | "HEAD" | "OPTIONS");
        if !reads && !call.path.contains("/verify") && !call.path.contains("/authz") {
            self.clock.advance(Duration::from_millis(1));
        }
        let wire = call.wire(PREFIX);
        let answer = exchange(self.server.addr, &wire).await;
        let answer = answer.unwrap_or_else(|e| panic!("{self:?}: {} {}: {e}", call.method, call.path));
        promises(call, &answer);
        answer
    }

    /// As [`send_quietly`](Self::send_quietly).
    ///
    /// # Panics
    /// As [`send`](Self::send).
    pub async fn send_quietly_owned(&self, call: Call) -> Answer {
        self.send_quietly(&call).await
    }

    /// When `part` of an answer's body had come, and when its last byte had.
    ///
    /// # Panics
    /// If either does not come.
    pub async fn first_and_last(&self, call: &Call, part: &[u8]) -> (Duration, Duration) {
        let began = Instant::now();
        let mut stream = TcpStream::connect(self.server.addr)
            .await
            .expect("the server listens");
        let wire = call.wire(PREFIX);
        stream.write_all(&wire).await.expect("the server reads");
        let (mut bytes, mut first) = (Vec::new(), None);
        loop {
            let read = stream.read_buf(&mut bytes).await.expect("the server answers");
            if first.is_none() && bytes.windows(part.len()).any(|w| w == part) {
                first = Some(began.elapsed());
            }
            if read == 0 {
                break;
            }
        }
        (first.expect("the part that was waited for"), began.elapsed())
    }

    /// Moves the clock.
    pub fn wait(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// A new session of a person: for stories that are longer than a session.
    pub async fn sign_in_again(&self, person: &Person) -> Person {
        let credentials = json!({"email": person.email, "password": PASSWORD});
        let call = Call::post("/api/v1/auth/sign-in").at(person.host);
        let session = self.send(call.json(&credentials)).await.ok(200);
        Person {
            token: string(&session["token"]),
            ..person.clone()
        }
    }

    /// Subscribes a person to their tenant's plan; gives the subscription's id.
    pub async fn subscribe(&self, person: &Person) -> String {
        let plan = match person.host {
            ACME => self.acme.plan,
            _ => self.globex.plan,
        };
        let call = Call::post("/api/v1/subscriptions").json(&json!({"planId": plan.to_string()}));
        string(&self.send(person.asks(call)).await.ok(201)["id"])
    }

    /// Makes a key with these settings besides name and environment; gives the whole answer.
    pub async fn make_key(&self, person: &Person, settings: Value) -> Value {
        let mut input = json!({"name": "CI", "environment": "live"});
        if let (Some(input), Value::Object(settings)) = (input.as_object_mut(), settings) {
            input.extend(settings);
        }
        let call = Call::post("/api/v1/api-keys").json(&input);
        self.send(person.asks(call)).await.ok(201)
    }

    /// Asks Acme's console whether a key is good.
    pub async fn verify(&self, key: &str) -> Answer {
        let call = Call::post("/api/v1/api-keys/verify").json(&json!({"key": key}));
        self.send(call).await
    }

    /// Calls an operation of Acme's description as a developer.
    pub async fn attempt(&self, person: &Person, input: Value) -> Answer {
        let mut call = json!({"specId": self.acme.spec.to_string()});
        if let (Some(call), Value::Object(input)) = (call.as_object_mut(), input) {
            call.extend(input);
        }
        self.send(person.asks(Call::post("/api/v1/playground/try").json(&call)))
            .await
    }

    /// Another server of the same kind for the same console.
    pub async fn serve_again(&self) -> ServerHandle {
        self.host.serve(self.console.service(), PREFIX).await
    }

    /// What was said so far. A credential that the API got must be in none of it.
    ///
    /// # Panics
    /// If it is.
    #[must_use]
    pub fn finish(self) -> Vec<String> {
        let twins: Vec<String> = self
            .upstream
            .seen()
            .iter()
            .filter_map(|seen| seen.bearer())
            .collect();
        let transcript = self.transcript();
        for (body, line) in transcript.bodies().iter().zip(transcript.lines()) {
            for twin in &twins {
                assert!(!aforo_proxy::testing::exposes(body, twin), "{self:?}: {line}");
            }
        }
        transcript.lines().to_vec()
    }

    fn transcript(&self) -> std::sync::MutexGuard<'_, Transcript> {
        self.transcript.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What every answer of the console keeps, whatever was asked.
///
/// # Panics
/// If it does not.
pub fn promises(call: &Call, answer: &Answer) {
    let what = format!("{} {}: {answer:?}", call.method, call.path);
    assert!(answer.status != 500 && answer.status != 503, "{what}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("default-src 'none'"), "{what}");
    assert!(answer.header("x-request-id").is_some(), "{what}");
    assert!(answer.header("access-control-allow-origin").is_none(), "{what}");
    if call.path.starts_with("/api/v1") {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    }
    if answer.status >= 400 && call.path.starts_with("/api/") && call.method != "HEAD" {
        let content_type = answer.header("content-type").unwrap_or_default();
        let withheld = answer.status == 502 && content_type == "application/json";
        assert!(withheld || content_type == "application/problem+json", "{what}");
    }
}

/// The text of a JSON string.
///
/// # Panics
/// If it is none.
#[must_use]
#[track_caller]
pub fn string(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no string"))
        .to_owned()
}

/// `echo.yaml` with this origin as its server.
#[must_use]
pub fn echo_document(origin: &str) -> String {
    include_str!("echo.yaml").replace("ORIGIN", origin)
}

async fn tenant(stores: &Stores, clock: &ManualClock, name: &str, host: &str) -> TenantId {
    clock.advance(Duration::from_millis(1));
    let now = clock.now();
    let tenant = Tenant {
        id: TenantId::new(now, &OsEntropy),
        name: name.to_owned(),
        slug: name.to_lowercase(),
        hosts: vec![host.to_owned()],
        created_at: now,
    };
    let mut tx = stores.core.begin().await.expect("a transaction");
    tx.tenants().insert(&tenant).await.expect("a new tenant");
    tx.commit().await.expect("a commit");
    tenant.id
}

/// Sets up what must be there before the console starts.
struct Founder<'a> {
    stores: &'a Stores,
    clock: &'a Arc<ManualClock>,
    signer: &'a SessionSigner,
}

impl Founder<'_> {
    /// A person with a session, straight into the store: hashing a password for each would take most of the
    /// suite's time.
    async fn person(&self, tenant: TenantId, host: &'static str, name: &str, role: Role) -> Person {
        static HASH: OnceCell<String> = OnceCell::const_new();
        let hash = HASH.get_or_init(|| async {
            let passwords = Passwords::new(1, &OsEntropy);
            passwords.hash(Secret::new(PASSWORD.to_owned()), &OsEntropy).await
        });
        let hash = hash.await.clone();
        self.clock.advance(Duration::from_millis(1));
        let now = self.clock.now();
        let email = format!("{name}@{}", host.trim_start_matches("dev."));
        let user = User {
            id: UserId::new(now, &OsEntropy),
            tenant,
            customer: CustomerId::new(now, &OsEntropy),
            email: Some(email.clone()),
            name: name.to_owned(),
            role,
            password_hash: Some(hash),
            identity: None,
            created_at: now,
            closed_at: None,
        };
        let customer = Customer {
            id: user.customer,
            tenant,
            name: name.to_owned(),
            created_at: now,
        };
        let session = Session {
            id: SessionId::new(now, &OsEntropy),
            tenant,
            user: user.id,
            created_at: now,
            expires_at: now + Duration::from_secs(12 * 60 * 60),
            ended_at: None,
            agent: None,
        };
        let scope = TenantScope::tenant_wide(tenant);
        let mut tx = self.stores.core.begin().await.expect("a transaction");
        let done = tx.customers(scope).insert(&customer).await;
        done.expect("a new customer");
        tx.users(scope).insert(&user).await.expect("a new user");
        tx.sessions(scope).insert(&session).await.expect("a new session");
        tx.commit().await.expect("a commit");
        let token = self.signer.issue(
            TokenUse::Session,
            user.id,
            tenant,
            session.id,
            now,
            session.expires_at,
        );
        Person {
            id: user.id,
            customer: user.customer,
            email,
            host,
            token: token.expect("a token"),
        }
    }

    /// A product on the loopback, which its operator allows, with its description.
    async fn offer(&self, tenant: TenantId, origin: &str) -> Offer {
        let specs = Specs::new(self.stores.docs.clone(), self.clock.clone(), Arc::new(OsEntropy));
        let scope = TenantScope::tenant_wide(tenant);
        self.clock.advance(Duration::from_millis(1));
        let new = NewProduct {
            name: "Echo API".to_owned(),
            upstream: upstream_of(&format!("{origin}/v1")),
            private_ranges: vec!["127.0.0.1/32".parse().expect("a range")],
            plan: "Standard".to_owned(),
            auto_subscribe: false,
        };
        let (product, plan) = specs
            .add_product(scope, Actor::Operator, new)
            .await
            .expect("a product");
        self.clock.advance(Duration::from_millis(1));
        let document = echo_document(origin).into_bytes();
        let imported = specs
            .import(scope, Actor::Operator, product.id, document, None)
            .await;
        Offer {
            tenant,
            product: product.id,
            plan: plan.id,
            spec: imported.expect("a readable document").spec.id,
        }
    }
}
