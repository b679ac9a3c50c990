//! An HTTP client that sends exactly what a test says, one connection for each request, and hides nothing of
//! the answer.
//!
//! It is not the product's own client: a suite that called through that one would not notice what both get
//! wrong.

use std::{net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long an answer may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request, as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method, whatever it is.
    pub method: String,
    /// Path and query below the mount.
    pub path: String,
    /// The headers besides Host, Connection and Content-Length.
    pub headers: Vec<(String, String)>,
    /// The value of the Host header.
    pub host: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Call {
    /// A request without body.
    #[must_use]
    pub fn new(method: &str, path: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            path: path.into(),
            headers: Vec::new(),
            host: "dev.acme.test".to_owned(),
            body: Vec::new(),
        }
    }
    /// `GET`.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }
    /// `POST` without body.
    #[must_use]
    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path)
    }
    /// `DELETE`.
    #[must_use]
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path)
    }
    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }
    /// With a body of this type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }
    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
    /// With this token or key as bearer.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }
    /// At this host name.
    #[must_use]
    pub fn at(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }
    /// With a file and text fields, as a form sends them.
    #[must_use]
    pub fn upload(self, fields: &[(&str, &str)], file: Option<&[u8]>) -> Self {
        const BOUNDARY: &str = "----the-boundary-of-this-suite";
        let mut body = Vec::new();
        for (name, value) in fields {
            let part =
                format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        if let Some(file) = file {
            let head = format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"openapi.yaml\"\r\n\
                 content-type: application/yaml\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(file);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    /// The bytes of the request for a console mounted at `prefix`.
    #[must_use]
    pub fn wire(&self, prefix: &str) -> Vec<u8> {
        let Self {
            method,
            path,
            host,
            body,
            ..
        } = self;
        let mut wire = format!("{method} {prefix}{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        for (name, value) in &self.headers {
            wire.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || !matches!(&**method, "GET" | "HEAD" | "DELETE") {
            wire.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        wire.push_str("\r\n");
        let mut wire = wire.into_bytes();
        wire.extend_from_slice(body);
        wire
    }
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body, without its transfer coding.
    pub body: Vec<u8>,
}

impl Answer {
    /// The only value of a header.
    ///
    /// # Panics
    /// If the header came more than once.
    #[must_use]
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(n, _)| n == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} came twice: {:?}", self.headers);
        value
    }
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    /// The JSON of an answer that must have this status.
    ///
    /// # Panics
    /// If it has another status, or no JSON body.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if status == 204 {
            assert!(self.body.is_empty(), "{}", self.text());
            return Value::Null;
        }
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
    /// Requires 200 without a body, as gateways are answered.
    ///
    /// # Panics
    /// If it is anything else.
    #[track_caller]
    pub fn ok_empty(&self) {
        assert_eq!(self.status, 200, "{}", self.text());
        assert!(self.body.is_empty(), "{}", self.text());
    }
    /// The problem of an answer that must be one, with this status and code.
    ///
    /// # Panics
    /// If it is anything else.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "wanted {code}: {}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem: Value = serde_json::from_slice(&self.body).expect("a JSON body");
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert!(
            problem["detail"].as_str().is_some_and(|d| !d.is_empty()),
            "{problem}"
        );
        problem
    }
}

/// Sends bytes and reads the answer until the server closes. `Err` says in which way there was none.
pub async fn exchange(addr: SocketAddr, request: &[u8]) -> Result<Answer, String> {
    let is_head = request.starts_with(b"HEAD ");
    let stream = TcpStream::connect(addr)
        .await
        .map_err(|e| format!("connect: {e}"))?;
    let (mut reading, mut writing) = stream.into_split();
    // A server may answer before it has read everything, and then refuse the rest.
    let write = async {
        let _ = writing.write_all(request).await;
        // Only the answer ends the connection: a half-closed one means that the client is gone.
        std::future::pending::<()>().await;
    };
    let mut bytes = Vec::new();
    let read = async {
        let done = reading.read_to_end(&mut bytes).await;
        done.map(drop)
    };
    let outcome = tokio::select! {
        done = tokio::time::timeout(PATIENCE, read) => done,
        () = write => Ok(Ok(())),
    };
    match outcome {
        Err(_) => return Err(format!("no end after {PATIENCE:?}; so far {} bytes", bytes.len())),
        // A reset after the whole answer is how some servers refuse the rest of a body.
        Ok(Err(error)) if bytes.is_empty() => return Err(format!("read: {error}")),
        Ok(_) => {}
    }
    parse(&bytes, is_head)
}

/// Reads one answer.
fn parse(bytes: &[u8], is_head: bool) -> Result<Answer, String> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n");
    let end = end.ok_or_else(|| format!("no head in {} bytes", bytes.len()))?;
    let head = std::str::from_utf8(&bytes[..end]).map_err(|e| e.to_string())?;
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status: u16 = status_line
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .ok_or_else(|| format!("no status in {status_line:?}"))?;
    let rest = &bytes[end + 4..];
    if (100..200).contains(&status) {
        return parse(rest, is_head);
    }
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let find = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let body = if is_head || matches!(status, 204 | 304) {
        Vec::new()
    } else if find("transfer-encoding") == Some("chunked") {
        unchunk(rest).ok_or("the body breaks off")?
    } else if let Some(length) = find("content-length") {
        let length: usize = length.parse().map_err(|_| format!("content-length: {length}"))?;
        rest.get(..length).ok_or("the body breaks off")?.to_vec()
    } else {
        rest.to_vec()
    };
    Ok(Answer {
        status,
        headers,
        body,
    })
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|w| w == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        rest = &rest[line + 2..];
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}
