//! What samples look like, whatever a request holds. That they send the request is shown by `samples_run`, which
//! runs them.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use aforo_docs::{
    request::PlainRequest,
    sample::{self, Context, KEY_VARIABLE, Language, SampleFile},
    spec::model::{Method, SecurityScheme},
};

const BASE: &str = "https://api.example.com/v1";

fn plain(method: Method, path: &str) -> PlainRequest {
    PlainRequest {
        method,
        path: path.to_owned(),
        query: None,
        headers: Vec::new(),
        cookies: Vec::new(),
        content_type: None,
        body: None,
    }
}

fn render(language: Language, request: &PlainRequest, base_url: &str, security: &[SecurityScheme]) -> String {
    sample::render(
        language,
        request,
        &Context {
            base_url,
            security,
            key_variable: KEY_VARIABLE,
        },
    )
}

fn with_body(content_type: &str, body: &[u8]) -> PlainRequest {
    PlainRequest {
        content_type: Some(content_type.to_owned()),
        body: Some(body.to_vec()),
        ..plain(Method::Post, "/things")
    }
}

#[test]
fn a_hostile_server_address_stays_in_its_literal() {
    let request = plain(Method::Get, "/a");
    for base in [
        "https://x/'; id; '",
        "https://x/$(id)\n\r\"`",
        "-K/etc/passwd",
        "",
        "https://x/{a}[1-9]|\\^",
        "@file",
    ] {
        for language in Language::AVAILABLE {
            let sample = render(*language, &request, base, &[]);
            // An apostrophe in the shell, a dollar sign in PHP.
            let plain = sample.replace(r"'\''", "'").replace(r"\$", "$");
            let clean = base
                .replace(' ', "%20")
                .replace('\n', "%0A")
                .replace('\r', "%0D")
                .replace('"', "%22")
                .replace('`', "%60")
                .replace('{', "%7B")
                .replace('}', "%7D")
                .replace('|', "%7C")
                .replace('\\', "%5C")
                .replace('^', "%5E");
            let quote = if *language == Language::Curl { '\'' } else { '"' };
            assert!(
                plain.contains(&format!("{quote}{clean}/a{quote}")),
                "{language:?}: {sample}"
            );
        }
    }
}

#[test]
fn files_are_named_plainly_and_once() {
    let part = |name: &str, filename: &str, content: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\nContent-Type: image/png\r\n\r\n{content}\r\n"
        )
    };
    let body = [
        part("a", "photo.png", "1"),
        part("b", "Photo.PNG", "2"),
        part("c", "../../etc/pass wd", "3"),
        part("d", "-rf", "4"),
        part("e", "", "5"),
        part("f", "日本", "6"),
        "--b--\r\n".to_owned(),
    ];
    let request = with_body("multipart/form-data; boundary=b", body.concat().as_bytes());
    let files = sample::files(&request);
    let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        names,
        ["photo.png", "Photo-2.PNG", "etc-pass-wd", "rf", "file", "file-2"]
    );
    assert_eq!(files[1].bytes, b"2");
    for language in Language::AVAILABLE {
        let sample = render(*language, &request, BASE, &[]);
        assert!(
            names.iter().all(|name| sample.contains(name)),
            "{language:?}: {sample}"
        );
    }
    let bytes = with_body("image/png", b"\xff");
    assert_eq!(
        sample::files(&bytes),
        [SampleFile {
            name: "body.bin".to_owned(),
            bytes: vec![0xff]
        }]
    );
    let long = with_body(
        "application/json",
        format!("[\"{}\"]", "a".repeat(40_000)).as_bytes(),
    );
    assert_eq!(sample::files(&long)[0].name, "body.json");
    assert!(sample::files(&plain(Method::Get, "/")).is_empty());
}

#[test]
fn a_form_that_is_not_ours_is_sent_as_it_came() {
    for body in [
        "no form",
        "--b\r\n\r\nheadless\r\n--b--\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\nepilogue",
        "--b\r\nContent-Disposition: attachment\r\n\r\n1\r\n--b--\r\n",
        "",
    ] {
        let request = with_body("multipart/form-data; boundary=b", body.as_bytes());
        let sample = render(Language::JavaScript, &request, BASE, &[]);
        assert!(
            sample.contains("multipart/form-data; boundary=b") && !sample.contains("FormData"),
            "{sample}"
        );
    }
}

#[test]
fn what_the_client_writes_itself_is_left_to_it() {
    let mut request = with_body("text/plain", b"x");
    for name in ["Host", "content-length", "Transfer-Encoding", "X-Kept"] {
        request.headers.push((name.to_owned(), "1".to_owned()));
    }
    for language in Language::AVAILABLE {
        let sample = render(*language, &request, BASE, &[]).to_lowercase();
        assert!(sample.contains("x-kept"), "{sample}");
        for name in ["\"host", "'host", "content-length", "transfer-encoding"] {
            assert!(!sample.contains(name), "{sample}");
        }
    }
}

#[test]
fn no_sample_holds_a_key_and_the_variable_has_a_sound_name() {
    let request = plain(Method::Get, "/pets");
    for language in Language::AVAILABLE {
        let with = |variable: &str| {
            let context = Context {
                base_url: BASE,
                security: &[SecurityScheme::HttpBearer],
                key_variable: variable,
            };
            sample::render(*language, &request, &context)
        };
        assert!(with("SHOP_KEY").contains("SHOP_KEY"));
        for bad in ["", "1A", "A-B", "A$(id)", "A;B", "É"] {
            assert!(with(bad).contains(KEY_VARIABLE), "{bad}");
        }
        assert_eq!(Language::parse(language.id()), Some(*language));
        assert_eq!(serde_json::to_value(language).unwrap(), language.id());
    }
    assert_eq!(Language::parse("cobol"), None);
}

#[test]
fn samples_read_well() {
    let request = PlainRequest {
        query: Some("dry_run=true".to_owned()),
        headers: vec![("Accept".to_owned(), "application/json".to_owned())],
        content_type: Some("application/json".to_owned()),
        body: Some(br#"{"text":"Hello","target_lang":"de"}"#.to_vec()),
        ..plain(Method::Post, "/translate")
    };
    let security = [SecurityScheme::HttpBearer];
    assert_eq!(
        render(Language::Curl, &request, BASE, &security),
        r#"curl --request POST --url 'https://api.example.com/v1/translate?dry_run=true' \
  --header "Authorization: Bearer $AFORO_KEY" \
  --header 'Accept: application/json' \
  --header 'Content-Type: application/json' \
  --data-raw '{
  "text": "Hello",
  "target_lang": "de"
}'"#
    );
    assert_eq!(
        render(Language::JavaScript, &request, BASE, &security),
        r#"const response = await fetch("https://api.example.com/v1/translate?dry_run=true", {
  method: "POST",
  headers: {
    "Authorization": "Bearer " + process.env.AFORO_KEY,
    "Accept": "application/json",
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    text: "Hello",
    target_lang: "de",
  }),
});

console.log(response.status, await response.text());"#
    );
    assert_eq!(
        render(Language::Python, &request, BASE, &security),
        r##"import os

import requests

response = requests.post(
    "https://api.example.com/v1/translate?dry_run=true",
    headers={
        "Authorization": f"Bearer {os.environ['AFORO_KEY']}",
        "Accept": "application/json",
    },
    json={
        "text": "Hello",
        "target_lang": "de",
    },
)

print(response.status_code, response.text)"##
    );
    assert_eq!(
        render(Language::Go, &request, BASE, &security),
        r##"package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	body := strings.NewReader(`{
  "text": "Hello",
  "target_lang": "de"
}`)
	request, err := http.NewRequest("POST", "https://api.example.com/v1/translate?dry_run=true", body)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("AFORO_KEY"))
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Status, string(text))
}"##
    );
    assert_eq!(
        render(Language::Java, &request, BASE, &security),
        r##"import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Sample {
    public static void main(String[] args) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("https://api.example.com/v1/translate?dry_run=true"))
            .header("Authorization", "Bearer " + System.getenv("AFORO_KEY"))
            .header("Accept", "application/json")
            .header("Content-Type", "application/json")
            .method("POST", HttpRequest.BodyPublishers.ofString("""
                {
                  "text": "Hello",
                  "target_lang": "de"
                }"""))
            .build();
        var response = HttpClient.newHttpClient()
            .send(request, HttpResponse.BodyHandlers.ofString());

        System.out.println(response.statusCode() + " " + response.body());
    }
}"##
    );
    assert_eq!(
        render(Language::Ruby, &request, BASE, &security),
        r##"require "json"
require "net/http"

uri = URI("https://api.example.com/v1/translate?dry_run=true")
request = Net::HTTP::Post.new(uri)
request["Authorization"] = "Bearer #{ENV.fetch("AFORO_KEY")}"
request["Accept"] = "application/json"
request["Content-Type"] = "application/json"
request.body = JSON.generate({
  "text" => "Hello",
  "target_lang" => "de",
})

response = Net::HTTP.start(uri.hostname, uri.port, use_ssl: uri.scheme == "https") do |http|
  http.request(request)
end

puts response.code, response.body"##
    );
    assert_eq!(
        render(Language::Php, &request, BASE, &security),
        r##"<?php

$curl = curl_init("https://api.example.com/v1/translate?dry_run=true");

curl_setopt_array($curl, [
    CURLOPT_CUSTOMREQUEST => "POST",
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => [
        "Authorization: Bearer " . getenv("AFORO_KEY"),
        "Accept: application/json",
        "Content-Type: application/json",
    ],
    CURLOPT_POSTFIELDS => json_encode([
        "text" => "Hello",
        "target_lang" => "de",
    ]),
]);

$body = curl_exec($curl);

echo curl_getinfo($curl, CURLINFO_RESPONSE_CODE), " ", $body, "\n";"##
    );
    assert_eq!(
        render(Language::CSharp, &request, BASE, &security),
        r##"using System;
using System.Net.Http;
using System.Text;

var key = Environment.GetEnvironmentVariable("AFORO_KEY");
var client = new HttpClient();
var request = new HttpRequestMessage(HttpMethod.Post, "https://api.example.com/v1/translate?dry_run=true");
request.Headers.Add("Authorization", $"Bearer {key}");
request.Headers.Add("Accept", "application/json");
request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(@"{
  ""text"": ""Hello"",
  ""target_lang"": ""de""
}"));
request.Content.Headers.Add("Content-Type", "application/json");

var response = await client.SendAsync(request);
Console.WriteLine($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");"##
    );
}
