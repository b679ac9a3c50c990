//! The guides as a folder of files, and a folder of files as guides: nobody is locked in.
//!
//! ```text
//! 01-getting-started.md            a page
//! 02-keys/index.md                 a page with pages below it
//! 02-keys/01-rotation.md           one of these
//! 02-keys/01-rotation.draft.md     what was saved of it since it was published
//! images/2c26b4….png               an image, which pages refer to by a relative link
//! ```
//!
//! A file begins with front matter between two lines of `---`: `title`, `slug`, `status` (`draft` or `published`),
//! `order` and `product` (the product's slug), all optional. The number before a file's name gives its place, the
//! rest its slug; a page without a title takes its first heading. Links to other Markdown files of the folder become
//! links to their pages. Keys that other tools use are ignored.

#[cfg(feature = "archives")]
pub mod archive;
pub(crate) mod front_matter;
mod links;
mod plan;

pub(crate) use links::{outgoing, rewritten};
pub(crate) use plan::{Plan, PlannedPage, file_name, plan, with_images};

use super::page::PageStatus;

/// Files of one import.
pub const MAX_FILES: usize = 10_000;
/// Bytes of all files of one import together.
pub const MAX_BYTES: usize = 128 * 1024 * 1024;

/// One file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferFile {
    /// Its path in the folder, with `/` between names: `02-keys/index.md`.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What is wrong with a file of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferProblem {
    /// The file's path.
    pub file: String,
    /// The line, counted from 1, if it is one line's fault.
    pub line: Option<u32>,
    /// What is wrong and what to do.
    pub message: String,
}

impl std::fmt::Display for TransferProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl TransferProblem {
    fn new(file: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: line.and_then(|line| u32::try_from(line).ok()),
            message: message.into(),
        }
    }
}

/// How an import treats what the files leave open.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions {
    /// The status of pages whose file says nothing of it.
    pub status: PageStatus,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            status: PageStatus::Draft,
        }
    }
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Pages that were not there before.
    pub created: usize,
    /// Pages that have a new version.
    pub updated: usize,
    /// Pages that were as their files say.
    pub unchanged: usize,
    /// Images that the pages refer to.
    pub images: usize,
    /// What was left out, and links that lead nowhere.
    pub warnings: Vec<TransferProblem>,
}

/// The path of `target` as a link from a file at `from` writes it: `../images/a.png`.
pub(crate) fn relative(from: &str, target: &str) -> String {
    let depth = from.matches('/').count();
    format!("{}{target}", "../".repeat(depth))
}

/// The path that a relative link of a file at `from` leads to; `None` if it leaves the folder or is no relative
/// link.
fn resolve(from: &str, link: &str) -> Option<String> {
    let link = link.split(['#', '?']).next().unwrap_or_default();
    let scheme = link.split('/').next().is_some_and(|first| first.contains(':'));
    if link.is_empty() || scheme || link.starts_with('/') {
        return None;
    }
    let decoded = percent_encoding::percent_decode_str(link).decode_utf8().ok()?;
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_in_the_folder() {
        let to = |from: &str, link: &str| resolve(from, link);
        assert_eq!(
            to("a/b.md", "../images/x%20y.png#top").as_deref(),
            Some("images/x y.png")
        );
        assert_eq!(to("a/b.md", "./c.md").as_deref(), Some("a/c.md"));
        for outside in [
            "../../x",
            "/docs/a",
            "https://a.test/x.png",
            "mailto:a@b.test",
            "#top",
            "",
            "//a.test/x",
        ] {
            assert_eq!(to("a/b.md", outside), None, "{outside}");
        }
        assert_eq!(
            resolve("a/b/c.md", &relative("a/b/c.md", "images/x.png")).as_deref(),
            Some("images/x.png")
        );
    }
}
