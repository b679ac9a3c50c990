//! One layer of content coding, undone within limits (R2). Doubt ends in an error, never in half a body.

use std::io::Read;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status, bufread::GzDecoder};

/// What a decoded body may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Bytes after decoding.
    pub bytes: usize,
    /// Decoded bytes for each byte on the wire, from 64 KiB of decoded bytes on.
    pub ratio: usize,
}

impl Default for DecodeLimits {
    /// 5 MiB, 100 to 1.
    fn default() -> Self {
        Self {
            bytes: 5 * 1024 * 1024,
            ratio: 100,
        }
    }
}

/// Why a body cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Two layers, or a coding other than gzip, deflate, br and zstd.
    #[error("the content coding is not supported")]
    Coding,
    /// More bytes, or a higher ratio, than allowed.
    #[error("the decoded body is too large")]
    TooLarge,
    /// Not what the coding says: malformed, cut short, or followed by something else.
    #[error("the coded body is malformed")]
    Malformed,
}

/// Below this the ratio says nothing: a few hundred zeros compress well in an honest body.
const RATIO_FLOOR: usize = 64 * 1024;
const STEP: usize = 16 * 1024;

/// A content coding that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// None.
    Identity,
    /// RFC 1952, several members too.
    Gzip,
    /// RFC 1950, or the bare RFC 1951 that some servers send under this name.
    Deflate,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

impl Coding {
    /// Reads the values of the Content-Encoding header.
    ///
    /// # Errors
    /// [`DecodeError::Coding`] for two layers and for unknown names.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, DecodeError> {
        let mut coding = Self::Identity;
        for name in values.into_iter().flat_map(|value| value.split(|&b| b == b',')) {
            let next = match name.trim_ascii().to_ascii_lowercase().as_slice() {
                b"" | b"identity" => continue,
                b"gzip" | b"x-gzip" => Self::Gzip,
                b"deflate" => Self::Deflate,
                b"br" => Self::Brotli,
                b"zstd" => Self::Zstd,
                _ => return Err(DecodeError::Coding),
            };
            if coding != Self::Identity {
                return Err(DecodeError::Coding);
            }
            coding = next;
        }
        Ok(coding)
    }
}

/// The body behind its coding.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode(coding: Coding, wire: Bytes, limits: DecodeLimits) -> Result<Bytes, DecodeError> {
    let sink = Sink {
        bytes: Vec::new(),
        wire: wire.len(),
        limits,
    };
    match coding {
        Coding::Identity if wire.len() > limits.bytes => Err(DecodeError::TooLarge),
        Coding::Identity => Ok(wire),
        // Some servers name a coding on an empty body.
        _ if wire.is_empty() => Ok(wire),
        Coding::Gzip => gzip(&wire, sink),
        Coding::Deflate => deflate(&wire, sink),
        Coding::Brotli => brotli(&wire, sink),
        Coding::Zstd => zstd(&wire, sink),
    }
}

/// Takes decoded bytes as long as they stay within the limits.
struct Sink {
    bytes: Vec<u8>,
    wire: usize,
    limits: DecodeLimits,
}

impl Sink {
    fn push(&mut self, decoded: &[u8]) -> Result<(), DecodeError> {
        let total = self.bytes.len() + decoded.len();
        let stretched = total > RATIO_FLOOR && total > self.wire.saturating_mul(self.limits.ratio);
        if total > self.limits.bytes || stretched {
            return Err(DecodeError::TooLarge);
        }
        self.bytes.extend_from_slice(decoded);
        Ok(())
    }
    fn drain(&mut self, mut reader: impl Read) -> Result<(), DecodeError> {
        let mut step = [0; STEP];
        loop {
            match reader.read(&mut step) {
                Ok(0) => return Ok(()),
                Ok(n) => self.push(&step[..n])?,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(DecodeError::Malformed),
            }
        }
    }
    fn finish(self) -> Result<Bytes, DecodeError> {
        Ok(self.bytes.into())
    }
}

fn gzip(mut wire: &[u8], mut sink: Sink) -> Result<Bytes, DecodeError> {
    const FLAGS: usize = 3; // FEXTRA, FNAME and FCOMMENT can carry text past the scrubber
    while !wire.is_empty() {
        if wire.get(FLAGS).is_none_or(|flags| flags & !1 != 0) {
            return Err(DecodeError::Malformed);
        }
        let mut member = GzDecoder::new(wire);
        sink.drain(&mut member)?;
        wire = member.into_inner();
    }
    sink.finish()
}

fn deflate(wire: &[u8], mut sink: Sink) -> Result<Bytes, DecodeError> {
    let has_header = matches!(wire, [cmf, flg, ..]
        if cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flg)) % 31 == 0);
    let mut inflate = Decompress::new(has_header);
    let mut step = [0; STEP];
    loop {
        let (read, written) = (inflate.total_in() as usize, inflate.total_out());
        let status = inflate
            .decompress(&wire[read..], &mut step, FlushDecompress::None)
            .map_err(|_| DecodeError::Malformed)?;
        let produced = (inflate.total_out() - written) as usize;
        sink.push(&step[..produced])?;
        match status {
            Status::StreamEnd if inflate.total_in() as usize == wire.len() => return sink.finish(),
            Status::StreamEnd => return Err(DecodeError::Malformed),
            // No progress: the stream was cut short.
            _ if produced == 0 && inflate.total_in() as usize == read => return Err(DecodeError::Malformed),
            _ => {}
        }
    }
}

fn brotli(wire: &[u8], mut sink: Sink) -> Result<Bytes, DecodeError> {
    let mut state = BrotliState::new(
        StandardAlloc::default(),
        StandardAlloc::default(),
        StandardAlloc::default(),
    );
    let (mut left, mut read, mut total) = (wire.len(), 0, 0);
    let mut step = [0; STEP];
    loop {
        let (mut room, mut produced) = (STEP, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            wire,
            &mut room,
            &mut produced,
            &mut step,
            &mut total,
            &mut state,
        );
        sink.push(&step[..produced])?;
        match result {
            BrotliResult::ResultSuccess if left == 0 => return sink.finish(),
            BrotliResult::NeedsMoreOutput => {}
            _ => return Err(DecodeError::Malformed),
        }
    }
}

fn zstd(mut wire: &[u8], mut sink: Sink) -> Result<Bytes, DecodeError> {
    /// A frame may ask for this much memory, as browsers allow.
    const WINDOW: u64 = 8 * 1024 * 1024;
    while !wire.is_empty() {
        // Skippable frames hold anything; no server needs them here.
        if !wire.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return Err(DecodeError::Malformed);
        }
        let mut frame = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(&mut wire, WINDOW)
            .map_err(|_| DecodeError::Malformed)?;
        sink.drain(&mut frame)?;
        let frame = frame.into_frame_decoder();
        if frame.get_checksum_from_data()
            != frame
                .get_checksum_from_data()
                .and(frame.get_calculated_checksum())
        {
            return Err(DecodeError::Malformed);
        }
    }
    sink.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::encode;

    const CODINGS: [(&str, Coding); 4] = [
        ("gzip", Coding::Gzip),
        ("deflate", Coding::Deflate),
        ("br", Coding::Brotli),
        ("zstd", Coding::Zstd),
    ];

    fn undo(coding: Coding, wire: &[u8]) -> Result<Bytes, DecodeError> {
        decode(coding, Bytes::copy_from_slice(wire), DecodeLimits::default())
    }
    fn text() -> Vec<u8> {
        (0..20_000_u32)
            .flat_map(|i| (i.wrapping_mul(2_654_435_761) >> 7).to_string().into_bytes())
            .collect()
    }

    #[test]
    fn every_coding_round_trips() {
        for (name, coding) in CODINGS {
            for body in [b"".to_vec(), b"a".to_vec(), text()] {
                assert_eq!(undo(coding, &encode(name, &body)).unwrap(), body, "{name}");
            }
        }
        let raw = &encode("deflate", &text())[2..];
        assert_eq!(
            undo(Coding::Deflate, &raw[..raw.len() - 4]).unwrap(),
            text(),
            "without the zlib frame"
        );
        let two = [encode("gzip", b"one "), encode("gzip", b"two")].concat();
        assert_eq!(undo(Coding::Gzip, &two).unwrap(), "one two");
        let two = [encode("zstd", b"one "), encode("zstd", b"two")].concat();
        assert_eq!(undo(Coding::Zstd, &two).unwrap(), "one two");
    }

    #[test]
    fn a_body_cut_anywhere_is_an_error() {
        let body = &text()[..300];
        for (name, coding) in CODINGS {
            let wire = encode(name, body);
            for cut in 1..wire.len() {
                assert!(
                    undo(coding, &wire[..cut]).is_err(),
                    "{name} cut at {cut} of {}",
                    wire.len()
                );
            }
        }
    }

    #[test]
    fn what_follows_the_end_is_an_error() {
        for (name, coding) in CODINGS {
            let wire = [encode(name, &text()), b"tail".to_vec()].concat();
            assert_eq!(undo(coding, &wire), Err(DecodeError::Malformed), "{name}");
        }
        let mut named = encode("gzip", b"x");
        named[3] |= 8; // FNAME
        named.splice(10..10, *b"name\0");
        assert_eq!(undo(Coding::Gzip, &named), Err(DecodeError::Malformed));
        let skippable = [
            &[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0][..],
            b"text",
            &encode("zstd", b"x"),
        ]
        .concat();
        assert_eq!(undo(Coding::Zstd, &skippable), Err(DecodeError::Malformed));
    }

    #[test]
    fn a_flipped_bit_is_an_error_or_harmless() {
        let body = &text()[..200];
        for (name, coding) in [CODINGS[0], CODINGS[1], CODINGS[3]] {
            let wire = encode(name, body);
            for bit in 0..wire.len() * 8 {
                let mut broken = wire.clone();
                broken[bit / 8] ^= 1 << (bit % 8);
                let _ = undo(coding, &broken); // must not panic
            }
        }
    }

    #[test]
    fn bombs_are_refused_early() {
        let zeros = vec![0; 20 * 1024 * 1024];
        for (name, coding) in CODINGS {
            let wire = encode(name, &zeros);
            let started = std::time::Instant::now();
            assert_eq!(
                undo(coding, &wire),
                Err(DecodeError::TooLarge),
                "{name}: {} bytes",
                wire.len()
            );
            assert!(started.elapsed().as_secs() < 5, "{name}");
        }
        let limits = DecodeLimits {
            bytes: 1000,
            ratio: 100,
        };
        let long = Bytes::from(vec![b'a'; 1001]);
        assert_eq!(decode(Coding::Identity, long, limits), Err(DecodeError::TooLarge));
        // A frame that asks for a gigabyte of window.
        assert_eq!(
            undo(Coding::Zstd, &[0x28, 0xb5, 0x2f, 0xfd, 0, 0xa0, 1, 0, 0]),
            Err(DecodeError::Malformed)
        );
    }

    #[test]
    fn only_one_known_layer() {
        let parse = |values: &[&str]| Coding::parse(values.iter().map(|v| v.as_bytes()));
        assert_eq!(parse(&[]), Ok(Coding::Identity));
        assert_eq!(parse(&["identity", " GZip "]), Ok(Coding::Gzip));
        assert_eq!(parse(&["br"]), Ok(Coding::Brotli));
        for two in [
            &["gzip, gzip"][..],
            &["gzip", "br"],
            &["compress"],
            &["gzip,x"],
            &["gzi\u{ff}p"],
        ] {
            assert_eq!(parse(two), Err(DecodeError::Coding), "{two:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(wire: Vec<u8>, magic in 0_usize..5) {
            let prefix: &[u8] = [&b""[..], &[0x1f, 0x8b, 8, 0], &[0x78, 0x9c], &[0x28, 0xb5, 0x2f, 0xfd], &[0x8b]][magic];
            for (_, coding) in CODINGS {
                let _ = undo(coding, &[prefix, &wire].concat());
            }
        }
    }
}
