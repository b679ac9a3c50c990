//! Keeping the index in step with what is published.

use std::{collections::HashMap, sync::Arc};

use aforo_core::{PageRequest, ProductId, SpecId, Store, StoreError, TenantScope};

use super::{ANALYSIS, entries_of, entries_of_page};
use crate::{
    error::DocsError,
    guide::tree::{Audience, Tree},
    service::Specs,
    spec::openapi::ApiDescription,
    store::DocsTx,
};

/// What the names of sources begin with.
const OF_PRODUCT: &str = "product:";
const OF_PAGE: &str = "page:";

fn state_of_spec(spec: SpecId) -> String {
    format!("{ANALYSIS} {spec}")
}

/// Makes the operations and schemas of a description those that are found for a product: in the transaction that
/// publishes it, as its last step.
pub async fn index_spec_in(
    tx: &mut dyn DocsTx,
    scope: TenantScope,
    product: ProductId,
    spec: SpecId,
    description: &ApiDescription,
) -> Result<(), DocsError> {
    let description = description.clone();
    let entries = tokio::task::spawn_blocking(move || entries_of(product, &description));
    let entries = entries.await.map_err(|_| DocsError::Reader)?;
    let mut index = tx.search(scope);
    index.lock().await?;
    let source = format!("{OF_PRODUCT}{product}");
    index.replace(&source, &state_of_spec(spec), &entries).await?;
    Ok(())
}

/// Makes the pages that readers see those that are found: in the transaction that changes them, as its last step.
/// `readers` is the readers' tree as the change leaves it. Pages that did not change cost a comparison.
pub async fn sync_guides_in(
    tx: &mut dyn DocsTx,
    scope: TenantScope,
    readers: &Tree,
) -> Result<(), DocsError> {
    tx.search(scope).lock().await?;
    let sources = tx.search(scope).sources().await?;
    let mut known: HashMap<String, String> = sources
        .into_iter()
        .filter(|(source, _)| source.starts_with(OF_PAGE))
        .collect();
    let mut above: Vec<String> = Vec::new();
    for node in readers.nodes() {
        above.truncate(node.level - 1);
        let Some(number) = node.page.published_version.filter(|_| node.visible) else {
            above.push(node.page.title.clone());
            continue;
        };
        let source = format!("{OF_PAGE}{}", node.page.id);
        let product = node
            .page
            .product
            .map(|product| product.to_string())
            .unwrap_or_default();
        let state =
            format!("{ANALYSIS} {number} {product} {} {}", node.path, above.join("/")).replace('\0', "");
        let changed = known.remove(&source).as_ref() != Some(&state);
        let version = if changed {
            tx.pages(scope).version(node.page.id, number).await?
        } else {
            None
        };
        if let Some(version) = version {
            let (node, above) = (node.clone(), above.clone());
            let entries = tokio::task::spawn_blocking(move || entries_of_page(&node, &above, &version));
            let entries = entries.await.map_err(|_| DocsError::Reader)?;
            tx.search(scope).replace(&source, &state, &entries).await?;
        }
        above.push(node.page.title.clone());
    }
    for source in known.into_keys() {
        tx.search(scope).remove(&source).await?;
    }
    Ok(())
}

/// Brings the index of a tenant up to date with what is published, if another version of this program wrote it or it
/// was never written. Returns whether there was anything to do.
pub async fn refresh(
    store: &Arc<dyn Store<dyn DocsTx>>,
    scope: TenantScope,
    specs: &Specs,
) -> Result<bool, DocsError> {
    let mut tx = store.read().await?;
    let known: HashMap<String, String> = tx.search(scope).sources().await?.into_iter().collect();
    let mut published = Vec::new();
    let mut after = None;
    loop {
        let page = tx.products(scope).list(PageRequest { after, limit: 200 }).await?;
        published.extend(
            page.items
                .iter()
                .filter_map(|product| Some((product.id, product.published_spec?))),
        );
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let readers = Tree::of(tx.pages(scope).list().await?, Audience::Readers);
    drop(tx);
    let old = |source: &str| {
        known
            .get(source)
            .is_none_or(|state| !state.starts_with(&format!("{ANALYSIS} ")))
    };
    let mut done = false;
    for (product, spec) in published {
        if known.get(&format!("{OF_PRODUCT}{product}")) == Some(&state_of_spec(spec)) {
            continue;
        }
        let description = specs.description(scope, spec).await?;
        let mut tx = store.begin().await?;
        // Readers may see another one by now; whoever published that has indexed it.
        tx.specs(scope).lock(product).await?;
        if tx
            .products(scope)
            .find(product)
            .await?
            .and_then(|product| product.published_spec)
            == Some(spec)
        {
            index_spec_in(&mut *tx, scope, product, spec, &description).await?;
            tx.commit().await?;
            done = true;
        }
    }
    if readers
        .nodes()
        .iter()
        .any(|node| node.visible && old(&format!("{OF_PAGE}{}", node.page.id)))
    {
        let mut tx = store.begin().await?;
        tx.pages(scope).lock_tree().await?;
        let readers = Tree::of(tx.pages(scope).list().await?, Audience::Readers);
        sync_guides_in(&mut *tx, scope, &readers).await?;
        tx.commit().await?;
        done = true;
    }
    Ok(done)
}

/// Forgets what a tenant's index holds, so that [`refresh`] writes all of it again.
pub async fn forget(store: &Arc<dyn Store<dyn DocsTx>>, scope: TenantScope) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.search(scope).lock().await?;
    let sources = tx.search(scope).sources().await?;
    for (source, _) in sources {
        tx.search(scope).remove(&source).await?;
    }
    tx.commit().await
}
