//! Server-sent events, and lines of JSON: each event or line by both tiers, and the stream by the first (R11).

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{ScrubError, Scrubber, StreamScrubber};

/// Largest event that is looked through as a whole, in bytes.
const MAX_EVENT: usize = 256 * 1024;
/// How long the look at one event may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// Removes a credential from a `text/event-stream`, or from lines of JSON. An event or a line goes out as soon as
/// it is complete, which is when a browser would read it.
pub struct EventScrubber {
    scrubber: Scrubber,
    /// A line is an event of its own.
    lines: bool,
    stream: StreamScrubber,
    event: Vec<u8>,
    /// How far `event` was searched for its end.
    searched: usize,
    redactions: usize,
}

impl EventScrubber {
    pub(super) fn new(scrubber: Scrubber, lines: bool) -> Self {
        let stream = scrubber.stream();
        Self {
            scrubber,
            lines,
            stream,
            event: Vec::new(),
            searched: 0,
            redactions: 0,
        }
    }

    /// Takes the next part; returns the events that are complete by now.
    ///
    /// # Errors
    /// [`ScrubError`]: the stream must end, and nothing of the event at hand may be shown.
    pub fn push(&mut self, part: &[u8]) -> Result<Vec<u8>, ScrubError> {
        self.event.extend_from_slice(part);
        let mut out = Vec::new();
        while let Some(end) = self.event_end() {
            let event: Vec<u8> = self.event.drain(..end).collect();
            self.searched = 0;
            self.emit(event.into(), &mut out)?;
        }
        if self.event.len() > MAX_EVENT {
            return Err(ScrubError::TooComplex);
        }
        Ok(out)
    }

    /// The stream is over: returns the rest.
    ///
    /// # Errors
    /// Those of [`EventScrubber::push`].
    pub fn finish(&mut self) -> Result<Vec<u8>, ScrubError> {
        let mut out = Vec::new();
        let rest = std::mem::take(&mut self.event);
        self.emit(rest.into(), &mut out)?;
        out.extend(self.stream.finish());
        Ok(out)
    }

    /// How many stretches were replaced so far.
    pub fn redactions(&self) -> usize {
        self.redactions + self.stream.redactions()
    }

    fn emit(&mut self, event: Bytes, out: &mut Vec<u8>) -> Result<(), ScrubError> {
        let clean = self.scrubber.scrub(event, Instant::now() + PATIENCE)?;
        self.redactions += clean.redactions;
        out.extend(self.stream.push(&clean.bytes));
        Ok(())
    }

    /// Where the first event ends: after an empty line; where lines are events, after the line.
    fn event_end(&mut self) -> Option<usize> {
        if self.lines {
            let end = self.event[self.searched..].iter().position(|b| *b == b'\n');
            let end = end.map(|at| self.searched + at + 1);
            self.searched = self.event.len();
            return end;
        }
        let from = self.searched.saturating_sub(3);
        let rest = &self.event[from..];
        let end = rest.iter().enumerate().find_map(|(at, _)| {
            let here = &rest[at..];
            [&b"\n\n"[..], b"\r\r", b"\n\r\n", b"\n\r"]
                .into_iter()
                // A lone `\n\r` may be the first half of `\n\r\n`: wait for the next byte.
                .find(|end| here.starts_with(end) && (*end != b"\n\r" || here.len() > 2))
                .map(|end| from + at + end.len())
        });
        self.searched = self.event.len();
        end
    }
}
