//! Code samples in tabs: ours in each language, then the author's.

use maud::{Markup, html};

use super::{
    super::{chrome::Chrome, parts::icon_sm},
    SampleView, highlight,
};

/// What the ids of the author's samples begin with.
pub(crate) const AUTHOR: &str = "author-";

/// Tabs of languages. Without JavaScript the tabs are links that reload the page in the other language.
pub(super) fn samples(c: &Chrome, samples: &[SampleView]) -> Markup {
    let chosen = samples.iter().position(|s| s.id == c.language).unwrap_or(0);
    html! {
        @if !samples.is_empty() {
            code-tabs.card #samples {
                h2.sr { "Code samples" }
                div.card-h.tabrow {
                    div.tabs { @for (i, sample) in samples.iter().enumerate() {
                        a id={ "tab-" (sample.id) } href={ "?lang=" (sample.id) "#samples" } data-v=(sample.id)
                            aria-controls={ "code-" (sample.id) } aria-current=[(i == chosen).then_some("true")] {
                            (sample.label)
                        }
                    } }
                    copy-button for-visible="samples" {
                        button.btn.btn-ghost.btn-icon.btn-sm type="button" aria-label="Copy code" {
                            svg.i.i-sm.idle aria-hidden="true" { use href=(c.urls.icon("copy")) {} }
                            svg.i.i-sm.done aria-hidden="true" { use href=(c.urls.icon("check")) {} }
                        }
                    }
                }
                @for (i, sample) in samples.iter().enumerate() {
                    div.code id={ "code-" (sample.id) } tabindex="0" role="region" aria-label={ (sample.label) " sample" }
                        hidden[i != chosen] { pre { (highlight::code(&sample.code)) } }
                }
                @if samples.iter().any(|sample| !sample.id.starts_with(AUTHOR)) { p.samplef { (icon_sm(c, "lock")) span { "Reads the key from " code { "$" (c.brand.key_variable) } ". The page holds none." } } }
            }
        }
    }
}
