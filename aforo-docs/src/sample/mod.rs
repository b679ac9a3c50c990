//! Code samples of a request, in the languages that readers use.
//!
//! A sample shows the very request that [`crate::request::build`] made, sends it, and takes the key from an
//! environment variable: no sample ever holds a key. Whatever stands in a request stays within its string. What is
//! no text, or too long to read, comes from a file beside the sample; [`files`] has them.
//!
//! Each language is one file with one type that implements `Generator`, and its lines in [`Language`].

mod body;
mod call;
mod csharp;
mod curl;
mod go;
mod java;
mod javascript;
mod php;
mod python;
mod ruby;
mod text;

use serde::{Deserialize, Serialize};

use self::call::Call;
use crate::{request::PlainRequest, spec::model::SecurityScheme};

/// A language that samples are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Language {
    /// A POSIX shell with curl.
    Curl,
    /// JavaScript with `fetch`, as Node.js 18 and later have it.
    JavaScript,
    /// Python 3 with `requests`.
    Python,
    /// Go with `net/http`.
    Go,
    /// Java 17 with `java.net.http`; runs as `java Sample.java`.
    Java,
    /// Ruby with `net/http`.
    Ruby,
    /// PHP 8 with the curl extension.
    Php,
    /// C# with `HttpClient`, as top-level statements.
    CSharp,
}

impl Language {
    /// Every language, in the order that tabs show them.
    pub const AVAILABLE: &[Language] = &[
        Language::Curl,
        Language::JavaScript,
        Language::Python,
        Language::Go,
        Language::Java,
        Language::Ruby,
        Language::Php,
        Language::CSharp,
    ];

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
            Language::Python => &python::Python,
            Language::Go => &go::Go,
            Language::Java => &java::Java,
            Language::Ruby => &ruby::Ruby,
            Language::Php => &php::Php,
            Language::CSharp => &csharp::CSharp,
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
    written(language, &Call::new(request, context))
}

/// The samples of a request in every language, in the order of [`Language::AVAILABLE`]: the request is prepared once.
pub fn render_all<'a>(request: &'a PlainRequest, context: &Context<'a>) -> Vec<(Language, String)> {
    let call = Call::new(request, context);
    Language::AVAILABLE
        .iter()
        .map(|language| (*language, written(*language, &call)))
        .collect()
}

fn written(language: Language, call: &Call<'_>) -> String {
    let mut sample = language.generator().render(call);
    sample.truncate(sample.trim_end_matches('\n').len());
    sample
}

/// A file that a sample reads from the folder it runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleFile {
    /// Letters, digits, `.`, `-` and `_`; begins with a letter or digit.
    pub name: String,
    /// What the request holds in its place.
    pub bytes: Vec<u8>,
}

/// The files that the samples of a request read: uploads, and a body that is no text or longer than 24 KiB. The
/// same ones in every language.
pub fn files(request: &PlainRequest) -> Vec<SampleFile> {
    let body = body::Body::of(request);
    let files = body.iter().flat_map(|body| body.files());
    files
        .map(|file| SampleFile {
            name: file.path.clone(),
            bytes: file.bytes.to_vec(),
        })
        .collect()
}

/// One language.
trait Generator {
    fn id(&self) -> &'static str;
    fn label(&self) -> &'static str;
    /// The sample; line breaks at its end are taken off.
    fn render(&self, call: &Call<'_>) -> String;
}
