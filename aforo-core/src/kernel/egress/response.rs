//! The response: a head, and a body that stays within its limits.

use std::{fmt, net::SocketAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{
    client::from_hyper,
    error::{EgressError, Phase},
    policy::Limits,
};

/// How long each part of the exchange took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Name resolution; about zero for an address.
    pub dns: Duration,
    /// The TCP connection.
    pub connect: Duration,
    /// The TLS handshake; `None` for plain http.
    pub tls: Option<Duration>,
    /// From sending the request to the head of the response.
    pub first_byte: Duration,
}

/// A response whose body has not been read yet. Trailers and interim responses are never shown.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers as the peer sent them.
    pub headers: HeaderMap,
    /// Who answered.
    pub peer: SocketAddr,
    /// How long it took so far.
    pub timings: Timings,
    /// The body.
    pub body: Body,
}

/// A body under way. Dropping it closes the connection.
pub struct Body {
    incoming: Incoming,
    _connection: ConnectionTask,
    left: u64,
    idle: Duration,
    deadline: Instant,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Body {
    pub(super) fn new(
        incoming: Incoming,
        connection: ConnectionTask,
        limits: Limits,
        deadline: Instant,
    ) -> Self {
        Self {
            incoming,
            _connection: connection,
            left: limits.body_bytes,
            idle: limits.idle,
            deadline,
        }
    }

    /// The length that the peer announced.
    pub fn announced(&self) -> Option<u64> {
        self.incoming.size_hint().exact()
    }

    /// Sets new limits from here on, for a body that turns out to be a stream of events.
    pub fn set_limits(&mut self, bytes: u64, idle: Duration, total: Duration) {
        self.left = bytes;
        self.idle = idle;
        self.deadline = Instant::now() + total;
    }

    /// The next part; `None` at a proper end.
    ///
    /// # Errors
    /// `TooLarge`, a time-out, or `Protocol` if the peer stops before the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, EgressError> {
        loop {
            let idle = Instant::now() + self.idle;
            let (until, phase) = if idle < self.deadline {
                (idle, Phase::Idle)
            } else {
                (self.deadline, Phase::Total)
            };
            let frame = timeout_at(until, self.incoming.frame())
                .await
                .map_err(|_| EgressError::Timeout(phase))?
                .transpose()
                .map_err(from_hyper)?;
            let Some(frame) = frame else { return Ok(None) };
            // A peer that drips without a pause never trips the idle limit.
            if Instant::now() >= self.deadline {
                return Err(EgressError::Timeout(Phase::Total));
            }
            let Ok(data) = frame.into_data() else { continue }; // trailers
            self.left = self
                .left
                .checked_sub(data.len() as u64)
                .ok_or(EgressError::TooLarge)?;
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// Those of [`Body::chunk`].
    pub async fn bytes(mut self) -> Result<Bytes, EgressError> {
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.chunk().await? else {
            return Ok(first);
        };
        let mut all = BytesMut::with_capacity(first.len() + second.len());
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }
}

/// The task that drives a connection; it ends with the exchange.
pub(super) struct ConnectionTask(JoinHandle<()>);

impl ConnectionTask {
    pub(super) fn spawn(connection: impl Future<Output = hyper::Result<()>> + Send + 'static) -> Self {
        Self(tokio::spawn(async move {
            // Whatever ends the connection reaches the reader of the body as well.
            let _ = connection.await;
        }))
    }
}

impl Drop for ConnectionTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}
