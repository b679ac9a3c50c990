//! The rules, each with its class. The table in the module's documentation says why.

use super::{ChangeKind, Severity};

/// One rule of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Its stable name.
    pub id: &'static str,
    /// What it reports.
    pub kind: ChangeKind,
    /// How much that matters.
    pub severity: Severity,
}

macro_rules! rules {
    ($($name:ident = $id:literal $kind:ident $severity:ident;)*) => {
        $(pub(super) const $name: Rule = Rule {
            id: $id,
            kind: ChangeKind::$kind,
            severity: Severity::$severity,
        };)*
        /// Every rule, in the order of the table.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    OPERATION_REMOVED = "operation-removed" Removed Breaking;
    OPERATION_ADDED = "operation-added" Added Info;
    OPERATION_DEPRECATED = "operation-deprecated" Changed Info;
    OPERATION_UNDEPRECATED = "operation-undeprecated" Changed Info;
    OPERATION_ID_CHANGED = "operation-id-changed" Changed Warning;
    WEBHOOK_REMOVED = "webhook-removed" Removed Breaking;
    WEBHOOK_ADDED = "webhook-added" Added Info;
    PARAMETER_ADDED_REQUIRED = "parameter-added-required" Added Breaking;
    PARAMETER_ADDED = "parameter-added" Added Info;
    PARAMETER_REMOVED = "parameter-removed" Removed Breaking;
    PARAMETER_BECAME_REQUIRED = "parameter-became-required" Changed Breaking;
    PARAMETER_BECAME_OPTIONAL = "parameter-became-optional" Changed Info;
    PARAMETER_STYLE_CHANGED = "parameter-style-changed" Changed Breaking;
    PARAMETER_DEPRECATED = "parameter-deprecated" Changed Info;
    BODY_ADDED_REQUIRED = "body-added-required" Added Breaking;
    BODY_ADDED = "body-added" Added Info;
    BODY_REMOVED = "body-removed" Removed Breaking;
    BODY_BECAME_REQUIRED = "body-became-required" Changed Breaking;
    BODY_BECAME_OPTIONAL = "body-became-optional" Changed Info;
    REQUEST_MEDIA_TYPE_REMOVED = "request-media-type-removed" Removed Breaking;
    REQUEST_MEDIA_TYPE_ADDED = "request-media-type-added" Added Info;
    REQUEST_PROPERTY_ADDED_REQUIRED = "request-property-added-required" Added Breaking;
    REQUEST_PROPERTY_ADDED = "request-property-added" Added Info;
    REQUEST_PROPERTY_REMOVED = "request-property-removed" Removed Warning;
    REQUEST_PROPERTY_REFUSED = "request-property-refused" Removed Breaking;
    REQUEST_PROPERTY_BECAME_REQUIRED = "request-property-became-required" Changed Breaking;
    REQUEST_PROPERTY_BECAME_OPTIONAL = "request-property-became-optional" Changed Info;
    REQUEST_PROPERTY_BECAME_READ_ONLY = "request-property-became-read-only" Removed Warning;
    REQUEST_TYPE_CHANGED = "request-type-changed" Changed Breaking;
    REQUEST_TYPE_NARROWED = "request-type-narrowed" Changed Breaking;
    REQUEST_TYPE_WIDENED = "request-type-widened" Changed Info;
    REQUEST_NULL_REFUSED = "request-null-refused" Changed Breaking;
    REQUEST_NULL_ALLOWED = "request-null-allowed" Changed Info;
    REQUEST_ENUM_VALUE_REMOVED = "request-enum-value-removed" Removed Breaking;
    REQUEST_ENUM_VALUE_ADDED = "request-enum-value-added" Added Info;
    REQUEST_FORMAT_CHANGED = "request-format-changed" Changed Breaking;
    REQUEST_FORMAT_ADDED = "request-format-added" Added Warning;
    REQUEST_FORMAT_REMOVED = "request-format-removed" Removed Info;
    REQUEST_CONSTRAINT_TIGHTENED = "request-constraint-tightened" Changed Breaking;
    REQUEST_CONSTRAINT_LOOSENED = "request-constraint-loosened" Changed Info;
    REQUEST_DEFAULT_CHANGED = "request-default-changed" Changed Warning;
    REQUEST_VARIANT_REMOVED = "request-variant-removed" Removed Breaking;
    REQUEST_VARIANT_ADDED = "request-variant-added" Added Info;
    REQUEST_OBJECT_CLOSED = "request-object-closed" Changed Breaking;
    REQUEST_OBJECT_OPENED = "request-object-opened" Changed Info;
    RESPONSE_SUCCESS_REMOVED = "response-success-removed" Removed Breaking;
    RESPONSE_SUCCESS_ADDED = "response-success-added" Added Warning;
    RESPONSE_ERROR_REMOVED = "response-error-removed" Removed Info;
    RESPONSE_ERROR_ADDED = "response-error-added" Added Info;
    RESPONSE_MEDIA_TYPE_REMOVED = "response-media-type-removed" Removed Breaking;
    RESPONSE_MEDIA_TYPE_ADDED = "response-media-type-added" Added Info;
    RESPONSE_HEADER_REMOVED = "response-header-removed" Removed Breaking;
    RESPONSE_HEADER_ADDED = "response-header-added" Added Info;
    RESPONSE_PROPERTY_REMOVED = "response-property-removed" Removed Breaking;
    RESPONSE_PROPERTY_ADDED = "response-property-added" Added Info;
    RESPONSE_PROPERTY_BECAME_OPTIONAL = "response-property-became-optional" Changed Breaking;
    RESPONSE_PROPERTY_BECAME_REQUIRED = "response-property-became-required" Changed Info;
    RESPONSE_TYPE_CHANGED = "response-type-changed" Changed Breaking;
    RESPONSE_TYPE_WIDENED = "response-type-widened" Changed Breaking;
    RESPONSE_TYPE_NARROWED = "response-type-narrowed" Changed Info;
    RESPONSE_NULL_ALLOWED = "response-null-allowed" Changed Breaking;
    RESPONSE_NULL_GONE = "response-null-gone" Changed Info;
    RESPONSE_ENUM_VALUE_ADDED = "response-enum-value-added" Added Warning;
    RESPONSE_ENUM_VALUE_REMOVED = "response-enum-value-removed" Removed Info;
    RESPONSE_FORMAT_CHANGED = "response-format-changed" Changed Breaking;
    RESPONSE_FORMAT_REMOVED = "response-format-removed" Removed Warning;
    RESPONSE_FORMAT_ADDED = "response-format-added" Added Info;
    RESPONSE_CONSTRAINT_LOOSENED = "response-constraint-loosened" Changed Info;
    RESPONSE_CONSTRAINT_TIGHTENED = "response-constraint-tightened" Changed Info;
    RESPONSE_VARIANT_ADDED = "response-variant-added" Added Warning;
    RESPONSE_VARIANT_REMOVED = "response-variant-removed" Removed Info;
    SECURITY_ADDED = "security-added" Changed Breaking;
    SECURITY_ALTERNATIVE_REMOVED = "security-alternative-removed" Removed Breaking;
    SECURITY_ALTERNATIVE_ADDED = "security-alternative-added" Added Info;
    SECURITY_REMOVED = "security-removed" Changed Info;
    SECURITY_SCOPE_ADDED = "security-scope-added" Added Breaking;
    SECURITY_SCOPE_REMOVED = "security-scope-removed" Removed Info;
    SERVER_REMOVED = "server-removed" Removed Warning;
    SERVER_ADDED = "server-added" Added Info;
}
