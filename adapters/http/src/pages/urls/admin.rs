//! Links of the operator console.

use super::Urls;

impl Urls {}
