//! Documents in several files, made one: what a `$ref` names elsewhere is fetched when a document is imported, so that
//! a stored version needs nothing but itself.

use std::collections::VecDeque;

use async_trait::async_trait;
use serde_json::{Map, Value};
use url::Url;

use super::{
    diagnostic::{Diagnostic, ImportError},
    openapi::{Limits, parse_tree},
};

/// Where fetched documents are kept in the bundle.
const KEPT_IN: &str = "x-remote-documents";

/// Fetches documents that a description refers to. An implementation keeps to the egress rules.
#[async_trait]
pub trait RemoteDocuments: Send + Sync {
    /// The document at this address, of at most `max_bytes`. `own`: it has the origin of the document that is imported,
    /// which somebody named; else a document chose it, and private addresses are out of its reach.
    ///
    /// # Errors
    /// Why it cannot be had, for people.
    async fn fetch(&self, url: &Url, max_bytes: usize, own: bool) -> Result<Vec<u8>, String>;
}

/// What a bundle may cost.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BundleLimits {
    /// How many documents are fetched. 100.
    pub max_documents: usize,
    /// Their size together, with that of the first. 16 MiB.
    pub max_bytes: usize,
    /// How many documents may refer to each other in a row. 8.
    pub max_depth: u32,
}

impl Default for BundleLimits {
    fn default() -> Self {
        Self {
            max_documents: 100,
            max_bytes: 16 << 20,
            max_depth: 8,
        }
    }
}

/// One document out of several.
#[derive(Clone, Debug)]
pub struct Bundled {
    /// The document: as it was given if it refers to nothing elsewhere, else as JSON.
    pub source: Vec<u8>,
    /// References that are left as they were, and why.
    pub warnings: Vec<Diagnostic>,
    /// What was fetched, in this order.
    pub documents: Vec<Url>,
}

/// Whether a document refers to others at all. False for one that cannot be read.
pub fn has_remote_references(source: &[u8]) -> bool {
    let mut found = false;
    if let Ok(mut root) = parse_tree(source, &Limits::default()) {
        each_reference(&mut root, &mut Vec::new(), &mut |reference, _| {
            found |= is_remote(reference);
        });
    }
    found
}

/// Fetches what `source` refers to and puts it into one document. `base` is where `source` came from; without it,
/// only absolute references can be followed. A document that cannot be had is a warning, not an error.
///
/// # Errors
/// When `source` cannot be read.
pub async fn bundle(
    source: Vec<u8>,
    base: Option<&Url>,
    remote: &dyn RemoteDocuments,
    limits: &BundleLimits,
) -> Result<Bundled, ImportError> {
    let mut root = parse_tree(&source, &Limits::default())?;
    let imported_from = base.map(Url::origin);
    let own = root.get("$self").and_then(Value::as_str).map(str::to_owned);
    let base = match (own, base) {
        (Some(own), Some(base)) => base.join(&own).ok(),
        (Some(own), None) => Url::parse(&own).ok(),
        (None, base) => base.cloned(),
    };
    let mut bundle = Bundle {
        main: base.clone(),
        known: Vec::new(),
        waiting: VecDeque::new(),
        warnings: Vec::new(),
        limits: *limits,
    };
    bundle.rewrite(&mut root, base.as_ref(), "", 0);
    if bundle.known.is_empty() {
        return Ok(Bundled {
            source,
            warnings: bundle.warnings,
            documents: Vec::new(),
        });
    }
    let mut left = limits.max_bytes.saturating_sub(source.len());
    let mut documents = Map::new();
    let mut fetched = Vec::new();
    while let Some((at, depth)) = bundle.waiting.pop_front() {
        let Some((url, name)) = bundle.known.get(at).cloned() else {
            continue;
        };
        let own = imported_from.as_ref() == Some(&url.origin());
        let tree = match remote.fetch(&url, left, own).await {
            Err(why) => Err(why),
            Ok(bytes) if bytes.len() > left => Err(format!(
                "the documents together are larger than {} MiB",
                limits.max_bytes >> 20
            )),
            Ok(bytes) => {
                left -= bytes.len();
                parse_tree(&bytes, &Limits::default()).map_err(|error| error.to_string())
            }
        };
        match tree {
            Ok(mut tree) => {
                let here = pointer_of(&name);
                bundle.rewrite(&mut tree, Some(&url), &here, depth);
                documents.insert(name, tree);
                fetched.push(url);
            }
            Err(why) => {
                let message = format!("{url} cannot be included: {why}");
                bundle.warnings.push(Diagnostic::warning("remote-ref", message));
            }
        }
    }
    if let Value::Object(root) = &mut root {
        root.insert(KEPT_IN.to_owned(), Value::Object(documents));
    }
    bundle.warnings.truncate(ImportError::MAX_DIAGNOSTICS);
    Ok(Bundled {
        source: serde_json::to_vec(&root).unwrap_or(source),
        warnings: bundle.warnings,
        documents: fetched,
    })
}

struct Bundle {
    main: Option<Url>,
    /// Documents that something refers to, and their names in the bundle.
    known: Vec<(Url, String)>,
    /// Those that are still to be fetched, and how many documents led there.
    waiting: VecDeque<(usize, u32)>,
    warnings: Vec<Diagnostic>,
    limits: BundleLimits,
}

impl Bundle {
    /// Points the references of a document, kept at `here` in the bundle, to where their targets are.
    fn rewrite(&mut self, tree: &mut Value, base: Option<&Url>, here: &str, depth: u32) {
        each_reference(tree, &mut Vec::new(), &mut |reference, trail| {
            let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
            if file.is_empty() {
                if !here.is_empty() {
                    *reference = format!("#{here}{fragment}");
                }
                return;
            }
            let fragment = fragment.to_owned();
            let target = match base {
                Some(base) => base.join(file).ok(),
                None => Url::parse(file).ok(),
            };
            let target = target.filter(|url| matches!(url.scheme(), "http" | "https"));
            let placed = match target {
                None => Err(match base {
                    Some(_) => format!("$ref {reference:?} is no address that can be fetched"),
                    None => format!(
                        "$ref {reference:?} is relative to where the document came from; import it by its URL"
                    ),
                }),
                Some(url) => self.place(url, depth),
            };
            match placed {
                Ok(place) => *reference = format!("#{place}{fragment}"),
                // Nobody is told of more, and a place costs as much as it is deep.
                Err(_) if self.warnings.len() >= ImportError::MAX_DIAGNOSTICS => {}
                Err(message) => {
                    let warning = Diagnostic::warning("remote-ref", message);
                    let at: String = trail
                        .iter()
                        .map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")))
                        .collect();
                    self.warnings
                        .push(if here.is_empty() { warning.at(at) } else { warning });
                }
            }
        });
    }

    /// Where in the bundle the document at this address is.
    fn place(&mut self, url: Url, depth: u32) -> Result<String, String> {
        if self.main.as_ref() == Some(&url) {
            return Ok(String::new());
        }
        if let Some((_, name)) = self.known.iter().find(|(known, _)| *known == url) {
            return Ok(pointer_of(name));
        }
        if self.known.len() >= self.limits.max_documents {
            return Err(format!(
                "{url} is one document too many; {} are followed",
                self.limits.max_documents
            ));
        }
        if depth >= self.limits.max_depth {
            return Err(format!(
                "{url} is {depth} documents away; bundle the files into one first"
            ));
        }
        let last = url
            .path_segments()
            .and_then(|mut segments| segments.next_back().map(str::to_owned));
        let last = last
            .filter(|last| !last.is_empty())
            .unwrap_or_else(|| "document".to_owned());
        let name = if self.known.iter().any(|(_, name)| *name == last) {
            format!("{}/{last}", self.known.len())
        } else {
            last
        };
        self.waiting.push_back((self.known.len(), depth + 1));
        self.known.push((url, name.clone()));
        Ok(pointer_of(&name))
    }
}

fn pointer_of(name: &str) -> String {
    format!("/{KEPT_IN}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn is_remote(reference: &str) -> bool {
    !reference.starts_with('#') && !reference.is_empty()
}

/// Calls `see` with each `$ref`, and each value of a discriminator's mapping that is a reference.
fn each_reference(value: &mut Value, trail: &mut Vec<String>, see: &mut dyn FnMut(&mut String, &[String])) {
    match value {
        Value::Object(map) => {
            let in_names = trail
                .last()
                .is_some_and(|step| step == "properties" || step == "schemas");
            for (key, child) in map.iter_mut() {
                let data = matches!(
                    key.as_str(),
                    "example" | "default" | "enum" | "const" | "value" | "dataValue"
                );
                if data && !in_names {
                    continue;
                }
                trail.push(key.clone());
                match child {
                    Value::String(reference) if key == "$ref" && !in_names => see(reference, trail),
                    Value::Object(mapping) if key == "mapping" => {
                        for to in mapping.values_mut() {
                            // A bare name is one of a schema.
                            if let Value::String(to) = to
                                && to.contains(['/', '#', '.'])
                            {
                                see(to, trail);
                            }
                        }
                    }
                    child => each_reference(child, trail, see),
                }
                trail.pop();
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                trail.push(i.to_string());
                each_reference(item, trail, see);
                trail.pop();
            }
        }
        _ => {}
    }
}
