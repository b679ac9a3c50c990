//! Two texts beside each other, word by word.

use aforo_docs::compare::{Comparison, Part, Row, Tag, excerpts};
use maud::{Markup, html};

use crate::pages::format;

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// What changed; unchanged stretches are left out. `label` names the whole for those who cannot see it.
pub(in crate::pages) fn changes(comparison: &Comparison, label: &str) -> Markup {
    let shown = excerpts(comparison, CONTEXT);
    html! {
        div.wdiff role="group" aria-label=(label) {
            @if comparison.is_same() { p.gap { "The text is the same." } }
            @for (at, range) in shown.iter().enumerate() {
                @let before = if at == 0 { 0 } else { shown[at - 1].end };
                (gap(range.start - before))
                @for row in &comparison.rows[range.clone()] { (line(row)) }
            }
            @if let Some(last) = shown.last() { (gap(comparison.rows.len() - last.end)) }
        }
    }
}

/// `+12 −3 words`.
pub(super) fn tally(comparison: &Comparison) -> Markup {
    html! {
        span.tally.num {
            span.plus { "+" (comparison.added) } " "
            span.minus { "−" (comparison.removed) } " words"
        }
    }
}

/// A short text that changed as a whole, such as a title.
pub(super) fn changed_value(old: &str, new: &str) -> Markup {
    html! { @if old == new { (new) } @else { del { (old) } " " ins { (new) } } }
}

fn gap(lines: usize) -> Markup {
    html! { @if lines > 0 { p.gap { (format::count(lines, "unchanged line", "unchanged lines")) } } }
}

fn line(row: &Row) -> Markup {
    let (class, sign) = match row.tag {
        Some(Tag::Same) => ("dl", ""),
        Some(Tag::Removed) => ("dl del", "−"),
        Some(Tag::Added) => ("dl add", "+"),
        None => ("dl mix", "~"),
    };
    html! {
        div class=(class) {
            span.ln aria-hidden="true" { @if let Some(line) = row.line { (line) } }
            span.sg aria-hidden="true" { (sign) }
            span.dt { @for part in &row.parts { (piece(part)) } @if row.parts.is_empty() { "\u{200b}" } }
        }
    }
}

fn piece(part: &Part) -> Markup {
    html! {
        @match part.tag {
            Tag::Same => (part.text),
            Tag::Removed => del { (part.text) },
            Tag::Added => ins { (part.text) },
        }
    }
}
