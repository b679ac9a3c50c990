use std::collections::HashMap;

use aforo_core::Secret;
use aforo_docs::{request::PlainRequest, spec::model::Method};
use futures_util::StreamExt;

use super::*;
use crate::{
    inject::Placement,
    request::ApprovedBase,
    testing::{Expect, HostileUpstream, MODES, Oracle, expectation},
};

const BODY: &str = "q8Zk3LmNp0RtVx5YbC7dEf2GhJ4sWu6AiB9oTyXv";

fn secret() -> Secret<String> {
    Secret::new(format!("sk_{}_{BODY}", "live"))
}

/// Short times for the slow modes; long ones for all others, since the machine may be busy.
fn upstream_for(mode: &str) -> Upstream {
    let policy = egress::Policy {
        allow: vec!["127.0.0.1/32".parse().unwrap()],
        ..egress::Policy::default()
    };
    let slow = expectation(mode) == Some(Expect::Slow);
    let [first_byte, idle, total] =
        if slow { [300, 300, 900] } else { [60_000; 3] }.map(Duration::from_millis);
    let limits = egress::Limits {
        first_byte,
        idle,
        total,
        ..egress::Limits::default()
    };
    let settings = Settings {
        limits,
        scrub_time: Duration::from_secs(60),
        ..Settings::default()
    };
    Upstream::new(egress::Client::with_system_resolver(policy).unwrap(), settings)
}
fn upstream() -> Upstream {
    upstream_for("raw")
}

fn request(origin: &str, path: &str) -> CleanRequest {
    let plain = PlainRequest {
        method: Method::Get,
        path: path.into(),
        query: None,
        headers: vec![],
        cookies: vec![],
        content_type: None,
        body: None,
    };
    CleanRequest::new(plain, &ApprovedBase::new(origin, "/hostile").unwrap(), &[]).unwrap()
}

/// All that a browser would get: the envelope, or the events, or the error; and what kind it was.
async fn call(server: &HostileUpstream, mode: &str, placement: &Placement) -> (Expect, String, usize) {
    let upstream = upstream_for(mode);
    let checked = upstream
        .check(request(&server.origin(), &format!("/{mode}")), &[])
        .await
        .unwrap();
    let key = secret();
    match upstream
        .send(
            checked,
            Some(Credential {
                placement,
                secret: &key,
            }),
        )
        .await
    {
        Err(error @ ProxyError::Egress(egress::EgressError::Timeout(_))) => {
            (Expect::Slow, format!("{error} {error:?}"), 0)
        }
        Err(error) => (Expect::Refused, format!("{error} {error:?}"), 0),
        Ok(Reply::Whole(response)) => {
            let kind = match response.body() {
                CleanBody::Withheld(_) => Expect::Withheld,
                _ if response.redactions() > 0 => Expect::Redacted,
                _ => Expect::Clean,
            };
            // What a page would show of a binary body counts as well.
            let mut text = serde_json::to_string(&response).unwrap() + &format!("{response:?}");
            if let CleanBody::Binary(bytes) = response.body() {
                text.push_str(&String::from_utf8_lossy(bytes));
            }
            (kind, text, response.redactions())
        }
        Ok(Reply::Events(mut events)) => {
            let count = events.redactions();
            let mut text = serde_json::to_string(events.headers()).unwrap();
            while let Some(part) = events.next().await {
                text.push_str(&String::from_utf8_lossy(&part.unwrap()));
            }
            (
                if count.get() > 0 {
                    Expect::Redacted
                } else {
                    Expect::Clean
                },
                text,
                count.get(),
            )
        }
    }
}

fn placements() -> Vec<Placement> {
    vec![
        Placement::Bearer,
        Placement::Basic {
            client_id: "client-7".into(),
        },
        Placement::BasicUser,
        Placement::Header {
            name: HeaderName::from_static("x-api-key"),
            prefix: String::new(),
        },
        Placement::Query {
            name: "api_key".into(),
        },
        Placement::Cookie { name: "key".into() },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_mode_of_the_hostile_server_shows_the_credential() {
    let server = Arc::new(HostileUpstream::spawn().await.unwrap());
    let pair = crate::inject::basic("client-7", secret().expose());
    let oracle = Arc::new(Oracle::new(&[secret().expose(), &pair]).unwrap());
    let mut calls = Vec::new();
    for mode in MODES {
        // Bombs and time-outs do not depend on where the credential was.
        let once =
            matches!(expectation(mode), Some(Expect::Slow | Expect::Refused)) || mode.starts_with("bomb");
        for placement in placements().into_iter().take(if once { 1 } else { 6 }) {
            let (server, oracle) = (server.clone(), oracle.clone());
            calls.push(async move {
                let call = async move {
                    let (kind, text, redactions) = call(&server, mode, &placement).await;
                    let leaks = oracle.sees(text.as_bytes());
                    (*mode, placement, kind, text, redactions, leaks)
                };
                tokio::spawn(call).await.unwrap()
            });
        }
    }
    let count = calls.len();
    let mut results = futures_util::stream::iter(calls).buffer_unordered(8);
    let mut wrong = Vec::new();
    while let Some((mode, placement, kind, text, redactions, leaks)) = results.next().await {
        if leaks {
            wrong.push(format!("LEAK {mode} {placement}: {:.300}", text));
        }
        if Some(kind) != expectation(mode) {
            wrong.push(format!(
                "{mode} {placement}: {kind:?} instead of {:?}, {redactions}: {:.300}",
                expectation(mode),
                text
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 400, "{count}");
    assert_eq!(server.connects(), count, "one connection for each call");
}

#[tokio::test]
async fn refused_addresses_are_not_dialled() {
    let canary = HostileUpstream::spawn().await.unwrap();
    let port = canary.address().port();
    // This client may reach nothing private.
    let closed = egress::Client::with_system_resolver(egress::Policy::default()).unwrap();
    let closed = Upstream::new(closed, Settings::default());
    for origin in [
        format!("http://127.0.0.1:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        "https://169.254.169.254".into(),
    ] {
        let error = closed.check(request(&origin, "/raw"), &[]).await.unwrap_err();
        assert_eq!(
            (error.code(), error.fault()),
            ("address_denied", crate::Fault::Console),
            "{origin}"
        );
    }
    // A range given for this call alone opens it.
    let allow = ["127.0.0.0/8".parse().unwrap()];
    assert!(
        closed
            .check(request(&format!("http://127.0.0.1:{port}"), "/raw"), &allow)
            .await
            .is_ok()
    );
    assert_eq!(canary.connects(), 0);
}

#[tokio::test]
async fn exactly_one_credential_goes_out() {
    let server = HostileUpstream::spawn().await.unwrap();
    let plain = PlainRequest {
        method: Method::Post,
        path: "/plain".into(),
        query: Some("q=%2B&api_key=mine".into()),
        headers: [
            "Authorization",
            "authorization",
            "X-Api-Key",
            "Cookie",
            "X-Forwarded-For",
            "Connection",
            "X-Consumer-Id",
            "Accept",
        ]
        .map(|name| (name.to_owned(), "authorization".to_owned()))
        .to_vec(),
        cookies: vec![("a".into(), "b".into())],
        content_type: Some("application/json".into()),
        body: Some(b"{\"authorization\":1}".to_vec()),
    };
    let base = ApprovedBase::new(&server.origin(), "/v1").unwrap();
    let clean = CleanRequest::new(plain, &base, &["Authorization", "X-Api-Key", "X-Forwarded-For"]).unwrap();
    assert_eq!(clean.dropped().len(), 7);
    let upstream = upstream();
    let key = secret();
    let checked = upstream.check(clean, &[]).await.unwrap();
    let credential = Credential {
        placement: &Placement::Bearer,
        secret: &key,
    };
    let Reply::Whole(response) = upstream.send(checked, Some(credential)).await.unwrap() else {
        panic!()
    };
    assert_eq!(
        (
            response.status(),
            response.http_status(),
            response.dropped().len()
        ),
        (200, 200, 7)
    );

    let sent = String::from_utf8(server.requests().pop().unwrap()).unwrap();
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "{\"authorization\":1}");
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST /v1/plain?q=%2B&api_key=mine HTTP/1.1"));
    let headers: HashMap<&str, &str> = lines.clone().map(|line| line.split_once(": ").unwrap()).collect();
    assert_eq!(headers.len(), lines.count(), "no header twice: {head}");
    let mut names: Vec<_> = headers.keys().copied().collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "authorization",
            "connection",
            "content-length",
            "content-type",
            "cookie",
            "host",
            "user-agent"
        ]
    );
    assert_eq!(headers["authorization"], format!("Bearer {}", key.expose()));
    assert_eq!(
        (
            headers["connection"],
            headers["accept-encoding"],
            headers["content-length"]
        ),
        ("close", "identity", "19")
    );
}

#[tokio::test]
async fn only_listed_headers_come_back() {
    let server = HostileUpstream::spawn().await.unwrap();
    let headers = |mode: &'static str| {
        let origin = server.origin();
        async move {
            let upstream = upstream();
            let checked = upstream
                .check(request(&origin, &format!("/{mode}")), &[])
                .await
                .unwrap();
            let key = secret();
            let credential = Credential {
                placement: &Placement::Bearer,
                secret: &key,
            };
            match upstream.send(checked, Some(credential)).await.unwrap() {
                Reply::Whole(response) => (response.status(), response.headers().to_vec()),
                Reply::Events(_) => panic!(),
            }
        }
    };
    for mode in ["set-cookie", "www-authenticate", "cors", "trailers", "reason"] {
        let (_, kept) = headers(mode).await;
        assert_eq!(
            kept,
            [("content-type".to_owned(), "application/json".to_owned())],
            "{mode}"
        );
    }
    let (status, kept) = headers("location").await;
    let location = &kept.iter().find(|(name, _)| name == "location").unwrap().1;
    assert_eq!(
        (status, location.as_str()),
        (302, "https://evil.example/?k=[redacted credential]")
    );
    let (status, kept) = headers("redirect-metadata").await;
    assert_eq!(
        (status, kept[1].1.as_str()),
        (307, "http://169.254.169.254/latest/meta-data/")
    );
}

#[tokio::test]
async fn another_tenants_answer_never_follows() {
    let server = HostileUpstream::spawn().await.unwrap();
    for _ in 0..50 {
        let (_, first, _) = call(&server, "two-responses", &Placement::Bearer).await;
        let (_, second, _) = call(&server, "plain", &Placement::Bearer).await;
        assert!(!first.contains("poisoned") && !second.contains("poisoned") && second.contains("nothing"));
    }
}

#[tokio::test]
async fn events_arrive_as_they_are_sent() {
    let server = HostileUpstream::spawn().await.unwrap();
    let upstream = upstream();
    let checked = upstream
        .check(request(&server.origin(), "/sse-split"), &[])
        .await
        .unwrap();
    let key = secret();
    let credential = Credential {
        placement: &Placement::Bearer,
        secret: &key,
    };
    let Reply::Events(mut events) = upstream.send(checked, Some(credential)).await.unwrap() else {
        panic!()
    };
    assert_eq!(events.headers()[0].1, "text/event-stream");
    let mut parts = Vec::new();
    while let Some(part) = events.next().await {
        parts.push(String::from_utf8(part.unwrap().to_vec()).unwrap());
    }
    assert_eq!(parts.len(), 4, "{parts:?}");
    assert_eq!(
        parts.concat(),
        ": hello\n\ndata: before\n\ndata: [redacted credential]\n\ndata: after\n\n"
    );
}

#[tokio::test]
async fn the_envelope_is_what_the_browser_expects() {
    let server = HostileUpstream::spawn().await.unwrap();
    let envelope = |mode: &'static str| {
        let origin = server.origin();
        async move {
            let upstream = upstream();
            let checked = upstream
                .check(request(&origin, &format!("/{mode}")), &[])
                .await
                .unwrap();
            let key = secret();
            let credential = Credential {
                placement: &Placement::Bearer,
                secret: &key,
            };
            let Reply::Whole(mut response) = upstream.send(checked, Some(credential)).await.unwrap() else {
                panic!()
            };
            response.timing_mut().vault = 1.25;
            assert!(
                response
                    .timing()
                    .server_timing()
                    .contains("vault;dur=1.250, dns;dur=")
            );
            (response.http_status(), serde_json::to_value(&response).unwrap())
        }
    };
    let (status, plain) = envelope("plain").await;
    assert_eq!(status, 200);
    assert_eq!(plain["status"], 200);
    assert_eq!(
        plain["headers"],
        serde_json::json!([["content-type", "application/json"]])
    );
    assert_eq!(plain["body"], "{\"ok\":true,\"echo\":\"nothing\",\"n\":1}");
    assert_eq!(
        (&plain["bodyEncoding"], &plain["contentType"]),
        (&"text".into(), &"application/json".into())
    );
    assert_eq!(
        (&plain["size"], &plain["truncated"], &plain["redactions"]),
        (&34.into(), &false.into(), &0.into())
    );
    assert_eq!(plain["timing"]["vault"], 1.25);
    assert!(plain["timing"]["total"].as_f64().unwrap() > 0.0 && plain.get("withheld").is_none());
    let (status, bomb) = envelope("gzip-twice").await;
    assert_eq!(
        (status, &bomb["body"], &bomb["bodyEncoding"]),
        (502, &serde_json::Value::Null, &"none".into())
    );
    assert_eq!(bomb["withheld"], "unsupported-coding");
    let (_, binary) = envelope("pdf").await;
    assert_eq!(
        (&binary["bodyEncoding"], &binary["redactions"]),
        (&"base64".into(), &1.into())
    );
}

#[test]
fn a_panic_or_a_late_check_withholds() {
    assert_eq!(guarded(|| panic!("scrubber")), Err(Withheld::NotChecked));
    let late = Scrubber::new(&[&secret()])
        .unwrap()
        .scrub(Bytes::from_static(b"a%41a"), Instant::now());
    assert_eq!(late.map_err(Withheld::from), Err(Withheld::NotChecked));
}

#[test]
fn a_body_is_cut_at_a_character() {
    assert_eq!(
        shown(Bytes::from_static("aé".as_bytes()), 2),
        (CleanBody::Text("a".into()), true)
    );
    assert_eq!(
        shown(Bytes::from_static(b"abc"), 3),
        (CleanBody::Text("abc".into()), false)
    );
    assert_eq!(
        shown(Bytes::from_static(b"\xff\0abc"), 3),
        (CleanBody::Binary(Bytes::from_static(b"\xff\0a")), true)
    );
}

#[test]
fn locations_lose_their_userinfo() {
    for (location, want) in [
        ("https://u:p@x.example/a@b", "https://x.example/a@b"),
        ("//u@x.example", "//x.example"),
        ("https://a@b@x.example?c", "https://x.example?c"),
        ("/a@b", "/a@b"),
    ] {
        assert_eq!(without_userinfo(location), want);
    }
}
