//! Every link of the console, built from where the host mounted it.

mod admin;
mod agents;
mod docs;
mod reference;
mod search;
mod specs;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::assets;

/// What stays as it is in one path segment or query value (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Builds links under the prefix that the host mounted the console at. Pages have no other source of links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    prefix: String,
    /// The version that links into the reference keep to; the published one without it.
    version: Option<u32>,
}

impl Urls {
    /// Links under `prefix`: empty or `/` for the root, else such as `/developers`. A slash at the end and a
    /// missing one at the start are put right.
    pub fn new(prefix: &str) -> Self {
        let inner = prefix.trim_matches('/');
        Self {
            prefix: if inner.is_empty() {
                String::new()
            } else {
                format!("/{inner}")
            },
            version: None,
        }
    }
    /// The prefix: empty, or with a slash at the start and none at the end.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
    /// The path that cookies of the console are set for.
    pub fn cookie_path(&self) -> &str {
        if self.prefix.is_empty() { "/" } else { &self.prefix }
    }
    /// A file for the browser, by its name in the asset folder.
    pub fn asset(&self, name: &str) -> String {
        format!("{}/assets/{}/{name}", self.prefix, assets::hash())
    }
    /// One symbol of the icon sheet.
    pub fn icon(&self, symbol: &str) -> String {
        format!("{}#{symbol}", self.asset("icons.svg"))
    }
    /// The home page.
    pub fn home(&self) -> String {
        format!("{}/", self.prefix)
    }
    /// Sign-up form (GET, POST).
    pub fn sign_up(&self) -> String {
        self.under("sign-up")
    }
    /// Sign-in form (GET, POST).
    pub fn sign_in(&self) -> String {
        self.under("sign-in")
    }
    /// Sign-up form that leads on to `next`, a path of this console; empty for the usual place.
    pub fn sign_up_then(&self, next: &str) -> String {
        with_next(self.sign_up(), next)
    }
    /// Sign-in form that leads back to `next`, a path of this console; empty for the usual place.
    pub fn sign_in_then(&self, next: &str) -> String {
        with_next(self.sign_in(), next)
    }
    /// Ends the session (POST).
    pub fn sign_out(&self) -> String {
        self.under("sign-out")
    }
    /// Sets the colour theme without JavaScript (POST: `theme`, `next`).
    pub fn theme(&self) -> String {
        self.under("theme")
    }
    /// List of keys.
    pub fn keys(&self) -> String {
        self.under("keys")
    }
    /// Form for a new key (GET, POST).
    pub fn new_key(&self) -> String {
        self.under("keys/new")
    }
    /// One key.
    pub fn key(&self, id: &str) -> String {
        self.item("keys", id, "")
    }
    /// Rotates a key (POST).
    pub fn rotate_key(&self, id: &str) -> String {
        self.item("keys", id, "/rotate")
    }
    /// Asks before revoking (GET), revokes (POST).
    pub fn revoke_key(&self, id: &str) -> String {
        self.item("keys", id, "/revoke")
    }
    /// Subscriptions and plans (GET), subscribe (POST: `plan`, `next`).
    pub fn subscriptions(&self) -> String {
        self.under("subscriptions")
    }
    /// Asks before cancelling (GET), cancels (POST).
    pub fn cancel_subscription(&self, id: &str) -> String {
        self.item("subscriptions", id, "/cancel")
    }
    /// The same, with links into the reference that keep to this version of a description.
    #[must_use]
    pub fn at_version(&self, number: u32) -> Self {
        Self {
            version: Some(number),
            ..self.clone()
        }
    }
    /// All products with a published reference.
    pub fn references(&self) -> String {
        self.under("reference")
    }
    /// Reference of one product.
    pub fn reference(&self, product: &str) -> String {
        self.versioned(self.item("reference", product, ""))
    }
    /// Reference of one product, only the operations of one tag.
    pub fn reference_tag(&self, product: &str, tag: &str) -> String {
        let tag = utf8_percent_encode(tag, SEGMENT);
        let reference = self.reference(product);
        let joint = if reference.contains('?') { '&' } else { '?' };
        format!("{reference}{joint}tag={tag}")
    }
    /// The published document of one product, for download.
    pub fn spec_document(&self, product: &str) -> String {
        self.item("reference", product, "/openapi.json")
    }
    /// One operation (GET), Try it without JavaScript (POST).
    pub fn operation(&self, product: &str, operation: &str) -> String {
        let operation = utf8_percent_encode(operation, SEGMENT);
        self.versioned(self.item("reference", product, &format!("/{operation}")))
    }
    /// Approves the origin that a new document version points to (POST).
    pub fn approve_origin(&self, spec: &str) -> String {
        self.item("admin/specs", spec, "/approve-origin")
    }
    /// Try it, as JSON (POST).
    pub fn api_try(&self) -> String {
        self.under("api/v1/playground/try")
    }
    /// Code samples of a filled form, as JSON (POST).
    pub fn api_samples(&self) -> String {
        self.under("api/v1/playground/samples")
    }

    fn versioned(&self, href: String) -> String {
        match self.version {
            Some(number) => format!("{href}?version={number}"),
            None => href,
        }
    }
    fn under(&self, path: &str) -> String {
        format!("{}/{path}", self.prefix)
    }
    fn item(&self, folder: &str, id: &str, rest: &str) -> String {
        format!(
            "{}/{folder}/{}{rest}",
            self.prefix,
            utf8_percent_encode(id, SEGMENT)
        )
    }
}

fn with_next(href: String, next: &str) -> String {
    if next.is_empty() {
        href
    } else {
        format!("{href}?next={}", utf8_percent_encode(next, SEGMENT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_in_any_spelling_gives_the_same_links() {
        for prefix in ["", "/", "//"] {
            let urls = Urls::new(prefix);
            assert_eq!((urls.home().as_str(), urls.keys().as_str()), ("/", "/keys"));
            assert_eq!(urls.cookie_path(), "/");
        }
        for prefix in ["a/b", "/a/b", "/a/b/"] {
            let urls = Urls::new(prefix);
            assert_eq!(
                (urls.home().as_str(), urls.keys().as_str()),
                ("/a/b/", "/a/b/keys")
            );
            assert_eq!(urls.cookie_path(), "/a/b");
        }
    }

    #[test]
    fn an_id_stays_one_segment() {
        let urls = Urls::new("/d");
        assert_eq!(urls.key("../x?y#z"), "/d/keys/..%2Fx%3Fy%23z");
        assert_eq!(urls.operation("p q", "a/b"), "/d/reference/p%20q/a%2Fb");
        assert_eq!(
            urls.sign_in_then("/d/keys?a=b&c"),
            "/d/sign-in?next=%2Fd%2Fkeys%3Fa%3Db%26c"
        );
    }

    #[test]
    fn links_keep_to_a_version() {
        let urls = Urls::new("/d").at_version(3);
        assert_eq!(urls.reference("p"), "/d/reference/p?version=3");
        assert_eq!(
            urls.reference_tag("p", "a b"),
            "/d/reference/p?version=3&tag=a%20b"
        );
        assert_eq!(urls.operation("p", "o"), "/d/reference/p/o?version=3");
        assert_eq!(urls.keys(), "/d/keys");
    }

    #[test]
    fn every_asset_has_a_link_and_a_type() {
        let urls = Urls::new("/d");
        for asset in assets::ALL {
            assert!(
                assets::find(asset.name).is_some() && !asset.bytes.is_empty(),
                "{}",
                asset.name
            );
            assert_eq!(
                urls.asset(asset.name),
                format!("/d/assets/{}/{}", assets::hash(), asset.name)
            );
        }
        assert!(assets::find("nothing.js").is_none());
        assert_eq!(assets::hash().len(), 16);
    }
}
