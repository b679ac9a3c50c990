//! Guides as authors see them: the tree, the editor, histories, suggestions.

mod changes;
mod conflict;
mod editor;
mod forms;
mod history;
mod image;
mod list;
mod suggestions;
mod tree;

pub(in crate::pages) use self::changes::changes;
pub use self::{
    conflict::{ConflictView, conflict},
    editor::{Draft, EditorView, PreviewView, editor, preview_fragment},
    forms::{MovePageView, NewPageView, PlaceChoice, move_page, new_page},
    history::{HistoryView, VersionRow, VersionView, VersionsView, compare_versions, history, version},
    image::{ImageView, add_image},
    list::{GuidesView, Undo, guides},
    suggestions::{SuggestionRow, SuggestionView, SuggestionsView, review_suggestion, suggestions},
    tree::{GuideRow, GuideStatus},
};
