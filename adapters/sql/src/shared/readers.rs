//! What people add to the guides: unsaved work, suggestions, feedback and images.

use aforo_core::{Page, PageId, PageRequest, StoreError, SuggestionId, TenantId, Timestamp, UserId};
use aforo_docs::guide::{
    draft::PageDraft,
    feedback::{Feedback, FeedbackCounts},
    image::{DocImage, ImageId},
    store::{DraftRepository, FeedbackRepository, ImageRepository, SuggestionFilter, SuggestionRepository},
    suggestion::{Suggestion, SuggestionStatus},
};
use async_trait::async_trait;
use uuid::Uuid;

use super::{Db, Drafts, Images, Opinions, Suggestions, store_error};
use crate::{error::outside, read};

#[derive(sqlx::FromRow)]
struct DraftRow {
    page_id: Uuid,
    user_id: Uuid,
    base_version: i64,
    title: String,
    slug: String,
    body: String,
    saved_at: i64,
}

#[async_trait]
impl DraftRepository for Drafts<'_> {
    async fn put(&mut self, draft: &PageDraft) -> Result<(), StoreError> {
        sqlx::query::<Db>(
            "INSERT INTO doc_page_drafts (tenant_id, page_id, user_id, base_version, title, slug, body, saved_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (tenant_id, page_id, user_id)
             DO UPDATE SET base_version = excluded.base_version, title = excluded.title, slug = excluded.slug,
                body = excluded.body, saved_at = excluded.saved_at",
        )
        .bind(self.scope.tenant)
        .bind(draft.page.as_uuid())
        .bind(draft.user.as_uuid())
        .bind(i64::from(draft.base_version))
        .bind(&draft.title)
        .bind(&draft.slug)
        .bind(&draft.body)
        .bind(draft.saved_at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, page: PageId, user: UserId) -> Result<Option<PageDraft>, StoreError> {
        let row = sqlx::query_as::<Db, DraftRow>(
            "SELECT page_id, user_id, base_version, title, slug, body, saved_at FROM doc_page_drafts
             WHERE tenant_id = $1 AND page_id = $2 AND user_id = $3",
        )
        .bind(self.scope.tenant)
        .bind(page.as_uuid())
        .bind(user.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(PageDraft {
            page: PageId::from_uuid(row.page_id),
            user: UserId::from_uuid(row.user_id),
            base_version: read::count("doc_page_drafts.base_version", row.base_version)?,
            title: row.title,
            slug: row.slug,
            body: row.body,
            saved_at: Timestamp::from_millis(row.saved_at),
        }))
    }

    async fn pages_of(&mut self, user: UserId) -> Result<Vec<PageId>, StoreError> {
        let ids = sqlx::query_scalar::<Db, Uuid>(
            "SELECT d.page_id FROM doc_page_drafts d
             JOIN doc_pages p ON p.tenant_id = d.tenant_id AND p.id = d.page_id
             WHERE d.tenant_id = $1 AND d.user_id = $2 AND p.deleted_at IS NULL ORDER BY d.page_id",
        )
        .bind(self.scope.tenant)
        .bind(user.as_uuid())
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(ids.into_iter().map(PageId::from_uuid).collect())
    }

    async fn delete(&mut self, page: PageId, user: UserId) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>(
            "DELETE FROM doc_page_drafts WHERE tenant_id = $1 AND page_id = $2 AND user_id = $3",
        )
        .bind(self.scope.tenant)
        .bind(page.as_uuid())
        .bind(user.as_uuid())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }
}

#[derive(sqlx::FromRow)]
struct SuggestionRow {
    tenant_id: Uuid,
    id: Uuid,
    page_id: Uuid,
    author_id: Uuid,
    base_version: i64,
    body: String,
    note: String,
    status: String,
    reviewer_id: Option<Uuid>,
    review_note: String,
    accepted_version: Option<i64>,
    created_at: i64,
    decided_at: Option<i64>,
}

macro_rules! suggestion_columns {
    () => {
        "s.tenant_id, s.id, s.page_id, s.author_id, s.base_version, s.body, s.note, s.status, s.reviewer_id,
         s.review_note, s.accepted_version, s.created_at, s.decided_at"
    };
}

macro_rules! wanted_suggestions {
    () => {
        " FROM doc_suggestions s JOIN doc_pages p ON p.tenant_id = s.tenant_id AND p.id = s.page_id
          WHERE s.tenant_id = $1 AND p.deleted_at IS NULL AND ($2 IS NULL OR s.status = $2)
            AND ($3 IS NULL OR s.page_id = $3) AND ($4 IS NULL OR s.author_id = $4)"
    };
}

impl TryFrom<SuggestionRow> for Suggestion {
    type Error = StoreError;
    fn try_from(row: SuggestionRow) -> Result<Self, StoreError> {
        Ok(Suggestion {
            id: SuggestionId::from_uuid(row.id),
            tenant: TenantId::from_uuid(row.tenant_id),
            page: PageId::from_uuid(row.page_id),
            author: UserId::from_uuid(row.author_id),
            base_version: read::count("doc_suggestions.base_version", row.base_version)?,
            body: row.body,
            note: row.note,
            status: read::word("doc_suggestions.status", &row.status)?,
            reviewer: row.reviewer_id.map(UserId::from_uuid),
            review_note: row.review_note,
            accepted_version: row
                .accepted_version
                .map(|n| read::count("doc_suggestions.accepted_version", n))
                .transpose()?,
            created_at: Timestamp::from_millis(row.created_at),
            decided_at: read::time(row.decided_at),
        })
    }
}

#[async_trait]
impl SuggestionRepository for Suggestions<'_> {
    async fn insert(&mut self, suggestion: &Suggestion) -> Result<(), StoreError> {
        self.scope.admit_tenant(suggestion.tenant)?;
        sqlx::query::<Db>(
            "INSERT INTO doc_suggestions (tenant_id, id, page_id, author_id, base_version, body, note, status,
                reviewer_id, review_note, accepted_version, created_at, decided_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(self.scope.tenant)
        .bind(suggestion.id.as_uuid())
        .bind(suggestion.page.as_uuid())
        .bind(suggestion.author.as_uuid())
        .bind(i64::from(suggestion.base_version))
        .bind(&suggestion.body)
        .bind(&suggestion.note)
        .bind(suggestion.status.as_str())
        .bind(suggestion.reviewer.map(UserId::as_uuid))
        .bind(&suggestion.review_note)
        .bind(suggestion.accepted_version.map(i64::from))
        .bind(suggestion.created_at.as_millis())
        .bind(suggestion.decided_at.map(Timestamp::as_millis))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(&mut self, id: SuggestionId) -> Result<Option<Suggestion>, StoreError> {
        sqlx::query_as::<Db, SuggestionRow>(concat!(
            "SELECT ",
            suggestion_columns!(),
            " FROM doc_suggestions s WHERE s.tenant_id = $1 AND s.id = $2"
        ))
        .bind(self.scope.tenant)
        .bind(id.as_uuid())
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(Suggestion::try_from)
        .transpose()
    }

    async fn list(
        &mut self,
        filter: SuggestionFilter,
        page: PageRequest<SuggestionId>,
    ) -> Result<Page<Suggestion, SuggestionId>, StoreError> {
        let rows = sqlx::query_as::<Db, SuggestionRow>(concat!(
            "SELECT ",
            suggestion_columns!(),
            wanted_suggestions!(),
            " AND ($5 IS NULL OR s.id > $5) ORDER BY s.id LIMIT $6"
        ))
        .bind(self.scope.tenant)
        .bind(filter.status.map(SuggestionStatus::as_str))
        .bind(filter.page.map(PageId::as_uuid))
        .bind(filter.author.map(UserId::as_uuid))
        .bind(page.after.map(SuggestionId::as_uuid))
        .bind(i64::from(page.limit) + 1)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let found = rows
            .into_iter()
            .map(Suggestion::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(found, page.limit, |suggestion: &Suggestion| {
            suggestion.id
        }))
    }

    async fn count(&mut self, filter: SuggestionFilter) -> Result<u64, StoreError> {
        let count = sqlx::query_scalar::<Db, i64>(concat!("SELECT COUNT(*)", wanted_suggestions!()))
            .bind(self.scope.tenant)
            .bind(filter.status.map(SuggestionStatus::as_str))
            .bind(filter.page.map(PageId::as_uuid))
            .bind(filter.author.map(UserId::as_uuid))
            .fetch_one(&mut *self.conn)
            .await
            .map_err(store_error)?;
        Ok(count.unsigned_abs())
    }

    async fn decide(&mut self, suggestion: &Suggestion) -> Result<bool, StoreError> {
        let done = sqlx::query::<Db>(
            "UPDATE doc_suggestions SET status = $3, reviewer_id = $4, review_note = $5, accepted_version = $6,
                decided_at = $7
             WHERE tenant_id = $1 AND id = $2 AND status = 'open'",
        )
        .bind(self.scope.tenant)
        .bind(suggestion.id.as_uuid())
        .bind(suggestion.status.as_str())
        .bind(suggestion.reviewer.map(UserId::as_uuid))
        .bind(&suggestion.review_note)
        .bind(suggestion.accepted_version.map(i64::from))
        .bind(suggestion.decided_at.map(Timestamp::as_millis))
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }
}

#[derive(sqlx::FromRow)]
struct FeedbackRow {
    page_id: Uuid,
    version: i64,
    visitor: Vec<u8>,
    helpful: bool,
    comment: String,
    at: i64,
}

impl TryFrom<FeedbackRow> for Feedback {
    type Error = StoreError;
    fn try_from(row: FeedbackRow) -> Result<Self, StoreError> {
        Ok(Feedback {
            page: PageId::from_uuid(row.page_id),
            version: read::count("doc_feedback.version", row.version)?,
            visitor: read::hash("doc_feedback.visitor", &row.visitor)?,
            helpful: row.helpful,
            comment: row.comment,
            at: Timestamp::from_millis(row.at),
        })
    }
}

/// Both databases count a sum of CASE as they count rows.
macro_rules! sums {
    () => {
        "COUNT(CASE WHEN f.helpful THEN 1 END) AS yes, COUNT(CASE WHEN NOT f.helpful THEN 1 END) AS no"
    };
}

fn counts((yes, no): (i64, i64)) -> FeedbackCounts {
    FeedbackCounts {
        yes: yes.unsigned_abs(),
        no: no.unsigned_abs(),
    }
}

#[async_trait]
impl FeedbackRepository for Opinions<'_> {
    async fn put(&mut self, feedback: &Feedback) -> Result<(), StoreError> {
        sqlx::query::<Db>(
            "INSERT INTO doc_feedback (tenant_id, page_id, version, visitor, helpful, comment, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (tenant_id, page_id, version, visitor)
             DO UPDATE SET helpful = excluded.helpful, comment = excluded.comment, at = excluded.at",
        )
        .bind(self.scope.tenant)
        .bind(feedback.page.as_uuid())
        .bind(i64::from(feedback.version))
        .bind(&feedback.visitor[..])
        .bind(feedback.helpful)
        .bind(&feedback.comment)
        .bind(feedback.at.as_millis())
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(())
    }

    async fn find(
        &mut self,
        page: PageId,
        version: u32,
        visitor: &[u8; 32],
    ) -> Result<Option<Feedback>, StoreError> {
        sqlx::query_as::<Db, FeedbackRow>(
            "SELECT page_id, version, visitor, helpful, comment, at FROM doc_feedback
             WHERE tenant_id = $1 AND page_id = $2 AND version = $3 AND visitor = $4",
        )
        .bind(self.scope.tenant)
        .bind(page.as_uuid())
        .bind(i64::from(version))
        .bind(&visitor[..])
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?
        .map(Feedback::try_from)
        .transpose()
    }

    async fn counts(&mut self, page: PageId) -> Result<FeedbackCounts, StoreError> {
        sqlx::query_as::<Db, (i64, i64)>(concat!(
            "SELECT ",
            sums!(),
            " FROM doc_feedback f WHERE f.tenant_id = $1 AND f.page_id = $2"
        ))
        .bind(self.scope.tenant)
        .bind(page.as_uuid())
        .fetch_one(&mut *self.conn)
        .await
        .map(counts)
        .map_err(store_error)
    }

    async fn all_counts(&mut self) -> Result<Vec<(PageId, FeedbackCounts)>, StoreError> {
        let rows = sqlx::query_as::<Db, (Uuid, i64, i64)>(concat!(
            "SELECT f.page_id, ",
            sums!(),
            " FROM doc_feedback f JOIN doc_pages p ON p.tenant_id = f.tenant_id AND p.id = f.page_id
              WHERE f.tenant_id = $1 AND p.deleted_at IS NULL GROUP BY f.page_id ORDER BY f.page_id"
        ))
        .bind(self.scope.tenant)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let each = rows
            .into_iter()
            .map(|(page, yes, no)| (PageId::from_uuid(page), counts((yes, no))));
        Ok(each.collect())
    }

    async fn comments(&mut self, page: PageId, limit: u32) -> Result<Vec<Feedback>, StoreError> {
        let rows = sqlx::query_as::<Db, FeedbackRow>(
            "SELECT page_id, version, visitor, helpful, comment, at FROM doc_feedback
             WHERE tenant_id = $1 AND page_id = $2 AND comment <> ''
             ORDER BY at DESC, version DESC, visitor DESC LIMIT $3",
        )
        .bind(self.scope.tenant)
        .bind(page.as_uuid())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        rows.into_iter().map(Feedback::try_from).collect()
    }
}

#[derive(sqlx::FromRow)]
struct ImageRow {
    tenant_id: Uuid,
    sha256: Vec<u8>,
    media_type: String,
    width: i64,
    height: i64,
    bytes: i64,
    created_by: Option<Uuid>,
    created_at: i64,
}

#[derive(sqlx::FromRow)]
struct ImageWithData {
    #[sqlx(flatten)]
    image: ImageRow,
    data: Vec<u8>,
}

macro_rules! image_columns {
    () => {
        "tenant_id, sha256, media_type, width, height, bytes, created_by, created_at"
    };
}

impl TryFrom<ImageRow> for DocImage {
    type Error = StoreError;
    fn try_from(row: ImageRow) -> Result<Self, StoreError> {
        Ok(DocImage {
            id: ImageId(read::hash("doc_images.sha256", &row.sha256)?),
            tenant: TenantId::from_uuid(row.tenant_id),
            media_type: read::word("doc_images.media_type", &row.media_type)?,
            width: read::count("doc_images.width", row.width)?,
            height: read::count("doc_images.height", row.height)?,
            bytes: read::count("doc_images.bytes", row.bytes)?,
            created_by: row.created_by.map(UserId::from_uuid),
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[async_trait]
impl ImageRepository for Images<'_> {
    async fn insert(&mut self, image: &DocImage, data: &[u8]) -> Result<bool, StoreError> {
        self.scope.admit_tenant(image.tenant)?;
        if data.len() != image.bytes as usize {
            return Err(outside("the image has another size than it says"));
        }
        let done = sqlx::query::<Db>(concat!(
            "INSERT INTO doc_images (",
            image_columns!(),
            ", data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, sha256) DO NOTHING"
        ))
        .bind(self.scope.tenant)
        .bind(&image.id.0[..])
        .bind(image.media_type.as_str())
        .bind(i64::from(image.width))
        .bind(i64::from(image.height))
        .bind(i64::from(image.bytes))
        .bind(image.created_by.map(UserId::as_uuid))
        .bind(image.created_at.as_millis())
        .bind(data)
        .execute(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok(done.rows_affected() == 1)
    }

    async fn find(&mut self, id: ImageId) -> Result<Option<(DocImage, Vec<u8>)>, StoreError> {
        let row = sqlx::query_as::<Db, ImageWithData>(concat!(
            "SELECT ",
            image_columns!(),
            ", data FROM doc_images WHERE tenant_id = $1 AND sha256 = $2"
        ))
        .bind(self.scope.tenant)
        .bind(&id.0[..])
        .fetch_optional(&mut *self.conn)
        .await
        .map_err(store_error)?;
        row.map(|row| Ok((row.image.try_into()?, row.data))).transpose()
    }

    async fn list(&mut self, page: PageRequest<ImageId>) -> Result<Page<DocImage, ImageId>, StoreError> {
        let rows = sqlx::query_as::<Db, ImageRow>(concat!(
            "SELECT ",
            image_columns!(),
            " FROM doc_images WHERE tenant_id = $1 AND ($2 IS NULL OR sha256 > $2) ORDER BY sha256 LIMIT $3"
        ))
        .bind(self.scope.tenant)
        .bind(page.after.map(|id| id.0.to_vec()))
        .bind(i64::from(page.limit) + 1)
        .fetch_all(&mut *self.conn)
        .await
        .map_err(store_error)?;
        let images = rows
            .into_iter()
            .map(DocImage::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(images, page.limit, |image: &DocImage| image.id))
    }

    async fn usage(&mut self) -> Result<(u64, u64), StoreError> {
        let (count, bytes) = sqlx::query_as::<Db, (i64, i64)>(
            "SELECT COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM doc_images WHERE tenant_id = $1",
        )
        .bind(self.scope.tenant)
        .fetch_one(&mut *self.conn)
        .await
        .map_err(store_error)?;
        Ok((count.unsigned_abs(), bytes.unsigned_abs()))
    }
}
