//! What changed between two versions: breaking changes first.

use aforo_docs::spec::diff::{Change, Severity, SpecDiff, Totals};
use maud::{Markup, html};

use crate::pages::{
    chrome::Chrome,
    format,
    parts::{icon, icon_sm},
};

/// Changes of one class that are shown before the rest is folded.
const OPEN: usize = 12;

/// `2 breaking, 1 to look at, 5 other`, as badges.
pub(crate) fn totals_line(c: &Chrome, totals: Totals) -> Markup {
    let nothing = totals == Totals::default();
    html! {
        span.row {
            @if totals.breaking > 0 {
                span.badge.b-err { (icon(c, "warn")) (format::count(totals.breaking as usize, "breaking change", "breaking changes")) }
            }
            @if totals.warnings > 0 { span.badge.b-warn { (format::count(totals.warnings as usize, "warning", "warnings")) } }
            @if totals.infos > 0 { span.badge.b-line { (format::count(totals.infos as usize, "other change", "other changes")) } }
            @if nothing { span.badge.b-ok { (icon(c, "check")) "Same for clients" } }
        }
    }
}

/// The changes by class. `link` says where an operation's page is, if it has one.
pub(crate) fn changes_card(c: &Chrome, diff: &SpecDiff, link: &dyn Fn(&str) -> Option<String>) -> Markup {
    let classes = [
        (Severity::Breaking, "Breaking", "b-err", diff.totals.breaking),
        (Severity::Warning, "To look at", "b-warn", diff.totals.warnings),
        (Severity::Info, "Other", "b-line", diff.totals.infos),
    ];
    html! {
        @if diff.is_empty() && diff.totals == Totals::default() {
            p.pad.muted { "Nothing that programs notice: only texts and examples differ, if anything does." }
        }
        @for (severity, label, badge, total) in classes { @if total > 0 {
            @let of_class: Vec<&Change> = diff.changes.iter().filter(|change| change.severity == severity).collect();
            @let (first, more) = of_class.split_at(of_class.len().min(OPEN));
            div.chgroup {
                h3 { span class={ "badge " (badge) } { (label) } " " span.muted.num { (total) } }
                ul.changes role="list" { @for change in first { (line(c, change, link)) } }
                @if !more.is_empty() {
                    details { summary.morec { (format::count(more.len(), "more change", "more changes")) }
                        ul.changes role="list" { @for change in more { (line(c, change, link)) } } }
                }
                @if of_class.len() < total as usize {
                    p.fs12.muted { "The first " (of_class.len()) " of " (total) " are listed." }
                }
            }
        } }
    }
}

fn line(c: &Chrome, change: &Change, link: &dyn Fn(&str) -> Option<String>) -> Markup {
    let (shown, rest) = change.operations.split_at(change.operations.len().min(3));
    let unlisted = (change.affected as usize).saturating_sub(shown.len());
    let (class, symbol) = match change.severity {
        Severity::Breaking => ("change brk", "warn"),
        Severity::Warning => ("change wrn", "shield"),
        Severity::Info => ("change", "check"),
    };
    html! {
        li class=(class) {
            (icon_sm(c, symbol))
            div.grow {
                p { @if !change.place.is_empty() { b { (change.place) } ": " } (sentence(&change.message)) }
                p.fs12.muted.ops-of {
                    @for (at, operation) in shown.iter().enumerate() {
                        @if at > 0 { ", " }
                        @let name = format!("{} {}", operation.method, operation.path);
                        @match link(&operation.id) {
                            Some(href) => a.mono href=(href) { (name) },
                            None => code { (name) },
                        }
                    }
                    @if unlisted > 0 {
                        " and " (format::count(unlisted, "more operation", "more operations"))
                        @if !rest.is_empty() { span.sr { ": " @for operation in rest { (operation.method) " " (operation.path) ", " } } }
                    }
                }
            }
            code.rule.fs12.muted { (change.rule) }
        }
    }
}

/// Code in backticks becomes code; the rest is text.
fn sentence(message: &str) -> Markup {
    html! {
        @for (at, part) in message.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
