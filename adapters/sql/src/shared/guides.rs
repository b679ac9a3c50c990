//! The guides: pages and their versions.

use aforo_core::{
    Page, PageId, PageRequest, ProductId, StoreError, StoreErrorKind, TenantId, Timestamp, UserId,
};
use aforo_docs::guide::{
    page::{Deletion, DocPage, PublishedName},
    store::PageRepository,
    version::{PageVersion, VersionSummary},
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Db, Pages, store_error};
use crate::{error::outside, read};

macro_rules! columns {
    () => {
        "tenant_id, id, parent_id, product_id, title, slug, sort_order, status, latest_version,
         published_version, published_title, published_slug, created_at, updated_at, published_at, deleted_at,
         deleted_with"
    };
}

#[derive(sqlx::FromRow)]
struct PageRow {
    tenant_id: Uuid,
    id: Uuid,
    parent_id: Option<Uuid>,
    product_id: Option<Uuid>,
    title: String,
    slug: String,
    sort_order: i64,
    status: String,
    latest_version: i64,
    published_version: Option<i64>,
    published_title: Option<String>,
    published_slug: Option<String>,
    created_at: i64,
    updated_at: i64,
    published_at: Option<i64>,
    deleted_at: Option<i64>,
    deleted_with: Option<Uuid>,
}

impl TryFrom<PageRow> for DocPage {
    type Error = StoreError;
    fn try_from(row: PageRow) -> Result<Self, StoreError> {
        let published = row.published_title.zip(row.published_slug);
        let deleted = read::time(row.deleted_at).zip(row.deleted_with);
        Ok(DocPage {
            id: PageId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            product: row.product_id.map(ProductId::from_uuid),
            parent: row.parent_id.map(PageId::from_uuid),
            title: row.title,
            slug: row.slug,
            sort_order: row.sort_order,
            status: read::word("doc_pages.status", &row.status)?,
            latest_version: read::count("doc_pages.latest_version", row.latest_version)?,
            published_version: row
                .published_version
                .map(|n| read::count("doc_pages.published_version", n))
                .transpose()?,
            published: published.map(|(title, slug)| PublishedName { title, slug }),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            published_at: read::time(row.published_at),
            deleted: deleted.map(|(at, with)| Deletion {
                at,
                root: PageId::from_uuid(with),
            }),
        })
    }
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    page_id: Uuid,
    number: i64,
    title: String,
    slug: String,
    body: String,
    author_id: Option<Uuid>,
    note: String,
    created_at: i64,
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    number: i64,
    title: String,
    slug: String,
    author_id: Option<Uuid>,
    note: String,
    created_at: i64,
}

const NUMBER: &str = "doc_page_versions.number";

impl TryFrom<VersionRow> for PageVersion {
    type Error = StoreError;
    fn try_from(row: VersionRow) -> Result<Self, StoreError> {
        Ok(PageVersion {
            page: PageId::from_uuid(row.page_id),
            number: read::count(NUMBER, row.number)?,
            title: row.title,
            slug: row.slug,
            body: row.body,
            author: row.author_id.map(UserId::from_uuid),
            note: row.note,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

impl TryFrom<SummaryRow> for VersionSummary {
    type Error = StoreError;
    fn try_from(row: SummaryRow) -> Result<Self, StoreError> {
        Ok(VersionSummary {
            number: read::count(NUMBER, row.number)?,
            title: row.title,
            slug: row.slug,
            author: row.author_id.map(UserId::from_uuid),
            note: row.note,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

impl Pages<'_> {
    async fn pages(&mut self, statement: &'static str) -> Result<Vec<DocPage>, StoreError> {
        let rows = sqlx::query_as::<Db, PageRow>(statement)
            .bind(self.scope.tenant)
            .fetch_all(&mut *self.conn)
            .await
            .map_err(store_error)?;
        rows.into_iter().map(DocPage::try_from).collect()
    }

    /// Writes all columns of a page, with a statement that takes them in order.
    async fn write(&mut self, statement: &'static str, page: &DocPage) -> Result<bool, StoreError> {
        let published = page.published.as_ref();
        let done = sqlx::query::<Db>(statement)
            .bind(self.scope.tenant)
            .bind(page.id.as_uuid())
            .bind(page.parent.map(PageId::as_uuid))
            .bind(page.product.map(ProductId::as_uuid))
            .bind(&page.title)
            .bind(&page.slug)
            .bind(page.sort_order)
            .bind(page.status.as_str())
            .bind(i64::from(page.latest_version))
            .bind(page.published_version.map(i64::from))
            .bind(published.map(|name| &name.title))
            .bind(published.map(|name| &name.slug))
            .bind(page.created_at.as_millis())
            .bind(page.updated_at.as_millis())
            .bind(page.published_at.map(Timestamp::as_millis))
            .bind(page.deleted.map(|deletion| deletion.at.as_millis()))
            .bind(page.deleted.map(|deletion| deletion.root.as_uuid()))
            .execute(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }
}

#[async_trait]
impl PageRepository for Pages<'_> {
    async fn lock_tree(&mut self) -> Result<u64, StoreError> {
        let revision = sqlx::query_scalar::<Db, i64>(
            "INSERT INTO doc_trees AS t (tenant_id, revision) VALUES ($1, 1)
             ON CONFLICT (tenant_id) DO UPDATE SET revision = t.revision + 1
             RETURNING revision",
        )
        .bind(self.scope.tenant)
        .fetch_one(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(revision.unsigned_abs())
    }

    async fn revision(&mut self) -> Result<u64, StoreError> {
        let revision = sqlx::query_scalar::<Db, i64>("SELECT revision FROM doc_trees WHERE tenant_id = $1")
            .bind(self.scope.tenant)
            .fetch_optional(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(revision.map_or(0, i64::unsigned_abs))
    }

    async fn list(&mut self) -> Result<Vec<DocPage>, StoreError> {
        self.pages(concat!(
            "SELECT ",
            columns!(),
            " FROM doc_pages WHERE tenant_id = $1 AND deleted_at IS NULL"
        ))
        .await
    }

    async fn deleted(&mut self) -> Result<Vec<DocPage>, StoreError> {
        self.pages(concat!(
            "SELECT ",
            columns!(),
            " FROM doc_pages WHERE tenant_id = $1 AND deleted_at IS NOT NULL ORDER BY deleted_at DESC, id DESC"
        ))
        .await
    }

    async fn find(&mut self, id: PageId) -> Result<Option<DocPage>, StoreError> {
        sqlx::query_as::<Db, PageRow>(concat!(
            "SELECT ",
            columns!(),
            " FROM doc_pages WHERE tenant_id = $1 AND id = $2"
        ))
        .bind(self.scope.tenant)
        .bind(id.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(DocPage::try_from)
        .transpose()
    }

    async fn insert(&mut self, page: &DocPage, first: &PageVersion) -> Result<(), StoreError> {
        self.scope.admit_tenant(page.tenant)?;
        if (first.page, first.number) != (page.id, page.latest_version) {
            return Err(outside("the page has no such version"));
        }
        const INSERT: &str = concat!(
            "INSERT INTO doc_pages (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
        );
        self.write(INSERT, page).await?;
        self.add_version(first).await
    }

    async fn update(&mut self, page: &DocPage) -> Result<bool, StoreError> {
        self.scope.admit_tenant(page.tenant)?;
        const UPDATE: &str = "UPDATE doc_pages SET parent_id = $3, product_id = $4, title = $5, slug = $6,
                sort_order = $7, status = $8, latest_version = $9, published_version = $10,
                published_title = $11, published_slug = $12, created_at = $13, updated_at = $14,
                published_at = $15, deleted_at = $16, deleted_with = $17
             WHERE tenant_id = $1 AND id = $2";
        self.write(UPDATE, page).await
    }

    async fn add_version(&mut self, version: &PageVersion) -> Result<(), StoreError> {
        sqlx::query::<Db>(
            "INSERT INTO doc_page_versions (tenant_id, page_id, number, title, slug, body, author_id, note,
                created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(self.scope.tenant)
        .bind(version.page.as_uuid())
        .bind(i64::from(version.number))
        .bind(&version.title)
        .bind(&version.slug)
        .bind(&version.body)
        .bind(version.author.map(UserId::as_uuid))
        .bind(&version.note)
        .bind(version.created_at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn version(&mut self, page: PageId, number: u32) -> Result<Option<PageVersion>, StoreError> {
        sqlx::query_as::<Db, VersionRow>(
            "SELECT page_id, number, title, slug, body, author_id, note, created_at FROM doc_page_versions
             WHERE tenant_id = $1 AND page_id = $2 AND number = $3",
        )
        .bind(self.scope.tenant)
        .bind(page.as_uuid())
        .bind(i64::from(number))
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(PageVersion::try_from)
        .transpose()
    }

    async fn versions(
        &mut self,
        page: PageId,
        request: PageRequest<u32>,
    ) -> Result<Page<VersionSummary, u32>, StoreError> {
        let rows = sqlx::query_as::<Db, SummaryRow>(
            "SELECT number, title, slug, author_id, note, created_at FROM doc_page_versions
             WHERE tenant_id = $1 AND page_id = $2 AND ($3 IS NULL OR number < $3)
             ORDER BY number DESC LIMIT $4",
        )
        .bind(self.scope.tenant)
        .bind(page.as_uuid())
        .bind(request.after.map(i64::from))
        .bind(i64::from(request.limit) + 1)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let versions = rows
            .into_iter()
            .map(VersionSummary::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(
            versions,
            request.limit,
            |version: &VersionSummary| version.number,
        ))
    }

    async fn add_redirect(&mut self, path: &str, page: PageId, at: Timestamp) -> Result<(), StoreError> {
        if !read::is_storable(path) {
            return Err(StoreError::new(StoreErrorKind::Other, "a path has no NUL"));
        }
        sqlx::query::<Db>(
            "INSERT INTO doc_redirects (tenant_id, path, page_id, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant_id, path)
             DO UPDATE SET page_id = excluded.page_id, created_at = excluded.created_at",
        )
        .bind(self.scope.tenant)
        .bind(path)
        .bind(page.as_uuid())
        .bind(at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn redirect(&mut self, path: &str) -> Result<Option<PageId>, StoreError> {
        if !read::is_storable(path) {
            return Ok(None);
        }
        let found = sqlx::query_scalar::<Db, Uuid>(
            "SELECT page_id FROM doc_redirects WHERE tenant_id = $1 AND path = $2",
        )
        .bind(self.scope.tenant)
        .bind(path)
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(found.map(PageId::from_uuid))
    }

    async fn purge(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        macro_rules! of_old_pages {
            ($table:literal) => {
                concat!(
                    "DELETE FROM ",
                    $table,
                    " WHERE tenant_id = $1 AND page_id IN
                        (SELECT id FROM doc_pages WHERE tenant_id = $1 AND deleted_at < $2)"
                )
            };
        }
        for statement in [
            of_old_pages!("doc_page_drafts"),
            of_old_pages!("doc_feedback"),
            of_old_pages!("doc_suggestions"),
            of_old_pages!("doc_redirects"),
            of_old_pages!("doc_page_versions"),
        ] {
            sqlx::query::<Db>(statement)
                .bind(self.scope.tenant)
                .bind(before.as_millis())
                .execute(&mut *self.conn)
                .await
                .map_err(store_error)?;
        }
        let done = sqlx::query::<Db>("DELETE FROM doc_pages WHERE tenant_id = $1 AND deleted_at < $2")
            .bind(self.scope.tenant)
            .bind(before.as_millis())
            .execute(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(done.rows_affected())
    }
}
