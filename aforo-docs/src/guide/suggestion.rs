//! What readers would write instead (DOCS-11 "Suggest edits").

use std::{fmt, str::FromStr};

use aforo_core::{PageId, SuggestionId, TenantId, Timestamp, UserId, domain::user::UnknownWord};

use crate::compare::{self, Markers};

/// Suggestions of one person that nobody has decided yet.
pub const MAX_OPEN: u32 = 20;

/// Where a suggestion stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuggestionStatus {
    /// Nobody has decided yet.
    Open,
    /// It became a version.
    Accepted,
    /// It did not.
    Rejected,
}

impl SuggestionStatus {
    /// The word that storage and the API use.
    pub const fn as_str(self) -> &'static str {
        match self {
            SuggestionStatus::Open => "open",
            SuggestionStatus::Accepted => "accepted",
            SuggestionStatus::Rejected => "rejected",
        }
    }
}
impl fmt::Display for SuggestionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl FromStr for SuggestionStatus {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "open" => Ok(SuggestionStatus::Open),
            "accepted" => Ok(SuggestionStatus::Accepted),
            "rejected" => Ok(SuggestionStatus::Rejected),
            _ => Err(UnknownWord(word.to_owned())),
        }
    }
}

/// A reader's proposal of another text for a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Its id.
    pub id: SuggestionId,
    /// Whose console it is in.
    pub tenant: TenantId,
    /// The page.
    pub page: PageId,
    /// Who suggests it.
    pub author: UserId,
    /// The version that the author changed.
    pub base_version: u32,
    /// The whole text as the author would have it.
    pub body: String,
    /// Why; may be empty.
    pub note: String,
    /// Where it stands.
    pub status: SuggestionStatus,
    /// Who decided; `None` while it is open, or if no person did.
    pub reviewer: Option<UserId>,
    /// What the reviewer says to the author; may be empty.
    pub review_note: String,
    /// The version it became.
    pub accepted_version: Option<u32>,
    /// When it was sent.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}

/// How the texts are called where page and suggestion changed the same lines.
pub const MARKERS: Markers<'static> = Markers {
    mine: "page",
    theirs: "suggestion",
};

/// The text that has both changes, that of the suggestion and that of the page since; or, as an error, the text
/// with the usual marks (`<<<<<<<`) where both changed the same lines.
pub fn merge(base: &str, latest: &str, suggested: &str) -> Result<String, String> {
    if latest == base {
        return Ok(suggested.to_owned());
    }
    let merged = compare::merge(base, latest, suggested, MARKERS);
    if merged.conflicts == 0 {
        Ok(merged.text)
    } else {
        Err(merged.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_changes_are_kept_if_they_do_not_meet() {
        let base = "one\n\ntwo\n\nthree\n";
        assert_eq!(merge(base, base, "new\n").unwrap(), "new\n");
        assert_eq!(
            merge(base, "ONE\n\ntwo\n\nthree\n", "one\n\ntwo\n\nTHREE\n").unwrap(),
            "ONE\n\ntwo\n\nTHREE\n"
        );
        let marked = merge(base, "one\n\n2\n\nthree\n", "one\n\nII\n\nthree\n").unwrap_err();
        assert!(
            marked.contains("<<<<<<<") && marked.contains("2\n") && marked.contains("II\n"),
            "{marked}"
        );
    }
}
