//! Code samples of a request, in the languages that readers use.
//!
//! A sample shows the very request that [`crate::request::build`] made, sends it, and takes the key from an
//! environment variable: no sample ever holds a key. Whatever stands in a request stays within its string.
//!
//! Each language is one file with one type that implements `Generator`, and one line in [`Language`].

mod curl;
mod javascript;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    request::PlainRequest,
    spec::model::{ParameterPlace, SecurityScheme},
};

/// A language that samples are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Language {
    /// A POSIX shell with curl.
    Curl,
    /// JavaScript with `fetch`, as Node.js 18 and later have it.
    JavaScript,
}

impl Language {
    /// Every language, in the order that tabs show them.
    pub const AVAILABLE: &[Language] = &[Language::Curl, Language::JavaScript];

    /// For URLs, cookies and CSS classes: `curl`, `javascript`.
    pub fn id(self) -> &'static str {
        self.generator().id()
    }
    /// For people: `cURL`, `JavaScript`.
    pub fn label(self) -> &'static str {
        self.generator().label()
    }
    /// The language with this id.
    pub fn parse(id: &str) -> Option<Language> {
        Self::AVAILABLE
            .iter()
            .copied()
            .find(|language| language.id() == id)
    }

    fn generator(self) -> &'static dyn Generator {
        match self {
            Language::Curl => &curl::Curl,
            Language::JavaScript => &javascript::JavaScript,
        }
    }
}

/// What a sample needs to know beside the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    /// Where the API is, such as `https://api.example.com/v1`. Control characters and spaces are percent-encoded.
    pub base_url: &'a str,
    /// How the credential is presented: one set out of [`crate::spec::model::Operation::security`].
    pub security: &'a [SecurityScheme],
    /// The environment variable that holds the key; `AFORO_KEY` unless the name is a valid one.
    pub key_variable: &'a str,
}

/// The name of the environment variable unless a console configures another (PLAY-3).
pub const KEY_VARIABLE: &str = "AFORO_KEY";

/// The sample of a request.
pub fn render(language: Language, request: &PlainRequest, context: &Context<'_>) -> String {
    language.generator().render(&Call::new(request, context))
}

/// One language.
trait Generator {
    fn id(&self) -> &'static str;
    fn label(&self) -> &'static str;
    fn render(&self, call: &Call<'_>) -> String;
}

/// A text that ends in the key or not: `Bearer ` and the key, for instance.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Text {
    literal: String,
    /// What follows the literal.
    key: KeyForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyForm {
    None,
    /// The key as it is.
    Plain,
    /// Base64 of the key and a colon: the key as the user name of HTTP Basic.
    Basic,
}

impl Text {
    fn plain(literal: impl Into<String>) -> Self {
        Self {
            literal: literal.into(),
            key: KeyForm::None,
        }
    }
    fn with_key(literal: impl Into<String>) -> Self {
        Self {
            literal: literal.into(),
            key: KeyForm::Plain,
        }
    }
}

/// A request with its credential in place, ready to be written in any language.
#[derive(Debug)]
struct Call<'a> {
    method: &'static str,
    /// The whole URL; the key, if it is part of it, comes last.
    url: Text,
    /// Headers in order, `Content-Type` and `Cookie` included.
    headers: Vec<(String, Text)>,
    body: Option<Body<'a>>,
    /// A valid name of an environment variable.
    variable: &'a str,
}

#[derive(Debug)]
enum Body<'a> {
    /// JSON that loses nothing when it is read and written again.
    Json(Value),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> Call<'a> {
    fn new(request: &'a PlainRequest, context: &Context<'a>) -> Self {
        let mut url = clean_url(context.base_url);
        while url.ends_with('/') {
            url.pop();
        }
        url.push_str(&clean_url(&request.path));
        if let Some(query) = &request.query {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&clean_url(query));
        }
        let mut call = Self {
            method: request.method.as_str(),
            url: Text::plain(url),
            headers: Vec::new(),
            body: request
                .body
                .as_deref()
                .map(|bytes| body(bytes, request.content_type.as_deref())),
            variable: if is_variable(context.key_variable) {
                context.key_variable
            } else {
                KEY_VARIABLE
            },
        };
        let mut cookies: Vec<String> = request
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut key_cookie = None;
        for scheme in context.security {
            match scheme {
                SecurityScheme::HttpBearer | SecurityScheme::OAuth2 | SecurityScheme::OpenIdConnect => {
                    call.credential("Authorization", Text::with_key("Bearer "));
                }
                SecurityScheme::HttpBasic => {
                    let text = Text {
                        literal: "Basic ".to_owned(),
                        key: KeyForm::Basic,
                    };
                    call.credential("Authorization", text);
                }
                SecurityScheme::ApiKey {
                    place: ParameterPlace::Query,
                    name,
                } if call.url.key == KeyForm::None => {
                    let sign = if call.url.literal.contains('?') { '&' } else { '?' };
                    call.url.literal.push_str(&format!("{sign}{}=", encode(name)));
                    call.url.key = KeyForm::Plain;
                }
                SecurityScheme::ApiKey {
                    place: ParameterPlace::Header,
                    name,
                } if is_token(name) => {
                    call.credential(name, Text::with_key(""));
                }
                SecurityScheme::ApiKey {
                    place: ParameterPlace::Cookie,
                    name,
                } if is_token(name) => {
                    key_cookie = Some(format!("{name}="));
                }
                // A certificate, or a scheme that we do not know: nothing to show.
                _ => {}
            }
        }
        call.headers.extend(
            request
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), Text::plain(clean(value)))),
        );
        if let Some(content_type) = &request.content_type {
            call.headers
                .push(("Content-Type".to_owned(), Text::plain(clean(content_type))));
        }
        if let Some(key) = key_cookie {
            cookies.push(key);
            call.headers
                .push(("Cookie".to_owned(), Text::with_key(clean(&cookies.join("; ")))));
        } else if !cookies.is_empty() {
            call.headers
                .push(("Cookie".to_owned(), Text::plain(clean(&cookies.join("; ")))));
        }
        call.headers.retain(|(name, _)| is_token(name));
        call
    }

    /// Adds a header with the key, unless one of this name is there.
    fn credential(&mut self, name: &str, text: Text) {
        if !self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)) {
            self.headers.push((name.to_owned(), text));
        }
    }
}

fn body<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Body<'a> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Body::Bytes(bytes);
    };
    let media = content_type
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if media == "application/json" || media.ends_with("+json") {
        match serde_json::from_str::<Value>(text) {
            Ok(value) if is_lossless(text, &value) => return Body::Json(value),
            _ => {}
        }
    }
    // An argument of a shell holds no NUL, and a terminal takes other controls as keys.
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Body::Bytes(bytes);
    }
    Body::Text(text)
}

/// Whether a JSON text, read and written again, is the same but for white space.
fn is_lossless(text: &str, value: &Value) -> bool {
    let mut compact = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        if in_string || !c.is_ascii_whitespace() {
            compact.push(c);
        }
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
    }
    let written = value.to_string();
    written == compact
}

fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.len() <= 64
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const NOT_IN_URL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'\\');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A URL without what no URL can hold: controls, spaces, quotes, angle brackets, non-ASCII.
fn clean_url(url: &str) -> String {
    utf8_percent_encode(url, NOT_IN_URL).to_string()
}

/// A header value without line breaks and other controls.
fn clean(value: &str) -> String {
    value.chars().filter(|c| !c.is_control() || *c == '\t').collect()
}

/// Base64, for bodies that are no text.
fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}
