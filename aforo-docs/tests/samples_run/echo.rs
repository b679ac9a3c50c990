//! A server that notes what arrives, byte by byte as it came.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Behind the `/N` that tells the case.
    pub(crate) target: String,
    /// Lower-case names.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Echo {
    pub(crate) port: u16,
    seen: Arc<Mutex<HashMap<usize, Vec<Seen>>>>,
}

impl Echo {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(HashMap::new()));
        let notes = Arc::clone(&seen);
        // Ends with the process of the test.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let notes = Arc::clone(&notes);
                thread::spawn(move || {
                    if let Some((case, one)) = serve(&stream) {
                        notes
                            .lock()
                            .unwrap()
                            .entry(case)
                            .or_insert_with(Vec::new)
                            .push(one);
                        answer(
                            &stream,
                            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                        );
                    }
                });
            }
        });
        Self { port, seen }
    }
    /// Where the requests of a case go.
    pub(crate) fn base(&self, case: usize) -> String {
        format!("http://127.0.0.1:{}/{case}", self.port)
    }
    /// What arrived for a case.
    pub(crate) fn seen(&self, case: usize) -> Vec<Seen> {
        self.seen.lock().unwrap().get(&case).cloned().unwrap_or_default()
    }
}

fn answer(mut stream: &TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

fn serve(stream: &TcpStream) -> Option<(usize, Seen)> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut bytes = Vec::new();
        reader.read_until(b'\n', &mut bytes).ok()?;
        // One character a byte: nothing that came is lost.
        let text: String = bytes.iter().map(|b| char::from(*b)).collect();
        text.strip_suffix("\r\n").map(str::to_owned)
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (case, rest) = match target.strip_prefix('/')?.find(['/', '?']) {
        Some(end) => target[1..].split_at(end),
        None => (&target[1..], ""),
    };
    let (case, target) = (case.parse().ok()?, rest.to_owned());
    let mut headers = Vec::new();
    loop {
        let header = line()?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        headers.push((name.to_lowercase(), value.trim_matches([' ', '\t']).to_owned()));
    }
    let header = |name: &str| {
        headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    };
    if header("expect").is_some() {
        answer(stream, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    let mut body = Vec::new();
    if header("transfer-encoding").is_some() {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = u64::from_str_radix(size.trim(), 16).ok()?;
            (&mut reader).take(size).read_to_end(&mut body).ok()?;
            reader.read_line(&mut String::new()).ok()?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = header("content-length") {
        (&mut reader)
            .take(length.parse().ok()?)
            .read_to_end(&mut body)
            .ok()?;
    }
    let seen = Seen {
        method,
        target,
        headers,
        body,
    };
    Some((case, seen))
}
