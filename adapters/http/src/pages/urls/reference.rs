//! Links of the reference beyond the first: versions, changelog, playground.

use percent_encoding::utf8_percent_encode;

use super::{SEGMENT, Urls};

impl Urls {
    /// The webhooks of one product.
    pub fn reference_webhooks(&self, product: &str) -> String {
        format!("{}#webhooks", self.reference(product))
    }
    /// The component schemas of one product.
    pub fn schemas(&self, product: &str) -> String {
        self.item("reference", product, "/schemas")
    }
    /// One component schema.
    pub fn schema(&self, product: &str, name: &str) -> String {
        let name = utf8_percent_encode(name, SEGMENT);
        self.item("reference", product, &format!("/schemas/{name}"))
    }
    /// The published GraphQL schema of one product, for download.
    pub fn graphql_schema(&self, product: &str) -> String {
        self.item("reference", product, "/schema.graphql")
    }
    /// The published document of one product in YAML, for download.
    pub fn spec_document_yaml(&self, product: &str) -> String {
        self.item("reference", product, "/openapi.yaml")
    }
    /// What a call of the playground would be.
    pub fn api_preview(&self) -> String {
        self.under("api/v1/playground/preview")
    }
}
