//! Files that an API description refers to, by the egress rules.

use aforo_core::kernel::egress;
use aforo_docs::spec::bundle::RemoteDocuments;
use async_trait::async_trait;
use ipnet::IpNet;
use url::Url;

/// Fetches them as a document is fetched that an operator names.
pub(crate) struct Remote {
    pub(crate) client: egress::Client,
    /// Private ranges that the operator allows.
    pub(crate) allowed: Vec<IpNet>,
}

#[async_trait]
impl RemoteDocuments for Remote {
    async fn fetch(&self, url: &Url, max_bytes: usize, own: bool) -> Result<Vec<u8>, String> {
        let limits = egress::FetchLimits {
            bytes: u64::try_from(max_bytes).unwrap_or(u64::MAX),
            ..egress::FetchLimits::default()
        };
        // What a third party's document names is no way into the operator's network.
        let allowed = if own { &*self.allowed } else { &[] };
        let fetched = self.client.fetch(url.as_str(), allowed, &limits).await;
        fetched
            .map(|document| document.body.to_vec())
            .map_err(|error| error.to_string())
    }
}
