//! Creating, saving and publishing pages.

use aforo_core::{PageId, ProductId, TenantScope, kernel::audit::Actor};

use super::{Change, Guides, version_in};
use crate::{
    error::DocsError,
    guide::{
        page::{self, DocPage, MAX_NOTE, PageStatus, PublishedName},
        version::PageVersion,
    },
    store::DocsTx,
};

/// A page to add.
#[derive(Clone, Debug, Default)]
pub struct NewPage {
    /// The page above it; `None` for the root.
    pub parent: Option<PageId>,
    /// Its place among its siblings, from 0; `None` for the last one.
    pub position: Option<usize>,
    /// The product it is about.
    pub product: Option<ProductId>,
    /// Its title: 1 to 200 characters.
    pub title: String,
    /// Its part of the address; `None` to make one of the title.
    pub slug: Option<String>,
    /// Its text.
    pub body: String,
    /// A note for the history.
    pub note: String,
    /// Whether to publish it at once.
    pub publish: bool,
}

/// A new version of a page.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// The version that the author changed. If it is not the latest any more, nothing is saved.
    pub base_version: u32,
    /// The title: 1 to 200 characters.
    pub title: String,
    /// The page's part of the address; `None` to leave it as it is.
    pub slug: Option<String>,
    /// The text.
    pub body: String,
    /// A note for the history.
    pub note: String,
    /// Whether to publish it at once, in the same transaction.
    pub publish: bool,
}

/// A page with the version that was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The page.
    pub page: DocPage,
    /// Its latest version.
    pub version: PageVersion,
}

/// The parts of a version, checked; `None` for a slug that is made of the title.
pub(super) struct Written {
    pub(super) title: String,
    pub(super) slug: Option<String>,
    pub(super) body: String,
    pub(super) note: String,
}

impl Guides {
    /// Adds a page with its first version.
    pub async fn create(&self, scope: TenantScope, actor: Actor, new: NewPage) -> Result<Saved, DocsError> {
        let mut tx = self.store.begin().await?;
        let saved = self.create_in(&mut *tx, scope, actor, new).await?;
        tx.commit().await?;
        Ok(saved)
    }

    /// As [`create`](Self::create), in the caller's transaction.
    pub async fn create_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        actor: Actor,
        new: NewPage,
    ) -> Result<Saved, DocsError> {
        let (title, body) = (page::title(&new.title)?, page::body(&new.body)?);
        let note = page::note("note", &new.note, MAX_NOTE)?;
        let chosen = new.slug.as_deref().map(page::slug).transpose()?;
        if let Some(product) = new.product
            && tx.products(scope).find(product).await?.is_none()
        {
            return Err(DocsError::ProductNotFound(product));
        }
        let mut change = self.change_in(tx, scope, actor).await?;
        let written = Written {
            title,
            slug: chosen,
            body,
            note,
        };
        let saved = self.add_in(tx, &mut change, &new, written).await?;
        change.finish_in(tx).await?;
        Ok(saved)
    }

    /// Adds a page whose parts were checked.
    pub(super) async fn add_in(
        &self,
        tx: &mut dyn DocsTx,
        change: &mut Change,
        new: &NewPage,
        written: Written,
    ) -> Result<Saved, DocsError> {
        let (scope, now) = (change.scope, change.now);
        let id = PageId::new(now, &*self.entropy);
        let free = |change: &Change| change.forest.free_slug(new.parent, &written.title, id);
        let slug = written.slug.clone().unwrap_or_else(|| free(change));
        let version = PageVersion {
            page: id,
            number: 1,
            title: written.title,
            slug,
            body: written.body,
            author: change.author(),
            note: written.note,
            created_at: now,
        };
        let mut page = DocPage {
            id,
            tenant: scope.tenant(),
            product: new.product,
            parent: new.parent,
            title: version.title.clone(),
            slug: version.slug.clone(),
            sort_order: 0,
            status: PageStatus::Draft,
            latest_version: 1,
            published_version: None,
            published: None,
            created_at: now,
            updated_at: now,
            published_at: None,
            deleted: None,
        };
        if new.publish {
            show(&mut page, &version, change);
        }
        change.forest.insert(page, new.position)?;
        let page = change.forest.page(id)?.clone();
        // Its place may be another's until that is written as well: storage does not mind.
        tx.pages(scope).insert(&page, &version).await?;
        let entry = self
            .entry(change, "page.created")
            .target(id)
            .detail("title", &page.title);
        tx.audit(scope).append(&entry).await?;
        if new.publish {
            let entry = self
                .entry(change, "page.published")
                .target(id)
                .detail("version", 1);
            tx.audit(scope).append(&entry).await?;
        }
        Ok(Saved { page, version })
    }

    /// Saves a new version, and forgets the author's unsaved work on the page. A text, title and slug that are
    /// those of the latest version make no new one, but are published if that was asked for.
    ///
    /// [`DocsError::VersionConflict`] if somebody else saved in between: it holds what they saved.
    pub async fn save(
        &self,
        scope: TenantScope,
        actor: Actor,
        page: PageId,
        edit: Edit,
    ) -> Result<Saved, DocsError> {
        let mut tx = self.store.begin().await?;
        let saved = self.save_in(&mut *tx, scope, actor, page, edit).await?;
        tx.commit().await?;
        Ok(saved)
    }

    /// As [`save`](Self::save), in the caller's transaction.
    pub async fn save_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        actor: Actor,
        id: PageId,
        edit: Edit,
    ) -> Result<Saved, DocsError> {
        let mut change = self.change_in(tx, scope, actor).await?;
        let latest = version_in(tx, scope, id, change.forest.page(id)?.latest_version).await?;
        if latest.number != edit.base_version {
            return Err(DocsError::VersionConflict {
                latest: Box::new(latest),
            });
        }
        let author = change.author();
        if let Some(author) = author {
            tx.page_drafts(scope).delete(id, author).await?;
        }
        let written = PageVersion {
            page: id,
            number: latest.number + 1,
            title: page::title(&edit.title)?,
            // A slug that is kept was allowed when it was chosen.
            slug: match edit.slug {
                Some(slug) if slug != latest.slug => page::slug(&slug)?,
                _ => latest.slug.clone(),
            },
            body: page::body(&edit.body)?,
            author,
            note: page::note("note", &edit.note, MAX_NOTE)?,
            created_at: change.now,
        };
        let same =
            (&written.title, &written.slug, &written.body) == (&latest.title, &latest.slug, &latest.body);
        let version = if same {
            latest
        } else {
            self.write_in(tx, &mut change, written, "page.saved").await?
        };
        if edit.publish {
            self.show_in(tx, &mut change, &version).await?;
        }
        let page = change.forest.page(id)?.clone();
        change.finish_in(tx).await?;
        Ok(Saved { page, version })
    }

    /// Shows a version to readers. They see the page once all pages above it are published.
    pub async fn publish(
        &self,
        scope: TenantScope,
        actor: Actor,
        page: PageId,
        version: u32,
    ) -> Result<DocPage, DocsError> {
        let mut tx = self.store.begin().await?;
        let page = self.publish_in(&mut *tx, scope, actor, page, version).await?;
        tx.commit().await?;
        Ok(page)
    }

    /// As [`publish`](Self::publish), in the caller's transaction.
    pub async fn publish_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        actor: Actor,
        id: PageId,
        version: u32,
    ) -> Result<DocPage, DocsError> {
        let mut change = self.change_in(tx, scope, actor).await?;
        change.forest.page(id)?;
        let version = version_in(tx, scope, id, version).await?;
        self.show_in(tx, &mut change, &version).await?;
        let page = change.forest.page(id)?.clone();
        change.finish_in(tx).await?;
        Ok(page)
    }

    /// Hides a page, and with it those below it, from readers.
    pub async fn unpublish(
        &self,
        scope: TenantScope,
        actor: Actor,
        id: PageId,
    ) -> Result<DocPage, DocsError> {
        let mut tx = self.store.begin().await?;
        let mut change = self.change_in(&mut *tx, scope, actor).await?;
        if change.forest.page(id)?.status == PageStatus::Published {
            let page = change.forest.page_mut(id)?;
            page.status = PageStatus::Draft;
            (page.published_version, page.published, page.published_at) = (None, None, None);
            let entry = self.entry(&change, "page.unpublished").target(id);
            tx.audit(scope).append(&entry).await?;
        }
        let page = change.forest.page(id)?.clone();
        change.finish_in(&mut *tx).await?;
        tx.commit().await?;
        Ok(page)
    }

    /// Makes an old version the latest one again, as a new version. Its slug comes back as well, unless a sibling
    /// has it by now. Readers see it when it is published.
    pub async fn restore(
        &self,
        scope: TenantScope,
        actor: Actor,
        id: PageId,
        version: u32,
    ) -> Result<Saved, DocsError> {
        let mut tx = self.store.begin().await?;
        let mut change = self.change_in(&mut *tx, scope, actor).await?;
        let current = change.forest.page(id)?.clone();
        let old = version_in(&mut *tx, scope, id, version).await?;
        let free = change
            .forest
            .require_free_slug(current.parent, &old.slug, id)
            .is_ok();
        let written = PageVersion {
            number: current.latest_version + 1,
            slug: if free { old.slug } else { current.slug },
            author: change.author(),
            note: format!("Restored version {version}"),
            created_at: change.now,
            ..old
        };
        let version = self
            .write_in(&mut *tx, &mut change, written, "page.restored")
            .await?;
        let page = change.forest.page(id)?.clone();
        change.finish_in(&mut *tx).await?;
        tx.commit().await?;
        Ok(Saved { page, version })
    }

    /// Says which product a page is about, or that it is about none.
    pub async fn set_product(
        &self,
        scope: TenantScope,
        actor: Actor,
        id: PageId,
        product: Option<ProductId>,
    ) -> Result<DocPage, DocsError> {
        let mut tx = self.store.begin().await?;
        if let Some(product) = product
            && tx.products(scope).find(product).await?.is_none()
        {
            return Err(DocsError::ProductNotFound(product));
        }
        let mut change = self.change_in(&mut *tx, scope, actor).await?;
        if change.forest.page(id)?.product != product {
            change.forest.page_mut(id)?.product = product;
            let mut entry = self.entry(&change, "page.product_changed").target(id);
            if let Some(product) = product {
                entry = entry.detail("product", product);
            }
            tx.audit(scope).append(&entry).await?;
        }
        let page = change.forest.page(id)?.clone();
        change.finish_in(&mut *tx).await?;
        tx.commit().await?;
        Ok(page)
    }

    /// Adds a version and makes it the latest one.
    pub(super) async fn write_in(
        &self,
        tx: &mut dyn DocsTx,
        change: &mut Change,
        version: PageVersion,
        action: &str,
    ) -> Result<PageVersion, DocsError> {
        let parent = change.forest.page(version.page)?.parent;
        change
            .forest
            .require_free_slug(parent, &version.slug, version.page)?;
        let page = change.forest.page_mut(version.page)?;
        page.latest_version = version.number;
        page.title.clone_from(&version.title);
        page.slug.clone_from(&version.slug);
        page.updated_at = version.created_at;
        tx.pages(change.scope).add_version(&version).await?;
        let entry = self
            .entry(change, action)
            .target(version.page)
            .detail("version", version.number);
        tx.audit(change.scope).append(&entry).await?;
        Ok(version)
    }

    /// Makes a version the published one.
    pub(super) async fn show_in(
        &self,
        tx: &mut dyn DocsTx,
        change: &mut Change,
        version: &PageVersion,
    ) -> Result<(), DocsError> {
        let page = change.forest.page(version.page)?;
        if page.published_version == Some(version.number) {
            return Ok(());
        }
        // An older version may have an address that is another's by now.
        change
            .forest
            .require_free_slug(page.parent, &version.slug, version.page)?;
        let mut page = page.clone();
        show(&mut page, version, change);
        *change.forest.page_mut(version.page)? = page;
        let entry = self
            .entry(change, "page.published")
            .target(version.page)
            .detail("version", version.number);
        Ok(tx.audit(change.scope).append(&entry).await?)
    }
}

fn show(page: &mut DocPage, version: &PageVersion, change: &Change) {
    page.status = PageStatus::Published;
    page.published_version = Some(version.number);
    page.published = Some(PublishedName {
        title: version.title.clone(),
        slug: version.slug.clone(),
    });
    page.published_at = Some(change.now);
}
