//! What a file says about itself before its text.

use serde::Deserialize;

use super::TransferProblem;
use crate::guide::{page::PageStatus, version::PageVersion};

/// Bytes of front matter: it is a few lines.
const MAX: usize = 16 * 1024;

/// What we read of it; other tools have keys of their own.
#[derive(Debug, Default, Deserialize)]
pub(super) struct FrontMatter {
    pub(super) title: Option<String>,
    pub(super) slug: Option<String>,
    #[serde(alias = "weight", alias = "sidebar_position", alias = "nav_order")]
    pub(super) order: Option<i64>,
    status: Option<String>,
    draft: Option<bool>,
    pub(super) product: Option<String>,
}

impl FrontMatter {
    /// The status that it gives, if it gives one.
    pub(super) fn status(&self) -> Result<Option<PageStatus>, String> {
        match (self.status.as_deref(), self.draft) {
            (Some(word), _) => word
                .parse()
                .map(Some)
                .map_err(|_| format!("The status {word:?} is neither `draft` nor `published`.")),
            (None, Some(true)) => Ok(Some(PageStatus::Draft)),
            (None, Some(false)) => Ok(Some(PageStatus::Published)),
            (None, None) => Ok(None),
        }
    }
}

/// Divides a file into its front matter and its text, and says on which line (from 1) the text begins.
pub(super) fn split<'t>(file: &str, text: &'t str) -> Result<(FrontMatter, &'t str, usize), TransferProblem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(rest) = text.strip_prefix("---\n") else {
        return Ok((FrontMatter::default(), text, 1));
    };
    let end = if rest.starts_with("---\n") || rest == "---" {
        Some(0)
    } else {
        rest.find("\n---\n").map(|at| at + 1)
    };
    let end = end.or_else(|| rest.strip_suffix("\n---").map(|matter| matter.len() + 1));
    let Some(end) = end else {
        let message = "The front matter that begins here has no end. End it with a line of `---`.";
        return Err(TransferProblem::new(file, Some(1), message));
    };
    let matter = &rest[..end];
    if matter.len() > MAX {
        return Err(TransferProblem::new(
            file,
            Some(1),
            "The front matter is longer than 16 KiB.",
        ));
    }
    let body = rest[end..].strip_prefix("---").unwrap_or_default();
    let body = body.strip_prefix('\n').unwrap_or(body);
    // One empty line after the front matter belongs to it: that is how it is written.
    let (body, skipped) = body.strip_prefix('\n').map_or((body, 0), |body| (body, 1));
    let line = matter.matches('\n').count() + 3 + skipped;
    if matter.trim().is_empty() {
        return Ok((FrontMatter::default(), body, line));
    }
    let mut options = serde_saphyr::Options::default();
    options.with_snippet = false;
    options.strict_booleans = true;
    let read = serde_saphyr::from_str_with_options(matter, options).map_err(|error| {
        let at = error
            .location()
            .and_then(|place| usize::try_from(place.line()).ok());
        let message = error.to_string();
        let message = message.lines().next().unwrap_or_default();
        TransferProblem::new(
            file,
            Some(at.unwrap_or(1) + 1),
            format!("The front matter cannot be read: {message}"),
        )
    })?;
    Ok((read, body, line))
}

/// A version as a file.
pub(crate) fn write(version: &PageVersion, status: PageStatus, product: Option<&str>) -> String {
    // A JSON string is a YAML string in double quotes.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = format!(
        "---\ntitle: {}\nslug: {}\nstatus: {status}\n",
        quoted(&version.title),
        quoted(&version.slug)
    );
    if let Some(product) = product {
        out.push_str(&format!("product: {}\n", quoted(product)));
    }
    out.push_str("---\n\n");
    out.push_str(&version.body);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_divided_from_the_text() {
        let (matter, body, line) = split(
            "a.md",
            "---\ntitle: \"A: b\"\norder: 3\nlayout: x\n---\n\n# Text\n",
        )
        .unwrap();
        assert_eq!(
            (matter.title.as_deref(), matter.order, body, line),
            (Some("A: b"), Some(3), "# Text\n", 7)
        );
        for (text, expected, from) in [
            ("", "", 1),
            ("plain", "plain", 1),
            ("---\n---\nx", "x", 3),
            ("---\n---", "", 3),
            ("---\ndraft: true\n---", "", 4),
            ("----\nx", "----\nx", 1),
            ("\u{feff}x", "x", 1),
        ] {
            let (_, body, line) = split("a.md", text).unwrap();
            assert_eq!((body, line), (expected, from), "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_has_a_line() {
        for (text, line) in [
            ("---\ntitle: x\n", 1),
            ("---\ntitle: x\norder: [\n---\n", 3),
            ("---\ntitle: x\norder: soon\n---\n", 3),
        ] {
            let problem = split("a.md", text).unwrap_err();
            assert!(problem.line.is_some_and(|at| at.abs_diff(line) <= 1), "{problem}");
        }
        let (matter, ..) = split("a.md", "---\nstatus: live\n---\n").unwrap();
        assert!(matter.status().unwrap_err().contains("live"));
    }
}
