//! Links of the guides.

use super::Urls;

impl Urls {}
