//! Errors as RFC 9457 problem details: the one place where a failure becomes an HTTP answer.

use std::{fmt, time::Duration};

use aforo_core::{InvalidId, StoreError, StoreErrorKind, domain::account::AccountError};
use aforo_vault::{VaultError, VerifyError};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// A refused call. What is public goes to the caller; what is internal only to the log.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) detail: String,
    pub(crate) errors: Vec<FieldProblem>,
    pub(crate) extra: Map<String, Value>,
    pub(crate) retry_after: Option<Duration>,
    /// For the log only.
    internal: Option<String>,
}

/// What is wrong with one part of the input.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldProblem {
    /// JSON pointer into the body, or the parameter's name.
    pub(crate) pointer: String,
    /// What is wrong and what to do.
    pub(crate) detail: String,
    /// A stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// Line in an uploaded document, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u32>,
    /// Column in that line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<u32>,
}

/// Problem details (RFC 9457).
#[derive(ToSchema)]
#[allow(dead_code)] // describes the JSON that `Problem` writes
pub(crate) struct ProblemDetails {
    /// `about:blank`: the code says more.
    r#type: String,
    /// What kind of problem it is.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What went wrong this time, and what to do.
    detail: String,
    /// A stable word for programs.
    code: String,
    /// What is wrong with the parts of the input.
    errors: Option<Vec<FieldProblem>>,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            extra: Map::new(),
            retry_after: None,
            internal: None,
        }
    }
    pub(crate) fn not_found(what: &str) -> Self {
        let detail = format!("There is no such {what}, or it is not yours. Check the id.");
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", detail)
    }
    pub(crate) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_input",
            "The input is not acceptable",
            detail.clone(),
        );
        problem.errors.push(FieldProblem {
            pointer: pointer.into(),
            detail,
            code: None,
            line: None,
            column: None,
        });
        problem
    }
    pub(crate) fn unauthenticated() -> Self {
        let detail = "Sign in first, or send the session token as `Authorization: Bearer …`.";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Not signed in",
            detail,
        )
    }
    pub(crate) fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, "Not allowed", detail)
    }
    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, "Not possible now", detail)
    }
    pub(crate) fn internal(reason: impl fmt::Display) -> Self {
        let detail = "The console failed. The request id below finds the reason in its log.";
        let mut problem = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The console failed",
            detail,
        );
        problem.internal = Some(reason.to_string());
        problem
    }
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
    pub(crate) fn throttled(code: &'static str, detail: &str, wait: Duration) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, "Too many requests", detail).retry_after(wait)
    }
    /// What only the log may know.
    pub(crate) fn internal_reason(&self) -> Option<&str> {
        self.internal.as_deref()
    }
    /// The problem as callers read it (RFC 9457).
    pub(crate) fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("type".into(), json!("about:blank"));
        body.insert("title".into(), json!(self.title));
        body.insert("status".into(), json!(self.status.as_u16()));
        body.insert("detail".into(), json!(self.detail));
        body.insert("code".into(), json!(self.code));
        if !self.errors.is_empty() {
            body.insert("errors".into(), json!(self.errors));
        }
        body.extend(self.extra.clone());
        if let Some(seconds) = self.retry_seconds() {
            body.insert("retryAfter".into(), json!(seconds));
        }
        Value::Object(body)
    }
    /// Seconds to wait, rounded up.
    pub(crate) fn retry_seconds(&self) -> Option<u64> {
        self.retry_after
            .map(|wait| wait.as_millis().div_ceil(1000).max(1) as u64)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Some(reason) = &self.internal {
            tracing::error!(problem.code = self.code, problem.reason = %reason, "request failed");
        }
        let mut response = (self.status, self.to_json().to_string()).into_response();
        let retry = self.retry_seconds();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Pages show the same problem their own way: see `web`.
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let reason = chain(&error);
        match error.kind() {
            StoreErrorKind::Busy | StoreErrorKind::Unavailable => {
                let mut problem = Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "storage_unavailable",
                    "The console's database does not answer",
                    "Nothing was changed. Try again in a moment.",
                )
                .retry_after(Duration::from_secs(2));
                problem.internal = Some(reason);
                problem
            }
            StoreErrorKind::Conflict => Self::conflict(
                "conflict",
                "Somebody else changed this at the same moment. Look again and retry.",
            ),
            _ => Self::internal(reason),
        }
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl From<InvalidId> for Problem {
    /// A malformed id answers as an unknown one: the form of ids is no business of a guesser.
    fn from(_: InvalidId) -> Self {
        Self::not_found("object")
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Invalid { field, reason } => Self::invalid(format!("/{field}"), reason),
            AccountError::Refused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "sign_up_refused",
                "The account was not created",
                "This account cannot be created. If you have one already, sign in instead.",
            ),
            AccountError::WrongCredentials => {
                let detail = "Address and password do not belong together.";
                Self::new(
                    StatusCode::UNAUTHORIZED,
                    "wrong_credentials",
                    "Not signed in",
                    detail,
                )
            }
            AccountError::Throttled { retry_after } => Self::throttled(
                "too_many_attempts",
                "Too many attempts. Wait, then try again.",
                retry_after,
            ),
            AccountError::NotSignedIn | AccountError::Token(_) => Self::unauthenticated(),
            AccountError::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::KeyNotFound(_) => Self::not_found("key"),
            VaultError::SubscriptionNotFound(_) => Self::not_found("subscription"),
            VaultError::SubscriptionNotActive(_) => Self::conflict(
                "subscription_not_active",
                "The subscription is not active. Subscribe again first.",
            ),
            VaultError::NoSubscription => Self::conflict(
                "no_subscription",
                "A key lives by a subscription, and there is no active one that fits. Subscribe to a plan first.",
            ),
            VaultError::NotActive(_) => Self::conflict(
                "key_not_active",
                "The key is revoked or expired. Create a new one.",
            ),
            VaultError::InGrace { successor, .. } => {
                let detail = "The key was rotated and is in its grace. Rotate its successor instead.";
                let problem = Self::conflict("key_in_grace", detail);
                match successor {
                    Some(id) => problem.with("successorId", id.to_string()),
                    None => problem,
                }
            }
            VaultError::Invalid { field, reason } => Self::invalid(format!("/{field}"), reason),
            VaultError::Seal(error) => Self::internal(error),
            VaultError::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        let code = error.code();
        let problem = match error {
            VerifyError::WrongEnvironment => Self::forbidden(
                code,
                "The key belongs to the other environment. Use a key of this one.",
            ),
            VerifyError::ProductNotCovered => Self::forbidden(code, "The key does not cover this product."),
            VerifyError::AddressNotAllowed => {
                Self::forbidden(code, "The key may not be used from this address.")
            }
            VerifyError::RateLimited { retry_after } => {
                Self::throttled(code, "The key's rate limit is used up.", retry_after)
            }
            VerifyError::Store(error) => return error.into(),
            _ => Self::new(
                StatusCode::UNAUTHORIZED,
                code,
                "The key is not accepted",
                "The key is unknown, revoked, expired, or its subscription is not active.",
            ),
        };
        problem.with("valid", false)
    }
}

#[cfg(test)]
mod tests {
    use aforo_core::{KeyId, OsEntropy, SubscriptionId, Timestamp};

    use super::*;

    /// Every failure and its status and code, in one table: the promise to clients.
    #[test]
    fn statuses_and_codes() {
        let now = Timestamp::from_millis(1_760_000_000_000);
        let (key, sub) = (KeyId::new(now, &OsEntropy), SubscriptionId::new(now, &OsEntropy));
        let wait = Duration::from_millis(1200);
        let store = |kind| StoreError::new(kind, "cause");
        let table: Vec<(Problem, u16, &str)> = vec![
            (VaultError::KeyNotFound(key).into(), 404, "not_found"),
            (VaultError::SubscriptionNotFound(sub).into(), 404, "not_found"),
            (
                VaultError::SubscriptionNotActive(sub).into(),
                409,
                "subscription_not_active",
            ),
            (VaultError::NoSubscription.into(), 409, "no_subscription"),
            (VaultError::NotActive(key).into(), 409, "key_not_active"),
            (
                VaultError::InGrace { key, successor: None }.into(),
                409,
                "key_in_grace",
            ),
            (
                VaultError::Invalid {
                    field: "name",
                    reason: "x".into(),
                }
                .into(),
                422,
                "invalid_input",
            ),
            (
                VaultError::Store(store(StoreErrorKind::Busy)).into(),
                503,
                "storage_unavailable",
            ),
            (VerifyError::Malformed.into(), 401, "key_invalid"),
            (VerifyError::Unknown.into(), 401, "key_invalid"),
            (VerifyError::WrongPresentation.into(), 401, "key_invalid"),
            (VerifyError::Dead("revoked").into(), 401, "key_invalid"),
            (VerifyError::NoSubscription.into(), 401, "key_invalid"),
            (VerifyError::WrongEnvironment.into(), 403, "wrong_environment"),
            (VerifyError::ProductNotCovered.into(), 403, "product_not_covered"),
            (VerifyError::AddressNotAllowed.into(), 403, "address_not_allowed"),
            (
                VerifyError::RateLimited { retry_after: wait }.into(),
                429,
                "rate_limited",
            ),
            (AccountError::WrongCredentials.into(), 401, "wrong_credentials"),
            (AccountError::Refused.into(), 422, "sign_up_refused"),
            (
                AccountError::Throttled { retry_after: wait }.into(),
                429,
                "too_many_attempts",
            ),
            (AccountError::NotSignedIn.into(), 401, "unauthenticated"),
            (
                store(StoreErrorKind::Unavailable).into(),
                503,
                "storage_unavailable",
            ),
            (store(StoreErrorKind::Conflict).into(), 409, "conflict"),
            (store(StoreErrorKind::Corrupt).into(), 500, "internal"),
        ];
        for (problem, status, code) in table {
            assert_eq!((problem.status.as_u16(), problem.code), (status, code));
            let response = problem.into_response();
            assert_eq!(
                response.headers()[header::CONTENT_TYPE],
                "application/problem+json"
            );
            if status == 429 {
                assert_eq!(response.headers()[header::RETRY_AFTER], "2");
            }
        }
    }

    #[test]
    fn a_dead_key_and_an_unknown_key_read_the_same() {
        let text = |e: VerifyError| {
            let p = Problem::from(e);
            (p.status, p.code, p.title, p.detail)
        };
        assert_eq!(text(VerifyError::Unknown), text(VerifyError::Dead("revoked")));
        assert_eq!(text(VerifyError::Unknown), text(VerifyError::NoSubscription));
    }
}
