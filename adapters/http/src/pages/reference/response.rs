//! What the playground answered. `response.js` builds the same elements in the browser.

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        chrome::Chrome,
        format,
        parts::{copy_button, icon, status_class},
        problem::{ProblemView, problem_box},
    },
    highlight,
    operation::reason,
};

/// The outcome of one call.
#[derive(Clone, Debug, PartialEq)]
pub enum TryOutcome {
    /// The API answered, whatever its status.
    Answer(TryAnswer),
    /// There was no answer to show.
    Failed(ProblemView),
    /// Nothing was sent: the first call of the session that changes something in Live is asked about.
    Confirm,
    /// Nothing was sent: the body does not fit the description; the form says where.
    Check,
}

/// The API's answer, cleaned: the envelope of `POST …/playground/try`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TryAnswer {
    /// HTTP status.
    pub status: u16,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body, written as `body_encoding` says.
    pub body: String,
    /// How the body is written.
    pub body_encoding: BodyEncoding,
    /// Its media type.
    pub content_type: Option<String>,
    /// Bytes received.
    pub size: u64,
    /// The body was longer than what is shown.
    pub truncated: bool,
    /// Number of places where a credential was removed.
    pub redactions: u32,
    /// Where the time went.
    pub timing: TryTiming,
}

/// How a body is written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyEncoding {
    /// As it is.
    Text,
    /// Base64 (RFC 4648 section 4).
    Base64,
    /// There is none.
    None,
}

/// Where the time went, in milliseconds (PROXY-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TryTiming {
    /// Session check.
    pub session: f64,
    /// Opening the sealed credential.
    pub vault: f64,
    /// Connection and TLS.
    pub connect: f64,
    /// From the request to the first byte of the answer.
    pub ttfb: f64,
    /// Rest of the body.
    pub download: f64,
    /// Removing credentials.
    pub strip: f64,
    /// All of it.
    pub total: f64,
}

impl TryTiming {
    /// Label, colour class, start and length of each phase.
    fn phases(&self) -> [(&'static str, &'static str, f64, f64); 6] {
        let mut at = 0.0;
        [
            ("Session check", "f-vio", self.session),
            ("Vault unseal", "f-vio", self.vault),
            ("Connect, TLS", "f-info", self.connect),
            ("First byte", "f-acc", self.ttfb),
            ("Download", "f-acc", self.download),
            ("Strip credentials", "f-ok", self.strip),
        ]
        .map(|(label, class, length)| {
            let start = at;
            at += length;
            (label, class, start, length)
        })
    }
}

/// The response card; empty until a call was sent.
pub(super) fn panel(c: &Chrome, outcome: Option<&TryOutcome>) -> Markup {
    html! {
        section.card.respcard #response aria-labelledby="response-h" tabindex="-1" {
            div.card-h {
                h2 #response-h { "Response" }
                @if let Some(TryOutcome::Answer(answer)) = outcome { (head(c, answer)) }
            }
            @match outcome {
                None => p.pad.muted.fs13 data-idle { "Send a request to see the response here." },
                Some(TryOutcome::Failed(problem)) => (problem_box(c, problem)),
                Some(TryOutcome::Confirm) => (confirm(c)),
                Some(TryOutcome::Check) => div.banner.inset { (icon(c, "warn")) div {
                    b { "Not sent yet" }
                    p.t2 { "The body does not fit the description. The form lists what and where. Correct it, or send it anyway." }
                    div.row { a.btn.btn-sm href="#try-findings" { "Show what does not fit" }
                        button.btn.btn-sm form="try" name="insist" value="1" { "Send anyway" } }
                } },
                Some(TryOutcome::Answer(answer)) => {
                    (body(answer))
                    (notes(c, answer))
                    (headers(answer))
                    (raw(answer))
                    (waterfall(&answer.timing))
                }
            }
        }
    }
}

/// Asked once a session, without JavaScript; with it a dialog asks.
fn confirm(c: &Chrome) -> Markup {
    html! {
        div.banner.inset { (icon(c, "warn")) div {
            b { "Send to Live?" }
            p.t2 { "This call may change real data. Live calls are metered and billed. You are asked once in this session." }
            div.row {
                button.btn.btn-sm.btn-primary form="try" name="confirm" value="live" { "Send to Live" }
                a.btn.btn-sm href="#try" { "Keep in the form" }
            }
        } }
    }
}

fn head(c: &Chrome, answer: &TryAnswer) -> Markup {
    let status = answer.status.to_string();
    html! {
        span class=(status_class(&status)) { (status) @if let Some(reason) = reason(answer.status) { " " (reason) } }
        span.fs12.muted.num { (format::ms(answer.timing.total)) }
        span.fs12.muted.num { (format::size(answer.size)) }
        span.grow {}
        (copy_button(c, "response-body", "Copy response"))
    }
}

fn body(answer: &TryAnswer) -> Markup {
    let json = answer.content_type.as_deref().is_some_and(|t| t.contains("json"));
    let parsed = || {
        serde_json::from_str::<serde_json::Value>(&answer.body)
            .ok()
            .filter(|_| answer.body.len() <= PRETTY)
    };
    let kind = answer.content_type.as_deref().unwrap_or("unknown type");
    html! {
        @match answer.body_encoding {
            _ if answer.body.is_empty() => p.pad.muted.fs13 { "No body." },
            BodyEncoding::None => p.pad.muted.fs13 { "No body." },
            BodyEncoding::Base64 => {
                p.pad.muted.fs13 { "Binary, " (kind) ", " (format::size(answer.size)) "." }
                @if let Some(kind) = image(answer) {
                    div.respimg { img src={ "data:" (kind) ";base64," (answer.body) } alt="The image that the API answered with"; }
                }
            },
            BodyEncoding::Text => div.code.respbody tabindex="0" role="region" aria-label="Response body" {
                pre #response-body { @match parsed().filter(|_| json) {
                    Some(value) => (highlight::json(&serde_json::to_string_pretty(&value).unwrap_or_default())),
                    None => (beginning(&answer.body)),
                } }
            },
        }
    }
}

/// Bodies beyond this are shown as they came, in bytes.
const PRETTY: usize = 200_000;
/// More of a text is not shown.
const SHOWN: usize = 1_000_000;
/// Images up to this size are shown, in bytes.
const IMAGE: u64 = 200_000;

fn beginning(text: &str) -> &str {
    let mut end = SHOWN.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The media type of an image that can be shown: a small one, of a kind that holds no script.
fn image(answer: &TryAnswer) -> Option<&'static str> {
    let kind = answer.content_type.as_deref()?.split(';').next()?.trim();
    let known = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];
    let small = !answer.truncated && answer.size <= IMAGE && answer.redactions == 0;
    known.into_iter().find(|k| small && k.eq_ignore_ascii_case(kind))
}

/// The answer as text, nothing rearranged.
fn raw(answer: &TryAnswer) -> Markup {
    html! {
        @if answer.body_encoding == BodyEncoding::Text && answer.body.len() <= PRETTY {
            details.heads { summary { "Raw" } div.code.respbody tabindex="0" role="region" aria-label="Raw response" { pre {
                (answer.status) @if let Some(reason) = reason(answer.status) { " " (reason) } "\n"
                @for (name, value) in &answer.headers { (name) ": " (value) "\n" }
                "\n" (answer.body)
            } } }
        }
    }
}

fn notes(c: &Chrome, answer: &TryAnswer) -> Markup {
    html! {
        @if answer.body_encoding == BodyEncoding::Text && answer.body.len() > SHOWN {
            p.respnote { (icon(c, "warn")) "The first 1 MB of " (format::size(answer.size)) " are shown." }
        }
        @if answer.truncated { p.respnote { (icon(c, "warn")) "Shortened: the response was longer." } }
        @if answer.redactions > 0 {
            p.respnote { (icon(c, "shield"))
                "•••• " (format::count(answer.redactions as usize, "credential", "credentials")) " removed from the response." }
        }
    }
}

fn headers(answer: &TryAnswer) -> Markup {
    html! {
        @if !answer.headers.is_empty() {
            details.heads { summary { "Headers" span.muted { (answer.headers.len()) } }
                dl { @for (name, value) in &answer.headers { div { dt { (name) } dd { (value) } } } }
            }
        }
    }
}

fn waterfall(timing: &TryTiming) -> Markup {
    let total = timing
        .phases()
        .iter()
        .map(|(.., length)| length)
        .sum::<f64>()
        .max(timing.total)
        .max(0.001);
    html! {
        dl.wf aria-label="Timing" { @for (label, class, start, length) in timing.phases() { div {
            dt { (label) }
            dd {
                svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
                    rect class=(class) x=(percent(start, total)) width=(percent(length, total).max(0.6)) height="8" {}
                }
                span.ms { (format::ms(length)) }
            }
        } } }
    }
}

/// A share of 100, one decimal.
fn percent(part: f64, total: f64) -> f64 {
    (part / total * 1000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_envelope_of_the_json_interface() {
        let text = r#"{"status":200,"headers":[["a","b"]],"body":"","bodyEncoding":"none","contentType":null,
            "size":0,"truncated":false,"redactions":1,"timing":{"session":0.5,"total":3}}"#;
        let answer: TryAnswer = serde_json::from_str(text).unwrap();
        assert_eq!((answer.body_encoding, answer.redactions), (BodyEncoding::None, 1));
        assert_eq!(answer.headers, [("a".to_owned(), "b".to_owned())]);
        assert_eq!(
            (answer.timing.session, answer.timing.vault, answer.timing.total),
            (0.5, 0.0, 3.0)
        );
    }

    #[test]
    fn phases_follow_each_other() {
        let timing = TryTiming {
            session: 1.0,
            vault: 2.0,
            connect: 3.0,
            ttfb: 4.0,
            download: 5.0,
            strip: 6.0,
            total: 21.0,
        };
        let starts = timing.phases().map(|(_, _, start, _)| start);
        assert_eq!(starts, [0.0, 1.0, 3.0, 6.0, 10.0, 15.0]);
    }
}
