//! The first tier on a stream.

use super::{REDACTED, Scrubber};

/// Removes the literal forms of a credential from bytes that come in parts, however they are split.
///
/// It holds back only bytes that could be the beginning of a credential, and lets them go with the next part
/// or at the end, never by a timer.
pub struct StreamScrubber {
    scrubber: Scrubber,
    held: Vec<u8>,
    redactions: usize,
}

impl StreamScrubber {
    pub(super) fn new(scrubber: Scrubber) -> Self {
        Self {
            scrubber,
            held: Vec::new(),
            redactions: 0,
        }
    }

    /// Takes the next part; returns what is known to be clean by now.
    pub fn push(&mut self, part: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(part);
        let undecided = self.scrubber.0.undecided(&self.held.to_ascii_lowercase());
        self.release(self.held.len() - undecided)
    }

    /// The stream is over: returns the rest.
    pub fn finish(&mut self) -> Vec<u8> {
        self.release(self.held.len())
    }

    /// How many stretches were replaced so far.
    pub fn redactions(&self) -> usize {
        self.redactions
    }

    /// How many bytes are held back.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Lets everything before `limit` go.
    fn release(&mut self, mut limit: usize) -> Vec<u8> {
        let found = self.scrubber.literal(&self.held);
        let over = limit == self.held.len();
        let mut out = Vec::with_capacity(limit);
        let mut kept = 0;
        for range in found {
            if !over && (range.end > limit || range.end == self.held.len()) {
                // It may go on with the next part.
                limit = limit.min(range.start);
                break;
            }
            out.extend_from_slice(&self.held[kept..range.start]);
            out.extend_from_slice(REDACTED.as_bytes());
            self.redactions += 1;
            kept = range.end;
        }
        if kept < limit {
            out.extend_from_slice(&self.held[kept..limit]);
            kept = limit;
        }
        self.held.drain(..kept);
        out
    }
}
