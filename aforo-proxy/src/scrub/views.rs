//! The second tier: a body seen through the usual encodings, one in another, with every byte traced back to
//! where it was sent (R7).

use std::{ops::Range, time::Instant};

use bytes::Bytes;

use super::{ScrubError, merged, needles::Needles};
use crate::decode::{Coding, DecodeError, DecodeLimits, decode};

mod runs;
mod unescape;

/// Encodings in one another that are looked through; one less for views over [`LARGE`].
const DEPTH: usize = 3;
const LARGE: usize = 256 * 1024;
/// All views of one body together, in bytes.
const BUDGET: usize = 96 * 1024 * 1024;

/// A body behind an encoding.
struct View {
    bytes: Vec<u8>,
    /// Where each byte starts in what was sent, and one more entry for the end.
    map: Vec<u32>,
    /// A byte shares its last sent character with the next one.
    shared: bool,
}

impl View {
    fn new(capacity: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
            map: Vec::with_capacity(capacity + 1),
            shared: false,
        }
    }
    fn push(&mut self, byte: u8, start: usize) {
        self.bytes.push(byte);
        self.map.push(start as u32);
    }
    fn end(&mut self, end: usize) {
        self.map.push(end as u32);
    }
    /// Traces a view of a view back to what was sent.
    fn within(mut self, parent: Option<&View>) -> Self {
        if let Some(parent) = parent {
            for at in &mut self.map {
                *at = parent.map[*at as usize];
            }
            self.shared |= parent.shared;
        }
        self
    }
    fn sent(&self, range: &Range<usize>) -> Range<usize> {
        let end = if self.shared {
            (range.end + 1).min(self.bytes.len())
        } else {
            range.end
        };
        self.map[range.start] as usize..self.map[end] as usize
    }
}

/// Every stretch of `body` that shows a secret, in order and without overlap.
///
/// # Errors
/// The deadline, the budget, or a hit that has no place in the body.
pub(super) fn find(
    needles: &Needles,
    body: &Bytes,
    deadline: Instant,
) -> Result<Vec<Range<usize>>, ScrubError> {
    let mut search = Search {
        needles,
        deadline,
        left: BUDGET,
        found: Vec::new(),
    };
    needles.find(&body.to_ascii_lowercase(), &mut search.found);
    if std::str::from_utf8(body).is_ok() && memchr::memchr(0, body).is_none() {
        search.look_through(body, None, 0)?;
    } else {
        // Pictures and archives: only what reads as text, so that noise does not look like escapes.
        let view = runs::printable(body);
        search.look_through(&view.bytes, Some(&view), 0)?;
    }
    search.look_into_archive(body)?;
    Ok(merged(search.found))
}

struct Search<'a> {
    needles: &'a Needles,
    deadline: Instant,
    left: usize,
    found: Vec<Range<usize>>,
}

impl Search<'_> {
    fn look_through(&mut self, bytes: &[u8], parent: Option<&View>, depth: usize) -> Result<(), ScrubError> {
        if depth + usize::from(bytes.len() > LARGE) >= DEPTH {
            return Ok(());
        }
        for undo in unescape::ALL {
            if let Some(view) = undo(bytes) {
                self.visit(view.within(parent), depth)?;
            }
        }
        for decoder in runs::ALL {
            for offset in 0..decoder.offsets {
                let Some(view) = decoder.decode(bytes, offset) else {
                    break;
                };
                self.visit(view.within(parent), depth)?;
            }
        }
        Ok(())
    }

    fn visit(&mut self, view: View, depth: usize) -> Result<(), ScrubError> {
        self.left = self
            .left
            .checked_sub(view.bytes.len())
            .ok_or(ScrubError::TooComplex)?;
        if Instant::now() >= self.deadline {
            return Err(ScrubError::TooComplex);
        }
        let mut hits = Vec::new();
        self.needles.find(&view.bytes.to_ascii_lowercase(), &mut hits);
        for hit in &hits {
            let sent = view.sent(hit);
            if sent.is_empty() {
                return Err(ScrubError::Unremovable);
            }
            self.found.push(sent);
        }
        self.look_through(&view.bytes, Some(&view), depth + 1)
    }

    /// A compressed file that is not declared as a coding: nothing can be cut out of it.
    fn look_into_archive(&mut self, body: &Bytes) -> Result<(), ScrubError> {
        let coding = match body.as_ref() {
            [0x1f, 0x8b, ..] => Coding::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Coding::Zstd,
            [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Coding::Deflate,
            _ => return Ok(()),
        };
        let limits = DecodeLimits {
            bytes: self.left.min(20 * 1024 * 1024),
            ratio: 1000,
        };
        let inner = match decode(coding, body.clone(), limits) {
            Ok(inner) => inner,
            Err(DecodeError::TooLarge) => return Err(ScrubError::TooComplex),
            Err(_) => return Ok(()),
        };
        let mut search = Search {
            left: self.left,
            found: Vec::new(),
            ..*self
        };
        self.needles.find(&inner.to_ascii_lowercase(), &mut search.found);
        let view = runs::printable(&inner);
        search.look_through(&view.bytes, Some(&view), 1)?;
        if search.found.is_empty() {
            Ok(())
        } else {
            Err(ScrubError::Unremovable)
        }
    }
}
