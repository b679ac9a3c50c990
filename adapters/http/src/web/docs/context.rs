//! What a text refers to, read before it is rendered: operations and schemas of published descriptions, other
//! guides, images.

use std::{collections::HashMap, sync::Arc};

use aforo_core::ProductId;
use aforo_docs::{
    guide::tree::Tree,
    markdown::{self, EmbeddedField, EmbeddedOperation, EmbeddedSchema, Embeds, ID_PREFIX, Links},
    spec::{model::SchemaView, openapi::ApiDescription},
};

use crate::{console::Shared, guard::Context, pages::Urls, problem::Problem};

/// Most products that one text may refer to.
const MOST_PRODUCTS: usize = 8;

/// What a text refers to.
pub(crate) struct Texts {
    urls: Urls,
    products: HashMap<String, ApiDescription>,
    /// The product whose references need no name.
    own: Option<String>,
    /// Where the text is, and what is around it.
    place: Option<(String, Arc<Tree>)>,
}

impl Texts {
    /// What this text refers to. `product` is the one that its page belongs to.
    pub(crate) async fn of(
        shared: &Shared,
        context: &Context,
        text: &str,
        product: Option<ProductId>,
    ) -> Result<Self, Problem> {
        let mut texts = Self {
            urls: context.urls.clone(),
            products: HashMap::new(),
            own: None,
            place: None,
        };
        let references = markdown::references(text);
        if references.is_empty() {
            return Ok(texts);
        }
        let scope = context.tenant_scope();
        let mut published = Vec::new();
        {
            let mut tx = shared.stores.core.read().await?;
            if let Some(id) = product
                && let Some(product) = tx.products(scope).find(id).await?
            {
                texts.own = Some(product.slug.clone());
                published.push(product);
            }
            for reference in &references {
                let slug = reference
                    .split_once(':')
                    .and_then(|(_, rest)| rest.split_once('/'));
                let Some((slug, _)) = slug else { continue };
                if published.len() < MOST_PRODUCTS
                    && !published.iter().any(|product| product.slug == slug)
                    && let Some(product) = tx.products(scope).find_by_slug(slug).await?
                {
                    published.push(product);
                }
            }
        }
        for product in published {
            if let Some(spec) = product.published_spec {
                let description = shared.specs.description(scope, spec).await?;
                texts.products.insert(product.slug, description);
            }
        }
        Ok(texts)
    }

    /// The same for the text of the guide at `path`: its links to other guides are led on.
    pub(crate) fn at(mut self, path: &str, tree: Arc<Tree>) -> Self {
        self.place = Some((path.to_owned(), tree));
        self
    }

    /// The product and the name that a reference means.
    fn find<'r>(&self, reference: &'r str) -> Option<(&str, &ApiDescription, &'r str)> {
        if let Some((slug, name)) = reference.split_once('/')
            && let Some((slug, description)) = self.products.get_key_value(slug)
        {
            return Some((slug, description, name));
        }
        let (slug, description) = self.products.get_key_value(self.own.as_ref()?)?;
        Some((slug, description, reference))
    }

    /// A link to a guide, relative to this one or from the root: `rotation.md#when`, `/docs/keys`.
    fn guide(&self, address: &str) -> Option<String> {
        let (own, tree) = self.place.as_ref()?;
        let cut = address.find(['#', '?']).unwrap_or(address.len());
        let (path, rest) = address.split_at_checked(cut)?;
        let rest = match rest.strip_prefix('#') {
            Some(anchor) if !anchor.is_empty() && !anchor.starts_with(ID_PREFIX) => {
                format!("#{ID_PREFIX}{anchor}")
            }
            _ => rest.to_owned(),
        };
        let name = path
            .strip_suffix(".md")
            .or_else(|| path.strip_suffix(".markdown"))
            .unwrap_or(path);
        if let Some(name) = name.strip_prefix("/docs") {
            let name = name.trim_matches('/');
            return Some(
                if name.is_empty() {
                    self.urls.docs()
                } else {
                    self.urls.doc(name)
                } + &rest,
            );
        }
        // A page with others below it was a folder with an index, or a file beside the folder.
        let beside = own.rsplit_once('/').map_or("", |(folder, _)| folder);
        [beside, own.as_str()].into_iter().find_map(|folder| {
            let found = tree.at_path(&joined(folder, name)?)?;
            Some(self.urls.doc(&found.path) + &rest)
        })
    }
}

/// `name` as seen from `folder`; `None` if it leaves the root.
fn joined(folder: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    if matches!(parts.last(), Some(&("index" | "README" | "readme"))) {
        parts.pop();
    }
    Some(parts.join("/").to_lowercase())
}

/// First segments of our own pages: what is written with one of them leads to this console wherever it is mounted.
const OURS: &[&str] = &[
    "docs",
    "reference",
    "search",
    "changelog",
    "keys",
    "subscriptions",
    "agents",
    "sign-in",
    "sign-up",
    "llms.txt",
    "llms-full.txt",
];

impl Links for Texts {
    fn resolve(&self, address: &str) -> Option<String> {
        if let Some(rest) = address.strip_prefix('/') {
            let first = rest.split(['/', '?', '#']).next().unwrap_or_default();
            if !OURS.contains(&first) {
                return None;
            }
            let image = rest.starts_with("docs/images/");
            return (!image)
                .then(|| self.guide(address))
                .flatten()
                .filter(|_| first == "docs")
                .or_else(|| Some(format!("{}{address}", self.urls.prefix())));
        }
        let scheme = address
            .split(['/', '?', '#'])
            .next()
            .unwrap_or_default()
            .contains(':');
        if scheme || address.starts_with(['#', '?', '\\']) {
            return None;
        }
        self.guide(address)
    }
}

impl Embeds for Texts {
    fn operation(&self, reference: &str) -> Option<EmbeddedOperation> {
        let (slug, description, id) = self.find(reference)?;
        let summary = description
            .operations()
            .iter()
            .find(|operation| operation.id == id)?;
        let operation = description.operation(id)?;
        Some(EmbeddedOperation {
            method: summary.method.as_str().to_owned(),
            path: summary.path.clone(),
            title: if summary.summary.is_empty() {
                id.to_owned()
            } else {
                summary.summary.clone()
            },
            summary: markdown::excerpt(&operation.description, 200),
            href: self.urls.operation(slug, id),
            deprecated: summary.deprecated,
        })
    }

    fn schema(&self, reference: &str) -> Option<EmbeddedSchema> {
        let (slug, description, name) = self.find(reference)?;
        let schema = description.schema(name)?;
        let fields = schema.properties.iter().map(|property| EmbeddedField {
            name: property.name.clone(),
            kind: kind(&property.schema),
            required: property.required,
            description: markdown::excerpt(&property.schema.description, 160),
        });
        Some(EmbeddedSchema {
            name: name.to_owned(),
            summary: markdown::excerpt(&schema.description, 200),
            href: self.urls.schema(slug, name),
            fields: fields.collect(),
        })
    }
}

/// A type in a few words.
fn kind(schema: &SchemaView) -> String {
    if let Some(items) = &schema.items {
        return format!("array of {}", kind(items));
    }
    match (schema.types.as_slice(), &schema.name) {
        (_, Some(name)) if !schema.properties.is_empty() || schema.cut => name.clone(),
        ([], _) => "any".to_owned(),
        (types, _) => types.join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_names_are_read_from_their_folder() {
        for (folder, name, wanted) in [
            ("keys", "rotation", Some("keys/rotation")),
            ("keys", "./Rotation", Some("keys/rotation")),
            ("keys/more", "../rotation", Some("keys/rotation")),
            ("keys", "../start/index", Some("start")),
            ("keys", "README", Some("keys")),
            ("keys", "../../x", None),
        ] {
            assert_eq!(joined(folder, name).as_deref(), wanted, "{folder} {name}");
        }
    }
}
