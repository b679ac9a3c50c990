use std::time::Duration;

use base64::{Engine, prelude::*};
use proptest::prelude::*;

use super::*;
use crate::{
    decode::{Coding, DecodeLimits, decode},
    testing::{Expect, Framing, MODES, encode, expectation, exposes, handle},
};

const BODY: &str = "q8Zk3LmNp0RtVx5YbC7dEf2GhJ4sWu6AiB9oTyXv";

fn key() -> String {
    format!("sk_{}_{BODY}", "live")
}
fn scrubber() -> Scrubber {
    Scrubber::new(&[&Secret::new(key())]).unwrap()
}
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}
fn scrub(body: impl Into<Vec<u8>>) -> Result<Scrubbed, ScrubError> {
    scrubber().scrub(Bytes::from(body.into()), soon())
}

#[test]
fn what_is_removed_is_named_and_counted() {
    let clean = scrub(format!("{{\"a\":\"{0}\",\"b\":\"{0}\"}}", key())).unwrap();
    assert_eq!(
        clean.bytes,
        format!("{{\"a\":\"{REDACTED}\",\"b\":\"{REDACTED}\"}}")
    );
    assert_eq!(clean.redactions, 2);
    // The span of an encoded hit is exact: the text around it stays.
    let escaped = key()
        .bytes()
        .map(|b| format!("\\u{b:04X}"))
        .collect::<String>()
        .replace("\\u005F", "_");
    assert_eq!(
        scrub(format!("[\"{escaped}\"]")).unwrap().bytes,
        format!("[\"{REDACTED}\"]")
    );
}

#[test]
fn every_encoded_body_of_the_hostile_server_is_clean_afterwards() {
    let mut checked = 0;
    for mode in MODES {
        let reply = handle(mode, &format!("Bearer {}", key()));
        let coded = reply.headers.iter().any(|(name, _)| name == "content-encoding");
        if expectation(mode) != Some(Expect::Redacted)
            || coded
            || mode.starts_with("header")
            || *mode == "location"
        {
            continue;
        }
        let clean = scrub(reply.body()).unwrap_or_else(|e| panic!("{mode}: {e}"));
        assert!(
            clean.redactions > 0,
            "{mode}: {}",
            String::from_utf8_lossy(&reply.body())
        );
        assert!(
            !exposes(&clean.bytes, &key()),
            "{mode}: {}",
            String::from_utf8_lossy(&clean.bytes)
        );
        assert!(
            !exposes(&clean.bytes, &format!("{}Key0oTher5Key0oTher5", "oTher5")),
            "{mode}"
        );
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn keys_of_others_are_removed_too() {
    let other = format!("sk_{}_{}", "test", "Zz9".repeat(13) + "0");
    assert_eq!(
        scrub(format!("<{other}>")).unwrap().bytes,
        format!("<{REDACTED}>")
    );
    let hidden = BASE64_STANDARD.encode(format!("{{\"key\":\"{other}\"}}"));
    assert_eq!(scrub(hidden).unwrap().redactions, 1);
    for harmless in [
        format!("sk_{}_{}", "live", "a".repeat(39)),
        "sk_live_... is what a key looks like".into(),
    ] {
        assert_eq!(scrub(harmless.clone()).unwrap().bytes, harmless);
    }
}

#[test]
fn the_pair_of_a_basic_credential_is_removed() {
    let secret = Secret::new(key());
    let placement = Placement::Basic {
        client_id: "client-7".into(),
    };
    let scrubber = Scrubber::for_credential(&placement, &secret).unwrap();
    let pair = BASE64_STANDARD.encode(format!("client-7:{}", key()));
    for echo in [
        format!("Basic {pair}"),
        pair.bytes().map(|b| format!("{b:02x}")).collect(),
        pair[4..40].to_owned(),
    ] {
        let clean = scrubber.scrub(Bytes::from(echo.clone()), soon()).unwrap();
        assert_eq!(clean.redactions, 1, "{echo}");
        assert!(!exposes(&clean.bytes, &pair) && !exposes(&clean.bytes, &key()));
    }
}

#[test]
fn a_hit_without_a_place_withholds() {
    let archive = encode("gzip", key().as_bytes());
    assert_eq!(scrub(archive), Err(ScrubError::Unremovable));
    assert_eq!(
        scrub(encode("zstd", key().as_bytes())),
        Err(ScrubError::Unremovable)
    );
    let harmless = encode("gzip", b"nothing");
    assert_eq!(scrub(harmless.clone()).unwrap().bytes, harmless);
    assert_eq!(
        scrubber().scrub(Bytes::from(format!("%41{}", "x".repeat(100))), Instant::now()),
        Err(ScrubError::TooComplex),
        "an expired deadline never lets a body pass",
    );
}

#[test]
fn secrets_that_cannot_be_told_apart_are_refused() {
    for length in [0, 8, 15, 2000] {
        let secret = Secret::new("a".repeat(length));
        assert_eq!(Scrubber::new(&[&secret]).err(), Some(ScrubError::SecretLength));
    }
}

#[test]
fn harmless_bodies_stay_as_they_are() {
    let picture: Vec<u8> = (0..200_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for body in [
        b"".to_vec(),
        b"{\"url\":\"https:\\/\\/x.example.com\\/a%20b?c=d&amp;e\",\"text\":\"\\u00e9\\n\"}".to_vec(),
        BASE64_STANDARD.encode(&picture).into_bytes(),
        picture
            .iter()
            .map(|b| b.to_string())
            .collect::<Vec<_>>()
            .join(",")
            .into_bytes(),
        picture
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
            .into_bytes(),
        picture,
        "<p>&copy; 2026 &#8212; caf\u{e9}</p>".repeat(500).into_bytes(),
        format!(
            "{{\"live\":\"sk_{}_\",\"doc\":\"see sk_live_*** and {}\"}}",
            "live",
            &BODY[..12]
        )
        .into_bytes(),
    ] {
        let clean = scrub(body.clone()).unwrap();
        assert_eq!(clean.redactions, 0);
        assert!(clean.bytes == body);
    }
}

#[test]
fn a_stream_is_not_held_up() {
    let mut stream = scrubber().stream();
    assert_eq!(stream.push(b"data: {\"a\":1}\n\n"), b"data: {\"a\":1}\n\n");
    assert_eq!(stream.held(), 0);
    let mut out = stream.push(format!("x {}", &key()[..30]).as_bytes());
    assert_eq!(
        (out.as_slice(), stream.held()),
        (&b"x "[..], 30),
        "only what may be the beginning"
    );
    out.extend(stream.push(b"!\n"));
    assert_eq!(
        String::from_utf8(out).unwrap(),
        format!("x {REDACTED}!\n"),
        "a long piece counts as well"
    );
    let mut stream = scrubber().stream();
    let mut out = stream.push(&key().as_bytes()[..12]);
    assert_eq!((out.len(), stream.held()), (0, 12));
    out.extend(stream.push(b"!\n"));
    assert_eq!(
        out,
        [&key().as_bytes()[..12], b"!\n"].concat(),
        "a short one does not"
    );
    // A secret at the very end comes out removed, not whole.
    let mut stream = scrubber().stream();
    let mut out = stream.push(key().as_bytes());
    out.extend(stream.finish());
    assert_eq!(out, REDACTED.as_bytes());
}

#[test]
fn events_go_out_when_they_are_complete() {
    let mut events = scrubber().events();
    assert_eq!(events.push(b"data: a\n").unwrap(), b"");
    assert_eq!(events.push(b"\ndata: b").unwrap(), b"data: a\n\n");
    assert_eq!(
        events.push(b"\r\n\r\n: c\r\r").unwrap(),
        b"data: b\r\n\r\n: c\r\r"
    );
    let escaped = key().bytes().map(|b| format!("%{b:02x}")).collect::<String>();
    let out = events.push(format!("data: {escaped}\n\n").as_bytes()).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), format!("data: {REDACTED}\n\n"));
    assert_eq!(events.push(key().as_bytes()).unwrap(), b"");
    assert_eq!(events.finish().unwrap(), REDACTED.as_bytes());
    assert_eq!(events.redactions(), 2);
    assert_eq!(
        scrubber().events().push(&vec![b'a'; 300 * 1024]),
        Err(ScrubError::TooComplex)
    );
}

#[test]
fn lines_go_out_when_they_are_complete() {
    let mut lines = scrubber().lines();
    assert_eq!(lines.push(b"{\"a\":1}").unwrap(), b"");
    assert_eq!(lines.push(b"\n{\"b\"").unwrap(), b"{\"a\":1}\n");
    let escaped = key().bytes().map(|b| format!("\\u{b:04x}")).collect::<String>();
    let out = lines
        .push(format!(":\"{escaped}\"}}\n{}\n", key()).as_bytes())
        .unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        format!("{{\"b\":\"{REDACTED}\"}}\n{REDACTED}\n")
    );
    assert_eq!(lines.push(b"rest").unwrap(), b"");
    assert_eq!(lines.finish().unwrap(), b"rest");
    assert_eq!(lines.redactions(), 2);
    assert_eq!(
        scrubber().lines().push(&vec![b'a'; 300 * 1024]),
        Err(ScrubError::TooComplex)
    );
}

/// The encodings of the property tests, by number.
fn spell(encoding: usize, secret: &[u8], before: usize) -> Vec<u8> {
    let shifted = [&b"abcd"[..before % 5], secret].concat();
    let each =
        |write: &dyn Fn(u8) -> String| secret.iter().map(|&b| write(b)).collect::<String>().into_bytes();
    match encoding {
        0 => secret.to_vec(),
        1 => BASE64_STANDARD.encode(&shifted).into_bytes(),
        2 => BASE64_URL_SAFE_NO_PAD.encode(&shifted).into_bytes(),
        3 => each(&|b| format!("{b:02x}")),
        4 => each(&|b| format!("{b:02X}")),
        5 => each(&|b| format!("%{b:02X}")),
        6 => each(&|b| format!("\\u{b:04x}")),
        7 => each(&|b| format!("&#{b};")),
        8 => each(&|b| format!("&#x{b:X};")),
        9 => secret.iter().flat_map(|&b| [b, 0]).collect(),
        10 => secret.iter().flat_map(|&b| [0, b]).collect(),
        11 => base32(&shifted),
        12 => each(&|b| format!("\\x{b:02x}")),
        _ => secret.to_ascii_uppercase(),
    }
}
const ENCODINGS: usize = 14;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any literal form, whole or in part, at any place, split anywhere: the stream never shows it.
    #[test]
    fn no_split_lets_a_literal_form_through(
        body in "[0-9A-Za-z]{40}",
        from in 0_usize..24,
        encoding in 0..ENCODINGS,
        before in 0_usize..9,
        text in "[ -~]{0,30}",
        after in "[ -~]{0,30}",
        cuts in proptest::collection::vec(1_usize..40, 1..20),
    ) {
        let secret = format!("sk_{}_{body}", "test");
        let scrubber = Scrubber::new(&[&Secret::new(secret.clone())]).unwrap();
        let sent = [text.as_bytes(), &spell(encoding, &secret.as_bytes()[from..], before), after.as_bytes()].concat();
        let mut stream = scrubber.stream();
        let (mut out, mut rest) = (Vec::new(), sent.as_slice());
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (part, next) = rest.split_at((*cut).min(rest.len()));
            out.extend(stream.push(part));
            rest = next;
        }
        out.extend(stream.finish());
        prop_assert!(!exposes(&out, &secret), "{}", String::from_utf8_lossy(&out));
        prop_assert!(stream.redactions() >= 1);
        // The whole body says the same.
        let whole = scrubber.scrub(Bytes::from(sent), soon()).unwrap();
        prop_assert!(!exposes(&whole.bytes, &secret));
    }

    /// One encoding in another, in any content coding.
    #[test]
    fn no_nesting_lets_it_through(
        body in "[0-9A-Za-z]{40}",
        inner in 0..ENCODINGS,
        outer in 0..ENCODINGS,
        before in 0_usize..9,
        coding in 0_usize..5,
    ) {
        let secret = format!("sk_{}_{body}", "live");
        let scrubber = Scrubber::new(&[&Secret::new(secret.clone())]).unwrap();
        let spelled = spell(outer, &spell(inner, secret.as_bytes(), before), before + 1);
        let lossy = inner == 13 || outer == 13; // upper case destroys base64
        let sent = [b"{\"x\":\"", spelled.as_slice(), b"\"}"].concat();
        let (name, coding) = [("", Coding::Identity), ("gzip", Coding::Gzip), ("deflate", Coding::Deflate), ("br", Coding::Brotli), ("zstd", Coding::Zstd)][coding];
        let plain = decode(coding, encode(name, &sent).into(), DecodeLimits::default()).unwrap();
        let clean = scrubber.scrub(plain, soon()).unwrap();
        prop_assert!(lossy || clean.redactions > 0, "{}", String::from_utf8_lossy(&sent));
        prop_assert!(!exposes(&clean.bytes, &secret));
    }

    /// A body without the secret is untouched, as a whole and as a stream.
    #[test]
    fn innocent_bytes_pass(body in proptest::collection::vec(any::<u8>(), 0..2000), cut in 1_usize..50) {
        let clean = scrub(body.clone()).unwrap();
        prop_assert_eq!(&clean.bytes[..], &body[..]);
        let mut stream = scrubber().stream();
        let mut out: Vec<u8> = body.chunks(cut).flat_map(|part| stream.push(part)).collect();
        out.extend(stream.finish());
        prop_assert_eq!(out, body);
    }

    /// Escapes without the secret are untouched as well.
    #[test]
    fn innocent_escapes_pass(body in "([a-z ]|\\\\u00[0-9a-f]{2}|%[0-9A-F]{2}|&#[0-9]{2};|[A-Za-z0-9+/]{30}|=[0-9A-F]{2}){0,60}") {
        prop_assert_eq!(scrub(body.clone()).unwrap().bytes, body);
    }
}

#[test]
fn framings_of_the_test_server_are_what_they_say() {
    let reply = handle("split-7", "Bearer abcdefghijklmnopqrstuvwxyz");
    assert_eq!(reply.framing, Framing::Chunked(vec![]));
    assert!(reply.parts.len() > 3 && reply.wire().last().unwrap().ends_with(b"0\r\n\r\n"));
}
