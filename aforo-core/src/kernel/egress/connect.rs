//! TCP and TLS to an address that was judged.

use std::{io, net::SocketAddr, pin::Pin, sync::Arc, task, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    address::canonical,
    error::{DenyReason, EgressError, Phase},
    policy::Policy,
    target::Target,
};

/// How long one address may keep the others waiting.
const ATTEMPT: Duration = Duration::from_secs(2);

pub(super) struct Connected {
    pub(super) stream: Stream,
    pub(super) peer: SocketAddr,
    pub(super) connect: Duration,
    pub(super) tls: Option<Duration>,
}

pub(super) async fn connect(
    target: &Target,
    policy: &Policy,
    tls: &Arc<rustls::ClientConfig>,
) -> Result<Connected, EgressError> {
    let started = Instant::now();
    let (tcp, peer) = connect_tcp(target, started + policy.connect_timeout).await?;
    let connect = started.elapsed();
    let Some(name) = target.server_name.clone() else {
        return Ok(Connected {
            stream: Stream::Plain(tcp),
            peer,
            connect,
            tls: None,
        });
    };
    let started = Instant::now();
    let stream = timeout_at(
        started + policy.tls_timeout,
        TlsConnector::from(tls.clone()).connect(name, tcp),
    )
    .await
    .map_err(|_| EgressError::Timeout(Phase::Tls))?
    .map_err(EgressError::Tls)?;
    Ok(Connected {
        stream: Stream::Tls(Box::new(stream)),
        peer,
        connect,
        tls: Some(started.elapsed()),
    })
}

async fn connect_tcp(target: &Target, deadline: Instant) -> Result<(TcpStream, SocketAddr), EgressError> {
    let mut failure = EgressError::Timeout(Phase::Connect);
    for (index, &address) in target.addresses.iter().enumerate() {
        let last = index + 1 == target.addresses.len();
        let until = if last {
            deadline
        } else {
            deadline.min(Instant::now() + ATTEMPT)
        };
        match timeout_at(until, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                let peer = stream.peer_addr().map_err(EgressError::Connect)?;
                check_peer(address, peer)?;
                // A small request must not wait for the acknowledgement of an earlier packet.
                let _ = stream.set_nodelay(true);
                return Ok((stream, peer));
            }
            Ok(Err(error)) => failure = EgressError::Connect(error),
            Err(_) => failure = EgressError::Timeout(Phase::Connect),
        }
        if Instant::now() >= deadline {
            break;
        }
    }
    Err(failure)
}

pub(super) fn check_peer(dialled: SocketAddr, peer: SocketAddr) -> Result<(), DenyReason> {
    if canonical(dialled.ip()) == canonical(peer.ip()) && dialled.port() == peer.port() {
        Ok(())
    } else {
        Err(DenyReason::Peer)
    }
}

/// A connection with or without TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> task::Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &[u8],
    ) -> task::Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
