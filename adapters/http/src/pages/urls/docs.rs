//! Links of the guides and of what machines read.

use percent_encoding::utf8_percent_encode;

use super::{SEGMENT, Urls};

impl Urls {
    /// All guides.
    pub fn docs(&self) -> String {
        self.under("docs")
    }
    /// One guide, by its path, such as `keys/rotation`.
    pub fn doc(&self, path: &str) -> String {
        let mut url = self.docs();
        for segment in path.split('/') {
            url.push('/');
            url.extend(utf8_percent_encode(segment, SEGMENT));
        }
        url
    }
    /// The source of a guide.
    pub fn doc_markdown(&self, path: &str) -> String {
        format!("{}.md", self.doc(path))
    }
    /// Form to suggest an edit (GET), sends it (POST).
    pub fn doc_suggest(&self, path: &str) -> String {
        format!("{}/suggest", self.doc(path))
    }
    /// Was this helpful? (POST: `helpful`, `version`, `comment`)
    pub fn doc_feedback(&self, path: &str) -> String {
        format!("{}/feedback", self.doc(path))
    }
    /// An operation as Markdown.
    pub fn operation_markdown(&self, product: &str, operation: &str) -> String {
        format!("{}.md", self.operation(product, operation))
    }
    /// What there is to read, for language models.
    pub fn llms(&self) -> String {
        self.under("llms.txt")
    }
    /// All guides in one text.
    pub fn llms_full(&self) -> String {
        self.under("llms-full.txt")
    }
}
