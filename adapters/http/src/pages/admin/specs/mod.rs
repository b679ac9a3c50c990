//! API descriptions for operators: what is published, new versions, what they change, and watched addresses.

mod changes;
mod detail;
mod list;
mod new;

pub(crate) use self::changes::{changes_card, totals_line};
pub use self::{
    detail::{PublicationLine, SpecView, VersionLine, WatchView, spec},
    list::{SpecProductRow, SpecsView, specs},
    new::{FindingLine, NewSpecView, new_spec},
};
