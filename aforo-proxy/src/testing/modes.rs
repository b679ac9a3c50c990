//! What each mode answers.

use std::{sync::LazyLock, time::Duration};

use base64::{Engine, prelude::*};
use sha2::{Digest, Sha256};

use super::{
    encode,
    server::{Framing, Reply},
};
use crate::scrub::base32;

/// What a caller behind the proxy should see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expect {
    /// A response in which the credential is replaced.
    Redacted,
    /// A response that never showed it (dropped headers, nothing to remove).
    Clean,
    /// A response without its body.
    Withheld,
    /// An error of the proxy.
    Refused,
    /// An error of the proxy, once a limit of time is reached.
    Slow,
}

macro_rules! modes {
    ($($expect:ident: $($name:literal)*;)*) => {
        /// The names of all modes.
        pub const MODES: &[&str] = &[$($($name,)*)*];
        /// What a caller behind the proxy should see of a mode; `None` for an unknown one.
        pub fn expectation(mode: &str) -> Option<Expect> {
            match mode {
                $($($name)|* => Some(Expect::$expect),)*
                _ => None,
            }
        }
    };
}

modes! {
    Redacted:
        "raw" "authorization" "upper" "lower" "repeated" "fragment" "html" "other-key"
        "base64-0" "base64-1" "base64-2" "base64url-0" "base64url-1" "base64url-2" "base64-mime" "base64-json"
        "base64-double" "base64-header" "base32" "base32-lower" "hex" "hex-upper" "hex-spaced" "hex-colon"
        "percent" "percent-partial" "percent-double" "percent-base64" "json-escape" "json-escape-partial"
        "json-in-json" "js-hex" "octal" "entity-decimal" "entity-hex" "entity-padded" "entity-partial"
        "utf16le" "utf16be" "utf32le" "quoted-printable" "sha256-hex" "sha256-base64" "array-codes" "array-hex"
        "array-chars" "array-indexed" "split-1" "split-7" "split-middle" "gzip" "deflate" "br" "zstd"
        "gzip-members" "gzip-chunked" "header-etag" "header-request-id" "header-base64" "location" "sse"
        "sse-split" "sse-base64" "sse-crlf" "status-500" "pdf" ;
    Clean:
        "plain" "set-cookie" "www-authenticate" "reason" "trailers" "cors" "redirect-metadata" "two-responses"
        "empty" ;
    Withheld:
        "gzip-twice" "coding-unknown" "coding-lie" "gzip-truncated" "gzip-trailing" "gzip-named" "br-trailing"
        "zstd-truncated" "bomb-gzip" "bomb-deflate" "bomb-br" "bomb-zstd" "archive" ;
    Refused:
        "headers-many" "headers-long" "two-lengths" "body-large" "body-endless" "cut-short" "chunk-cut" "upgrade"
        "status-407" "garbage" ;
    Slow:
        "silent" "drip" "stall" "interim-flood" ;
}

/// 30 MiB of blanks, once in each coding.
static BOMBS: LazyLock<[(&str, Vec<u8>); 4]> = LazyLock::new(|| {
    let blanks = vec![b' '; 30 * 1024 * 1024];
    ["gzip", "deflate", "br", "zstd"].map(|coding| (coding, encode(coding, &blanks)))
});

/// The answer of a mode. `target` is the request's path and query, `credential` the value that carried the
/// credential, such as `Bearer sk_…`.
pub fn handle(target: &str, credential: &str) -> Reply {
    let path = target.split('?').next().unwrap_or_default();
    let mode = path.rsplit('/').next().unwrap_or_default();
    let secret = secret_of(credential);
    let secret = secret.as_str();
    let bytes = secret.as_bytes();
    let json = |text: &str| {
        Reply::new(
            "application/json",
            format!("{{\"ok\":true,\"echo\":\"{text}\",\"n\":1}}"),
        )
    };
    let raw = |text: String| Reply {
        framing: Framing::Raw,
        ..Reply::new("", text)
    };
    let each = |write: &dyn Fn(u8) -> String| bytes.iter().map(|&b| write(b)).collect::<String>();
    let list = |write: &dyn Fn(u8) -> String| bytes.iter().map(|&b| write(b)).collect::<Vec<_>>();
    let odd = |write: &dyn Fn(u8) -> String| {
        let alternate = |(i, &b): (usize, &u8)| {
            if i % 3 == 1 {
                write(b)
            } else {
                (b as char).to_string()
            }
        };
        bytes.iter().enumerate().map(alternate).collect::<String>()
    };
    let shifted = |offset: usize| [&b"ab"[..offset], bytes, b"cd"].concat();
    let coded = |coding: &str, body: Vec<u8>| {
        let mut reply = Reply::new("application/json", body);
        reply.headers.push(("content-encoding".into(), coding.into()));
        reply
    };
    let echo = format!("{{\"echo\":\"{secret}\"}}").into_bytes();
    let with = |name: &str, value: String| {
        let mut reply = json("nothing");
        reply.headers.push((name.into(), value));
        reply
    };
    let events = |parts: Vec<Vec<u8>>| Reply {
        parts,
        framing: Framing::Chunked(vec![]),
        ..Reply::new("text/event-stream", "")
    };
    let bomb = |coding: &str| {
        let found = BOMBS.iter().find(|(name, _)| *name == coding);
        coded(coding, found.map(|(_, bomb)| bomb.clone()).unwrap_or_default())
    };
    match mode {
        "raw" => json(secret),
        "authorization" => json(&format!("you sent {credential}")),
        "upper" => json(&secret.to_uppercase()),
        "lower" => json(&secret.to_lowercase()),
        "repeated" => json(&secret.repeat(20)),
        "fragment" => json(secret.get(secret.len() / 3..secret.len() / 3 + 20).unwrap_or_default()),
        "html" => Reply::new("text/html", format!("<script>alert('{secret}')</script>")),
        "other-key" => json(&format!("sk_{}_{}", "live", "oTher5Key0".repeat(4))),
        "base64-0" | "base64-1" | "base64-2" => json(&BASE64_STANDARD.encode(shifted(digit(mode)))),
        "base64url-0" | "base64url-1" | "base64url-2" => json(&BASE64_URL_SAFE.encode(shifted(digit(mode)))),
        "base64-mime" => {
            let text = BASE64_STANDARD.encode([b"From: somebody\n", bytes].concat());
            let lines = text.as_bytes().chunks(19).map(|line| [line, b"\r\n"].concat()).collect::<Vec<_>>();
            Reply::new("text/plain", lines.concat())
        }
        "base64-json" => json(&BASE64_STANDARD.encode([b"~~~", bytes, b"???"].concat()).replace('/', "\\/")),
        "base64-double" => json(&BASE64_STANDARD.encode(format!("x{}", BASE64_STANDARD.encode(shifted(1))))),
        "base64-header" => json(&BASE64_STANDARD.encode(format!("authorization: {credential}"))),
        "base32" => json(&String::from_utf8_lossy(&base32(&shifted(1)))),
        "base32-lower" => json(&String::from_utf8_lossy(&base32(&shifted(2))).to_lowercase()),
        "hex" => json(&each(&|b| format!("{b:02x}"))),
        "hex-upper" => json(&each(&|b| format!("{b:02X}"))),
        "hex-spaced" => json(&list(&|b| format!("{b:02x}")).join(" ")),
        "hex-colon" => json(&list(&|b| format!("{b:02X}")).join(":")),
        "percent" => json(&each(&|b| format!("%{b:02X}"))),
        "percent-partial" => json(&odd(&|b| format!("%{b:02x}"))),
        "percent-double" => json(&each(&|b| format!("%25{b:02X}"))),
        "percent-base64" => {
            let text = BASE64_STANDARD.encode(shifted(0));
            json(&text.bytes().map(|b| format!("%{b:02X}")).collect::<String>())
        }
        "json-escape" => json(&each(&|b| format!("\\u{b:04x}"))),
        "json-escape-partial" => json(&odd(&|b| format!("\\u{b:04X}"))),
        "json-in-json" => json(&odd(&|b| format!("\\\\u{b:04x}"))),
        "js-hex" => Reply::new("text/javascript", format!("x = '{}'", odd(&|b| format!("\\x{b:02x}")))),
        "octal" => Reply::new("text/plain", format!("x = $'{}'", each(&|b| format!("\\{b:03o}")))),
        "entity-decimal" => json(&each(&|b| format!("&#{b};"))),
        "entity-hex" => json(&each(&|b| format!("&#x{b:X};"))),
        "entity-padded" => json(&each(&|b| format!("&#{b:07};"))),
        "entity-partial" => json(&odd(&|b| format!("&#x{b:x};"))),
        "utf16le" => Reply::new("text/plain; charset=utf-16le", shifted(1).iter().flat_map(|&b| [b, 0]).collect::<Vec<_>>()),
        "utf16be" => Reply::new("text/plain; charset=utf-16be", shifted(1).iter().flat_map(|&b| [0, b]).collect::<Vec<_>>()),
        "utf32le" => Reply::new("text/plain", shifted(1).iter().flat_map(|&b| [b, 0, 0, 0]).collect::<Vec<_>>()),
        "quoted-printable" => Reply::new("text/plain", list(&|b| format!("={b:02X}")).chunks(10).map(<[_]>::concat).collect::<Vec<_>>().join("=\r\n")),
        "sha256-hex" => json(&Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>()),
        "sha256-base64" => json(&BASE64_STANDARD.encode(Sha256::digest(bytes))),
        "array-codes" => Reply::new("application/json", format!("{{\"k\":[{}]}}", list(&|b| b.to_string()).join(","))),
        "array-hex" => Reply::new("text/plain", list(&|b| format!("{b:#x}")).join(", ")),
        "array-chars" => Reply::new("application/json", format!("[{}]", list(&|b| format!("\"{}\"", b as char)).join(", "))),
        "array-indexed" => {
            let items = bytes.iter().enumerate().map(|(i, b)| format!("\"{i}\":{b}")).collect::<Vec<_>>();
            Reply::new("application/json", format!("{{{}}}", items.join(",")))
        }
        "split-1" | "split-7" => {
            let parts = echo.chunks(digit(mode)).map(<[u8]>::to_vec).collect();
            Reply { parts, framing: Framing::Chunked(vec![]), ..Reply::new("application/json", "") }
        }
        "split-middle" => {
            let (a, b) = echo.split_at(echo.len() / 2);
            let pause = Duration::from_millis(20);
            Reply { parts: vec![a.to_vec(), b.to_vec()], pause, framing: Framing::Close, ..Reply::new("application/json", "") }
        }
        "gzip" | "deflate" | "br" | "zstd" => coded(mode, encode(mode, &echo)),
        "gzip-members" => {
            let (a, b) = echo.split_at(echo.len() / 2);
            coded("gzip", [encode("gzip", a), encode("gzip", b)].concat())
        }
        "gzip-chunked" => {
            let parts = encode("gzip", &echo).chunks(3).map(<[u8]>::to_vec).collect();
            Reply { parts, framing: Framing::Chunked(vec![]), ..coded("gzip", vec![]) }
        }
        "gzip-twice" => coded("gzip, gzip", encode("gzip", &encode("gzip", &echo))),
        "coding-unknown" => coded("x-rot13", echo),
        "coding-lie" => coded("gzip", echo),
        "gzip-truncated" => {
            let mut wire = encode("gzip", &echo);
            wire.truncate(wire.len() - 9);
            coded("gzip", wire)
        }
        "gzip-trailing" => coded("gzip", [encode("gzip", b"{}"), echo].concat()),
        "gzip-named" => {
            let mut wire = encode("gzip", b"{}");
            wire[3] |= 8;
            wire.splice(10..10, [bytes, b"\0"].concat());
            coded("gzip", wire)
        }
        "br-trailing" => coded("br", [encode("br", b"{}"), echo].concat()),
        "zstd-truncated" => {
            let wire = encode("zstd", &echo);
            coded("zstd", wire[..wire.len() - 2].to_vec())
        }
        "bomb-gzip" => bomb("gzip"),
        "bomb-deflate" => bomb("deflate"),
        "bomb-br" => bomb("br"),
        "bomb-zstd" => bomb("zstd"),
        "archive" => Reply::new("application/gzip", encode("gzip", &echo)),
        "pdf" => {
            let noise = (0..=255_u8).collect::<Vec<_>>();
            Reply::new("application/pdf", [b"%PDF-1.7\n", &noise[..], bytes, &noise[..]].concat())
        }
        "header-etag" => with("etag", format!("\"{secret}\"")),
        "header-request-id" => with("x-request-id", each(&|b| format!("%{b:02x}"))),
        "header-base64" => with("x-request-id", BASE64_STANDARD.encode(shifted(1))),
        "set-cookie" => with("set-cookie", format!("session={secret}; Path=/; SameSite=None")),
        "www-authenticate" => with("www-authenticate", format!("Bearer realm=\"{secret}\"")),
        "cors" => with("access-control-allow-origin", format!("https://{secret}.example")),
        "location" => Reply { status: 302, ..with("location", format!("https://user:{secret}@evil.example/?k={secret}")) },
        "redirect-metadata" => Reply { status: 307, ..with("location", "http://169.254.169.254/latest/meta-data/".into()) },
        "reason" => raw(format!("HTTP/1.1 200 {secret}\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{{}}")),
        "trailers" => Reply { framing: Framing::Chunked(vec![("x-request-id".into(), secret.into())]), ..json("nothing") },
        "plain" => json("nothing"),
        "empty" => Reply { status: 204, parts: vec![], framing: Framing::Close, headers: vec![], ..json("") },
        "status-500" => Reply { status: 500, ..json(&format!("no such key: {secret}")) },
        "status-407" => Reply { status: 407, ..json(secret) },
        "sse" => events((0..3).map(|i| format!("id: {i}\nevent: echo\ndata: {{\"k\":\"{secret}\"}}\n\n").into_bytes()).collect()),
        "sse-split" => {
            let text = format!(": hello\n\ndata: before\n\ndata: {secret}\n\ndata: after\n\n");
            Reply { pause: Duration::from_millis(1), ..events(text.as_bytes().chunks(5).map(<[u8]>::to_vec).collect()) }
        }
        "sse-base64" => events(vec![format!("data: {}\n\ndata: {}\n\n", BASE64_STANDARD.encode(shifted(2)), odd(&|b| format!("\\u{b:04x}"))).into_bytes()]),
        "sse-crlf" => events(vec![format!("data: {secret}\r\n\r\ndata: {secret}").into_bytes()]),
        "two-responses" => raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\npoisoned".into()),
        "headers-many" => with("x-many", (0..2000).map(|i| format!("1\r\nx-{i}: {secret}")).collect::<Vec<_>>().join("")),
        "headers-long" => with("etag", secret.repeat(2000)),
        "two-lengths" => raw(format!("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: {}\r\n\r\n{secret}", secret.len())),
        "body-large" => json(&" ".repeat(6 * 1024 * 1024)),
        "body-endless" => Reply { parts: vec![vec![b'a'; 64 * 1024]; 200], framing: Framing::Chunked(vec![]), ..json("") },
        "cut-short" => raw(format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{secret}")),
        "chunk-cut" => raw(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfff\r\n{secret}")),
        "upgrade" => raw("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n".into()),
        "garbage" => raw(format!("SSH-2.0-{secret}\r\n")),
        "silent" => Reply { parts: vec![vec![]], pause: Duration::from_secs(60), ..raw(String::new()) },
        "drip" => Reply { parts: vec![b"a".to_vec(); 10_000], pause: Duration::from_millis(20), framing: Framing::Close, ..json("") },
        "stall" => Reply { parts: vec![vec![b'a'; 100], vec![b'a'; 100]], pause: Duration::from_secs(60), ..json("") },
        "interim-flood" => Reply {
            parts: vec![b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(); 10_000],
            pause: Duration::from_millis(10),
            ..raw(String::new())
        },
        _ => Reply { status: 404, ..json("no such mode") },
    }
}

/// The number at the end of a mode's name.
fn digit(mode: &str) -> usize {
    mode.rsplit('-')
        .next()
        .and_then(|digit| digit.parse().ok())
        .unwrap_or(0)
}

/// The secret inside a credential: what follows the scheme, or either side of a Basic pair.
fn secret_of(credential: &str) -> String {
    let value = credential.rsplit(' ').next().unwrap_or_default();
    if !credential.starts_with("Basic ") {
        return value.to_owned();
    }
    let pair = BASE64_STANDARD.decode(value).unwrap_or_default();
    let pair = String::from_utf8_lossy(&pair).into_owned();
    pair.split(':')
        .max_by_key(|part| part.len())
        .unwrap_or_default()
        .to_owned()
}
