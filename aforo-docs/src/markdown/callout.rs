//! Callouts: a quote that begins with `[!NOTE]`, as GitHub writes them. Elsewhere it is a quote.

use pulldown_cmark::BlockQuoteKind;

/// The label that readers see and the class that colours it.
pub(super) const fn label(kind: BlockQuoteKind) -> (&'static str, &'static str) {
    match kind {
        BlockQuoteKind::Note => ("Info", "callout callout-note"),
        BlockQuoteKind::Tip => ("Pro tip", "callout callout-tip"),
        BlockQuoteKind::Important => ("Important", "callout callout-important"),
        BlockQuoteKind::Warning => ("Warning", "callout callout-warning"),
        BlockQuoteKind::Caution => ("Caution", "callout callout-caution"),
    }
}

/// Every class of a callout.
pub(super) const CLASSES: &[&str] = &[
    "callout",
    "callout-note",
    "callout-tip",
    "callout-important",
    "callout-warning",
    "callout-caution",
    "callout-l",
];
