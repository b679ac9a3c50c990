//! The TCP side: writes a [`Reply`] exactly as it says, well-formed or not.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::modes::handle;

/// How the body of a reply is delimited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framing {
    /// By Content-Length.
    Length,
    /// Each part is a chunk; these trailers follow.
    Chunked(Vec<(String, String)>),
    /// By the end of the connection.
    Close,
    /// The parts are all that is sent: status line, headers and body are up to them.
    Raw,
}

/// What the server answers.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers besides those of the framing.
    pub headers: Vec<(String, String)>,
    /// The body, in the parts in which it is written.
    pub parts: Vec<Vec<u8>>,
    /// How long to wait after each part.
    pub pause: Duration,
    /// How the body is delimited.
    pub framing: Framing,
}

impl Reply {
    /// A whole body of this type.
    pub fn new(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".into(), content_type.into())],
            parts: vec![body.into()],
            pause: Duration::ZERO,
            framing: Framing::Length,
        }
    }
    /// The body in one piece.
    pub fn body(&self) -> Vec<u8> {
        self.parts.concat()
    }
    /// What goes over the wire, write by write.
    pub fn wire(&self) -> Vec<Vec<u8>> {
        if self.framing == Framing::Raw {
            return self.parts.clone();
        }
        let mut head = format!("HTTP/1.1 {} Hostile\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match &self.framing {
            Framing::Length => {
                let length: usize = self.parts.iter().map(Vec::len).sum();
                head.push_str(&format!("content-length: {length}\r\n"));
            }
            Framing::Chunked(_) => head.push_str("transfer-encoding: chunked\r\n"),
            Framing::Close | Framing::Raw => {}
        }
        head.push_str("\r\n");
        let mut wire = vec![head.into_bytes()];
        for part in &self.parts {
            match &self.framing {
                Framing::Chunked(_) if part.is_empty() => {}
                Framing::Chunked(_) => {
                    wire.push([format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat());
                }
                _ => wire.push(part.clone()),
            }
        }
        if let Framing::Chunked(trailers) = &self.framing {
            let trailers = trailers
                .iter()
                .map(|(name, value)| format!("{name}: {value}\r\n"));
            wire.push(format!("0\r\n{}\r\n", trailers.collect::<String>()).into_bytes());
        }
        wire
    }
}

/// A hostile upstream on a free port of the loopback. It stops when dropped.
pub struct HostileUpstream {
    address: SocketAddr,
    connects: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
    task: JoinHandle<()>,
}

impl HostileUpstream {
    /// Starts it.
    ///
    /// # Errors
    /// If no port can be bound.
    pub async fn spawn() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let connects = Arc::new(AtomicUsize::new(0));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (counted, seen) = (connects.clone(), requests.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, seen.clone()));
            }
        });
        Ok(Self {
            address,
            connects,
            requests,
            task,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// Its origin: `http://127.0.0.1:…`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
    /// How many connections it has accepted.
    pub fn connects(&self) -> usize {
        self.connects.load(Ordering::SeqCst)
    }
    /// The requests as they came over the wire, oldest first.
    pub fn requests(&self) -> Vec<Vec<u8>> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for HostileUpstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<Vec<u8>>>>) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    seen.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(request.clone());
    let text = String::from_utf8_lossy(&request).into_owned();
    let target = text.split(' ').nth(1).unwrap_or("/").to_owned();
    let reply = handle(&target, &credential(&text, &target));
    for part in reply.wire() {
        if stream.write_all(&part).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        if !reply.pause.is_zero() {
            tokio::time::sleep(reply.pause).await;
        }
    }
    let _ = stream.shutdown().await;
    // Read on until the client is gone, so that closing does not reset what is still under way.
    let mut rest = [0; 1024];
    while matches!(stream.read(&mut rest).await, Ok(n) if n > 0) {}
}

async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut part).await.ok().filter(|&n| n > 0)?;
        request.extend_from_slice(&part[..read]);
        if let Some(end) = request.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if request.len() >= end + 4 + length.unwrap_or(0_usize) {
                return Some(request);
            }
        }
    }
}

/// The credential that came with the request, wherever it is: the Authorization header, another header, a
/// cookie or the query.
fn credential(request: &str, target: &str) -> String {
    let header = |name: &str| {
        request
            .lines()
            .skip(1)
            .take_while(|line| !line.is_empty())
            .find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
    };
    let pair = |text: &str, separator: char| {
        text.split(separator)
            .find_map(|pair| Some(pair.trim().split_once('=')?.1.to_owned()))
    };
    header("authorization")
        .or_else(|| header("x-api-key"))
        .or_else(|| header("cookie").and_then(|cookie| pair(&cookie, ';')))
        .or_else(|| target.split_once('?').and_then(|(_, query)| pair(query, '&')))
        .unwrap_or_default()
}
