//! The contract between a host and the console (`aforo_http::mount`), held by every mount.
//!
//! One list of requests goes to every host at every prefix; the answers must be the same bytes.

#![allow(clippy::unwrap_used, reason = "the helpers of a test are tests")]

mod probe;
mod streams;
mod wire;

use std::{net::SocketAddr, time::Duration};

use aforo_tests::hosts::{Host, OWN_ANSWER, OWN_PATH};
use probe::Probe;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{sleep, timeout},
};
use wire::{Answer, exchange, read_until};

const PREFIXES: [&str; 4] = ["/", "/developers", "/a/b", "/slash/"];

/// Requests without their `Host` and `Connection: close`; `{}` is where the prefix goes.
const REQUESTS: &[&str] = &[
    // paths
    "GET {}/ HTTP/1.1\r\n\r\n",
    "GET {}/?x=1 HTTP/1.1\r\n\r\n",
    "GET {}/? HTTP/1.1\r\n\r\n",
    "GET {}/keys HTTP/1.1\r\n\r\n",
    "GET {}/keys/ HTTP/1.1\r\n\r\n",
    "GET {}/keys?q=a+b%20c&x=%2F%3F&y=/?:@ HTTP/1.1\r\n\r\n",
    "GET {}/a%2Fb/c%20d/caf%C3%A9/%7Etilde HTTP/1.1\r\n\r\n",
    "GET {}/a%2fb%25%2525+%2B HTTP/1.1\r\n\r\n",
    "GET {}/%ff%fe HTTP/1.1\r\n\r\n",
    "GET {}/a/../b/./c HTTP/1.1\r\n\r\n",
    "GET {}//double//slash HTTP/1.1\r\n\r\n",
    "GET {}/{brace}/*star/:colon;semi=1 HTTP/1.1\r\n\r\n",
    "GET http://other.example{}/absolute?x=1 HTTP/1.1\r\n\r\n",
    // methods
    "HEAD {}/keys HTTP/1.1\r\n\r\n",
    "POST {}/keys HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "POST {}/keys HTTP/1.1\r\n\r\n",
    "PUT {}/keys HTTP/1.1\r\nContent-Length: 3\r\n\r\nput",
    "PATCH {}/keys HTTP/1.1\r\nContent-Length: 5\r\n\r\npatch",
    "DELETE {}/keys/1 HTTP/1.1\r\n\r\n",
    "DELETE {}/keys/1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nok",
    "OPTIONS {}/keys HTTP/1.1\r\nOrigin: https://elsewhere.example\r\n\r\n",
    "PURGE {}/keys HTTP/1.1\r\n\r\n",
    "GET {}/keys HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody",
    "GET {}/keys HTTP/1.0\r\n\r\n",
    // headers
    "GET {}/keys HTTP/1.1\r\nX-Twice: 1\r\nOther: -\r\nx-twice: 2\r\nX-Empty:\r\nAccept: */*\r\n\r\n",
    "GET {}/keys HTTP/1.1\r\nCookie: a=1; b=2\r\nAuthorization: Bearer x\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n",
    // request bodies
    "POST {}/echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
    "POST {}/echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "POST {}/echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    "POST {}/echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST {}/keys HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "POST {}/keys HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    "POST {}/count HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    // answers
    "GET {}/pieces HTTP/1.1\r\n\r\n",
    "HEAD {}/pieces HTTP/1.1\r\n\r\n",
    "GET {}/trailers HTTP/1.1\r\n\r\n",
    "GET {}/declared HTTP/1.1\r\n\r\n",
    "HEAD {}/declared HTTP/1.1\r\n\r\n",
    "GET {}/short HTTP/1.1\r\n\r\n",
    "GET {}/breaks HTTP/1.1\r\n\r\n",
    "GET {}/status/200 HTTP/1.1\r\n\r\n",
    "HEAD {}/status/200 HTTP/1.1\r\n\r\n",
    "GET {}/status/201 HTTP/1.1\r\n\r\n",
    "GET {}/status/204 HTTP/1.1\r\n\r\n",
    "HEAD {}/status/204 HTTP/1.1\r\n\r\n",
    "GET {}/status/304 HTTP/1.1\r\n\r\n",
    "GET {}/status/302 HTTP/1.1\r\n\r\n",
    "GET {}/status/404 HTTP/1.1\r\n\r\n",
    "HEAD {}/status/404 HTTP/1.1\r\n\r\n",
    "GET {}/status/429 HTTP/1.1\r\n\r\n",
    "GET {}/status/500 HTTP/1.1\r\n\r\n",
    "GET {}/pieces HTTP/1.0\r\n\r\n",
];

/// Requests that only make sense below a prefix.
const BELOW_A_PREFIX: &[&str] = &[
    "GET {} HTTP/1.1\r\n\r\n",
    "GET {}?x=1 HTTP/1.1\r\n\r\n",
    "HEAD {} HTTP/1.1\r\n\r\n",
    "POST {} HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi",
    // not the console's
    "GET / HTTP/1.1\r\n\r\n",
    "GET /elsewhere HTTP/1.1\r\n\r\n",
    "GET {}x HTTP/1.1\r\n\r\n",
    "GET /x{}/keys HTTP/1.1\r\n\r\n",
    "GET {}%2Fkeys HTTP/1.1\r\n\r\n",
    "GET /%64evelopers/keys HTTP/1.1\r\n\r\n",
    "GET /%61/b/keys HTTP/1.1\r\n\r\n",
    "GET /DEVELOPERS/keys HTTP/1.1\r\n\r\n",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_host_gives_the_same_answers() {
    for prefix in PREFIXES {
        let (probe, ..) = Probe::new();
        let axum = Host::Axum.serve(probe.clone(), prefix).await;
        let actix = Host::Actix.serve(probe, prefix).await;
        let at = prefix.trim_end_matches('/');
        let own = format!("GET {OWN_PATH} HTTP/1.1\r\n\r\n");
        let below = if at.is_empty() { &[] } else { BELOW_A_PREFIX };
        let mut different = Vec::new();
        for request in REQUESTS.iter().chain(below).copied().chain([own.as_str()]) {
            let request = request.replace("{}", at);
            let line = request.lines().next().unwrap().to_owned();
            let request = request.replacen("\r\n", "\r\nHost: console.example\r\nConnection: close\r\n", 1);
            let answers = [axum.addr, actix.addr].map(|addr| exchange(addr, request.as_bytes()));
            let [by_axum, by_actix] = answers;
            let (by_axum, by_actix) = (by_axum.await, by_actix.await);
            if by_axum != by_actix {
                different.push(format!("{line}\n  axum:  {by_axum:?}\n  actix: {by_actix:?}"));
            }
        }
        assert!(different.is_empty(), "at {prefix}:\n{}", different.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_sees_the_raw_path_the_prefix_and_the_peer() {
    for host in Host::ALL {
        for (prefix, path, uri, at) in [
            ("/", "/keys/a%2Fb?x=%20", "/keys/a%2Fb?x=%20", ""),
            ("/", "/", "/", ""),
            (
                "/developers",
                "/developers/keys/a%2Fb?x=%20",
                "/keys/a%2Fb?x=%20",
                "/developers",
            ),
            ("/developers", "/developers/", "/", "/developers"),
            ("/developers", "/developers", "/", "/developers"),
            ("/developers/", "/developers?x", "/?x", "/developers"),
            ("/a/b", "/a/b/caf%C3%A9/", "/caf%C3%A9/", "/a/b"),
            ("/a/b", "/a/b//evil.example", "//evil.example", "/a/b"),
            ("/a/b", "/a/b/a/b", "/a/b", "/a/b"),
        ] {
            let server = host.serve(Probe::new().0, prefix).await;
            let told = ask(server.addr, &format!("GET {path} HTTP/1.1\r\n\r\n"))
                .await
                .text();
            for line in [
                format!("\nuri: {uri}\n"),
                format!("\nprefix: Some({at:?})\n"),
                format!("\nfull: Some({path})\n"),
                "\npeer: Some(127.0.0.1)\n".to_owned(),
                "\nextensions: 2\n".to_owned(),
            ] {
                assert!(
                    told.contains(&line),
                    "{host:?} at {prefix}, {path}: no {line:?} in\n{told}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_keeps_what_is_its_own() {
    for host in Host::ALL {
        for prefix in PREFIXES {
            let server = host.serve(Probe::new().0, prefix).await;
            let own = ask(server.addr, &format!("GET {OWN_PATH} HTTP/1.1\r\n\r\n")).await;
            assert_eq!(own.text(), OWN_ANSWER, "{host:?} at {prefix}");
            if prefix != "/" {
                let none = ask(server.addr, "GET /elsewhere HTTP/1.1\r\n\r\n").await;
                assert_eq!(none.status, "HTTP/1.1 404 Not Found", "{host:?} at {prefix}");
            }
        }
    }
}

/// A host may put the mount inside a scope of its own, even one with a parameter.
#[tokio::test(flavor = "multi_thread")]
async fn a_mount_inside_a_scope_knows_its_whole_prefix() {
    let nested = axum::Router::new().merge(aforo_axum::mount("/developers", Probe::new().0));
    let rooted = axum::Router::new().merge(aforo_axum::mount("/", Probe::new().0));
    let app = axum::Router::new()
        .nest("/of/{tenant}", nested)
        .nest("/all", rooted);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let by_axum = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });

    let (started, starting) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = actix_web::HttpServer::new(|| {
                let nested = aforo_actix::mount("/developers", Probe::new().0);
                let rooted = aforo_actix::mount("/", Probe::new().0);
                actix_web::App::new()
                    .service(actix_web::web::scope("/of/{tenant}").service(nested))
                    .service(actix_web::web::scope("/all").service(rooted))
            });
            let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
            started.send(server.addrs()[0]).unwrap();
            server.run().await.unwrap();
        });
    });
    let by_actix = starting.await.unwrap();

    for (path, uri, prefix) in [
        ("/of/acme/developers/keys?x=1", "/keys?x=1", "/of/acme/developers"),
        ("/of/a%20c%2Fme/developers", "/", "/of/a%20c%2Fme/developers"),
        ("/all/keys", "/keys", "/all"),
    ] {
        for (host, addr) in [(Host::Axum, by_axum), (Host::Actix, by_actix)] {
            let told = ask(addr, &format!("GET {path} HTTP/1.1\r\n\r\n")).await.text();
            let expected = format!("uri: {uri}\nprefix: Some({prefix:?})\nfull: Some({path})\n");
            assert!(told.contains(&expected), "{host:?}: {expected}is not in\n{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_are_kept_and_nothing_known_turns_chunked() {
    for host in Host::ALL {
        let server = host.serve(Probe::new().0, "/developers").await;
        for (request, length, chunked) in [
            ("HEAD /developers/declared HTTP/1.1\r\n\r\n", Some("5"), false),
            ("HEAD /developers/status/404 HTTP/1.1\r\n\r\n", Some("13"), false),
            ("GET /developers/declared HTTP/1.1\r\n\r\n", Some("5"), false),
            (
                "POST /developers/echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
                Some("5"),
                false,
            ),
            (
                "POST /developers/echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
                None,
                true,
            ),
        ] {
            let answer = ask(server.addr, request).await;
            assert_eq!(
                answer.header("content-length"),
                length.map(str::as_bytes),
                "{host:?} {request}"
            );
            assert_eq!(
                answer.header("transfer-encoding").is_some(),
                chunked,
                "{host:?} {request}"
            );
            assert!(answer.complete, "{host:?} {request} {answer:?}");
        }
        let pieces = ask(server.addr, "GET /developers/pieces HTTP/1.1\r\n\r\n").await;
        assert_eq!(
            pieces.text(),
            "one,two,three",
            "{host:?}: an empty piece is not the end"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_looks_broken() {
    for host in Host::ALL {
        let server = host.serve(Probe::new().0, "/developers").await;
        for (path, so_far) in [("breaks", "all is well, "), ("short", "five!")] {
            let answer = ask(server.addr, &format!("GET /developers/{path} HTTP/1.1\r\n\r\n")).await;
            assert!(!answer.complete, "{host:?} {path} {answer:?}");
            assert_eq!(answer.text(), so_far, "{host:?} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_is_an_error() {
    for host in Host::ALL {
        let (probe, _, mut endings) = Probe::new();
        let server = host.serve(probe, "/developers").await;
        for (head, body) in [
            ("Content-Length: 10", "hello"),
            ("Content-Length: 10", ""),
            ("Transfer-Encoding: chunked", "5\r\nhello\r\n"),
            ("Transfer-Encoding: chunked", "5\r\nhel"),
        ] {
            let mut connection = TcpStream::connect(server.addr).await.unwrap();
            let request = format!("POST /developers/count HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{body}");
            connection.write_all(request.as_bytes()).await.unwrap();
            sleep(Duration::from_millis(100)).await; // so that the service is reading when it happens
            drop(connection);
            let ending = timeout(Duration::from_secs(5), endings.recv()).await;
            assert!(
                matches!(ending, Ok(Some(Err(_)))),
                "{host:?} {head} {body:?}: {ending:?}"
            );
        }
        let whole = "POST /developers/count HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(ask(server.addr, whole).await.text(), "Ok(5)", "{host:?}");
        assert_eq!(endings.recv().await, Some(Ok(5)), "{host:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_can_close_the_connection() {
    for host in Host::ALL {
        let server = host.serve(Probe::new().0, "/developers").await;
        let answer = exchange(server.addr, b"GET /developers/closes HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(answer.header("connection"), Some(b"close".as_slice()), "{host:?}");
        assert_eq!(answer.text(), "bye", "{host:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_one_request_after_the_other() {
    for host in Host::ALL {
        let server = host.serve(Probe::new().0, "/developers").await;
        let mut connection = TcpStream::connect(server.addr).await.unwrap();
        for n in 0..3 {
            // the second of each pair is sent before the first is answered
            let pair = format!(
                "POST /developers/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nfirst {n}\
                 GET /developers/pair?n={n} HTTP/1.1\r\nHost: x\r\n\r\n"
            );
            connection.write_all(pair.as_bytes()).await.unwrap();
            let last = format!("uri: /pair?n={n}\n");
            let answers = read_until(&mut connection, |bytes| {
                let text = String::from_utf8_lossy(bytes);
                text.contains(&last) && text.trim_end().ends_with("body: Ok(b\"\")")
            });
            let answers = String::from_utf8_lossy(&answers.await).into_owned();
            assert!(
                answers.contains(&format!("first {n}HTTP/1.1 200 OK")),
                "{host:?}: {answers}"
            );
        }
    }
}

#[test]
#[should_panic(expected = "cannot mount at \"developers\": a mount prefix starts with a slash")]
fn axum_refuses_what_is_no_prefix() {
    let _: axum::Router = aforo_axum::mount("developers", Probe::new().0);
}

#[test]
#[should_panic(expected = "cannot mount at \"/{id}\": a mount prefix cannot have the character '{'")]
fn actix_refuses_what_is_no_prefix() {
    aforo_actix::mount("/{id}", Probe::new().0);
}

/// Asks one thing on a connection of its own.
async fn ask(addr: SocketAddr, request: &str) -> Answer {
    exchange(
        addr,
        request
            .replacen("\r\n", "\r\nHost: x\r\nConnection: close\r\n", 1)
            .as_bytes(),
    )
    .await
}
