//! What an import has to say about a document.

use std::fmt;

use serde::Serialize;

/// How grave a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is lost.
    Info,
    /// The document imports, but readers will not see all that its author meant.
    Warning,
    /// The document cannot be imported.
    Error,
}

/// One finding about an API description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// Where it is, as a JSON pointer (RFC 6901).
    pub pointer: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
    /// For people.
    pub message: String,
    /// For programs; stable, such as `duplicate-key`.
    pub code: &'static str,
}

impl Diagnostic {
    pub(crate) fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity,
            pointer: None,
            line: None,
            column: None,
            message: message.into(),
            code,
        }
    }
    pub(crate) fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }
    pub(crate) fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }
    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
    pub(crate) fn on(mut self, line: u64, column: u64) -> Self {
        let small = |n: u64| u32::try_from(n).ok().filter(|n| *n > 0);
        (self.line, self.column) = (small(line), small(column));
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}")?;
            if let Some(column) = self.column {
                write!(f, ", column {column}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)?;
        match &self.pointer {
            Some(pointer) if !pointer.is_empty() => write!(f, " (at {pointer})"),
            _ => Ok(()),
        }
    }
}

/// Findings as they come: the first of each gravity are kept, all are counted.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Diagnostic>,
    notes: usize,
    total: usize,
}

impl Findings {
    pub(crate) fn push(&mut self, finding: Diagnostic) {
        self.total += 1;
        let note = finding.severity == Severity::Info;
        let kept = if note {
            self.notes
        } else {
            self.kept.len() - self.notes
        };
        if kept < ImportError::MAX_DIAGNOSTICS {
            self.notes += usize::from(note);
            self.kept.push(finding);
        }
    }
    /// The first [`ImportError::MAX_DIAGNOSTICS`], grave ones before notes, and how many there were in all.
    pub(crate) fn first(mut self) -> (Vec<Diagnostic>, usize) {
        if self.kept.len() > ImportError::MAX_DIAGNOSTICS {
            self.kept.sort_by_key(|d| std::cmp::Reverse(d.severity)); // stable
            self.kept.truncate(ImportError::MAX_DIAGNOSTICS);
        }
        (self.kept, self.total)
    }
}

/// The document cannot be imported. Nothing of it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    diagnostics: Vec<Diagnostic>,
    total: usize,
}

impl ImportError {
    /// How many findings one error carries at most.
    pub const MAX_DIAGNOSTICS: usize = 50;

    pub(crate) fn new(mut diagnostics: Vec<Diagnostic>, total: usize) -> Self {
        diagnostics.sort_by_key(|d| std::cmp::Reverse(d.severity)); // stable: document order within a severity
        diagnostics.truncate(Self::MAX_DIAGNOSTICS);
        Self { diagnostics, total }
    }
    /// How many findings there are beside those that are shown.
    pub fn left_out(&self) -> usize {
        self.total.saturating_sub(self.diagnostics.len())
    }
    /// What is wrong: the first 50 findings, errors before warnings. Never empty.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl From<Diagnostic> for ImportError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::new(vec![diagnostic], 1)
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the API description cannot be imported")?;
        if let Some(first) = self.diagnostics.first() {
            write!(f, ": {first}")?;
        }
        match self.total {
            0 | 1 => Ok(()),
            n => write!(f, " (and {} more)", n - 1),
        }
    }
}

impl std::error::Error for ImportError {}
