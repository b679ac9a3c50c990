//! Signing up, signing in, signing out, and finding out who is asking.

mod agent;

pub use agent::{MAX_AGENT_LIFETIME, MAX_AGENTS, NewAgent};

use std::{net::IpAddr, sync::Arc, time::Duration};

use super::{
    customer::Customer,
    password::Passwords,
    session::{Principal, Session},
    store::CoreTx,
    subscription::subscribe_as_in,
    token::{HostIdentity, SessionSigner, TokenError, TokenUse},
    user::{Role, User},
};
use crate::{
    Clock, CustomerId, Entropy, Secret, SessionId, Store, StoreError, StoreErrorKind, SubscriptionId,
    TenantId, TenantScope, Timestamp, UserId,
    kernel::{
        audit::{Actor, AuditEntry},
        rate::{Quota, RateLimiter},
    },
};

/// How sign-up and sign-in behave.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// How long a session lasts.
    pub session_length: Duration,
    /// Failed sign-ins, and sign-ups, for one account from one client.
    pub attempts_per_account: Quota,
    /// Failed sign-ins for one account from everywhere.
    pub attempts_per_account_anywhere: Quota,
    /// Failed sign-ins, and sign-ups, from one network address.
    pub attempts_per_client: Quota,
}

impl Default for AccountSettings {
    /// Twelve hours; 5 attempts at once for an account and then one every 3 minutes (ASVS 6.3.1), 50 in 15 minutes
    /// from everywhere; 300 from one client in 15 minutes, since offices share an address.
    fn default() -> Self {
        let quarter = Duration::from_secs(15 * 60);
        Self {
            session_length: Duration::from_secs(12 * 60 * 60),
            attempts_per_account: Quota {
                count: 5,
                per: quarter,
            },
            attempts_per_account_anywhere: Quota {
                count: 50,
                per: quarter,
            },
            attempts_per_client: Quota {
                count: 300,
                per: quarter,
            },
        }
    }
}

/// What a new account gives.
pub struct SignUp {
    /// Address.
    pub email: String,
    /// Password.
    pub password: Secret<String>,
    /// What to call the person.
    pub name: String,
    /// What they may do. The public sign-up always passes [`Role::Developer`].
    pub role: Role,
}

/// A session that just began.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub principal: Principal,
    /// The token for cookie or bearer header.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why an account call was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// A field is not acceptable.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which one: `email`, `password`, `name`.
        field: &'static str,
        /// Why, for people.
        reason: &'static str,
    },
    /// There is an account with this address, or an old one is in the way.
    #[error("this account cannot be created")]
    Refused,
    /// Address and password do not belong together; says no more on purpose.
    #[error("wrong address or password")]
    WrongCredentials,
    /// Too many attempts.
    #[error("too many attempts")]
    Throttled {
        /// Until the next one is allowed.
        retry_after: Duration,
    },
    /// Not signed in, or not any more.
    #[error("not signed in")]
    NotSignedIn,
    /// The token is not accepted.
    #[error("not signed in")]
    Token(#[from] TokenError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Signs people up, in and out.
pub struct Accounts {
    store: Arc<dyn Store<dyn CoreTx>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    signer: SessionSigner,
    passwords: Passwords,
    settings: AccountSettings,
    by_pair: RateLimiter<(TenantId, String, Option<IpAddr>)>,
    by_account: RateLimiter<(TenantId, String)>,
    by_client: RateLimiter<IpAddr>,
}

impl Accounts {
    /// The service over a store.
    pub fn new(
        store: Arc<dyn Store<dyn CoreTx>>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        signer: SessionSigner,
        settings: AccountSettings,
    ) -> Self {
        let passwords = Passwords::new(2, &*entropy);
        let (by_pair, by_account, by_client) = Default::default();
        Self {
            store,
            clock,
            entropy,
            signer,
            passwords,
            settings,
            by_pair,
            by_account,
            by_client,
        }
    }

    /// Makes an account with its own customer and the plans that every new account gets, and signs it in.
    ///
    /// An address that is taken is refused, unless the password is right as well: then it signs in, so that a
    /// form sent twice does no harm.
    pub async fn sign_up(
        &self,
        tenant: TenantId,
        form: SignUp,
        client: Option<IpAddr>,
    ) -> Result<SignedIn, AccountError> {
        let email = valid_email(&form.email)?;
        let name = valid_name(&form.name)?;
        valid_password(form.password.expose(), &email)?;
        self.throttle(tenant, &email, client)?;
        let again = Secret::new(form.password.expose().clone());
        let hash = self.passwords.hash(form.password, &*self.entropy).await;
        let now = self.clock.now();
        let scope = TenantScope::tenant_wide(tenant);
        let mut tx = self.store.begin().await?;
        let known = tx.users(scope).find_by_email(&email).await?;
        if let Some(user) = known {
            drop(tx);
            let fits = self.passwords.check(again, user.password_hash.clone()).await;
            return if fits {
                self.begin_session(user).await
            } else {
                Err(AccountError::Refused)
            };
        }
        let user = self.new_user(tenant, email, name, form.role, hash, now);
        match insert_account(&mut *tx, &user, Actor::User(user.id), now, &*self.entropy).await {
            Ok(()) => {}
            Err(e) if e.kind() == StoreErrorKind::Conflict => return Err(AccountError::Refused),
            Err(e) => return Err(e.into()),
        }
        let signed_in = self.session_in(&mut *tx, &user, now).await?;
        match tx.commit().await {
            Ok(()) => Ok(signed_in),
            Err(e) if e.kind() == StoreErrorKind::Conflict => Err(AccountError::Refused),
            Err(e) => Err(e.into()),
        }
    }

    /// Makes an account on somebody's behalf, without signing it in: what an operator does.
    ///
    /// # Errors
    /// [`AccountError::Refused`] if the address is taken, whatever the password.
    pub async fn create(&self, tenant: TenantId, form: SignUp, actor: Actor) -> Result<UserId, AccountError> {
        let email = valid_email(&form.email)?;
        let name = valid_name(&form.name)?;
        valid_password(form.password.expose(), &email)?;
        let hash = self.passwords.hash(form.password, &*self.entropy).await;
        let now = self.clock.now();
        let user = self.new_user(tenant, email, name, form.role, hash, now);
        let mut tx = self.store.begin().await?;
        let made = match insert_account(&mut *tx, &user, actor, now, &*self.entropy).await {
            Ok(()) => tx.commit().await,
            Err(error) => Err(error),
        };
        match made {
            Ok(()) => Ok(user.id),
            Err(error) if error.kind() == StoreErrorKind::Conflict => Err(AccountError::Refused),
            Err(error) => Err(error.into()),
        }
    }

    fn new_user(
        &self,
        tenant: TenantId,
        email: String,
        name: String,
        role: Role,
        hash: String,
        now: Timestamp,
    ) -> User {
        User {
            id: UserId::new(now, &*self.entropy),
            tenant,
            customer: CustomerId::new(now, &*self.entropy),
            email: Some(email),
            name,
            role,
            password_hash: Some(hash),
            identity: None,
            created_at: now,
            closed_at: None,
        }
    }

    /// Signs a person in. The answer, and the time it takes, are the same for a wrong password and an unknown
    /// address.
    pub async fn sign_in(
        &self,
        tenant: TenantId,
        email: &str,
        password: Secret<String>,
        client: Option<IpAddr>,
    ) -> Result<SignedIn, AccountError> {
        let email = email.trim().to_lowercase();
        self.throttle(tenant, &email, client)?;
        if email.len() > 254 || password.expose().len() > MAX_PASSWORD {
            return Err(AccountError::WrongCredentials);
        }
        // What is no address is nobody's, and may hold characters that a database refuses.
        let user = match valid_email(&email) {
            Ok(email) => {
                let mut tx = self.store.read().await?;
                let mut users = tx.users(TenantScope::tenant_wide(tenant));
                users.find_by_email(&email).await?
            }
            Err(_) => None,
        };
        let stored = user.as_ref().and_then(|u| u.password_hash.clone());
        let fits = self.passwords.check(password, stored).await;
        match user {
            Some(user) if fits => {
                self.forgive(tenant, &email, client);
                self.begin_session(user).await
            }
            _ => Err(AccountError::WrongCredentials),
        }
    }

    /// Ends a session at once. Harmless if it has ended.
    pub async fn sign_out(&self, principal: &Principal) -> Result<(), AccountError> {
        let Some(session) = principal.session else {
            return Ok(());
        };
        let (now, scope) = (self.clock.now(), TenantScope::tenant_wide(principal.tenant));
        let mut tx = self.store.begin().await?;
        if tx.sessions(scope).end(session, now).await? {
            let actor = Actor::User(principal.user);
            let entry = AuditEntry::new(scope, actor, "session.ended", now, &*self.entropy).target(session);
            tx.audit(scope).append(&entry).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Who presents this token of ours, in this tenant's console.
    pub async fn authenticate(&self, tenant: TenantId, token: &str) -> Result<Principal, AccountError> {
        self.authenticate_as(TokenUse::Session, tenant, token).await
    }

    /// The same for a token that was made for this use, and for no other.
    pub async fn authenticate_as(
        &self,
        used_by: TokenUse,
        tenant: TenantId,
        token: &str,
    ) -> Result<Principal, AccountError> {
        let now = self.clock.now();
        let claims = self.signer.check(used_by, token, now)?;
        if claims.ten != tenant {
            return Err(TokenError::Audience.into());
        }
        let mut tx = self.store.read().await?;
        let live = tx
            .sessions(TenantScope::tenant_wide(tenant))
            .find_live(claims.sid, now)
            .await?;
        match live {
            Some((session, user))
                if user.id == claims.sub && session.agent.is_some() == (used_by == TokenUse::Agent) =>
            {
                let mut principal = principal(&user, Some(session.id));
                if session.agent.is_some() {
                    principal.role = Role::Developer;
                    principal.agent = session.agent;
                }
                Ok(principal)
            }
            _ => Err(AccountError::NotSignedIn),
        }
    }

    /// The person whom the host vouches for; on the first visit their account is made (PROXY-7). The role is
    /// the host's word of today, never what was stored.
    pub async fn host_principal(
        &self,
        tenant: TenantId,
        who: &HostIdentity,
    ) -> Result<Principal, AccountError> {
        let scope = TenantScope::tenant_wide(tenant);
        for _ in 0..2 {
            let mut tx = self.store.read().await?;
            let known = tx.users(scope).find_by_identity(&who.identity).await?;
            drop(tx);
            if let Some(user) = known {
                return Ok(Principal {
                    role: who.role,
                    ..principal(&user, None)
                });
            }
            let now = self.clock.now();
            let user = User {
                id: UserId::new(now, &*self.entropy),
                tenant,
                customer: CustomerId::new(now, &*self.entropy),
                // The host's address is not ours to make unique: it is not used to sign in.
                email: None,
                name: who.name.chars().take(100).collect(),
                role: who.role,
                password_hash: None,
                identity: Some(who.identity.clone()),
                created_at: now,
                closed_at: None,
            };
            let mut tx = self.store.begin().await?;
            let made = match insert_account(&mut *tx, &user, Actor::User(user.id), now, &*self.entropy).await
            {
                Ok(()) => tx.commit().await,
                Err(error) => Err(error),
            };
            match made {
                Ok(()) => return Ok(principal(&user, None)),
                // Another request was faster: look again.
                Err(error) if error.kind() == StoreErrorKind::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AccountError::NotSignedIn)
    }

    async fn begin_session(&self, user: User) -> Result<SignedIn, AccountError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let signed_in = self.session_in(&mut *tx, &user, now).await?;
        tx.commit().await?;
        Ok(signed_in)
    }

    async fn session_in(
        &self,
        tx: &mut dyn CoreTx,
        user: &User,
        now: Timestamp,
    ) -> Result<SignedIn, AccountError> {
        let expires_at = now + self.settings.session_length;
        let session = Session {
            id: SessionId::new(now, &*self.entropy),
            tenant: user.tenant,
            user: user.id,
            created_at: now,
            expires_at,
            ended_at: None,
            agent: None,
        };
        let scope = TenantScope::tenant_wide(user.tenant);
        tx.sessions(scope).insert(&session).await?;
        let entry = AuditEntry::new(
            scope,
            Actor::User(user.id),
            "session.created",
            now,
            &*self.entropy,
        )
        .target(session.id);
        tx.audit(scope).append(&entry).await?;
        let token = self.signer.issue(
            TokenUse::Session,
            user.id,
            user.tenant,
            session.id,
            now,
            expires_at,
        )?;
        Ok(SignedIn {
            principal: principal(user, Some(session.id)),
            token,
            expires_at,
        })
    }

    /// Gives back what `throttle` took: only failures count.
    fn forgive(&self, tenant: TenantId, email: &str, client: Option<IpAddr>) {
        let network = client.map(network);
        let pair = (tenant, email.to_owned(), network);
        self.by_pair.give_back(&pair, self.settings.attempts_per_account);
        self.by_account.give_back(
            &(tenant, email.to_owned()),
            self.settings.attempts_per_account_anywhere,
        );
        if let Some(network) = network {
            self.by_client
                .give_back(&network, self.settings.attempts_per_client);
        }
    }

    fn throttle(&self, tenant: TenantId, email: &str, client: Option<IpAddr>) -> Result<(), AccountError> {
        let now = self.clock.now();
        let refused = |retry_after| AccountError::Throttled { retry_after };
        let network = client.map(network);
        if let Some(network) = network {
            self.by_client
                .take(network, self.settings.attempts_per_client, now)
                .map_err(refused)?;
        }
        // Long input must not make a large table: past the longest address all share one bucket.
        let address: String = if email.len() > 254 {
            String::new()
        } else {
            email.to_owned()
        };
        // From one place a few; from everywhere together more, so that a stranger cannot lock somebody out alone.
        let pair = (tenant, address.clone(), network);
        self.by_pair
            .take(pair, self.settings.attempts_per_account, now)
            .map_err(refused)?;
        self.by_account
            .take(
                (tenant, address),
                self.settings.attempts_per_account_anywhere,
                now,
            )
            .map_err(refused)
    }
}

/// Who counts as one client: an IPv4 address, or the /64 of an IPv6 one, which is what one customer gets.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

/// Closes a person's account in the caller's transaction: sessions end, personal data is wiped, the audit log
/// keeps its entries (VAULT-21, C8). False if it was closed before.
pub async fn close_account_in(
    tx: &mut dyn CoreTx,
    scope: TenantScope,
    user: UserId,
    actor: Actor,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<bool, StoreError> {
    if !tx.users(scope).close(user, now).await? {
        return Ok(false);
    }
    tx.sessions(scope).end_all_of(user, now).await?;
    let entry = AuditEntry::new(scope, actor, "account.closed", now, entropy).target(user);
    tx.audit(scope).append(&entry).await?;
    Ok(true)
}

async fn insert_account(
    tx: &mut dyn CoreTx,
    user: &User,
    actor: Actor,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(), StoreError> {
    let scope = TenantScope::tenant_wide(user.tenant);
    let customer = Customer {
        id: user.customer,
        tenant: user.tenant,
        name: user.name.clone(),
        created_at: now,
    };
    tx.customers(scope).insert(&customer).await?;
    tx.users(scope).insert(user).await?;
    let entry = AuditEntry::new(scope, actor, "account.created", now, entropy)
        .target(user.id)
        .detail("customer", user.customer)
        .detail("role", user.role);
    tx.audit(scope).append(&entry).await?;
    let plans = tx.plans(scope).list().await?;
    let plans: Vec<_> = plans.into_iter().filter(|plan| plan.auto_subscribe).collect();
    // Ids of one moment sort by chance: put in order, lists show the subscriptions as the plans were made.
    let mut ids: Vec<_> = plans.iter().map(|_| SubscriptionId::new(now, entropy)).collect();
    ids.sort_unstable();
    for (plan, id) in plans.iter().zip(ids) {
        subscribe_as_in(tx, id, plan, user.customer, Actor::System, now, entropy).await?;
    }
    Ok(())
}

fn principal(user: &User, session: Option<SessionId>) -> Principal {
    Principal {
        tenant: user.tenant,
        user: user.id,
        customer: user.customer,
        role: user.role,
        name: user.name.clone(),
        session,
        agent: None,
    }
}

const MAX_PASSWORD: usize = 256;

fn valid_email(text: &str) -> Result<String, AccountError> {
    let email = text.trim().to_lowercase();
    let plain = |part: &str| {
        !part.is_empty()
            && !part
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "@<>,;\"\\".contains(c))
    };
    match email.rsplit_once('@') {
        Some((local, domain))
            if email.len() <= 254
                && plain(local)
                && plain(domain)
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.') =>
        {
            Ok(email)
        }
        _ => Err(AccountError::Invalid {
            field: "email",
            reason: "Enter an address like name@example.com.",
        }),
    }
}

fn valid_name(text: &str) -> Result<String, AccountError> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(AccountError::Invalid {
            field: "name",
            reason: "Enter a name of 1 to 100 characters.",
        });
    }
    Ok(name.to_owned())
}

/// NIST SP 800-63B: length matters, composition rules do not.
fn valid_password(text: &str, email: &str) -> Result<(), AccountError> {
    let invalid = |reason| {
        Err(AccountError::Invalid {
            field: "password",
            reason,
        })
    };
    if text.chars().count() < 8 {
        return invalid("Use at least 8 characters.");
    }
    if text.len() > MAX_PASSWORD {
        return invalid("Use at most 256 bytes.");
    }
    if text.eq_ignore_ascii_case(email) {
        return invalid("The password must not be the address.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(valid_email(" Mara@Acme.Test ").unwrap(), "mara@acme.test");
        for bad in [
            "", "a", "a@", "@b.c", "a@b", "a b@c.d", "a@b..", "a@.b", "a\n@b.c", "a@b@c.d", "<a@b.c>",
        ] {
            assert!(valid_email(bad).is_err(), "{bad:?}");
        }
    }
}
