//! Export and import.

use std::collections::BTreeMap;

use aforo_core::{PageId, PageRequest, ProductId, TenantScope, kernel::audit::Actor};

use super::{
    Change, Guides, version_in,
    writing::{NewPage, Written},
};
use crate::{
    error::DocsError,
    guide::{
        image::{ImageId, REFERENCE},
        page::{self, DocPage, PageStatus},
        transfer::{
            ImportOptions, ImportReport, Plan, PlannedPage, TransferFile, TransferProblem, file_name,
            front_matter, outgoing, plan, relative, rewritten, with_images,
        },
        tree::{Audience, Node, Tree},
        version::PageVersion,
    },
    store::DocsTx,
};

const NOTE: &str = "Imported";

impl Guides {
    /// All pages that are not deleted as files, from one moment: see [`transfer`](crate::guide::transfer). Of a
    /// published page that was saved since there are two files. Images that pages refer to come with them.
    pub async fn export(&self, scope: TenantScope) -> Result<Vec<TransferFile>, DocsError> {
        let mut tx = self.store.read().await?;
        let tree = self.trees_in(&mut *tx, scope).await?.authors;
        let mut products: BTreeMap<ProductId, String> = BTreeMap::new();
        let (mut files, mut images) = (Vec::new(), BTreeMap::new());
        let mut folders: Vec<String> = Vec::new();
        for node in tree.nodes() {
            folders.truncate(node.level - 1);
            let siblings = tree.children(node.page.parent).count();
            let position = usize::try_from(node.page.sort_order).unwrap_or(0);
            let name = file_name(position, siblings, shown_slug(node));
            let folder = folders.concat();
            let stem = if tree.children(Some(node.page.id)).next().is_some() {
                folders.push(format!("{name}/"));
                format!("{folder}{name}/index")
            } else {
                format!("{folder}{name}")
            };
            let product = match node.page.product {
                Some(id) if !products.contains_key(&id) => {
                    let found = tx.products(scope).find(id).await?;
                    products.insert(id, found.map(|product| product.slug).unwrap_or_default());
                    products.get(&id)
                }
                Some(id) => products.get(&id),
                None => None,
            };
            for (path, number, status) in versions_of(&node.page, &stem) {
                let mut version = version_in(&mut *tx, scope, node.page.id, number).await?;
                version.body = self
                    .with_files_in(&mut *tx, scope, &path, &version.body, &mut images)
                    .await?;
                let text = front_matter::write(&version, status, product.map(String::as_str));
                files.push(TransferFile {
                    path,
                    bytes: text.into_bytes(),
                });
            }
        }
        files.extend(images.into_values().flatten());
        Ok(files)
    }

    /// The text with relative links to the images that it refers to; these are added to `images`.
    async fn with_files_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        from: &str,
        body: &str,
        images: &mut BTreeMap<ImageId, Option<TransferFile>>,
    ) -> Result<String, DocsError> {
        let id_of = |address: &str| address.strip_prefix(REFERENCE)?.parse::<ImageId>().ok();
        for id in outgoing(body)
            .iter()
            .filter_map(|outgoing| id_of(&outgoing.address))
        {
            if let std::collections::btree_map::Entry::Vacant(vacant) = images.entry(id) {
                let found = tx.images(scope).find(id).await?;
                vacant.insert(found.map(|(image, bytes)| TransferFile {
                    path: format!("images/{id}.{}", image.media_type.extension()),
                    bytes,
                }));
            }
        }
        Ok(rewritten(body, |outgoing| {
            let file = images.get(&id_of(&outgoing.address)?)?.as_ref()?;
            Some(relative(from, &file.path))
        }))
    }

    /// Makes pages of files: those at addresses where there is a page become a new version of it, unless nothing
    /// changed; others are added. Imported pages come first among their siblings, in the order of the files; pages
    /// that are not among the files stay. Everything is checked first, and if anything is wrong
    /// ([`DocsError::ImportRefused`]) nothing changes.
    pub async fn import(
        &self,
        scope: TenantScope,
        actor: Actor,
        files: Vec<TransferFile>,
        options: ImportOptions,
    ) -> Result<ImportReport, DocsError> {
        // Reading 10,000 files takes a moment.
        let planned = tokio::task::spawn_blocking(move || plan(&files, options).map(|plan| (plan, files)));
        let planned = planned.await.map_err(|_| DocsError::Reader)?;
        let (plan, files) = planned.map_err(|problems| DocsError::ImportRefused { problems })?;
        let pictures = self.pictures_of(scope, &plan, &files).await?;
        drop(files);
        let mut tx = self.store.begin().await?;
        let mut change = self.change_in(&mut *tx, scope, actor).await?;
        let images = self.add_pictures_in(&mut *tx, scope, actor, pictures).await?;
        let report = self.import_in(&mut *tx, &mut change, plan, &images).await?;
        let entry = self
            .entry(&change, "docs.imported")
            .detail("created", report.created)
            .detail("updated", report.updated);
        tx.audit(scope).append(&entry).await?;
        change.finish_in(&mut *tx).await?;
        tx.commit().await?;
        Ok(report)
    }

    async fn import_in(
        &self,
        tx: &mut dyn DocsTx,
        change: &mut Change,
        plan: Plan,
        images: &BTreeMap<String, String>,
    ) -> Result<ImportReport, DocsError> {
        let before = Tree::of(change.forest.pages().cloned(), Audience::Authors);
        let products = self.products_in(tx, change.scope).await?;
        let mut report = ImportReport {
            images: images.len(),
            warnings: plan.warnings,
            ..ImportReport::default()
        };
        let mut problems = Vec::new();
        let mut made: Vec<PageId> = Vec::new();
        let mut places: BTreeMap<Option<PageId>, usize> = BTreeMap::new();
        for page in plan.pages {
            let parent = page.parent.map(|at| made[at]);
            let place = places.entry(parent).or_default();
            let position = *place;
            *place += 1;
            let product = match &page.product {
                Some(slug) => {
                    let known = products.get(slug).copied();
                    if known.is_none() {
                        let message =
                            format!("There is no product {slug:?}. Remove the line, or correct it.");
                        problems.push(problem(&page.file, message));
                    }
                    known
                }
                None => None,
            };
            let body = |text: &str| with_images(&page.file, text, images);
            let there = before
                .at_path(&page.path)
                .or_else(|| at_shown_path(&before, &page.path));
            let done = match there {
                Some(node) => {
                    self.import_over_in(tx, change, node.page.id, parent, position, product, &page, body)
                        .await
                }
                None => {
                    self.import_new_in(tx, change, parent, position, product, &page, body)
                        .await
                }
            };
            match done {
                Ok((id, outcome)) => {
                    made.push(id);
                    match outcome {
                        Outcome::Created => report.created += 1,
                        Outcome::Updated => report.updated += 1,
                        Outcome::Unchanged => report.unchanged += 1,
                    }
                }
                Err(DocsError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    problems.push(problem(&page.file, said(&error)));
                    // Without it, those below it have no place: what is known is told.
                    return Err(DocsError::ImportRefused { problems });
                }
            }
        }
        if problems.is_empty() {
            Ok(report)
        } else {
            Err(DocsError::ImportRefused { problems })
        }
    }

    #[allow(clippy::too_many_arguments)] // one step of the loop above
    async fn import_new_in(
        &self,
        tx: &mut dyn DocsTx,
        change: &mut Change,
        parent: Option<PageId>,
        position: usize,
        product: Option<ProductId>,
        page: &PlannedPage,
        body: impl Fn(&str) -> String,
    ) -> Result<(PageId, Outcome), DocsError> {
        let new = NewPage {
            parent,
            position: Some(position),
            product,
            publish: page.status == PageStatus::Published,
            ..NewPage::default()
        };
        let written = Written {
            title: page.text.title.clone(),
            slug: Some(page.text.slug.clone()),
            body: page::body(&body(&page.text.body))?,
            note: NOTE.to_owned(),
        };
        let saved = self.add_in(tx, change, &new, written).await?;
        if let Some(draft) = &page.draft {
            let next = PageVersion {
                number: 2,
                title: draft.title.clone(),
                slug: draft.slug.clone(),
                body: page::body(&body(&draft.body))?,
                ..saved.version
            };
            self.write_in(tx, change, next, "page.saved").await?;
        }
        Ok((saved.page.id, Outcome::Created))
    }

    #[allow(clippy::too_many_arguments)] // one step of the loop above
    async fn import_over_in(
        &self,
        tx: &mut dyn DocsTx,
        change: &mut Change,
        id: PageId,
        parent: Option<PageId>,
        position: usize,
        product: Option<ProductId>,
        planned: &PlannedPage,
        body: impl Fn(&str) -> String,
    ) -> Result<(PageId, Outcome), DocsError> {
        let mut changed = false;
        change.forest.move_page(id, parent, position)?;
        if product.is_some() && change.forest.page(id)?.product != product {
            change.forest.page_mut(id)?.product = product;
            changed = true;
        }
        let texts = std::iter::once((&planned.text, planned.status == PageStatus::Published));
        for (text, publish) in texts.chain(planned.draft.iter().map(|draft| (draft, false))) {
            let current = change.forest.page(id)?.clone();
            let body = page::body(&body(&text.body))?;
            let same = |version: &PageVersion| {
                (&version.title, &version.slug, &version.body) == (&text.title, &text.slug, &body)
            };
            // The published text is found as it is even if there is a later one.
            let mut known = None;
            for number in [Some(current.latest_version), current.published_version]
                .into_iter()
                .flatten()
            {
                let version = version_in(tx, change.scope, id, number).await?;
                known = known.or_else(|| same(&version).then_some(version));
            }
            let version = match known {
                Some(version) => version,
                None => {
                    let latest = version_in(tx, change.scope, id, current.latest_version).await?;
                    let next = PageVersion {
                        number: latest.number + 1,
                        title: text.title.clone(),
                        slug: text.slug.clone(),
                        body,
                        author: change.author(),
                        note: NOTE.to_owned(),
                        created_at: change.now,
                        ..latest
                    };
                    changed = true;
                    self.write_in(tx, change, next, "page.saved").await?
                }
            };
            if publish && change.forest.page(id)?.published_version != Some(version.number) {
                changed = true;
                self.show_in(tx, change, &version).await?;
            }
        }
        Ok((
            id,
            if changed {
                Outcome::Updated
            } else {
                Outcome::Unchanged
            },
        ))
    }

    async fn products_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
    ) -> Result<BTreeMap<String, ProductId>, DocsError> {
        let (mut all, mut request) = (BTreeMap::new(), PageRequest::first(200));
        loop {
            let page = tx.products(scope).list(request).await?;
            all.extend(page.items.into_iter().map(|product| (product.slug, product.id)));
            let Some(next) = page.next else { return Ok(all) };
            request.after = Some(next);
        }
    }
}

#[cfg(feature = "images")]
type Pictures = Vec<(String, Known)>;
#[cfg(not(feature = "images"))]
type Pictures = ();

/// An image of an import.
#[cfg(feature = "images")]
enum Known {
    /// It is here already, under this hash.
    Here(ImageId),
    /// It was read, and is to be added.
    New(crate::guide::picture::Picture),
}

#[cfg(feature = "images")]
impl Guides {
    /// Reads the images that pages refer to. One that an export of this very tenant wrote is here already.
    async fn pictures_of(
        &self,
        scope: TenantScope,
        plan: &Plan,
        files: &[TransferFile],
    ) -> Result<Pictures, DocsError> {
        use sha2::{Digest, Sha256};
        let (mut pictures, mut problems) = (Vec::new(), Vec::new());
        for file in files.iter().filter(|file| plan.images.contains(&file.path)) {
            let id = ImageId(Sha256::digest(&file.bytes).into());
            if self.image(scope, id).await?.is_some() {
                pictures.push((file.path.clone(), Known::Here(id)));
                continue;
            }
            match self.read_picture(file.bytes.clone()).await {
                Ok(picture) => pictures.push((file.path.clone(), Known::New(picture))),
                Err(DocsError::ImageRefused { reason }) => problems.push(problem(&file.path, reason)),
                Err(other) => return Err(other),
            }
        }
        if problems.is_empty() {
            Ok(pictures)
        } else {
            Err(DocsError::ImportRefused { problems })
        }
    }

    async fn add_pictures_in(
        &self,
        tx: &mut dyn DocsTx,
        scope: TenantScope,
        actor: Actor,
        pictures: Pictures,
    ) -> Result<BTreeMap<String, String>, DocsError> {
        let mut ids = BTreeMap::new();
        for (path, known) in pictures {
            let id = match known {
                Known::Here(id) => id,
                Known::New(picture) => self.add_picture_in(tx, scope, actor, picture).await?.id,
            };
            ids.insert(path, id.to_string());
        }
        Ok(ids)
    }
}

#[cfg(not(feature = "images"))]
impl Guides {
    /// This build reads no images: an import that brings some is refused, so that no page loses one silently.
    async fn pictures_of(
        &self,
        _: TenantScope,
        plan: &Plan,
        _: &[TransferFile],
    ) -> Result<Pictures, DocsError> {
        let refused = |path: &String| problem(path, "This program was built without images.".to_owned());
        let problems: Vec<TransferProblem> = plan.images.iter().map(refused).collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(DocsError::ImportRefused { problems })
        }
    }
    async fn add_pictures_in(
        &self,
        _: &mut dyn DocsTx,
        _: TenantScope,
        _: Actor,
        (): Pictures,
    ) -> Result<BTreeMap<String, String>, DocsError> {
        Ok(BTreeMap::new())
    }
}

enum Outcome {
    Created,
    Updated,
    Unchanged,
}

/// The slug that readers use, if they use one.
fn shown_slug(node: &Node) -> &str {
    node.page
        .published
        .as_ref()
        .map_or(&node.page.slug, |name| &name.slug)
}

/// The page at this path, by the slugs that its file names have.
fn at_shown_path<'t>(tree: &'t Tree, path: &str) -> Option<&'t Node> {
    let mut parent = None;
    let mut found = None;
    for slug in path.split('/') {
        let node = tree.children(parent).find(|node| shown_slug(node) == slug)?;
        (parent, found) = (Some(node.page.id), Some(node));
    }
    found
}

/// The files of a page: path, version and status.
fn versions_of(page: &DocPage, stem: &str) -> Vec<(String, u32, PageStatus)> {
    match page.published_version {
        None => vec![(format!("{stem}.md"), page.latest_version, PageStatus::Draft)],
        Some(shown) => {
            let mut files = vec![(format!("{stem}.md"), shown, PageStatus::Published)];
            if shown != page.latest_version {
                files.push((format!("{stem}.draft.md"), page.latest_version, PageStatus::Draft));
            }
            files
        }
    }
}

fn problem(file: &str, message: String) -> TransferProblem {
    TransferProblem {
        file: file.to_owned(),
        line: None,
        message,
    }
}

/// What is wrong, for people.
fn said(error: &DocsError) -> String {
    match error {
        DocsError::Invalid { reason, .. } => reason.clone(),
        DocsError::SlugTaken { slug, .. } => {
            format!("Another page there has the address “{slug}” already. Give one of them another slug.")
        }
        DocsError::TooManyPages => format!("With it there would be more than {} pages.", page::MAX_PAGES),
        DocsError::PageTooDeep => "It would be on a fourth level; there are three.".to_owned(),
        other => other.to_string(),
    }
}
