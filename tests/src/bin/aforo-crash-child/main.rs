//! The program that the kill suite kills: a vault at work, which says what it was told is committed.
//!
//! `aforo-crash-child migrate URL` makes the tables and ends.
//! `aforo-crash-child work URL KEYFILE SEED TENANT CUSTOMER PLAN` works until it is killed, or until whoever
//! started it closes its standard input. `work-carelessly` does the same and cancels in two transactions, to show
//! that the suite would notice. It keeps nothing in memory between two operations, so that several of
//! these can work on one database.

mod protocol;

use std::{
    env,
    error::Error,
    io::{Read as _, Write as _},
    path::Path,
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use aforo_core::{
    Clock, CustomerId, Entropy, KeyId, PageRequest, PlanId, StoreError, StoreErrorKind, SubscriptionId,
    SystemClock, TenantScope,
    domain::subscription::{SubscriptionFilter, subscribe_in},
    kernel::audit::{self, Actor, AuditEntry, hex},
};
use aforo_docs::store::Stores;
use aforo_vault::{
    KeyOwner, NewKey, TwinUse, Vault, VaultError,
    kek::KeyRing,
    key::{ApiKey, CredentialFormat, Environment, KeyOrigin},
    mint,
    store::KeyFilter,
};
use protocol::{Choices, Derived, Line, Outcome, Verb};

/// Tasks at work at the same time, besides the one that seals the audit log.
const TASKS: u64 = 6;
/// New subscriptions are made while there are fewer active ones than this.
const SUBSCRIPTIONS: usize = 4;
/// How long a task waits after the store was gone.
const PAUSE: Duration = Duration::from_millis(20);
/// How long the audit log stays unsealed.
const SEALING: Duration = Duration::from_millis(3);
const ENVIRONMENTS: [Environment; 2] = [Environment::Test, Environment::Live];
const ORIGINS: [&str; 2] = ["https://api.acme.test", "https://new.acme.test"];

type AnyError = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
async fn main() -> Result<(), AnyError> {
    // Nobody is left behind when the suite fails.
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["migrate", url] => {
            aforo_sql::connect(url).await?.migrate().await?;
            say(&Line::Migrated);
            Ok(())
        }
        [
            command @ ("work" | "work-carelessly"),
            url,
            keys,
            seed,
            tenant,
            customer,
            plan,
        ] => {
            // As a host does when it starts.
            let store = aforo_sql::connect(url).await?;
            store.migrate().await?;
            let seed = seed.parse()?;
            let entropy: Arc<dyn Entropy> = Arc::new(Derived::new(seed, 0));
            let stores = store.stores();
            let vault = Vault::new(
                stores.vault.clone(),
                stores.credentials.clone(),
                Arc::new(KeyRing::read(Path::new(keys))?),
                Arc::new(SystemClock),
                entropy.clone(),
            );
            let work = Arc::new(Work {
                stores,
                vault,
                entropy,
                seed,
                customer: customer.parse()?,
                plan: plan.parse()?,
                scope: TenantScope::of_customer(tenant.parse()?, customer.parse()?),
                operations: AtomicU64::new(0),
                is_careless: command != "work",
            });
            say(&Line::Ready);
            for task in 0..TASKS {
                let work = work.clone();
                tokio::spawn(async move { work.change_for_ever(task).await });
            }
            work.seal_for_ever().await
        }
        _ => Err("usage: migrate URL | work URL KEYFILE SEED TENANT CUSTOMER PLAN".into()),
    }
}

/// Writes one line at once: a pipe takes it whole or not at all.
fn say(line: &Line) {
    let text = format!("{line}\n");
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        process::exit(0); // nobody listens any more
    }
}

struct Work {
    stores: Stores,
    vault: Vault,
    entropy: Arc<dyn Entropy>,
    seed: u64,
    customer: CustomerId,
    plan: PlanId,
    scope: TenantScope,
    operations: AtomicU64,
    /// Cancels in two steps, which is wrong.
    is_careless: bool,
}

impl Work {
    async fn change_for_ever(&self, task: u64) {
        let mut choices = Choices::new(self.seed.wrapping_mul(TASKS).wrapping_add(task));
        loop {
            match self.choose(&mut choices).await {
                Ok(next) => self.report(next.verb(), self.carry_out(next)).await,
                Err(error) => {
                    // It was only reading.
                    if !passes(&error) {
                        say(&Line::Broken(describe(&error)));
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn seal_for_ever(&self) -> ! {
        loop {
            self.report(Verb::Seal, async {
                let head = audit::seal(&*self.stores.subscriptions, self.scope.tenant()).await?;
                Ok(Outcome::Sealed {
                    seq: head.seq,
                    hash: hex(&head.hash),
                })
            })
            .await;
            tokio::time::sleep(SEALING).await;
        }
    }

    /// Announces an operation, carries it out, and says how it ended.
    async fn report(&self, verb: Verb, operation: impl Future<Output = Result<Outcome, VaultError>>) {
        let number = self.operations.fetch_add(1, Ordering::Relaxed);
        say(&Line::Begin(number, verb));
        match operation.await {
            Ok(outcome) => say(&Line::Done(number, outcome)),
            Err(VaultError::Store(error)) if error.kind() == StoreErrorKind::Unavailable => {
                say(&Line::Unavailable(number));
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) if passes(&error) => say(&Line::Refused(number)),
            Err(error) => say(&Line::Broken(format!("{verb:?}: {}", describe(&error)))),
        }
    }

    /// Looks at what there is, and chooses what to do next.
    async fn choose(&self, choices: &mut Choices) -> Result<Next, VaultError> {
        let mut tx = self.stores.vault.read().await?;
        let filter = SubscriptionFilter {
            active_only: true,
            product: None,
        };
        let active = tx
            .subscriptions(self.scope)
            .list(filter, PageRequest::first(50))
            .await?
            .items;
        drop(tx);
        if active.len() < SUBSCRIPTIONS {
            return Ok(Next::Subscribe);
        }
        let Some(subscription) = choices.of(&active) else {
            return Ok(Next::Subscribe);
        };
        let id = subscription.id;
        let environment = *choices.of(&ENVIRONMENTS).unwrap_or(&Environment::Live);
        let filter = KeyFilter {
            subscription: Some(id),
            unrevoked_only: true,
            environment: None,
        };
        let keys = self
            .vault
            .list(self.scope, filter, PageRequest::first(50))
            .await?;
        let keys: Vec<ApiKey> = keys.items;
        Ok(match (choices.below(100), choices.of(&keys)) {
            (0..20, Some(_)) => Next::Cancel(id),
            (20..40, _) => Next::Open(TwinUse {
                subscription: id,
                environment,
                product: *choices
                    .of(&subscription.products)
                    .ok_or(VaultError::NoSubscription)?,
                // Sealed to another origin than the last time, a twin is replaced.
                origin: (*choices.of(&ORIGINS).unwrap_or(&ORIGINS[0])).to_owned(),
                operation: "getWeather".to_owned(),
            }),
            (40..62, Some(key)) => Next::Rotate(key.id),
            (62..70, Some(key)) => Next::Revoke(key.id),
            _ => {
                let other = choices.of(&active).filter(|_| choices.below(4) == 0);
                Next::Create(
                    environment,
                    std::iter::once(id).chain(other.map(|s| s.id)).collect(),
                )
            }
        })
    }

    async fn carry_out(&self, next: Next) -> Result<Outcome, VaultError> {
        let (scope, actor) = (self.scope, Actor::System);
        Ok(match next {
            Next::Subscribe => {
                let now = SystemClock.now();
                let mut tx = self.stores.core.begin().await?;
                let plan = tx.plans(scope).find(self.plan).await?;
                let plan = plan.ok_or_else(|| StoreError::new(StoreErrorKind::Other, "the plan is gone"))?;
                let new = subscribe_in(&mut *tx, &plan, self.customer, actor, now, &*self.entropy).await?;
                tx.commit().await?;
                Outcome::Subscribed(new.id)
            }
            Next::Create(environment, subscriptions) => {
                let new = self.new_key(environment, subscriptions);
                let created = self.vault.create(scope, actor, new).await?;
                Outcome::Created {
                    key: created.key.id,
                    hash: hex(&mint::hash(created.secret.expose())),
                    subscriptions: created.subscriptions,
                }
            }
            Next::Rotate(old) => {
                let rotated = self.vault.rotate(scope, actor, old).await?;
                Outcome::Rotated {
                    old,
                    key: rotated.created.key.id,
                    hash: hex(&mint::hash(rotated.created.secret.expose())),
                }
            }
            Next::Revoke(key) => Outcome::Revoked(self.vault.revoke(scope, actor, key).await?.id),
            Next::Cancel(id) if self.is_careless => self.cancel_carelessly(id).await?,
            Next::Cancel(id) => {
                let cancelled = self.vault.cancel_subscription(scope, actor, id).await?;
                Outcome::Cancelled {
                    subscription: cancelled.id,
                    keys: cancelled.keys,
                }
            }
            Next::Open(wanted) => {
                let secret = self.vault.open_twin(scope, actor, &wanted).await?;
                Outcome::Opened {
                    subscription: wanted.subscription,
                    hash: hex(&mint::hash(secret.expose())),
                }
            }
        })
    }

    /// What a cancellation must not be: two transactions, with a moment between them.
    async fn cancel_carelessly(&self, id: SubscriptionId) -> Result<Outcome, VaultError> {
        let now = SystemClock.now();
        let mut tx = self.stores.vault.begin().await?;
        if !tx.subscriptions(self.scope).cancel(id, now).await? {
            return Err(VaultError::SubscriptionNotActive(id));
        }
        tx.commit().await?;
        let mut tx = self.stores.vault.begin().await?;
        let dead = tx.keys(self.scope).end_bindings_to(id, now).await?;
        let customers = dead.iter().filter(|(_, origin)| *origin != KeyOrigin::Playground);
        let keys: Vec<KeyId> = customers.map(|(key, _)| *key).collect();
        let list: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let action = "subscription.cancelled";
        let entry = AuditEntry::new(self.scope, Actor::System, action, now, &*self.entropy)
            .target(id)
            .detail("keys", list.join(" "));
        tx.audit(self.scope).append(&entry).await?;
        tx.commit().await?;
        Ok(Outcome::Cancelled {
            subscription: id,
            keys,
        })
    }

    fn new_key(&self, environment: Environment, subscriptions: Vec<SubscriptionId>) -> NewKey {
        NewKey {
            name: "crash".to_owned(),
            environment,
            format: CredentialFormat::Bearer,
            created_by: None,
            owner: KeyOwner::Customer {
                customer: self.customer,
                subscriptions,
            },
            products: Vec::new(),
            ip_ranges: Vec::new(),
            rate_limit: None,
            expires_at: None,
            permissions: Vec::new(),
        }
    }
}

/// What to do next.
enum Next {
    Subscribe,
    Create(Environment, Vec<SubscriptionId>),
    Rotate(KeyId),
    Revoke(KeyId),
    Cancel(SubscriptionId),
    Open(TwinUse),
}

impl Next {
    const fn verb(&self) -> Verb {
        match self {
            Self::Subscribe => Verb::Subscribe,
            Self::Create(..) => Verb::Create,
            Self::Rotate(_) => Verb::Rotate,
            Self::Revoke(_) => Verb::Revoke,
            Self::Cancel(_) => Verb::Cancel,
            Self::Open(_) => Verb::Open,
        }
    }
}

/// Whether this is a fair answer among others who work on the same subscriptions.
fn passes(error: &VaultError) -> bool {
    match error {
        VaultError::Store(error) => error.is_retryable(),
        VaultError::SubscriptionNotActive(_) | VaultError::NotActive(_) | VaultError::InGrace { .. } => true,
        _ => false,
    }
}

/// The error with its causes.
fn describe(error: &VaultError) -> String {
    let mut text = format!("{error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
