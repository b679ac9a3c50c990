//! What a host and the console tell each other: where the console is mounted, who is calling, and the
//! bodies that pass between them.
//!
//! A mount (`aforo-axum`, `aforo-actix`, or one of your own) takes any
//! `tower::Service<http::Request<RequestBody>, Response = http::Response<_>>` and promises it this:
//!
//! - the request's path starts after the prefix and is never empty: at `/developers`, a request for
//!   `/developers/keys?x=1` arrives as `/keys?x=1`, and both `/developers` and `/developers/` arrive as
//!   `/`. Nothing is decoded on the way, so `%2F` stays `%2F`. A mount itself never redirects, because
//!   a host that trims trailing slashes would send the browser round in circles; [`MountedAt::full`]
//!   tells the two apart;
//! - [`MountedAt`] is among the request's extensions, and so is [`PeerAddr`] when the host knows it; the
//!   host's own extensions stay with the host;
//! - bodies stream both ways, and a side that stops reading stops the other from writing;
//! - a request body that breaks off ends in an error, never as if it were complete;
//! - a response body is dropped when its client is gone.
//!
//! ```
//! use aforo_http::mount::{ConsoleBody, MountedAt, RequestBody};
//!
//! async fn home(request: http::Request<RequestBody>) -> http::Response<ConsoleBody> {
//!     let prefix = request.extensions().get::<MountedAt>().map_or("", |at| at.prefix.as_str());
//!     http::Response::new(ConsoleBody::from(format!("<a href='{prefix}/keys'>Keys</a>")))
//! }
//! ```

use std::{
    fmt,
    net::SocketAddr,
    pin::Pin,
    str::FromStr,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// Any error that may cross a thread.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Where the host put the console. Every mount sets it as a request extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountedAt {
    /// What every link of the console starts with: empty at the root, otherwise like `/developers`,
    /// never with a slash at its end. Raw, as it stood in the request, and it includes whatever the host
    /// nested the mount in.
    pub prefix: String,
    /// The request's URI as the host received it, prefix and query included.
    pub full: http::Uri,
}

impl MountedAt {
    /// Recovers the prefix from the URI the host received and the path that was left after routing.
    /// `None` if that path is not the end of the URI's, as when the host rewrote it in between.
    #[must_use]
    pub fn from_rest(full: http::Uri, rest: &str) -> Option<Self> {
        let path = full.path();
        let prefix = match path.strip_suffix(rest) {
            Some(prefix) => prefix,
            None if rest == "/" => path,
            None => return None,
        };
        Some(Self {
            prefix: prefix.to_owned(),
            full,
        })
    }
}

/// The address at the other end of the connection: the client's, or that of the proxy before the host.
/// Set as a request extension where the host knows it; a server on a Unix socket does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

/// A path a console can be mounted at, in its one spelling: empty for the root, else like `/developers`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// Reads a prefix. Slashes at the end are ignored; `""` and `"/"` are the root.
    ///
    /// # Errors
    /// If it does not start with `/`, has an empty, `.` or `..` segment, or a character other than
    /// letters, digits, `-`, `.`, `_` and `~`. (Those are the ones with a single spelling in a URL, so
    /// that every host matches the same requests.)
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        let text = text.trim_end_matches('/');
        let Some(segments) = text.strip_prefix('/') else {
            return if text.is_empty() {
                Ok(Self::default())
            } else {
                Err(PrefixError::NoLeadingSlash)
            };
        };
        for segment in segments.split('/') {
            if matches!(segment, "" | "." | "..") {
                return Err(PrefixError::Segment(segment.to_owned()));
            }
            let strange = |c: &char| !(c.is_ascii_alphanumeric() || "-._~".contains(*c));
            if let Some(character) = segment.chars().find(strange) {
                return Err(PrefixError::Character(character));
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The prefix as links start with it: empty, or like `/developers`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root, where the console answers whatever the host does not.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        Self::parse(text)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "/" } else { &self.0 })
    }
}

/// Why a text is no [`Prefix`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrefixError {
    /// It starts with something else than `/`.
    #[error("a mount prefix starts with a slash")]
    NoLeadingSlash,
    /// It has a segment that URLs do not keep.
    #[error("a mount prefix cannot have the segment {0:?}")]
    Segment(String),
    /// It has a character that URLs can spell in more than one way, or that routers treat specially.
    #[error("a mount prefix cannot have the character {0:?}")]
    Character(char),
}

/// The body of a request on its way from the host to the console.
#[derive(Debug, Default)]
pub struct RequestBody(Body);

/// The body of a response on its way from the console to the host.
#[derive(Debug, Default)]
pub struct ConsoleBody(Body);

macro_rules! body {
    ($name:ident) => {
        impl $name {
            /// Wraps a body. One that is wrapped already, or that a host on the same framework hands over, is not
            /// boxed again.
            pub fn new<B>(body: B) -> Self
            where
                B: http_body::Body<Data = Bytes> + Send + 'static,
                B::Error: Into<BoxError>,
            {
                Self(Body::new(body))
            }

            /// A body of nothing.
            #[must_use]
            pub fn empty() -> Self {
                Self(Body::empty())
            }
        }

        impl From<Bytes> for $name {
            fn from(whole: Bytes) -> Self {
                Self(Body::from(whole))
            }
        }

        impl From<String> for $name {
            fn from(whole: String) -> Self {
                Self(Body::from(whole))
            }
        }

        impl http_body::Body for $name {
            type Data = Bytes;
            type Error = BoxError;

            fn poll_frame(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
                Pin::new(&mut self.0)
                    .poll_frame(cx)
                    .map_err(axum::Error::into_inner)
            }

            fn size_hint(&self) -> SizeHint {
                self.0.size_hint()
            }

            fn is_end_stream(&self) -> bool {
                self.0.is_end_stream()
            }
        }
    };
}
body!(RequestBody);
body!(ConsoleBody);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_prefix_has_one_spelling() {
        for (text, read) in [
            ("", ""),
            ("/", ""),
            ("//", ""),
            ("/dev", "/dev"),
            ("/dev/", "/dev"),
            ("/a/b.c~_-/", "/a/b.c~_-"),
        ] {
            assert_eq!(
                Prefix::parse(text).map(|p| p.as_str().to_owned()),
                Ok(read.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_prefix_is_named() {
        assert_eq!(Prefix::parse("dev"), Err(PrefixError::NoLeadingSlash));
        assert_eq!(Prefix::parse("/a//b"), Err(PrefixError::Segment(String::new())));
        assert_eq!(Prefix::parse("/a/../b"), Err(PrefixError::Segment("..".into())));
        for character in ['{', '*', '%', '?', '#', ' ', 'é', ':', '\\'] {
            assert_eq!(
                Prefix::parse(&format!("/a{character}b")),
                Err(PrefixError::Character(character)),
                "{character}"
            );
        }
    }

    #[test]
    fn the_prefix_is_what_precedes_the_rest() {
        for (full, rest, prefix) in [
            ("/developers/keys?x=1", "/keys", Some("/developers")),
            ("/developers", "/", Some("/developers")),
            ("/developers/", "/", Some("/developers")),
            ("/", "/", Some("")),
            ("/keys", "/keys", Some("")),
            ("/a%2Fb/keys", "/keys", Some("/a%2Fb")),
            ("/elsewhere", "/keys", None),
        ] {
            let at = MountedAt::from_rest(full.parse().unwrap(), rest);
            assert_eq!(at.map(|at| at.prefix).as_deref(), prefix, "{full} {rest}");
        }
    }

    proptest! {
        #[test]
        fn any_prefix_read_is_a_path_and_reads_back(text in "[/a-c.{%é]{0,12}") {
            if let Ok(prefix) = Prefix::parse(&text) {
                prop_assert!(!prefix.as_str().ends_with('/'));
                prop_assert!(prefix.is_root() || prefix.as_str().parse::<http::Uri>().is_ok());
                prop_assert_eq!(Prefix::parse(&prefix.to_string()), Ok(prefix.clone()));
            }
        }
    }
}
