//! Bodies that are large, endless, ignored or left behind.

use std::{
    net::SocketAddr,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use aforo_tests::hosts::{Console, Host};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

use crate::{
    ask,
    probe::{Probe, State},
    wire::read_until,
};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_megabytes_go_both_ways_in_flat_memory() {
    const LENGTH: usize = 50 << 20;
    for host in Host::ALL {
        for framing in ["known", "chunked"] {
            let server = host.serve(Probe::new().0, "/developers").await;
            let (mut reader, mut writer) = TcpStream::connect(server.addr).await.unwrap().into_split();
            let writing = tokio::spawn(async move {
                let head = match framing {
                    "known" => format!("Content-Length: {LENGTH}"),
                    _ => "Transfer-Encoding: chunked".to_owned(),
                };
                let head = format!(
                    "POST /developers/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n\r\n"
                );
                writer.write_all(head.as_bytes()).await.unwrap();
                let block = vec![b'#'; 64 << 10];
                for _ in 0..LENGTH / block.len() {
                    if framing == "chunked" {
                        writer.write_all(b"10000\r\n").await.unwrap();
                    }
                    writer.write_all(&block).await.unwrap();
                    if framing == "chunked" {
                        writer.write_all(b"\r\n").await.unwrap();
                    }
                }
                if framing == "chunked" {
                    writer.write_all(b"0\r\n\r\n").await.unwrap();
                }
                writer // stays open until the answer is read
            });
            let (mut received, mut buffer) = (0, vec![0; 256 << 10]);
            let (before, mut most) = (resident_mib(), 0);
            loop {
                let n = timeout(Duration::from_secs(20), reader.read(&mut buffer))
                    .await
                    .unwrap()
                    .unwrap();
                if n == 0 {
                    break;
                }
                received += buffer[..n].iter().filter(|byte| **byte == b'#').count();
                most = most.max(resident_mib());
            }
            drop(writing.await.unwrap());
            assert_eq!(received, LENGTH, "{host:?} {framing}");
            assert!(
                most <= before + 25,
                "{host:?} {framing}: from {before} to {most} MiB"
            );
        }
    }
}

/// Zero where the system does not tell.
fn resident_mib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok())
        .unwrap_or_default()
        / 1024
}

/// More than the kernel's socket buffers of both ends hold, less than the 256 MiB tried.
const STALLED_BY: u64 = 48 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_read_stops_its_client() {
    for host in Host::ALL {
        let server = host.serve(Probe::new().0, "/developers").await;
        let mut connection = connect_with_small_buffers(server.addr).await;
        let head = format!(
            "POST /developers/ignore HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
            256 << 20
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        let (mut written, block) = (0, vec![0; 64 << 10]);
        while let Ok(wrote) = timeout(Duration::from_millis(700), connection.write(&block)).await {
            written += wrote.unwrap() as u64;
            assert!(written < STALLED_BY, "{host:?} takes in what nobody reads");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_stops_its_service() {
    for host in Host::ALL {
        let (probe, state, _) = Probe::new();
        let server = host.serve(probe, "/developers").await;
        let mut connection = connect_with_small_buffers(server.addr).await;
        connection
            .write_all(b"GET /developers/flood HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        let mut before = 0;
        loop {
            sleep(Duration::from_millis(500)).await;
            let now = state.flooded.load(Ordering::Relaxed);
            assert!(now < STALLED_BY, "{host:?} makes what nobody reads");
            if now == before && now > 0 {
                break;
            }
            before = now;
        }
        // and goes on when it reads again
        let mut taken = 0;
        let mut buffer = vec![0; 64 << 10];
        while taken < before as usize + (4 << 20) {
            taken += timeout(Duration::from_secs(5), connection.read(&mut buffer))
                .await
                .unwrap()
                .unwrap();
        }
    }
}

async fn connect_with_small_buffers(addr: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(64 << 10).unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    socket.connect(addr).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_arrive_as_they_are_made_and_stop_when_the_client_goes() {
    for host in Host::ALL {
        let (probe, state, _) = Probe::new();
        let server = host.serve(probe, "/developers").await;
        let mut connection = TcpStream::connect(server.addr).await.unwrap();
        let start = Instant::now();
        connection
            .write_all(b"GET /developers/ticks HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        read_until(&mut connection, |bytes| {
            String::from_utf8_lossy(bytes).contains("data: 3")
        })
        .await;
        assert!(
            start.elapsed() < Duration::from_secs(3),
            "{host:?} holds pieces back"
        );
        assert_eq!(state.alive.load(Ordering::SeqCst), 1);
        drop(connection);
        assert!(
            all_dropped(&state).await,
            "{host:?}: the stream outlives its client"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_cancelled_when_its_client_goes() {
    for host in Host::ALL {
        let (probe, state, _) = Probe::new();
        let server = host.serve(probe, "/developers").await;
        for rest in [
            "\r\n",
            "Content-Length: 5\r\n\r\nhello",
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            let mut connection = TcpStream::connect(server.addr).await.unwrap();
            let request = format!("POST /developers/ponder HTTP/1.1\r\nHost: x\r\n{rest}");
            connection.write_all(request.as_bytes()).await.unwrap();
            while state.alive.load(Ordering::SeqCst) == 0 {
                sleep(Duration::from_millis(5)).await;
            }
            drop(connection);
            assert!(
                all_dropped(&state).await,
                "{host:?} {rest:?}: the request outlives its client"
            );
        }
    }
}

async fn all_dropped(state: &State) -> bool {
    let deadline = Instant::now() + Duration::from_secs(5);
    while state.alive.load(Ordering::SeqCst) > 0 {
        if Instant::now() > deadline {
            return false;
        }
        sleep(Duration::from_millis(10)).await;
    }
    true
}

/// Several workers, one connection pool: bodies are polled from threads that did not accept them.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_be_read_on_another_thread() {
    for host in Host::ALL {
        let elsewhere = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let server = host
            .serve(
                on_runtime(Probe::new().0, elsewhere.handle().clone()),
                "/developers",
            )
            .await;
        let body = "x".repeat(300_000);
        let request = format!(
            "POST /developers/count HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let asked = (0..24).map(|_| ask(server.addr, &request));
        for answer in futures_util::future::join_all(asked).await {
            assert_eq!(answer.text(), "Ok(300000)", "{host:?}");
        }
        elsewhere.shutdown_background();
    }
}

fn on_runtime(probe: Probe, runtime: tokio::runtime::Handle) -> impl Console {
    tower::service_fn(move |request| {
        let (mut probe, runtime) = (probe.clone(), runtime.clone());
        async move {
            runtime
                .spawn(tower_service::Service::call(&mut probe, request))
                .await
                .unwrap()
        }
    })
}
