//! Links of search.

use super::Urls;

impl Urls {}
