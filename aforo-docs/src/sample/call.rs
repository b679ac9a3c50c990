//! A request with its credential in place, ready to be written in any language.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Context, KEY_VARIABLE, body::Body};
use crate::{
    request::PlainRequest,
    spec::model::{ParameterPlace, SecurityScheme},
};

#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: &'static str,
    /// The whole URL; the key, if it is part of it, comes last.
    pub(super) url: Text,
    /// Headers in order, `Content-Type` and `Cookie` included.
    pub(super) headers: Vec<(String, Text)>,
    pub(super) body: Option<Body<'a>>,
    /// A valid name of an environment variable.
    pub(super) variable: &'a str,
}

/// A text that ends in the key or not: `Bearer ` and the key, for instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) literal: String,
    /// What follows the literal.
    pub(super) key: KeyForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyForm {
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

impl<'a> Call<'a> {
    pub(super) fn new(request: &'a PlainRequest, context: &Context<'a>) -> Self {
        let mut url = clean_url(context.base_url);
        while url.ends_with('/') {
            url.pop();
        }
        url.push_str(&utf8_percent_encode(&request.path, NOT_IN_PATH).to_string());
        if let Some(query) = &request.query {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&clean_url(query));
        }
        let mut call = Self {
            method: request.method.as_str(),
            url: Text::plain(url),
            headers: Vec::new(),
            body: Body::of(request),
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
        let key_cookie = call.credentials(context.security);
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
        call.headers.retain(|(name, _)| {
            is_token(name) && !OF_CONNECTION.contains(&name.to_ascii_lowercase().as_str())
        });
        call
    }

    /// Puts the key where the schemes want it. A cookie is for the caller: `name=`, to be followed by the key.
    fn credentials(&mut self, security: &[SecurityScheme]) -> Option<String> {
        let mut key_cookie = None;
        for scheme in security {
            match scheme {
                SecurityScheme::HttpBearer | SecurityScheme::OAuth2 | SecurityScheme::OpenIdConnect => {
                    self.credential("Authorization", Text::with_key("Bearer "));
                }
                SecurityScheme::HttpBasic => {
                    let text = Text {
                        literal: "Basic ".to_owned(),
                        key: KeyForm::Basic,
                    };
                    self.credential("Authorization", text);
                }
                SecurityScheme::ApiKey {
                    place: ParameterPlace::Query,
                    name,
                } if self.url.key == KeyForm::None => {
                    let sign = if self.url.literal.contains('?') { '&' } else { '?' };
                    self.url.literal.push_str(&format!("{sign}{}=", encode(name)));
                    self.url.key = KeyForm::Plain;
                }
                SecurityScheme::ApiKey {
                    place: ParameterPlace::Header,
                    name,
                } if is_token(name) => {
                    self.credential(name, Text::with_key(""));
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
        key_cookie
    }

    /// Adds a header with the key, unless one of this name is there.
    fn credential(&mut self, name: &str, text: Text) {
        if !self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)) {
            self.headers.push((name.to_owned(), text));
        }
    }

    /// The headers, without the `Content-Type` where the language's own form or JSON sets it.
    pub(super) fn headers(&self, with_content_type: bool) -> impl Iterator<Item = &(String, Text)> {
        self.headers
            .iter()
            .filter(move |(name, _)| with_content_type || !name.eq_ignore_ascii_case("content-type"))
    }
    /// The body's media type with its parameters.
    pub(super) fn content_type(&self) -> &str {
        let header = self
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        header.map_or("", |(_, text)| text.literal.as_str())
    }
    /// Whether the key is taken from the environment anywhere.
    pub(super) fn has_key(&self) -> bool {
        self.url.key != KeyForm::None || self.headers.iter().any(|(_, text)| text.key != KeyForm::None)
    }
    /// Whether the key is the user name of HTTP Basic.
    pub(super) fn is_basic(&self) -> bool {
        self.headers.iter().any(|(_, text)| text.key == KeyForm::Basic)
    }
    /// A comment's text about the files that the sample reads; none if it reads none.
    pub(super) fn files_note(&self) -> Option<String> {
        let files: Vec<&str> = match &self.body {
            Some(body) => body.files().map(|file| file.path.as_str()).collect(),
            None => return None,
        };
        match files.as_slice() {
            [] => None,
            [one] => Some(format!("Reads {one} from the current folder.")),
            [first @ .., last] => Some(format!(
                "Reads {} and {last} from the current folder.",
                first.join(", ")
            )),
        }
    }
}

/// What an HTTP client writes itself; the Try form drops these, too, and Java and `fetch` throw.
const OF_CONNECTION: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

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
/// What no URL can hold. The strict libraries (Java's, Ruby's) refuse it.
const NOT_IN_URL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'\\')
    .add(b'{')
    .add(b'}')
    .add(b'|')
    .add(b'^');
const NOT_IN_PATH: &AsciiSet = &NOT_IN_URL.add(b'[').add(b']');

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
