//! The console as a `tower` service over `http` 1. axum stays inside: hosts may run any version of it, or none.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router, body::Body};
use bytes::Bytes;
use tower_service::Service;

use crate::mount::{BoxError, ConsoleBody};

/// Answers every request of the console. Clone it freely.
#[derive(Clone)]
pub struct ConsoleService {
    router: Router,
}

impl ConsoleService {
    pub(crate) fn new(router: Router) -> Self {
        Self { router }
    }
}

impl<B> Service<http::Request<B>> for ConsoleService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = http::Response<ConsoleBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let answer = self.router.call(request.map(Body::new));
        Box::pin(async move { answer.await.map(|response| response.map(ConsoleBody::new)) })
    }
}
