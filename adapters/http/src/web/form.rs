//! Forms as browsers send them: `application/x-www-form-urlencoded`.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use http::{StatusCode, header};
use url::form_urlencoded;

use crate::{
    console::Shared,
    extract::whole_body,
    guard::{Caller, Context},
    pages::CSRF_FIELD,
    problem::Problem,
};

/// A form that changes something for the signed-in person: refused without the token of the person's session.
/// For people who are not signed in the guard's look at the origin is enough: there is no session to misuse.
pub(super) struct Form(Fields);

/// A form that is safe to take from any page of the console: signing in, colours.
pub(super) struct OpenForm(Fields);

/// Fields in the order in which they were sent; a name may come several times.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl std::ops::Deref for Form {
    type Target = Fields;
    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl std::ops::Deref for OpenForm {
    type Target = Fields;
    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl FromRequest<Arc<Shared>> for Form {
    type Rejection = Problem;
    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let context = request.extensions().get::<Arc<Context>>().cloned();
        let context = context.ok_or_else(|| Problem::internal("a route has no guard"))?;
        let fields = read(request, shared).await?;
        Self::checked(fields, &context, shared)
    }
}

impl Form {
    /// Fields that were read, once their token is found to be that of the session.
    pub(super) fn checked(fields: Fields, context: &Context, shared: &Shared) -> Result<Self, Problem> {
        let signed_in = !matches!(context.caller, Caller::Nobody);
        if signed_in && !shared.csrf.fits(&context.csrf_bearer, fields.text(CSRF_FIELD)) {
            let detail = "The form is out of date, or does not come from this console. Go back, reload the page, \
                and send it again.";
            return Err(Problem::forbidden("csrf_token", detail));
        }
        Ok(Self(fields))
    }
}

impl OpenForm {
    /// The fields, for [`Form::checked`].
    pub(super) fn into_fields(self) -> Fields {
        self.0
    }
}

impl FromRequest<Arc<Shared>> for OpenForm {
    type Rejection = Problem;
    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Problem> {
        Ok(Self(read(request, shared).await?))
    }
}

async fn read(request: Request, shared: &Arc<Shared>) -> Result<Fields, Problem> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let essence = kind.split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Unsupported media type",
            "Send the form as application/x-www-form-urlencoded.",
        ));
    }
    Ok(Fields::parse(&whole_body(request, shared).await?))
}

impl Fields {
    fn parse(bytes: &[u8]) -> Self {
        // Browsers send line ends as CRLF, whatever was typed.
        let plain = |text: &str| text.replace("\r\n", "\n");
        Self(
            form_urlencoded::parse(bytes)
                .map(|(name, value)| (plain(&name), plain(&value)))
                .collect(),
        )
    }
    /// The text fields of a `multipart/form-data` form.
    pub(super) fn of(pairs: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> Self {
        let plain = |text: &str| text.replace("\r\n", "\n");
        let pairs = pairs.into_iter();
        Self(
            pairs
                .map(|(name, value)| (plain(name.as_ref()), plain(value.as_ref())))
                .collect(),
        )
    }
    /// The first value of this name; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or("")
    }
    /// Every value of this name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }
    /// Every field.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let form =
            Fields::parse(b"name=a+b%26c&products=p1&products=p2&text=x%0D%0Ay%0D%0A&empty=&bad=%ff&=n&flag");
        assert_eq!(form.text("name"), "a b&c");
        assert_eq!(form.all("products").collect::<Vec<_>>(), ["p1", "p2"]);
        assert_eq!(form.text("text"), "x\ny\n");
        assert_eq!(
            (form.text("empty"), form.text("missing"), form.text("flag")),
            ("", "", "")
        );
        assert_eq!(form.text("bad"), "\u{fffd}");
        assert_eq!(form.iter().count(), 8);
    }
}
