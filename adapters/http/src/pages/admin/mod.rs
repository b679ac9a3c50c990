//! The operator console: what waits for a decision, guides, suggestions, API specifications.

mod chrome;
mod docs;
mod overview;
mod specs;

pub(in crate::pages) use self::docs::changes;
pub(crate) use self::specs::{changes_card, totals_line};
pub use self::{
    docs::{
        ConflictView, Draft, EditorView, GuideRow, GuideStatus, GuidesView, HistoryView, ImageView,
        MovePageView, NewPageView, PlaceChoice, PreviewView, SuggestionRow, SuggestionView, SuggestionsView,
        Undo, VersionRow, VersionView, VersionsView, add_image, compare_versions, conflict, editor, guides,
        history, move_page, new_page, preview_fragment, review_suggestion, suggestions, version,
    },
    overview::{AdminOverviewView, OriginWaiting, admin_overview},
    specs::{
        FindingLine, NewSpecView, PublicationLine, SpecProductRow, SpecView, SpecsView, VersionLine,
        WatchView, new_spec, spec, specs,
    },
};
