//! Images.

#[cfg(feature = "images")]
use aforo_core::kernel::audit::{Actor, AuditEntry};
use aforo_core::{Page, PageRequest, TenantScope};
#[cfg(feature = "images")]
use sha2::{Digest, Sha256};

use super::Guides;
use crate::{
    error::DocsError,
    guide::image::{DocImage, ImageId},
};
#[cfg(feature = "images")]
use crate::{
    guide::{
        image::{MAX_IMAGE_BYTES, MAX_IMAGES},
        picture::{self, Picture},
    },
    store::DocsTx,
};

impl Guides {
    /// An image with its content.
    pub async fn image(
        &self,
        scope: TenantScope,
        id: ImageId,
    ) -> Result<Option<(DocImage, Vec<u8>)>, DocsError> {
        Ok(self.store.read().await?.images(scope).find(id).await?)
    }

    /// All images without their content.
    pub async fn images(
        &self,
        scope: TenantScope,
        page: PageRequest<ImageId>,
    ) -> Result<Page<DocImage, ImageId>, DocsError> {
        Ok(self.store.read().await?.images(scope).list(page).await?)
    }
}

#[cfg(feature = "images")]
impl Guides {
    /// Adds an image: PNG, JPEG, GIF or WebP. It is written anew without metadata and kept under the hash of the
    /// result; one that is there already is returned as it is.
    pub async fn add_image(
        &self,
        scope: TenantScope,
        actor: Actor,
        bytes: Vec<u8>,
    ) -> Result<DocImage, DocsError> {
        let picture = self.read_picture(bytes).await?;
        let mut tx = self.store.begin().await?;
        let image = self.add_picture_in(&mut *tx, scope, actor, picture).await?;
        tx.commit().await?;
        Ok(image)
    }

    /// Unpacks an image off the async threads, few at once: one may take a hundred megabytes.
    pub(super) async fn read_picture(&self, bytes: Vec<u8>) -> Result<Picture, DocsError> {
        let _turn = self.pictures.acquire().await.map_err(|_| DocsError::Reader)?;
        let done = tokio::task::spawn_blocking(move || picture::read(&bytes)).await;
        done.map_err(|_| DocsError::Reader)?
            .map_err(|reason| DocsError::ImageRefused { reason })
    }

    pub(super) async fn add_picture_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        actor: Actor,
        picture: Picture,
    ) -> Result<DocImage, DocsError> {
        let now = self.clock.now();
        let image = DocImage {
            id: ImageId(Sha256::digest(&picture.data).into()),
            tenant: scope.tenant(),
            media_type: picture.media_type,
            width: picture.width,
            height: picture.height,
            bytes: u32::try_from(picture.data.len()).unwrap_or(u32::MAX),
            created_by: match actor {
                Actor::User(user) => Some(user),
                _ => None,
            },
            created_at: now,
        };
        if let Some((there, _)) = tx.images(scope).find(image.id).await? {
            return Ok(there);
        }
        let (count, bytes) = tx.images(scope).usage().await?;
        if count >= MAX_IMAGES || bytes + u64::from(image.bytes) > MAX_IMAGE_BYTES {
            return Err(DocsError::TooManyImages);
        }
        if tx.images(scope).insert(&image, &picture.data).await? {
            let entry = AuditEntry::new(scope, actor, "image.added", now, &*self.entropy).target(image.id);
            tx.audit(scope).append(&entry).await?;
        }
        Ok(image)
    }
}
