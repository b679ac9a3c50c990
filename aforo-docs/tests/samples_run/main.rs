//! Samples are run, not read: by the tools of their languages, against a server that notes what arrives. That must
//! be the request that [`aforo_docs::request::build`] made, which is the one of the Try form, with the key in its
//! place.
//!
//! A missing tool fails the test; `scripts/setup` installs them. What cannot be sent by a language is listed in
//! `refusal`.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

mod cases;
mod echo;
mod hostile;
mod tools;

use aforo_docs::{
    request::PlainRequest,
    sample::{self, Context, KEY_VARIABLE, Language},
    spec::model::{Method, ParameterPlace, SecurityScheme},
};

use cases::Case;
use echo::{Echo, Seen};
use tools::{Sample, key};

#[test]
fn curl() {
    check(Language::Curl);
}
#[test]
fn javascript() {
    check(Language::JavaScript);
}
#[test]
fn python() {
    check(Language::Python);
}
#[test]
fn go() {
    check(Language::Go);
}
#[test]
fn java() {
    check(Language::Java);
}
#[test]
fn ruby() {
    check(Language::Ruby);
}
#[test]
fn php() {
    check(Language::Php);
}
#[test]
fn csharp() {
    check(Language::CSharp);
}

#[test]
fn no_language_is_forgotten() {
    assert_eq!(Language::AVAILABLE.len(), 8, "a new language needs its test here");
}

/// What a language's library refuses to send, and a text of the note that its sample has instead.
fn refusal(language: Language, request: &PlainRequest) -> Option<&'static str> {
    let get = matches!(request.method, Method::Get | Method::Head) && request.body.is_some();
    match language {
        Language::JavaScript if get => Some("fetch sends no body with this method"),
        Language::JavaScript if request.method == Method::Trace => Some("fetch refuses this method"),
        // .NET sends it; Mono, which runs the tests, does not.
        Language::CSharp if get => Some("request.Content"),
        _ => None,
    }
}

fn check(language: Language) {
    let cases = cases::all();
    let echo = Echo::start();
    let mut samples = Vec::new();
    for (i, case) in cases.iter().enumerate() {
        let code = sample::render(
            language,
            &case.request,
            &Context {
                base_url: &echo.base(i),
                security: &case.security,
                key_variable: KEY_VARIABLE,
            },
        );
        assert!(!code.contains(&key()));
        let hidden = |c: char| matches!(u32::from(c), 0..=8 | 11..=31 | 0x7f..=0x9f | 0x2028..=0x202e | 0x2066..=0x2069 | 0xfeff);
        assert!(!code.contains(hidden), "what cannot be seen in {code:?}");
        match refusal(language, &case.request) {
            Some(note) => assert!(code.contains(note), "{code}"),
            None => samples.push(Sample {
                case: i,
                code,
                files: sample::files(&case.request),
            }),
        }
    }
    let said = tools::run(language, &samples);
    let mut wrong = Vec::new();
    for one in &samples {
        let case = &cases[one.case];
        let seen = echo.seen(one.case);
        let difference = match seen.as_slice() {
            [seen] => difference(language, seen, case),
            other => Some(format!("{} requests arrived", other.len())),
        };
        if let Some(difference) = difference {
            wrong.push(format!("--- {}: {difference}\n{}\n", case.name, cut(&one.code)));
        }
    }
    assert!(
        wrong.is_empty() && said.trim().is_empty(),
        "{} of {} samples differ.\n{}\n{}",
        wrong.len(),
        samples.len(),
        wrong.iter().take(6).cloned().collect::<String>(),
        cut(&said),
    );
    assert!(samples.len() + 3 > cases.len());
}

fn cut(text: &str) -> String {
    text.chars().take(4_000).collect()
}

/// What is not as the case wants it.
fn difference(language: Language, seen: &Seen, case: &Case) -> Option<String> {
    let request = &case.request;
    if seen.method != request.method.as_str() {
        return Some(format!("method {}", seen.method));
    }
    let mut target = request.path.clone();
    if let Some(query) = &request.query {
        target.push_str(&format!("?{query}"));
    }
    let mut cookies: Vec<String> = request.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let mut headers: Vec<(String, String)> = request.headers.clone();
    for scheme in &case.security {
        match scheme {
            SecurityScheme::HttpBasic => {
                use base64::Engine as _;
                let both = base64::engine::general_purpose::STANDARD.encode(format!("{}:", key()));
                headers.push(("Authorization".into(), format!("Basic {both}")));
            }
            SecurityScheme::ApiKey { place, name } => match place {
                ParameterPlace::Query => {
                    target.push_str(&format!(
                        "{}{name}={}",
                        if target.contains('?') { '&' } else { '?' },
                        key()
                    ));
                }
                ParameterPlace::Cookie => cookies.push(format!("{name}={}", key())),
                _ => headers.push((name.clone(), key())),
            },
            _ => headers.push(("Authorization".into(), format!("Bearer {}", key()))),
        }
    }
    if !cookies.is_empty() {
        headers.push(("Cookie".into(), cookies.join("; ")));
    }
    if spelt_alike(language, &seen.target) != spelt_alike(language, &target) {
        return Some(format!("target\n  {}, not\n  {target}", seen.target));
    }
    let content_type = request.content_type.clone().unwrap_or_default();
    let is_form = content_type.starts_with("multipart/form-data; boundary=");
    if request.content_type.is_some() && !is_form {
        headers.push(("Content-Type".into(), content_type.clone()));
    }
    for (name, value) in &headers {
        let all: Vec<&str> = seen
            .headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
            .collect();
        // Mono reads and writes `Accept` even where it is told not to.
        let is_alike = |seen: &&str| seen.replace("; q=", ";q=") == *value;
        let is_accept = language == Language::CSharp && name.eq_ignore_ascii_case("accept");
        if all != [value] && !(is_accept && all.len() == 1 && all.iter().all(is_alike)) {
            return Some(format!("header {name}: {all:?}, not {value:?}"));
        }
    }
    for secret in ["authorization", "cookie"] {
        let sent = seen.headers.iter().any(|(n, _)| n == secret);
        if sent != headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(secret)) {
            return Some(format!("{secret} sent: {sent}"));
        }
    }
    let wanted = request.body.clone().unwrap_or_default();
    if is_form {
        let header = seen.headers.iter().find(|(n, _)| n == "content-type");
        let seen_parts = parts(header.map_or("", |(_, v)| v), &seen.body);
        let wanted_parts = parts(&content_type, &wanted);
        return match seen_parts {
            Some(parts) if Some(&parts) == wanted_parts.as_ref() => None,
            _ => Some(format!(
                "form {header:?}\n{}\nnot\n{}",
                String::from_utf8_lossy(&seen.body),
                String::from_utf8_lossy(&wanted)
            )),
        };
    }
    if seen.body == wanted || is_json(&content_type) && is_same_json(&seen.body, &wanted) {
        return None;
    }
    Some(format!(
        "body {:?}\nnot {:?}",
        cut(&String::from_utf8_lossy(&seen.body)),
        cut(&String::from_utf8_lossy(&wanted))
    ))
}

/// What `allowReserved` leaves as it is and some libraries encode: the URL standard of browsers an apostrophe in a
/// query, urllib3 the brackets that RFC 3986 has for addresses only. It means the same.
/// Mono's `Uri` decodes more than RFC 3986 allows and drops the marks of direction, which .NET's own does not.
fn spelt_alike(language: Language, target: &str) -> String {
    let alike = target.replace("%27", "'").replace("%5B", "[").replace("%5D", "]");
    if language != Language::CSharp {
        return alike;
    }
    let marks = ["8E", "8F", "AA", "AB", "AC", "AD", "AE"].map(|last| (format!("%E2%80%{last}"), ""));
    let decoded = [
        ("%21", "!"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%3A", ":"),
    ];
    decoded
        .map(|(code, c)| (code.to_owned(), c))
        .into_iter()
        .chain(marks)
        .fold(alike, |text, (code, c)| text.replace(&code, c))
}

fn is_json(content_type: &str) -> bool {
    content_type == "application/json" || content_type.ends_with("+json")
}

/// The same but for white space and the spelling of characters. JSON that is no plain value (numbers that no type
/// holds, names twice) must be the same in every byte.
fn is_same_json(seen: &[u8], wanted: &[u8]) -> bool {
    let written = |bytes: &[u8]| {
        let value = serde_json::from_slice::<serde_json::Value>(bytes).ok()?;
        Some(value.to_string())
    };
    let plain = written(wanted);
    plain.as_deref().map(str::as_bytes) == Some(wanted) && written(seen) == plain
}

/// Heads (sorted lines) and contents of a form.
fn parts(content_type: &str, body: &[u8]) -> Option<Vec<(Vec<String>, Vec<u8>)>> {
    let (media, boundary) = content_type.split_once(';')?;
    if media != "multipart/form-data" {
        return None;
    }
    let boundary = boundary.trim().strip_prefix("boundary=")?.trim_matches('"');
    let mut whole = b"\r\n".to_vec();
    whole.extend_from_slice(body);
    let between = format!("\r\n--{boundary}");
    let mut pieces = Vec::new();
    let mut rest = whole.as_slice();
    while let Some(at) = rest.windows(between.len()).position(|w| w == between.as_bytes()) {
        pieces.push(&rest[..at]);
        rest = &rest[at + between.len()..];
    }
    if !rest.starts_with(b"--") {
        return None;
    }
    let one = |piece: &[u8]| {
        let piece = piece.strip_prefix(b"\r\n")?;
        let end = piece.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&piece[..end]).into_owned();
        let mut lines: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
        lines.sort();
        Some((lines, piece[end + 4..].to_vec()))
    };
    pieces.into_iter().skip(1).map(one).collect()
}
