//! HTTP/1.1 by hand, because a client would tidy up what is to be compared.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// An answer as it came over the wire.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Interim answers before it, such as `HTTP/1.1 100 Continue`.
    pub(crate) interim: Vec<String>,
    pub(crate) status: String,
    /// Sorted by name, without `date`.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// With chunks joined.
    pub(crate) body: Vec<u8>,
    /// Whether the body ended as its framing said it would.
    pub(crate) complete: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_slice())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{:?} {} complete: {}",
            self.interim, self.status, self.complete
        )?;
        for (name, value) in &self.headers {
            writeln!(f, "  {name}: {}", value.escape_ascii())?;
        }
        writeln!(f, "{}", self.text())
    }
}

/// Sends a request that asks for the connection to be closed, and reads all there is.
pub(crate) async fn exchange(addr: SocketAddr, request: &[u8]) -> Answer {
    let mut connection = TcpStream::connect(addr).await.unwrap();
    connection.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    // A reset after the answer is as good an end as any.
    let _ = timeout(PATIENCE, connection.read_to_end(&mut bytes))
        .await
        .expect("the connection ends");
    let head_only = request.starts_with(b"HEAD ");
    parse(&bytes, head_only)
}

/// Reads until `enough` says so.
pub(crate) async fn read_until(connection: &mut TcpStream, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    while !enough(&bytes) {
        let n = timeout(PATIENCE, connection.read(&mut buffer))
            .await
            .expect("more comes")
            .unwrap();
        assert_ne!(
            n,
            0,
            "the connection ended after {:?}",
            String::from_utf8_lossy(&bytes)
        );
        bytes.extend_from_slice(&buffer[..n]);
    }
    bytes
}

fn parse(bytes: &[u8], head_only: bool) -> Answer {
    let mut interim = Vec::new();
    let mut rest = bytes;
    loop {
        let Some((head, body)) = cut(rest, b"\r\n\r\n") else {
            let status = format!("none in {:?}", String::from_utf8_lossy(bytes));
            return Answer {
                interim,
                status,
                headers: Vec::new(),
                body: Vec::new(),
                complete: false,
            };
        };
        let mut lines = head
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let status = String::from_utf8(lines.next().unwrap().to_vec()).unwrap();
        if status.starts_with("HTTP/1.1 1") {
            interim.push(status);
            rest = body;
            continue;
        }
        let mut headers: Vec<_> = lines
            .map(|line| cut(line, b":").expect("a header has a colon"))
            .map(|(name, value)| {
                (
                    String::from_utf8(name.to_ascii_lowercase()).unwrap(),
                    value.trim_ascii().to_vec(),
                )
            })
            .filter(|(name, _)| name != "date")
            .collect();
        headers.sort_by(|a, b| a.0.cmp(&b.0));
        let mut answer = Answer {
            interim,
            status,
            headers,
            body: body.to_vec(),
            complete: true,
        };
        if answer.header("transfer-encoding") == Some(b"chunked") && !head_only {
            (answer.body, answer.complete) = join_chunks(body);
        } else if let Some(length) = answer.header("content-length") {
            let length: usize = std::str::from_utf8(length).unwrap().parse().unwrap();
            let bodiless = head_only || answer.status.contains(" 304 ");
            answer.complete = body.len() == if bodiless { 0 } else { length };
        }
        return answer;
    }
}

fn join_chunks(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut joined = Vec::new();
    while let Some((size, after)) = cut(rest, b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(size).unwrap(), 16).unwrap();
        if size == 0 {
            return (joined, after == b"\r\n");
        }
        let Some((chunk, after)) = after.split_at_checked(size) else {
            break;
        };
        joined.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").unwrap_or_default();
    }
    (joined, false)
}

fn cut<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..start], &bytes[start + at.len()..]))
}
