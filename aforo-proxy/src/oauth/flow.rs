//! What a document says of OAuth 2.

use serde_json::Value;

/// How a token is got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// A person signs in at the authorization server: the token is that person's (RFC 6749 section 4.1, with PKCE).
    AuthorizationCode,
    /// The console shows its own secret: the token is the console's (RFC 6749 section 4.4).
    ClientCredentials,
}

impl FlowKind {
    /// `authorization_code`, `client_credentials`.
    pub const fn as_str(self) -> &'static str {
        match self {
            FlowKind::AuthorizationCode => "authorization_code",
            FlowKind::ClientCredentials => "client_credentials",
        }
    }
    /// The flow of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [FlowKind::AuthorizationCode, FlowKind::ClientCredentials]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// A flow that a document offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Which one.
    pub kind: FlowKind,
    /// Where a person signs in.
    pub authorize_url: Option<String>,
    /// Where tokens come from.
    pub token_url: String,
    /// What can be asked for.
    pub scopes: Vec<String>,
}

/// The flows of a document's `oauth2` schemes that a server can follow, in document order.
pub fn flows(document: &Value) -> Vec<Flow> {
    let schemes = document
        .pointer("/components/securitySchemes")
        .and_then(Value::as_object);
    let mut found = Vec::new();
    for scheme in schemes.into_iter().flat_map(|schemes| schemes.values()) {
        if scheme.get("type").and_then(Value::as_str) != Some("oauth2") {
            continue;
        }
        for (name, kind) in [
            ("authorizationCode", FlowKind::AuthorizationCode),
            ("clientCredentials", FlowKind::ClientCredentials),
        ] {
            let Some(flow) = scheme.get("flows").and_then(|flows| flows.get(name)) else {
                continue;
            };
            let text = |name: &str| flow.get(name).and_then(Value::as_str).map(str::to_owned);
            let scopes = flow.get("scopes").and_then(Value::as_object);
            found.push(Flow {
                kind,
                authorize_url: text("authorizationUrl"),
                token_url: text("tokenUrl").unwrap_or_default(),
                scopes: scopes.map(|s| s.keys().cloned().collect()).unwrap_or_default(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn flows_that_a_server_can_follow() {
        let document = json!({"components": {"securitySchemes": {
            "key": {"type": "http", "scheme": "bearer"},
            "user": {"type": "oauth2", "flows": {
                "implicit": {"authorizationUrl": "https://a.test/i", "scopes": {}},
                "clientCredentials": {"tokenUrl": "https://a.test/t", "scopes": {}},
                "authorizationCode": {"authorizationUrl": "https://a.test/a", "tokenUrl": "https://a.test/t",
                    "scopes": {"read": "Read", "write": "Write"}},
            }},
            "odd": {"type": "oauth2", "flows": 3},
        }}});
        let found = flows(&document);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].kind, FlowKind::AuthorizationCode);
        assert_eq!(found[0].authorize_url.as_deref(), Some("https://a.test/a"));
        assert_eq!(found[0].scopes, ["read", "write"]);
        assert_eq!(
            (found[1].kind, found[1].token_url.as_str()),
            (FlowKind::ClientCredentials, "https://a.test/t")
        );
        assert_eq!(flows(&json!({})), []);
    }
}
