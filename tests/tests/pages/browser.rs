//! A browser without JavaScript: it follows links and redirects, keeps cookies, and sends forms as they are.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::{Url, form_urlencoded};

/// What a server answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Path and query that were asked for.
    pub(crate) path: String,
}

/// A form of a page: where it goes, and the values it holds before anybody fills it in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

/// One visitor.
pub(crate) struct Browser {
    addr: SocketAddr,
    cookies: RefCell<BTreeMap<String, String>>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}: {}", self.path, self.text());
        self.header("location").unwrap()
    }
    /// The answer, if it is a page with this status.
    #[track_caller]
    pub(crate) fn page(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{}: {}",
            self.path,
            String::from_utf8_lossy(&self.body)
        );
        assert_eq!(self.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(
            self.header("content-security-policy")
                .unwrap()
                .contains("script-src 'self'")
        );
        assert_eq!(self.header("cache-control"), Some("no-store"), "{}", self.path);
        self
    }
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert!(
            self.text().contains(text),
            "{} does not show {text:?}:\n{}",
            self.path,
            self.text()
        );
    }
    #[track_caller]
    pub(crate) fn hides(&self, text: &str) {
        assert!(!self.text().contains(text), "{} shows {text:?}", self.path);
    }
    /// The form that posts to `action`.
    #[track_caller]
    pub(crate) fn form(&self, action: &str) -> Form {
        let found = self.forms().into_iter().find(|form| form.action == action);
        found.unwrap_or_else(|| panic!("{} has no form to {action}:\n{}", self.path, self.text()))
    }
    pub(crate) fn forms(&self) -> Vec<Form> {
        let bodies = self
            .text()
            .split("<form")
            .skip(1)
            .map(|rest| rest.split("</form>").next().unwrap());
        bodies.filter_map(read_form).collect()
    }
    /// What an attribute holds wherever it stands in the page.
    pub(crate) fn attributes(&self, name: &str) -> BTreeSet<String> {
        let start = format!(" {name}=\"");
        let parts = self.text().split(&start).skip(1);
        parts
            .map(|rest| unescape(rest.split('"').next().unwrap()))
            .collect()
    }
}

fn read_form(html: &str) -> Option<Form> {
    let (head, body) = html.split_once('>')?;
    if !head.contains("method=\"post\"") {
        return None;
    }
    let mut form = Form {
        action: attribute(head, "action")?,
        fields: Vec::new(),
    };
    for tag in body.split("<input").skip(1) {
        let tag = tag.split('>').next().unwrap();
        let kind = attribute(tag, "type").unwrap_or_default();
        let chosen = !matches!(kind.as_str(), "radio" | "checkbox") || tag.contains(" checked");
        if let (Some(name), true) = (attribute(tag, "name"), chosen) {
            form.fields
                .push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }
    for area in body.split("<textarea").skip(1) {
        let (head, rest) = area.split_once('>').unwrap();
        let value = unescape(rest.split("</textarea>").next().unwrap());
        // The first line end belongs to the markup (HTML, section 4.10.11).
        let value = value.strip_prefix('\n').unwrap_or(&value).to_owned();
        if let Some(name) = attribute(head, "name") {
            form.fields.push((name, value));
        }
    }
    for select in body.split("<select").skip(1) {
        let (head, rest) = select.split_once('>').unwrap();
        let options = rest.split("</select>").next().unwrap();
        let options: Vec<&str> = options.split("<option").skip(1).collect();
        let chosen = options
            .iter()
            .find(|o| o.split('>').next().unwrap().contains(" selected"));
        if let (Some(name), Some(option)) = (attribute(head, "name"), chosen.or(options.first())) {
            form.fields
                .push((name, attribute(option, "value").unwrap_or_default()));
        }
    }
    Some(form)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = format!(" {name}=\"");
    let rest = tag.split_once(&start)?.1;
    Some(unescape(rest.split('"').next()?))
}

pub(crate) fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

impl Form {
    /// Fills in a field.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self
    }
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
    fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish()
    }
}

impl Browser {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self {
            addr,
            cookies: RefCell::default(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// Follows a redirect, as browsers do after a form.
    pub(crate) async fn follow(&self, answer: &Answer) -> Answer {
        self.get(answer.location()).await
    }

    pub(crate) async fn submit(&self, form: &Form) -> Answer {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let origin = format!("http://{}", self.addr);
        self.send(
            "POST",
            &form.action,
            &[kind, ("Origin", &origin)],
            &form.encoded(),
        )
        .await
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let path = path.split('#').next().unwrap();
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: text/html\r\nContent-Length: {}\r\n",
            self.addr,
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        let cookies: Vec<String> = self
            .cookies
            .borrow()
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        if !cookies.is_empty() {
            request.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        request.push_str("\r\n");
        request.push_str(body);
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let answer = read(&bytes, path);
        for (name, value) in &answer.headers {
            if name.eq_ignore_ascii_case("set-cookie") {
                let (name, rest) = value.split_once('=').unwrap();
                let value = rest.split(';').next().unwrap().to_owned();
                if rest.contains("Max-Age=0") {
                    self.cookies.borrow_mut().remove(name);
                } else {
                    self.cookies.borrow_mut().insert(name.to_owned(), value);
                }
            }
        }
        answer
    }

    /// Where a link of a page leads; `None` if to another site.
    pub(crate) fn resolve(&self, page: &str, href: &str) -> Option<String> {
        let base = Url::parse(&format!("http://{}{page}", self.addr)).unwrap();
        let url = base.join(href).unwrap();
        (url.origin() == base.origin())
            .then(|| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
    }
}

fn read(bytes: &[u8], path: &str) -> Answer {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect();
    let mut body = bytes[end + 4..].to_vec();
    if headers
        .iter()
        .any(|(n, v)| n.eq_ignore_ascii_case("transfer-encoding") && v == "chunked")
    {
        body = unchunk(&body);
    }
    Answer {
        status,
        headers,
        body,
        path: path.to_owned(),
    }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|w| w == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 4 + size..];
    }
}
