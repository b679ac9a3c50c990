use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use ipnet::IpNet;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{connect::check_peer, policy::is_allowed, *};

/// A name server whose answers a test sets; each question takes the next answer, the last one stays.
#[derive(Default)]
struct Names {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: AtomicUsize,
}
impl Names {
    fn set(&self, host: &str, answers: &[&[&str]]) {
        let answers = answers
            .iter()
            .map(|a| a.iter().map(|ip| ip.parse().unwrap()).collect())
            .collect();
        self.answers.lock().unwrap().insert(host.into(), answers);
    }
}
#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let queue = answers
            .get_mut(host)
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(if queue.len() > 1 {
            queue.remove(0)
        } else {
            queue[0].clone()
        })
    }
}

/// A server on the loopback that answers every connection with the same bytes.
struct Server {
    address: SocketAddr,
    connects: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}
impl Server {
    async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::dripping(vec![answer.into()], Duration::ZERO).await
    }
    /// Sends the parts with a pause after each but the last, then waits for the client to close.
    async fn dripping(parts: Vec<Vec<u8>>, pause: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connects, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (counted, seen) = (connects.clone(), requests.clone());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let (parts, seen) = (parts.clone(), seen.clone());
                tokio::spawn(async move {
                    let mut request = vec![0; 64 * 1024];
                    let length = stream.read(&mut request).await.unwrap_or(0);
                    seen.lock()
                        .unwrap()
                        .push(String::from_utf8_lossy(&request[..length]).into_owned());
                    for part in parts {
                        if stream.write_all(&part).await.is_err() {
                            return;
                        }
                        if !pause.is_zero() {
                            tokio::time::sleep(pause).await;
                        }
                    }
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self {
            address,
            connects,
            requests,
        }
    }
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
    fn connects(&self) -> usize {
        self.connects.load(Ordering::SeqCst)
    }
    fn request(&self) -> String {
        self.requests.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

fn loopback() -> Vec<IpNet> {
    vec!["127.0.0.0/8".parse().unwrap()]
}
fn client(allow: &[IpNet]) -> (Client, Arc<Names>) {
    let names = Arc::new(Names::default());
    let policy = Policy {
        allow: allow.to_vec(),
        connect_timeout: Duration::from_millis(500),
        dns_timeout: Duration::from_millis(500),
        ..Policy::default()
    };
    (Client::new(policy, names.clone()).unwrap(), names)
}
fn reason(result: Result<Target, EgressError>) -> DenyReason {
    match result {
        Err(EgressError::Denied(reason)) => reason,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
async fn get(client: &Client, url: &str, limits: &Limits) -> Result<(StatusCode, Bytes), EgressError> {
    let target = client.target(url, &[]).await?;
    let response = client.send(&target, Request::new(Method::GET), limits).await?;
    Ok((response.status, response.body.bytes().await?))
}

#[tokio::test]
async fn refused_targets_are_neither_resolved_nor_dialled() {
    let canary = Server::answering("HTTP/1.1 200 OK\r\n\r\n").await;
    let port = canary.address.port();
    let (client, names) = client(&[]);
    names.set("rebind.example.com", &[&["127.0.0.1"]]);
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://127.1:{port}/"),
        format!("https://0x7f000001:{port}/"),
        format!("https://x@127.0.0.1:{port}/"),
        format!("https://0.0.0.0:{port}/"),
        format!("https://rebind.example.com:{port}/"),
        "https://169.254.169.254/latest/meta-data/".into(),
        "https://metadata.google.internal/".into(),
        "https://10.0.0.1/".into(),
        "https://8.8.8.8:22/".into(),
    ] {
        assert!(
            matches!(client.target(&url, &[]).await, Err(EgressError::Denied(_))),
            "{url}"
        );
        assert!(
            client.fetch(&url, &[], &FetchLimits::default()).await.is_err(),
            "{url}"
        );
    }
    assert_eq!(canary.connects(), 0);
    assert_eq!(
        names.asked.load(Ordering::SeqCst),
        0,
        "the form alone refuses all of these"
    );
}

#[tokio::test]
async fn one_bad_address_poisons_the_whole_answer() {
    let (client, names) = client(&[]);
    names.set("mixed.example.com", &[&["93.184.216.34", "10.0.0.1"]]);
    names.set("nat64.example.com", &[&["64:ff9b::7f00:1"]]);
    names.set("good.example.com", &[&["93.184.216.34", "2606:2800:220:1::1"]]);
    let refused = |url: &'static str| async { reason(client.target(url, &[]).await) };
    assert_eq!(
        refused("https://mixed.example.com/").await,
        DenyReason::Address(AddressClass::Private)
    );
    assert_eq!(
        refused("https://nat64.example.com/").await,
        DenyReason::Address(AddressClass::Nat64)
    );
    assert_eq!(
        client
            .target("https://good.example.com/", &[])
            .await
            .unwrap()
            .addresses()
            .len(),
        2
    );
    assert!(matches!(
        client.target("https://none.example.com/", &[]).await,
        Err(EgressError::Dns(_))
    ));
}

#[tokio::test]
async fn the_checked_address_is_the_dialled_one() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let canary = Server::answering("HTTP/1.1 200 OK\r\n\r\n").await;
    let port = server.address.port();
    let (client, names) = client(&["127.0.0.1/32".parse().unwrap()]);
    // The second answer would lead elsewhere; it is never asked for.
    names.set("rebind.test", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let url = format!("http://rebind.test:{port}/");
    let target = client.target(&url, &[]).await.unwrap();
    let response = client
        .send(&target, Request::new(Method::GET), &Limits::default())
        .await
        .unwrap();
    assert_eq!(response.peer, server.address);
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
    assert!(
        server
            .request()
            .contains(&format!("host: rebind.test:{port}\r\n")),
        "{}",
        server.request()
    );
    // Asked again, the name has moved outside the allowed range: refused.
    assert_eq!(reason(client.target(&url, &[]).await), DenyReason::Scheme);
    assert_eq!(canary.connects(), 0);
    assert_eq!(check_peer(server.address, canary.address), Err(DenyReason::Peer));
    let mapped: SocketAddr = format!("[::ffff:127.0.0.1]:{port}").parse().unwrap();
    assert_eq!(check_peer(server.address, mapped), Ok(()));
}

#[tokio::test]
async fn an_operator_opens_private_ranges_and_nothing_more() {
    let (client, names) = client(&["10.1.0.0/16".parse().unwrap()]);
    names.set("gw.internal", &[&["10.1.2.3"]]);
    names.set("half.internal", &[&["10.1.2.3", "93.184.216.34"]]);
    for url in [
        "http://10.1.2.3:8001/",
        "https://10.1.2.3/",
        "http://gw.internal:8001/",
        "https://gw.internal/",
    ] {
        assert!(client.target(url, &[]).await.is_ok(), "{url}");
    }
    assert_eq!(
        reason(client.target("http://10.2.0.1/", &[]).await),
        DenyReason::Scheme
    );
    assert_eq!(
        reason(client.target("https://half.internal/", &[]).await),
        DenyReason::HostName
    );
    assert_eq!(
        reason(client.target("http://93.184.216.34/", &[]).await),
        DenyReason::Scheme
    );
    assert_eq!(
        reason(client.target("https://93.184.216.34:8443/", &[]).await),
        DenyReason::Port
    );
    // Ranges given for one call hold for that call alone.
    assert!(
        client
            .target("http://10.2.0.1/", &["10.2.0.0/16".parse().unwrap()])
            .await
            .is_ok()
    );
    assert_eq!(
        reason(client.target("http://10.2.0.1/", &[]).await),
        DenyReason::Scheme
    );
}

#[test]
fn metadata_opens_only_by_its_own_address() {
    let nets = |list: &[&str]| list.iter().map(|n| n.parse().unwrap()).collect::<Vec<IpNet>>();
    let metadata: IpAddr = "169.254.169.254".parse().unwrap();
    assert!(!is_allowed(
        &nets(&["0.0.0.0/0", "169.254.0.0/16", "::/0"]),
        metadata
    ));
    assert!(is_allowed(&nets(&["169.254.169.254/32"]), metadata));
    assert!(!is_allowed(
        &nets(&["169.254.169.254/32"]),
        "169.254.169.253".parse().unwrap()
    ));
    assert!(is_allowed(
        &nets(&["127.0.0.0/8"]),
        "::ffff:127.0.0.1".parse().unwrap()
    ));
    for never in [
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "ff02::1",
        "::",
    ] {
        assert!(
            !is_allowed(&nets(&["0.0.0.0/0", "::/0"]), never.parse().unwrap()),
            "{never}"
        );
    }
}

#[tokio::test]
async fn the_request_goes_out_as_given_and_the_connection_headers_are_ours() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let (client, _) = client(&loopback());
    let target = client.target(&server.url("/unused"), &[]).await.unwrap();
    let mut request = Request::new(Method::POST);
    request.path_and_query = Some("/a%2Bb?x=%2B&y='".parse().unwrap());
    request.headers.insert("x-one", HeaderValue::from_static("1"));
    request
        .headers
        .insert(header::HOST, HeaderValue::from_static("evil.test"));
    request
        .headers
        .insert(header::CONNECTION, HeaderValue::from_static("x-one"));
    request
        .headers
        .insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    request
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from_static("999"));
    request.body = Some(Bytes::from_static(b"{}"));
    let response = client.send(&target, request, &Limits::default()).await.unwrap();
    assert_eq!(response.timings.tls, None);
    assert_eq!(response.body.bytes().await.unwrap(), "ok");
    let seen = server.request();
    assert!(seen.starts_with("POST /a%2Bb?x=%2B&y=' HTTP/1.1\r\n"), "{seen}");
    assert!(seen.ends_with("\r\n\r\n{}"), "{seen}");
    for (name, value) in [
        ("host", server.address.to_string()),
        ("connection", "close".into()),
        ("content-length", "2".into()),
        ("x-one", "1".into()),
    ] {
        assert_eq!(seen.matches(&format!("\r\n{name}: ")).count(), 1, "{seen}");
        assert!(seen.contains(&format!("\r\n{name}: {value}\r\n")), "{seen}");
    }
    assert!(!seen.contains("transfer-encoding"), "{seen}");
    for method in [Method::CONNECT, Method::TRACE] {
        let refused = client
            .send(&target, Request::new(method), &Limits::default())
            .await;
        assert!(matches!(refused, Err(EgressError::Request(_))));
    }
    // An empty POST says so.
    client
        .send(&target, Request::new(Method::POST), &Limits::default())
        .await
        .unwrap();
    assert!(
        server.request().contains("\r\ncontent-length: 0\r\n"),
        "{}",
        server.request()
    );
}

#[tokio::test]
async fn no_connection_is_shared() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad",
    )
    .await;
    let (client, _) = client(&loopback());
    for _ in 0..3 {
        assert_eq!(
            get(&client, &server.url("/"), &Limits::default())
                .await
                .unwrap()
                .1,
            "ok"
        );
    }
    assert_eq!(server.connects(), 3);
}

#[tokio::test]
async fn redirects_are_answers() {
    let canary = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let moved = format!(
        "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        canary.url("/")
    );
    let server = Server::answering(moved).await;
    let (client, _) = client(&loopback());
    let (status, _) = get(&client, &server.url("/"), &Limits::default()).await.unwrap();
    assert_eq!((status, canary.connects()), (StatusCode::FOUND, 0));
}

#[tokio::test]
async fn a_fetch_checks_every_hop() {
    let document =
        Server::answering("HTTP/1.1 200 OK\r\ncontent-type: text/yaml\r\ncontent-length: 4\r\n\r\na: b")
            .await;
    let (client, names) = client(&["127.0.0.1/32".parse().unwrap()]);
    names.set("evil.test", &[&["127.0.0.2"]]);
    let limits = FetchLimits::default();
    let to = |location: String| async move {
        Server::answering(format!(
            "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
        ))
        .await
    };
    let good = to(document.url("/spec.yaml")).await;
    let fetched = client.fetch(&good.url("/"), &[], &limits).await.unwrap();
    assert_eq!(
        (fetched.url.path(), &fetched.body[..]),
        ("/spec.yaml", &b"a: b"[..])
    );
    assert_eq!(fetched.content_type.as_deref(), Some("text/yaml"));
    // A canary where the bad hops would lead.
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for bad in [
        "http://169.254.169.254/latest".to_owned(),
        format!("http://evil.test:{port}/"),
        format!("//evil.test:{port}/"),
        format!("http://127.0.0.2:{port}/"),
        format!("http://0x7f.2:{port}/"),
        format!("http://x@127.0.0.1:{}/", document.address.port()),
        format!("\\\\evil.test:{port}/"),
        "file:///etc/passwd".into(),
        "data:text/plain,x".into(),
    ] {
        let result = client.fetch(&to(bad.clone()).await.url("/"), &[], &limits).await;
        assert!(matches!(result, Err(EgressError::Denied(_))), "{bad}: {result:?}");
    }
    assert!(
        tokio::time::timeout(Duration::from_millis(50), listener.accept())
            .await
            .is_err()
    );
    // A loop ends after three redirects, that is four requests.
    let again = to("/".into()).await;
    let looped = client.fetch(&again.url("/"), &[], &limits).await;
    assert!(matches!(looped, Err(EgressError::Denied(DenyReason::Redirect))));
    assert_eq!(again.connects(), 4);
}

#[tokio::test]
async fn a_document_that_is_known_is_not_fetched_again() {
    let (client, _) = client(&loopback());
    let limits = FetchLimits::default();
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\netag: W/\"v1\"\r\nlast-modified: Sun, 22 Nov 2026 10:00:00 GMT\r\ncontent-length: 4\r\n\r\na: b",
    )
    .await;
    let url = server.url("/spec.yaml");
    let first = client
        .fetch_changed(&url, &[], &limits, Known::default())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            first.url.as_str(),
            first.etag.as_deref(),
            first.last_modified.as_deref()
        ),
        (&*url, Some("W/\"v1\""), Some("Sun, 22 Nov 2026 10:00:00 GMT"))
    );
    let asked = server.request().to_ascii_lowercase();
    assert!(
        !asked.contains("if-none-match") && !asked.contains("if-modified-since"),
        "{asked}"
    );
    // A server may not care for what is known.
    let known = Known {
        url: Some(&url),
        etag: first.etag.as_deref(),
        last_modified: first.last_modified.as_deref(),
    };
    assert!(
        client
            .fetch_changed(&url, &[], &limits, known)
            .await
            .unwrap()
            .is_some()
    );
    let asked = server.request().to_ascii_lowercase();
    assert!(
        asked.contains("if-none-match: w/\"v1\"\r\n")
            && asked.contains("if-modified-since: sun, 22 nov 2026 10:00:00 gmt\r\n"),
        "{asked}"
    );
    // One that does.
    let same = Server::answering("HTTP/1.1 304 Not Modified\r\netag: W/\"v1\"\r\n\r\n").await;
    let here = same.url("/spec.yaml");
    for (etag, last_modified) in [(known.etag, None), (None, known.last_modified)] {
        let known = Known {
            url: Some(&here),
            etag,
            last_modified,
        };
        assert!(
            client
                .fetch_changed(&here, &[], &limits, known)
                .await
                .unwrap()
                .is_none()
        );
    }
    // What one address said is no other's business, redirects included; a 304 that nobody asked for is an error.
    let moved = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nlocation: {here}\r\ncontent-length: 0\r\n\r\n"
    ))
    .await;
    let start = moved.url("/");
    let at_target = Known {
        url: Some(&here),
        ..known
    };
    assert!(
        client
            .fetch_changed(&start, &[], &limits, at_target)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        !moved.request().to_ascii_lowercase().contains("if-none-match"),
        "{}",
        moved.request()
    );
    let elsewhere = Known {
        url: Some(&url),
        ..known
    };
    for known in [Known::default(), elsewhere] {
        let result = client.fetch_changed(&here, &[], &limits, known).await;
        assert!(matches!(result, Err(EgressError::Status(304))), "{result:?}");
        assert!(
            !same.request().to_ascii_lowercase().contains("if-"),
            "{}",
            same.request()
        );
    }
    let result = client.fetch(&here, &[], &limits).await;
    assert!(matches!(result, Err(EgressError::Status(304))), "{result:?}");
}

#[tokio::test]
async fn a_fetch_has_a_size_and_a_time() {
    let (client, _) = client(&loopback());
    let big = Server::answering([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'a'; 5000]].concat()).await;
    let limits = FetchLimits {
        bytes: 4999,
        ..FetchLimits::default()
    };
    assert!(matches!(
        client.fetch(&big.url("/"), &[], &limits).await,
        Err(EgressError::TooLarge)
    ));
    let slow = Server::dripping(
        vec![b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), b"a".to_vec()],
        Duration::from_secs(9),
    )
    .await;
    let limits = FetchLimits {
        total: Duration::from_millis(200),
        ..FetchLimits::default()
    };
    assert!(matches!(
        client.fetch(&slow.url("/"), &[], &limits).await,
        Err(EgressError::Timeout(_))
    ));
    let gone = Server::answering("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    let result = client.fetch(&gone.url("/"), &[], &FetchLimits::default()).await;
    assert!(matches!(result, Err(EgressError::Status(404))));
}

#[tokio::test]
async fn every_part_of_a_response_has_a_limit() {
    let (client, _) = client(&loopback());
    let limits = Limits {
        body_bytes: 1000,
        ..Limits::default()
    };
    let many = (0..101).map(|i| format!("x-{i}: a\r\n")).collect::<String>();
    let long = format!("x: {}\r\n", "a".repeat(40_000));
    for head in [many, long] {
        let server = Server::answering(format!("HTTP/1.1 200 OK\r\n{head}content-length: 0\r\n\r\n")).await;
        let result = get(&client, &server.url("/"), &limits).await;
        assert!(matches!(result, Err(EgressError::TooLarge)), "{result:?}");
    }
    for head in ["content-length: 1001\r\n", ""] {
        let server = Server::answering(format!("HTTP/1.1 200 OK\r\n{head}\r\n{}", "a".repeat(1001))).await;
        let result = get(&client, &server.url("/"), &limits).await;
        assert!(matches!(result, Err(EgressError::TooLarge)), "{result:?}");
    }
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}",
        "64\r\n".to_owned() + &"a".repeat(100) + "\r\n"
    );
    let server = Server::answering(format!("{chunked}0\r\nx-trailer: 1\r\n\r\n")).await;
    assert_eq!(
        get(&client, &server.url("/"), &limits).await.unwrap().1.len(),
        100
    );
}

#[tokio::test]
async fn every_wait_has_a_limit() {
    let (client, names) = client(&loopback());
    let limits = Limits {
        first_byte: Duration::from_millis(150),
        idle: Duration::from_millis(150),
        total: Duration::from_millis(400),
        ..Limits::default()
    };
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let slow = Duration::from_secs(5);
    let phase = |result: Result<(StatusCode, Bytes), EgressError>| match result {
        Err(EgressError::Timeout(phase)) => phase,
        other => panic!("{other:?}"),
    };
    let silent = Server::dripping(vec![Vec::new(), head.clone()], slow).await;
    assert_eq!(
        phase(get(&client, &silent.url("/"), &limits).await),
        Phase::FirstByte
    );
    let endless_interim = vec![b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(); 1000];
    let interim = Server::dripping(endless_interim, Duration::from_millis(5)).await;
    assert_eq!(
        phase(get(&client, &interim.url("/"), &limits).await),
        Phase::FirstByte
    );
    let stalled = Server::dripping(vec![head.clone(), b"a".to_vec(), b"b".to_vec()], slow).await;
    assert_eq!(phase(get(&client, &stalled.url("/"), &limits).await), Phase::Idle);
    let drip = Server::dripping(
        [vec![head], vec![b"a".to_vec(); 1000]].concat(),
        Duration::from_millis(20),
    )
    .await;
    let started = std::time::Instant::now();
    assert_eq!(phase(get(&client, &drip.url("/"), &limits).await), Phase::Total);
    assert!(started.elapsed() < Duration::from_secs(3));

    struct Never;
    #[async_trait]
    impl Resolver for Never {
        async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            std::future::pending().await
        }
    }
    let policy = Policy {
        dns_timeout: Duration::from_millis(50),
        ..Policy::default()
    };
    let hung = Client::new(policy, Arc::new(Never))
        .unwrap()
        .target("https://x.example.com/", &[])
        .await;
    assert!(matches!(hung, Err(EgressError::Timeout(Phase::Dns))));
    drop(names);
}

#[tokio::test]
async fn what_is_not_proper_http_is_an_error() {
    let (client, _) = client(&loopback());
    for answer in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header: x\r\ncontent-length: 0\r\n\r\n",
        "",
    ] {
        let server = Server::answering(answer).await;
        let result = get(&client, &server.url("/"), &Limits::default()).await;
        assert!(
            matches!(result, Err(EgressError::Protocol(..))),
            "{answer:?}: {result:?}"
        );
    }
    // Nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let result = get(&client, &format!("http://127.0.0.1:{port}/"), &Limits::default()).await;
    assert!(matches!(result, Err(EgressError::Connect(_))), "{result:?}");
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_is_dead() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let (client, names) = client(&loopback());
    names.set("two.test", &[&["127.0.0.9", "127.0.0.1"]]);
    let url = format!("http://two.test:{}/", server.address.port());
    assert_eq!(get(&client, &url, &Limits::default()).await.unwrap().1, "ok");
}

mod tls {
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// A TLS server for `names`; the certificate is its own authority. Returns what a client must trust.
    async fn serve(names: &[&str]) -> (SocketAddr, rustls::pki_types::CertificateDer<'static>) {
        serve_answer(names, None).await
    }

    /// The same with this answer; without one it says which name the client asked for.
    async fn serve_answer(
        names: &[&str],
        answer: Option<String>,
    ) -> (SocketAddr, rustls::pki_types::CertificateDer<'static>) {
        let names = names.iter().map(|n| n.to_string()).collect::<Vec<_>>();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let der = made.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![der.clone()], key)
                .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, answer) = (acceptor.clone(), answer.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(tcp).await else {
                        return;
                    };
                    let sni = stream.get_ref().1.server_name().unwrap_or("none").to_owned();
                    let _ = stream.read(&mut [0; 4096]).await;
                    let answer = answer.unwrap_or_else(|| {
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{sni}", sni.len())
                    });
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        (address, der)
    }

    #[tokio::test]
    async fn the_certificate_must_be_trusted_and_name_the_host() {
        let (address, der) = serve(&["api.example.com"]).await;
        let names = Arc::new(Names::default());
        names.set("api.example.com", &[&["127.0.0.1"]]);
        names.set("other.example.com", &[&["127.0.0.1"]]);
        let policy = |roots| Policy {
            allow: loopback(),
            extra_roots: roots,
            ..Policy::default()
        };
        let trusting = Client::new(policy(vec![der]), names.clone()).unwrap();
        let url = format!("https://api.example.com:{}/", address.port());
        let (_, body) = get(&trusting, &url, &Limits::default()).await.unwrap();
        assert_eq!(
            body, "api.example.com",
            "SNI keeps the name although the address is dialled"
        );
        let other = format!("https://other.example.com:{}/", address.port());
        assert!(matches!(
            get(&trusting, &other, &Limits::default()).await,
            Err(EgressError::Tls(_))
        ));
        let ordinary = Client::new(policy(vec![]), names).unwrap();
        assert!(matches!(
            get(&ordinary, &url, &Limits::default()).await,
            Err(EgressError::Tls(_))
        ));
    }

    #[tokio::test]
    async fn a_redirect_does_not_leave_https() {
        let document = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        let moved = format!(
            "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
            document.url("/")
        );
        let (address, der) = serve_answer(&["api.example.com"], Some(moved)).await;
        let names = Arc::new(Names::default());
        names.set("api.example.com", &[&["127.0.0.1"]]);
        let policy = Policy {
            allow: loopback(),
            extra_roots: vec![der],
            ..Policy::default()
        };
        let client = Client::new(policy, names).unwrap();
        let url = format!("https://api.example.com:{}/", address.port());
        let result = client.fetch(&url, &[], &FetchLimits::default()).await;
        assert!(
            matches!(result, Err(EgressError::Denied(DenyReason::Redirect))),
            "{result:?}"
        );
        assert_eq!(document.connects(), 0);
    }

    #[tokio::test]
    async fn a_server_that_never_finishes_the_handshake_is_left() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let policy = Policy {
            allow: loopback(),
            tls_timeout: Duration::from_millis(100),
            ..Policy::default()
        };
        let client = Client::new(policy, Arc::new(Names::default())).unwrap();
        let url = format!("https://127.0.0.1:{}/", silent.local_addr().unwrap().port());
        let result = get(&client, &url, &Limits::default()).await;
        assert!(
            matches!(result, Err(EgressError::Timeout(Phase::Tls))),
            "{result:?}"
        );
    }
}
