//! Links of the reference beyond the first: versions, changelog, playground.

use super::Urls;

impl Urls {}
