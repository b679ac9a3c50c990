//! Views of the operator console.

use super::{super::*, Rendered};

impl AdminOverviewView {
    /// One of each thing that can wait.
    pub fn sample() -> Self {
        Self {
            unpublished_pages: 3,
            open_suggestions: 1,
            unpublished_specs: vec!["Documents API".into()],
            origins: vec![OriginWaiting {
                product: "translation".into(),
                name: "Translation API".into(),
                origin: "https://api.acme-translate.com".into(),
            }],
            fresh: false,
        }
    }
}

/// Every page of the operator console.
pub(super) fn pages(c: &Chrome) -> Vec<Rendered> {
    let fresh = AdminOverviewView {
        fresh: true,
        ..AdminOverviewView::default()
    };
    vec![
        (
            "admin",
            admin_overview(c, &AdminOverviewView::sample()).into_string(),
        ),
        (
            "admin-quiet",
            admin_overview(c, &AdminOverviewView::default()).into_string(),
        ),
        ("admin-fresh", admin_overview(c, &fresh).into_string()),
    ]
}
