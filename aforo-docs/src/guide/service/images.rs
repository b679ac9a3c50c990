//! Images.

use aforo_core::{Page, PageRequest, TenantScope};

use super::Guides;
use crate::{
    error::DocsError,
    guide::image::{DocImage, ImageId},
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
