//! What every command needs: the data folder, the database, the tenant.

use std::{path::PathBuf, sync::Arc};

use aforo_core::{
    Clock, OsEntropy, ProductId, SystemClock, TenantScope,
    domain::{
        product::Upstream,
        tenant::{Tenant, ensure_tenant},
    },
    kernel::audit::Actor,
};
use aforo_docs::{guide::Guides, service::Specs, store::Stores};
use aforo_sql::AnyStore;
use aforo_vault::Vault;
use clap::Args;

use crate::{Failure, folder::Folder};

/// Options of every command. No Debug: the database's address may hold its password.
#[derive(Args, Clone)]
pub(crate) struct Global {
    /// Folder for the embedded database and the key files.
    #[arg(long, global = true, default_value = "aforo-data", env = "AFORO_DATA")]
    pub(crate) data: PathBuf,
    /// Database: `sqlite:PATH` or `postgres://USER@HOST/NAME`. The embedded one in the data folder if left out.
    #[arg(long, global = true, env = "AFORO_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// The tenant a command works on, by its slug. The only one if left out.
    #[arg(long, global = true)]
    pub(crate) tenant: Option<String>,
}

/// An opened database with the services over it.
pub(crate) struct Setup {
    pub(crate) folder: Folder,
    pub(crate) database: AnyStore,
    pub(crate) stores: Stores,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Setup {
    /// Opens folder and database, and brings the tables up to date.
    pub(crate) async fn open(global: &Global) -> Result<Self, Failure> {
        let folder = Folder::open(&global.data)?;
        let url = global.database.clone().unwrap_or_else(|| folder.database());
        let database = aforo_sql::connect(&url).await?;
        database.migrate().await?;
        let stores = database.stores();
        Ok(Self {
            folder,
            database,
            stores,
            clock: Arc::new(SystemClock),
        })
    }

    pub(crate) fn vault(&self) -> Result<Vault, Failure> {
        let keks = Arc::new(self.folder.keks()?);
        let (store, credentials) = (self.stores.vault.clone(), self.stores.credentials.clone());
        Ok(Vault::new(
            store,
            credentials,
            keks,
            self.clock.clone(),
            Arc::new(OsEntropy),
        ))
    }

    pub(crate) fn specs(&self) -> Specs {
        Specs::new(self.stores.docs.clone(), self.clock.clone(), Arc::new(OsEntropy))
    }

    pub(crate) fn guides(&self) -> Guides {
        Guides::new(self.stores.docs.clone(), self.clock.clone(), Arc::new(OsEntropy))
    }

    /// Sends a product's calls elsewhere from now on, and ends the credentials that the old server has seen.
    pub(crate) async fn approve_upstream(
        &self,
        scope: TenantScope,
        product: ProductId,
        upstream: &Upstream,
    ) -> Result<(), Failure> {
        let (specs, vault) = (self.specs(), self.vault()?);
        let mut tx = self.stores.console.begin().await?;
        specs
            .approve_upstream_in(&mut *tx, scope, Actor::Operator, product, upstream)
            .await?;
        vault
            .revoke_twins_in(&mut *tx, scope, Actor::Operator, product)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The tenant that `--tenant` names, or the only one.
    pub(crate) async fn tenant(&self, global: &Global) -> Result<Tenant, Failure> {
        let mut tx = self.stores.core.read().await?;
        if let Some(slug) = &global.tenant {
            let found = tx.tenants().find_by_slug(slug).await?;
            return found
                .ok_or_else(|| format!("there is no tenant {slug:?}; see `aforo tenants list`").into());
        }
        let mut all = tx.tenants().list().await?;
        match all.len() {
            0 => Err(
                "there is no tenant yet; run `aforo tenants create NAME`, or `aforo` for a demonstration"
                    .into(),
            ),
            1 => Ok(all.remove(0)),
            _ => Err("there are several tenants; name one with --tenant SLUG".into()),
        }
    }

    /// The tenant with this slug; made if there is none.
    pub(crate) async fn ensure_tenant(&self, name: &str, hosts: Vec<String>) -> Result<Tenant, Failure> {
        let slug = slug(name)?;
        let (clock, store) = (&*self.clock, &*self.stores.core);
        Ok(ensure_tenant(store, &slug, name, hosts, clock, &OsEntropy).await?)
    }
}

fn slug(name: &str) -> Result<String, Failure> {
    let slug: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let slug = slug.trim_matches('-').to_owned();
    if slug.is_empty() || slug.len() > 60 || name.chars().count() > 100 {
        return Err("a tenant's name has 1 to 100 characters and at least one letter or digit".into());
    }
    Ok(slug)
}
