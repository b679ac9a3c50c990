//! The bare path of a call over HTTP: take a request, clean it, place a credential, send, scrub, answer with the
//! envelope. For measuring beside a web server that does the same with `proxy_set_header Authorization`:
//!
//! ```text
//! cargo run --release -p aforo-proxy --example forward -- 127.0.0.1:8090 http://127.0.0.1:8081
//! ```
//!
//! The first argument is where to listen, the second the upstream's origin. GET only.

use std::{convert::Infallible, error::Error, sync::Arc};

use aforo_core::{Secret, kernel::egress};
use aforo_docs::{request::PlainRequest, spec::model::Method};
use aforo_proxy::{ApprovedBase, CleanRequest, Credential, Placement, Reply, Settings, Upstream};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;

struct Forward {
    upstream: Upstream,
    base: ApprovedBase,
    secret: Secret<String>,
}

impl Forward {
    async fn call(&self, request: &Request<Incoming>) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        let plain = PlainRequest {
            method: Method::Get,
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            headers: Vec::new(),
            cookies: Vec::new(),
            content_type: None,
            body: None,
        };
        let clean = CleanRequest::new(plain, &self.base, &[])?;
        let checked = self.upstream.check(clean, &[]).await?;
        let credential = Credential {
            placement: &Placement::Bearer,
            secret: &self.secret,
        };
        match self.upstream.send(checked, Some(credential)).await? {
            Reply::Whole(response) => Ok(serde_json::to_vec(&response)?),
            _ => Err("a stream of events".into()),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let listen = args.next().unwrap_or_else(|| "127.0.0.1:8090".into());
    let origin = args.next().unwrap_or_else(|| "http://127.0.0.1:8081".into());
    let policy = egress::Policy {
        allow: vec!["127.0.0.0/8".parse()?],
        ..egress::Policy::default()
    };
    let forward = Arc::new(Forward {
        upstream: Upstream::new(egress::Client::with_system_resolver(policy)?, Settings::default()),
        base: ApprovedBase::new(&origin, "")?,
        secret: Secret::new(format!("sk_{}_{}", "test", "aB3dE5gH7j".repeat(4))),
    });
    let listener = tokio::net::TcpListener::bind(listen).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let forward = forward.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let forward = forward.clone();
                async move {
                    let (status, body) = match forward.call(&request).await {
                        Ok(body) => (200, body),
                        Err(error) => (502, error.to_string().into_bytes()),
                    };
                    let mut response = Response::new(Full::new(Bytes::from(body)));
                    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
                    Ok::<_, Infallible>(response)
                }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
