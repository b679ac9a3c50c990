//! From files to pages: what goes where, and everything that is wrong, before anything is changed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ImportOptions, MAX_BYTES, MAX_FILES, TransferFile, TransferProblem, front_matter, links, resolve,
};
use crate::{
    error::DocsError,
    guide::{
        image::REFERENCE,
        page::{self, MAX_LEVELS, MAX_PAGES, MAX_SLUG, PageStatus, slug_of},
    },
};

/// The pages of a folder, parents first, siblings in order.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) pages: Vec<PlannedPage>,
    /// The images that pages refer to, by their path in the folder.
    pub(crate) images: BTreeSet<String>,
    pub(crate) warnings: Vec<TransferProblem>,
}

/// One page to be.
#[derive(Clone, Debug)]
pub(crate) struct PlannedPage {
    /// The file it comes from; for a folder without an index, the folder.
    pub(crate) file: String,
    /// The page above it, in the list.
    pub(crate) parent: Option<usize>,
    pub(crate) text: PlannedText,
    pub(crate) status: PageStatus,
    /// The slug of the product it is about.
    pub(crate) product: Option<String>,
    /// What was saved since the text was published.
    pub(crate) draft: Option<PlannedText>,
    /// Slugs from the root.
    pub(crate) path: String,
}

/// Title, slug and text of a version to be. Images in it still have their relative addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannedText {
    pub(crate) title: String,
    pub(crate) slug: String,
    pub(crate) body: String,
}

/// A file or folder of pages.
#[derive(Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    /// Pages of this folder by the name without `.md`, with the text of their file.
    files: BTreeMap<String, String>,
    /// Likewise for `.draft.md`.
    drafts: BTreeMap<String, String>,
}

struct Planner<'f> {
    options: ImportOptions,
    files: &'f BTreeMap<&'f str, &'f [u8]>,
    plan: Plan,
    problems: Vec<TransferProblem>,
}

/// Plans an import. All problems are told at once.
pub(crate) fn plan(files: &[TransferFile], options: ImportOptions) -> Result<Plan, Vec<TransferProblem>> {
    if files.len() > MAX_FILES {
        let message = format!(
            "The folder has {} files; an import takes at most {MAX_FILES}.",
            files.len()
        );
        return Err(vec![TransferProblem::new("", None, message)]);
    }
    if files.iter().map(|file| file.bytes.len()).sum::<usize>() > MAX_BYTES {
        let message = format!(
            "The files have more than {} MiB together. Import them in parts.",
            MAX_BYTES / 1024 / 1024
        );
        return Err(vec![TransferProblem::new("", None, message)]);
    }
    let by_path: BTreeMap<&str, &[u8]> = files
        .iter()
        .map(|f| (f.path.as_str(), f.bytes.as_slice()))
        .collect();
    let mut planner = Planner {
        options,
        files: &by_path,
        plan: Plan::default(),
        problems: Vec::new(),
    };
    let mut root = Folder::default();
    for file in files {
        planner.sort_in(&mut root, file);
    }
    root.prune();
    // A folder with an index is a page. At the root there is none: such a file is a page of its own.
    planner.children(root, "", None, 1);
    let pages = planner.plan.pages.len();
    if pages > MAX_PAGES {
        let message = format!("The folder has {pages} pages; a console has at most {MAX_PAGES}.");
        planner.problems.push(TransferProblem::new("", None, message));
    }
    if pages == 0 && planner.problems.is_empty() {
        planner.problems.push(TransferProblem::new(
            "",
            None,
            "The folder has no Markdown file (`.md`).",
        ));
    }
    if planner.problems.is_empty() {
        planner.link();
    }
    if planner.problems.is_empty() {
        Ok(planner.plan)
    } else {
        Err(planner.problems)
    }
}

impl Folder {
    fn has_pages(&self) -> bool {
        !self.files.is_empty() || !self.drafts.is_empty() || self.folders.values().any(Folder::has_pages)
    }
    /// Forgets folders that hold images only.
    fn prune(&mut self) {
        self.folders.retain(|_, folder| folder.has_pages());
        self.folders.values_mut().for_each(Folder::prune);
    }
}

impl Planner<'_> {
    fn problem(&mut self, file: &str, line: Option<usize>, message: impl Into<String>) {
        self.problems.push(TransferProblem::new(file, line, message));
    }
    fn warn(&mut self, file: &str, line: Option<usize>, message: impl Into<String>) {
        self.plan.warnings.push(TransferProblem::new(file, line, message));
    }

    /// Puts a file into its folder.
    fn sort_in(&mut self, root: &mut Folder, file: &TransferFile) {
        let path = file.path.as_str();
        let names: Vec<&str> = path.split('/').collect();
        let bad = |name: &&str| {
            name.is_empty()
                || *name == "."
                || *name == ".."
                || name.contains(['\\', '\0', ':'])
                || name.len() > 255
        };
        if names.iter().any(bad) {
            return self.problem(path, None, "This is no path inside a folder.");
        }
        if names
            .iter()
            .any(|name| name.starts_with('.') || *name == "__MACOSX")
        {
            return; // .git, .DS_Store
        }
        let Some((name, folders)) = names.split_last() else {
            return;
        };
        let lower = name.to_ascii_lowercase();
        let stem = ["md", "markdown"].iter().find_map(|end| {
            let dotted = format!(".{end}");
            lower
                .ends_with(&dotted)
                .then(|| name[..name.len() - dotted.len()].to_owned())
        });
        let Some(stem) = stem else {
            let picture = ["png", "jpg", "jpeg", "gif", "webp", "svg"];
            if !lower
                .rsplit_once('.')
                .is_some_and(|(_, end)| picture.contains(&end))
            {
                self.warn(
                    path,
                    None,
                    "This is neither Markdown nor an image, and was left out.",
                );
            }
            return;
        };
        let text = match std::str::from_utf8(&file.bytes) {
            Ok(text) => text.replace("\r\n", "\n").replace('\r', "\n"),
            Err(error) => {
                let line = file.bytes[..error.valid_up_to()]
                    .iter()
                    .filter(|b| **b == b'\n')
                    .count()
                    + 1;
                return self.problem(
                    path,
                    Some(line),
                    "This is not UTF-8. Save the file in that encoding.",
                );
            }
        };
        let mut folder = root;
        for name in folders {
            folder = folder.folders.entry((*name).to_owned()).or_default();
        }
        let (into, stem) = match stem.strip_suffix(".draft") {
            Some(stem) => (&mut folder.drafts, stem.to_owned()),
            None => (&mut folder.files, stem),
        };
        if into.insert(stem, text).is_some() {
            self.problem(path, None, "Another file has the same name but for its ending.");
        }
    }

    /// Plans the pages of a folder below the page `parent`.
    fn children(&mut self, mut folder: Folder, at: &str, parent: Option<usize>, level: usize) {
        struct Child {
            order: i64,
            name: String,
            file: String,
            text: Option<String>,
            below: Option<Folder>,
            draft: Option<(String, String)>,
        }
        let join = |name: &str| {
            if at.is_empty() {
                name.to_owned()
            } else {
                format!("{at}/{name}")
            }
        };
        let mut children = Vec::new();
        let names: BTreeSet<String> = folder
            .files
            .keys()
            .chain(folder.folders.keys())
            .cloned()
            .collect();
        for name in names {
            let mut below = folder.folders.remove(&name);
            let own = folder.files.remove(&name);
            let file = join(&format!("{name}.md"));
            let mut child = Child {
                order: 0,
                file,
                text: own,
                below: None,
                draft: None,
                name: name.clone(),
            };
            if let Some(draft) = folder.drafts.remove(&name) {
                child.draft = Some((join(&format!("{name}.draft.md")), draft));
            }
            if let Some(inner) = &mut below {
                let index = ["index", "README", "readme"]
                    .iter()
                    .find(|index| inner.files.contains_key(**index));
                match (index, &child.text) {
                    (Some(_), Some(_)) => {
                        let message =
                            "There is a folder of this name with an index as well. Keep one of the two.";
                        self.problem(&child.file, None, message);
                    }
                    (Some(index), None) => {
                        child.file = join(&format!("{name}/{index}.md"));
                        child.text = inner.files.remove(*index);
                        let draft = inner.drafts.remove(*index);
                        child.draft = draft.map(|text| (join(&format!("{name}/{index}.draft.md")), text));
                    }
                    (None, None) => child.file = join(&name),
                    (None, Some(_)) => {}
                }
            }
            child.below = below;
            children.push(child);
        }
        for (name, _) in std::mem::take(&mut folder.drafts) {
            let file = join(&format!("{name}.draft.md"));
            self.problem(
                &file,
                None,
                format!("There is no `{name}.md` that this could be the draft of."),
            );
        }
        let mut planned = Vec::new();
        for mut child in children {
            let (number, rest) = numbered(&child.name);
            let made = self.page(&child.file, child.text.take(), rest, parent);
            let Some((mut page, order)) = made else {
                // Its own trouble is told; those below it may have some, too.
                if let Some(below) = child.below {
                    self.children(below, &join(&child.name), parent, level + 1);
                }
                continue;
            };
            if let Some((file, text)) = child.draft.take()
                && let Some((draft, _)) = self.page(&file, Some(text), &page.text.slug.clone(), parent)
            {
                page.draft = Some(draft.text);
            }
            if level > MAX_LEVELS {
                let message = format!("This would be on level {level}; there are {MAX_LEVELS}. Move it up.");
                self.problem(&page.file, None, message);
            }
            child.order = order.or(number).unwrap_or(i64::MAX);
            planned.push((child.order, child.name, page, child.below));
        }
        planned.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let mut slugs: BTreeMap<String, String> = BTreeMap::new();
        for (_, name, mut page, below) in planned {
            let draft = page
                .draft
                .iter()
                .map(|draft| draft.slug.clone())
                .filter(|slug| *slug != page.text.slug);
            for slug in std::iter::once(page.text.slug.clone()).chain(draft.collect::<Vec<_>>()) {
                if let Some(other) = slugs.insert(slug.clone(), page.file.clone()) {
                    let message =
                        format!("It would have the address “{slug}”, as {other} has. Give it another slug.");
                    self.problem(&page.file, None, message);
                }
            }
            let above = parent.map(|parent| self.plan.pages[parent].path.as_str());
            page.path = above.map_or_else(
                || page.text.slug.clone(),
                |above| format!("{above}/{}", page.text.slug),
            );
            let at = self.plan.pages.len();
            let shell = below.is_some() && page.text.body.is_empty() && !page.file.ends_with(".md");
            self.plan.pages.push(page);
            if let Some(below) = below {
                self.children(below, &join(&name), Some(at), level + 1);
                // A folder without a text of its own must not hide what is below it.
                if shell
                    && self.plan.pages[at + 1..]
                        .iter()
                        .any(|page| page.status == PageStatus::Published)
                {
                    self.plan.pages[at].status = PageStatus::Published;
                }
            }
        }
    }

    /// One page of a file, and the place that its front matter gives it.
    fn page(
        &mut self,
        file: &str,
        text: Option<String>,
        name: &str,
        parent: Option<usize>,
    ) -> Option<(PlannedPage, Option<i64>)> {
        let text = text.unwrap_or_default();
        let (matter, body, line) = match front_matter::split(file, &text) {
            Ok(split) => split,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        let before = self.problems.len();
        let (mut body, mut title) = (body.to_owned(), matter.title.clone());
        if title.is_none()
            && let Some((heading, rest)) = first_heading(&body)
        {
            (title, body) = (Some(heading), rest);
        }
        let title = title.unwrap_or_else(|| sentence(name));
        let title = match page::title(&title) {
            Ok(title) => title,
            Err(error) => {
                self.problem(file, line_of(&text, "title"), reason(&error));
                String::new()
            }
        };
        let slug = match &matter.slug {
            Some(slug) => page::slug(slug).unwrap_or_else(|error| {
                self.problem(
                    file,
                    Some(1),
                    format!("The slug {slug:?} is not allowed. {}", reason(&error)),
                );
                String::new()
            }),
            None if page::slug(name).is_ok() => name.to_owned(),
            None => slug_of(name),
        };
        if let Err(error) = page::body(&body) {
            let at = body.find('\0').map(|at| body[..at].matches('\n').count() + line);
            self.problem(file, at, reason(&error));
        }
        let status = match matter.status() {
            Ok(status) => status.unwrap_or(self.options.status),
            Err(message) => {
                self.problem(file, line_of(&text, "status"), message);
                PageStatus::Draft
            }
        };
        (self.problems.len() == before).then(|| {
            let page = PlannedPage {
                file: file.to_owned(),
                parent,
                text: PlannedText { title, slug, body },
                status,
                product: matter.product,
                draft: None,
                path: String::new(),
            };
            (page, matter.order)
        })
    }

    /// Lets links to files lead to their pages, and collects the images.
    fn link(&mut self) {
        let paths: BTreeMap<String, String> = self
            .plan
            .pages
            .iter()
            .map(|page| (page.file.clone(), page.path.clone()))
            .collect();
        let mut pages = std::mem::take(&mut self.plan.pages);
        for page in &mut pages {
            let file = page.file.clone();
            let texts = std::iter::once(&mut page.text).chain(page.draft.as_mut());
            for text in texts {
                let body = links::rewritten(&text.body, |outgoing| {
                    let target = resolve(&file, &outgoing.address)?;
                    if let Some(path) = page_at(&paths, &target) {
                        let anchor = outgoing
                            .address
                            .find('#')
                            .map_or("", |at| &outgoing.address[at..]);
                        return Some(format!("/docs/{path}{anchor}"));
                    }
                    if self.files.contains_key(target.as_str()) {
                        // A definition of an image reads like a link; the file's name says what it is.
                        self.plan.images.insert(target);
                    } else if outgoing.image || outgoing.address.ends_with(".md") {
                        let line = text.body[..outgoing.at.start].matches('\n').count() + 1;
                        let message = format!(
                            "`{}` is not in the folder; the link was left as it is.",
                            outgoing.address
                        );
                        self.warn(&file, Some(line), message);
                    }
                    None
                });
                text.body = body;
            }
        }
        self.plan.pages = pages;
        self.plan.images.retain(|path| {
            let end = path.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
            end.is_some_and(|end| ["png", "jpg", "jpeg", "gif", "webp", "svg"].contains(&end.as_str()))
        });
    }
}

/// The text with the addresses of images as the console writes them.
pub(crate) fn with_images(file: &str, body: &str, images: &BTreeMap<String, String>) -> String {
    links::rewritten(body, |outgoing| {
        let target = resolve(file, &outgoing.address)?;
        images.get(&target).map(|id| format!("{REFERENCE}{id}"))
    })
}

fn page_at<'p>(paths: &'p BTreeMap<String, String>, target: &str) -> Option<&'p String> {
    let index = || {
        ["index.md", "README.md"]
            .iter()
            .find_map(|name| paths.get(&format!("{target}/{name}")))
    };
    paths
        .get(target)
        .or_else(index)
        .or_else(|| paths.get(&format!("{target}.md")))
}

/// The line of the front matter that begins with this key; the first line if there is none.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let at = text
        .lines()
        .position(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    Some(at.map_or(1, |at| at + 1))
}

fn reason(error: &DocsError) -> String {
    match error {
        DocsError::Invalid { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

/// `01-first-steps` is number 1 and `first-steps`.
fn numbered(name: &str) -> (Option<i64>, &str) {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let rest = name[digits..].strip_prefix(['-', '_', '.', ' ']);
    match (name[..digits].parse().ok(), rest) {
        (Some(number), Some(rest)) if !rest.is_empty() && digits <= 6 => (Some(number), rest),
        _ => (None, name),
    }
}

/// `first-steps` as a title.
fn sentence(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.trim().chars();
    let title: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect();
    let title: String = title
        .chars()
        .filter(|c| !c.is_control())
        .take(page::MAX_TITLE)
        .collect();
    if title.is_empty() {
        "Page".to_owned()
    } else {
        title
    }
}

/// The heading that a text begins with, and the text without it.
fn first_heading(body: &str) -> Option<(String, String)> {
    let text = body.trim_start_matches('\n');
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let heading = line.strip_prefix("# ")?.trim().trim_end_matches('#').trim();
    (!heading.is_empty()).then(|| (heading.to_owned(), rest.trim_start_matches('\n').to_owned()))
}

/// The file of a page in an export, without its ending: `02-rotation`. There are `of` siblings.
pub(crate) fn file_name(position: usize, of: usize, slug: &str) -> String {
    let width = of.to_string().len().max(2);
    debug_assert!(slug.len() <= MAX_SLUG);
    format!("{:0width$}-{slug}", position + 1)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
