//! A server that does to a credential whatever an upstream could: shows it in every coding, lies about
//! lengths, sends bombs, drips, redirects to metadata. For tests and for the demonstration's hostile mode.
//!
//! The mode is the last segment of the path: `/hostile/base64-1`. [`MODES`] lists them, [`handle`] says what
//! each one answers, [`HostileUpstream`] serves them over plain TCP.

mod exposes;
mod modes;
mod server;

pub use exposes::{Oracle, exposes};
pub use modes::{Expect, MODES, expectation, handle};
pub use server::{Framing, HostileUpstream, Reply};

/// Compresses a body: `gzip`, `deflate`, `br`, `zstd`; anything else leaves it as it is.
pub fn encode(coding: &str, body: &[u8]) -> Vec<u8> {
    use std::io::Write;

    use flate2::{Compression, write};
    // Writing to memory does not fail.
    match coding {
        "gzip" => {
            let mut encoder = write::GzEncoder::new(Vec::new(), Compression::default());
            let _ = encoder.write_all(body);
            encoder.finish().unwrap_or_default()
        }
        "deflate" => {
            let mut encoder = write::ZlibEncoder::new(Vec::new(), Compression::default());
            let _ = encoder.write_all(body);
            encoder.finish().unwrap_or_default()
        }
        "br" => {
            let mut out = Vec::new();
            let mut encoder = brotli::CompressorWriter::new(&mut out, 4096, 5, 22);
            let _ = encoder.write_all(body);
            drop(encoder);
            out
        }
        "zstd" => ruzstd::encoding::compress_to_vec(body, ruzstd::encoding::CompressionLevel::Fastest),
        _ => body.to_vec(),
    }
}
