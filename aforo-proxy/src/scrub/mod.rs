//! Removing a credential from whatever an upstream sends back (rules R6 to R12).
//!
//! Two tiers. The first looks for the literal forms of the secret and works on a stream, holding back only
//! bytes that could be the beginning of one. The second undoes the usual encodings of a whole body, one in
//! another, and maps what it finds back to the bytes that were sent. Doubt withholds the body.
//!
//! **What this cannot do.** An upstream has the credential, since it was sent to it. One that wants to show it
//! can: reversed, by ROT13, spread over fields or events, encrypted, in ASCII85, compressed without saying
//! so. This stops honest echoes, in any usual coding; it is no wall against a hostile server.

mod event;
mod needles;
mod stream;
mod views;

use std::{ops::Range, sync::Arc, time::Instant};

use aforo_core::Secret;
use bytes::Bytes;

pub use event::EventScrubber;
pub use stream::StreamScrubber;

use crate::inject::{Placement, basic};
use needles::Needles;
#[cfg(feature = "testing")]
pub(crate) use needles::base32;

/// What stands where a credential stood.
pub const REDACTED: &str = "[redacted credential]";

/// Shortest secret that can be removed without removing innocent text, in bytes.
pub const SHORTEST: usize = 16;
/// Longest secret, in bytes.
pub const LONGEST: usize = 512;

/// Why a scrubber cannot be made or a body cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScrubError {
    /// The secret is shorter than [`SHORTEST`] or longer than [`LONGEST`]: its echo could not be told apart.
    #[error("the credential is too short or too long to be kept out of responses")]
    SecretLength,
    /// The credential is there, but in a form that cannot be cut out.
    #[error("the response holds the credential in a form that cannot be removed")]
    Unremovable,
    /// The body is encoded in so many layers that looking through them takes too long.
    #[error("the response could not be checked in time")]
    TooComplex,
    /// The scrubber failed.
    #[error("the response could not be checked")]
    Failed,
}

/// A body that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrubbed {
    /// The body; the very bytes that came if nothing had to be removed.
    pub bytes: Bytes,
    /// How many stretches were replaced by [`REDACTED`].
    pub redactions: usize,
}

/// Knows the forms of one credential for the length of one call. It has no `Debug` and wipes itself.
#[derive(Clone)]
pub struct Scrubber(Arc<Needles>);

impl Scrubber {
    /// Looks for these secrets, and for any other key of our own format.
    ///
    /// # Errors
    /// [`ScrubError::SecretLength`].
    pub fn new(secrets: &[&Secret<String>]) -> Result<Self, ScrubError> {
        Self::of(secrets.iter().map(|secret| secret.expose().as_bytes()))
    }

    /// Looks for a credential as it was placed: for the Basic scheme, also for the encoded pair.
    ///
    /// # Errors
    /// [`ScrubError::SecretLength`].
    pub fn for_credential(placement: &Placement, secret: &Secret<String>) -> Result<Self, ScrubError> {
        let secret = secret.expose();
        let pair = match placement {
            Placement::Basic { client_id } => Some(basic(client_id, secret)),
            Placement::BasicUser => Some(basic(secret, "")),
            _ => None,
        };
        let secrets = [Some(secret.as_str()), pair.as_ref().map(|pair| pair.as_str())];
        Self::of(secrets.iter().flatten().map(|secret| secret.as_bytes()))
    }

    fn of<'a>(secrets: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Self, ScrubError> {
        // The encoded pair of a long secret with a long client id is longer still.
        if secrets
            .clone()
            .any(|secret| !(SHORTEST..=2 * LONGEST).contains(&secret.len()))
        {
            return Err(ScrubError::SecretLength);
        }
        Ok(Self(Arc::new(Needles::new(secrets))))
    }

    /// Removes the credential from a whole body, by both tiers.
    ///
    /// # Errors
    /// [`ScrubError`]: the body must then be withheld.
    pub fn scrub(&self, body: Bytes, deadline: Instant) -> Result<Scrubbed, ScrubError> {
        let found = views::find(&self.0, &body, deadline)?;
        if found.is_empty() {
            return Ok(Scrubbed {
                bytes: body,
                redactions: 0,
            });
        }
        let bytes = Bytes::from(replace(&body, &found));
        // What is left must be clean by itself: cutting out one thing can lay another bare.
        if !views::find(&self.0, &bytes, deadline)?.is_empty() {
            return Err(ScrubError::Unremovable);
        }
        Ok(Scrubbed {
            bytes,
            redactions: found.len(),
        })
    }

    /// Removes the credential from a stream of bytes, by the first tier.
    pub fn stream(&self) -> StreamScrubber {
        StreamScrubber::new(self.clone())
    }

    /// Removes the credential from a `text/event-stream`, event by event and over the stream.
    pub fn events(&self) -> EventScrubber {
        EventScrubber::new(self.clone(), false)
    }

    /// Removes the credential from lines of JSON, line by line and over the stream.
    pub fn lines(&self) -> EventScrubber {
        EventScrubber::new(self.clone(), true)
    }

    /// Whether the first tier would remove something of this text.
    pub(crate) fn finds(&self, text: &[u8]) -> bool {
        !self.literal(text).is_empty()
    }

    /// What of this text the first tier would remove, in order and without overlap.
    fn literal(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        self.0.find(&text.to_ascii_lowercase(), &mut found);
        merged(found)
    }
}

/// Ranges in order, overlapping ones as one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// The text with each range replaced by [`REDACTED`].
fn replace(text: &[u8], ranges: &[Range<usize>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut kept = 0;
    for range in ranges {
        out.extend_from_slice(&text[kept..range.start]);
        out.extend_from_slice(REDACTED.as_bytes());
        kept = range.end;
    }
    out.extend_from_slice(&text[kept..]);
    out
}

#[cfg(test)]
mod tests;
