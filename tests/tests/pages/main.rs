//! Every page as a visitor without JavaScript uses it, over HTTP, under a prefix.

#![allow(clippy::unwrap_used, reason = "the helpers of a test are tests")]

mod browser;
mod world;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use aforo_core::{
    Timestamp,
    domain::{
        token::{HostIdentity, IdentityProvider, TokenError},
        user::{Identity, Role},
    },
};
use browser::{Browser, Form};
use world::{HOSTILE, PASSWORD, PREFIX, World, at, make_key, revealed, subscribe};

/// The id of the only key whose row has this name.
async fn key_id(browser: &Browser, name: &str) -> String {
    let list = browser.get(&at("/keys")).await.page(200);
    let rows = list
        .text()
        .split("<tr")
        .filter(|row| row.contains(&format!(">{name}</a>")));
    let row = rows
        .into_iter()
        .next()
        .unwrap_or_else(|| panic!("no key {name}:\n{}", list.text()));
    let rest = row.split_once(&at("/keys/")).unwrap().1;
    rest.split(['"', '/']).next().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_from_sign_up_to_its_end() {
    let world = World::new().await;
    let mira = world.developer("mira@acme.test", "Mira").await;
    let home = mira.get(&at("/")).await.page(200);
    home.shows("Pets API");
    home.shows("mira@acme.test");

    // Without a subscription there is nothing to bind a key to.
    mira.get(&at("/keys/new"))
        .await
        .page(200)
        .shows("Subscribe first");
    subscribe(&mira).await.shows("Subscribed.");

    // What was entered comes back with what is wrong.
    let form = mira.get(&at("/keys/new")).await.page(200).form(&at("/keys/new"));
    assert_eq!(form.value("environment"), Some("test"));
    let wrong = form
        .with("name", " ")
        .with("rate_limit", "many")
        .with("ip_ranges", "10.0.0.0/8\nnowhere");
    let page = mira.submit(&wrong).await.page(422);
    page.shows("Error: ");
    page.shows("whole number of calls");
    let again = page.form(&at("/keys/new"));
    assert_eq!(again.value("rate_limit"), Some("many"));
    assert_eq!(again.value("ip_ranges"), Some("10.0.0.0/8\nnowhere"));
    let page = mira
        .submit(&again.clone().with("name", "ci").with("rate_limit", "600"))
        .await
        .page(422);
    page.shows("“nowhere” is no address");

    let good = again
        .with("name", "ci")
        .with("rate_limit", "600")
        .with("ip_ranges", "10.0.0.0/8\r\n192.0.2.7");
    let page = mira.submit(&good.with("expires_days", "30")).await.page(200);
    let first = revealed(&page);
    assert_eq!(first.len(), 48);
    assert!(first.starts_with("sk_test_"));

    // From now on only its last four characters are to be seen.
    let id = key_id(&mira, "ci").await;
    let detail = mira.get(&at(&format!("/keys/{id}"))).await.page(200);
    for shown in [
        "10.0.0.0/8",
        "192.0.2.7/32",
        "600 calls a minute",
        "Pets API, Standard",
        "Created by Mira",
        "AFORO_KEY",
    ] {
        detail.shows(shown);
    }
    for page in [
        &detail,
        &mira.get(&at("/keys")).await,
        &mira.get(&at("/subscriptions")).await,
    ] {
        page.shows(&format!("…{}", &first[44..]));
        page.hides(&first);
        page.hides(&first[..20]);
    }

    // Rotation shows the successor, and the old key goes on for a while.
    let rotate = detail.form(&at(&format!("/keys/{id}/rotate")));
    let page = mira.submit(&rotate).await.page(200);
    let second = revealed(&page);
    assert!(second.len() == 48 && second != first);
    page.shows("keeps working for");
    page.hides(&first);
    let list = mira.get(&at("/keys")).await.page(200);
    list.shows("GRACE");
    list.shows("ACTIVE");
    list.hides(&second);
    let refused = mira.submit(&rotate).await.page(409);
    refused.shows("key_in_grace");
    assert_eq!(
        mira.get(&at(&format!("/keys/{id}/rotate"))).await.location(),
        at(&format!("/keys/{id}"))
    );

    // Revoking asks for the name.
    let ask = mira.get(&at(&format!("/keys/{id}/revoke"))).await.page(200);
    let form = ask.form(&at(&format!("/keys/{id}/revoke")));
    let page = mira
        .submit(&form.clone().with("confirm", "wrong"))
        .await
        .page(422);
    page.shows("exactly as shown");
    assert_eq!(page.form(&form.action).value("confirm"), Some("wrong"));
    let done = mira.submit(&form.with("confirm", "ci")).await;
    let list = mira.follow(&done).await.page(200);
    list.shows("Key revoked.");
    list.shows("REVOKED");

    // Cancelling lists the keys that die: the successor, not the revoked one.
    let subscriptions = mira.get(&at("/subscriptions")).await.page(200);
    let cancel = subscriptions
        .attributes("href")
        .into_iter()
        .find(|href| href.ends_with("/cancel"))
        .unwrap();
    let ask = mira.get(&cancel).await.page(200);
    ask.shows("1 key stops");
    ask.shows(&format!("…{}", &second[44..]));
    ask.hides(&format!("…{}", &first[44..]));
    let form = ask.form(&cancel);
    mira.submit(&form.clone().with("confirm", "")).await.page(422);
    let done = mira.submit(&form.with("confirm", "Standard")).await;
    mira.follow(&done)
        .await
        .page(200)
        .shows("Subscription cancelled.");
    let list = mira.get(&at("/keys")).await.page(200);
    list.hides("ACTIVE");
    assert_eq!(mira.get(&cancel).await.location(), at("/subscriptions"));
}

#[tokio::test]
async fn client_credentials_show_both_halves() {
    let world = World::new().await;
    let mira = world.developer("mira@acme.test", "Mira").await;
    subscribe(&mira).await;
    let form = mira.get(&at("/keys/new")).await.page(200).form(&at("/keys/new"));
    let form = form
        .with("name", "agent")
        .with("kind", "client_credentials")
        .with("environment", "live");
    let page = mira.submit(&form).await.page(200);
    assert!(revealed(&page).starts_with("sk_live_"));
    page.shows("client_");
    mira.get(&at("/keys")).await.page(200).shows("… + secret");
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let world = World::new().await;
    let mira = world.developer("mira@acme.test", "Mira").await;
    let eve = world.developer("eve@acme.test", "Eve").await;
    subscribe(&mira).await;
    make_key(&mira, "ci").await;
    let id = key_id(&mira, "ci").await;
    let subscriptions = mira.get(&at("/subscriptions")).await.page(200);
    let cancel = subscriptions
        .attributes("href")
        .into_iter()
        .find(|href| href.ends_with("/cancel"))
        .unwrap();
    let token_of_eve = eve.get(&at("/keys")).await.page(200).form(&at("/sign-out"));
    let token_of_eve = token_of_eve.value("csrf").unwrap().to_owned();
    let form = |action: String, field: &str, value: &str| {
        let fields = vec![(field.to_owned(), value.to_owned())];
        Form { action, fields }
    };
    let forms = [
        form(at("/keys/new"), "name", "other"),
        form(at(&format!("/keys/{id}/rotate")), "x", ""),
        form(at(&format!("/keys/{id}/revoke")), "confirm", "ci"),
        form(
            at("/subscriptions"),
            "plan",
            "plan_00000000000070008000000000000000",
        ),
        form(cancel, "confirm", "Standard"),
        form(at("/reference/pets-api/getPet"), "p.path.petId", "1"),
        form(at("/sign-out"), "x", ""),
    ];
    for form in forms {
        for token in [None, Some(""), Some("0".repeat(32).as_str()), Some(&token_of_eve)] {
            let sent = match token {
                Some(token) => form.clone().with("csrf", token),
                None => form.clone(),
            };
            mira.submit(&sent).await.page(403).shows("csrf_token");
        }
    }
    let list = mira.get(&at("/keys")).await.page(200);
    list.shows("ACTIVE");
    list.hides("GRACE");
    list.hides(">other<");

    // From another site not even the right token helps, and nobody is signed in from there.
    let token = list.form(&at("/sign-out")).value("csrf").unwrap().to_owned();
    let body = format!("csrf={token}");
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    for origin in [
        ("Origin", "https://evil.test"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Origin", "null"),
    ] {
        mira.send("POST", &at("/sign-out"), &[kind, origin], &body)
            .await
            .page(403);
        let visitor = world.visitor();
        let body = format!("email=mira%40acme.test&password={}", PASSWORD.replace(' ', "+"));
        visitor
            .send("POST", &at("/sign-in"), &[kind, origin], &body)
            .await
            .page(403);
        assert_eq!(visitor.cookie("console_session"), None);
    }
    mira.get(&at("/keys")).await.page(200);
    // Other kinds of bodies are not forms.
    mira.send("POST", &at("/sign-out"), &[("Content-Type", "text/plain")], &body)
        .await
        .page(415);
}

#[tokio::test]
async fn signed_out_people_are_led_to_the_sign_in_and_back() {
    let world = World::new().await;
    let mira = world.developer("mira@acme.test", "Mira").await;
    subscribe(&mira).await;
    make_key(&mira, "secret-name").await;
    let id = key_id(&mira, "secret-name").await;
    let eve = world.developer("eve@acme.test", "Eve").await;
    let subscriptions = mira.get(&at("/subscriptions")).await;
    let cancel = subscriptions
        .attributes("href")
        .into_iter()
        .find(|href| href.ends_with("/cancel"))
        .unwrap();
    let cancel = cancel.strip_prefix(PREFIX).unwrap();

    let visitor = world.visitor();
    let own = [
        format!("/keys/{id}"),
        format!("/keys/{id}/revoke"),
        cancel.to_owned(),
    ];
    for path in ["/keys", "/keys/new", "/subscriptions"]
        .into_iter()
        .chain(own.iter().map(String::as_str))
    {
        let answer = visitor.get(&at(path)).await;
        answer.hides("secret-name");
        let location = answer.location().to_owned();
        assert!(location.starts_with(&at("/sign-in?next=")), "{location}");
        assert_eq!(
            visitor.get(&location).await.form(&at("/sign-in")).value("next"),
            Some(at(path).as_str())
        );
    }
    let posts = [
        at("/keys/new"),
        at(&format!("/keys/{id}/rotate")),
        at(&format!("/keys/{id}/revoke")),
        at("/subscriptions"),
        at(cancel),
        at("/admin/specs/spec_00000000000070008000000000000000/approve-origin"),
    ];
    for action in &posts {
        let answer = visitor
            .submit(&Form {
                action: action.clone(),
                fields: Vec::new(),
            })
            .await
            .page(401);
        answer.shows("Sign in");
        answer.hides("secret-name");
    }

    // Nor is there anything for another account.
    let eves = eve.get(&at("/keys")).await.page(200);
    eves.hides("secret-name");
    let token = eves.form(&at("/sign-out")).value("csrf").unwrap().to_owned();
    for path in &own {
        eve.get(&at(path)).await.page(404).hides("secret-name");
    }
    for action in &posts[1..3] {
        let fields = vec![
            ("csrf".to_owned(), token.clone()),
            ("confirm".to_owned(), "secret-name".to_owned()),
        ];
        eve.submit(&Form {
            action: action.clone(),
            fields,
        })
        .await
        .page(404);
    }
    mira.get(&at("/keys")).await.page(200).shows("ACTIVE");

    // The way back, with a query; and never to another site.
    let form = visitor
        .get(&at("/sign-in?next=%2Fdevelopers%2Fkeys%3Fafter%3D"))
        .await
        .form(&at("/sign-in"));
    let form = form.with("email", "mira@acme.test");
    let wrong = visitor
        .submit(&form.clone().with("password", "wrong password"))
        .await
        .page(422);
    wrong.shows("do not belong together");
    wrong.hides("wrong password");
    let kept = wrong.form(&at("/sign-in"));
    assert_eq!(
        (kept.value("email"), kept.value("password")),
        (Some("mira@acme.test"), Some(""))
    );
    assert_eq!(
        visitor.submit(&kept.with("password", PASSWORD)).await.location(),
        at("/keys?after=")
    );
    for evil in [
        "//evil.test",
        "https://evil.test/developers/",
        "/developers/\\evil.test",
        "/developers/../x",
        "/other",
    ] {
        let visitor = world.visitor();
        let sent = form.clone().with("next", evil).with("password", PASSWORD);
        assert_eq!(visitor.submit(&sent).await.location(), at("/keys"), "{evil}");
        let theme = Form {
            action: at("/theme"),
            fields: Vec::new(),
        };
        assert_eq!(
            visitor.submit(&theme.with("next", evil)).await.location(),
            at("/"),
            "{evil}"
        );
    }

    // Signing out ends the session, not only the cookie.
    let session = mira.cookie("console_session").unwrap();
    let out = mira.get(&at("/keys")).await.form(&at("/sign-out"));
    assert_eq!(mira.submit(&out).await.location(), at("/"));
    assert_eq!(mira.cookie("console_session"), None);
    let stolen = world.visitor();
    let cookie = format!("console_session={session}");
    assert_eq!(
        stolen
            .send("GET", &at("/keys"), &[("Cookie", &cookie)], "")
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn every_link_of_every_page_leads_somewhere() {
    let world = World::new().await;
    let mira = world.developer("mira@acme.test", HOSTILE).await;
    subscribe(&mira).await;
    make_key(&mira, HOSTILE).await;
    make_key(&mira, "in-grace").await;
    let id = key_id(&mira, "in-grace").await;
    let rotate = mira
        .get(&at(&format!("/keys/{id}")))
        .await
        .form(&at(&format!("/keys/{id}/rotate")));
    mira.submit(&rotate).await.page(200);
    let admin = world.admin().await;
    make_key(&admin, "operator").await;

    let seen = crawl(&world.visitor()).await;
    for page in [
        "/",
        "/sign-in",
        "/sign-up",
        "/reference",
        "/reference/pets-api/getPet",
        "/reference/pets-api/openapi.json",
    ] {
        assert!(seen.contains(&at(page)), "{page} in {seen:#?}");
    }
    assert!(seen.iter().any(|path| path.contains("/assets/")));
    let seen = crawl(&mira).await;
    for page in [
        "/keys",
        "/keys/new",
        "/subscriptions",
        &format!("/keys/{id}"),
        &format!("/keys/{id}/revoke"),
    ] {
        assert!(seen.contains(&at(page)), "{page} in {seen:#?}");
    }
    crawl(&admin).await;
}

/// Follows every link from home. Each page stays under the prefix and takes nobody's text for markup.
async fn crawl(browser: &Browser) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut queue = VecDeque::from([at("/")]);
    while let Some(path) = queue.pop_front() {
        if !seen.insert(path.clone()) {
            continue;
        }
        assert!(seen.len() < 400, "the crawl does not end: {seen:#?}");
        let answer = browser.get(&path).await;
        if answer.status == 303 {
            queue.push_back(browser.resolve(&path, answer.location()).unwrap());
            continue;
        }
        assert_eq!(answer.status, 200, "{path}");
        if answer.header("content-type") != Some("text/html; charset=utf-8") {
            continue;
        }
        let text = answer.text();
        assert!(
            !text.contains("<img") && !text.contains("<script>") && !text.contains("onerror=alert(1)>"),
            "{text}"
        );
        let quiet = browser::unescape(text)
            .to_lowercase()
            .replace("aforo_key", "")
            .replace("x-aforo", "");
        assert!(
            !quiet.contains("aforo"),
            "{path} names a brand that is not the tenant's"
        );
        for name in ["href", "src", "action"] {
            for link in answer.attributes(name) {
                let Some(target) = browser.resolve(&path, &link) else {
                    continue;
                };
                assert!(target.starts_with(&at("/")), "{path} leads to {link}");
                // Forms that post are sent elsewhere.
                if name != "action" {
                    queue.push_back(target);
                }
            }
        }
    }
    seen
}

#[tokio::test]
async fn the_playground_works_without_scripts() {
    let world = World::new().await;
    let operation = at("/reference/pets-api/getPet");
    let visitor = world.visitor();
    let page = visitor.get(&operation).await.page(200);
    page.shows("Sign in to send this call");
    page.shows("curl");
    // A session that has ended keeps what was typed.
    let form = page.form(&operation).with("p.path.petId", "41");
    let answer = visitor.submit(&form).await.page(401);
    assert_eq!(answer.form(&operation).value("p.path.petId"), Some("41"));

    let mira = world.developer("mira@acme.test", "Mira").await;
    let page = mira.get(&operation).await.page(200);
    page.shows("Choose a plan");
    let refused = mira
        .submit(&page.form(&operation).with("p.path.petId", "7"))
        .await
        .page(403);
    refused.shows("no_subscription");
    // Subscribing leads back to where it was wanted.
    let plan = page
        .text()
        .split("name=\"plan\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let subscribe = page.form(&at("/subscriptions")).with("plan", &plan);
    assert_eq!(mira.submit(&subscribe).await.location(), operation);

    let page = mira.get(&operation).await.page(200);
    page.shows("Mira, Standard plan");
    let form = page
        .form(&operation)
        .with("p.path.petId", "7")
        .with("p.query.fields", "name,age");
    let answer = mira.submit(&form).await.page(200);
    let body = browser::unescape(answer.text())
        .replace("<span class=\"k\">", "")
        .replace("<span class=\"s\">", "");
    let body = body.replace("</span>", "");
    assert!(body.contains("\"target\": \"/v1/pets/7?fields=name"), "{body}");
    assert!(
        body.contains("\"cookie\": <span class=\"w\">false") || body.contains("\"cookie\": false"),
        "{body}"
    );
    answer.shows("1 credential removed");
    answer.hides("sk_test_");
    answer.hides("sk_live_");
    assert_eq!(answer.form(&operation).value("p.path.petId"), Some("7"));
    answer.shows("First byte");

    let answer = mira
        .submit(&form.clone().with("p.path.petId", "Rex"))
        .await
        .page(422);
    answer.shows("invalid_parameters");
    assert_eq!(answer.form(&operation).value("p.path.petId"), Some("Rex"));
    mira.submit(&form.clone().with("p.path.petId", ""))
        .await
        .page(422);
    mira.submit(&form.with("p.query.other", "x")).await.page(422);

    // Bodies, with the samples of what was sent.
    let operation = at("/reference/pets-api/addPet");
    let form = mira.get(&operation).await.page(200).form(&operation);
    assert!(form.value("body").unwrap().contains("Rex"));
    let answer = mira
        .submit(&form.clone().with("body", "{\"name\":\r\n\"Bella\"}"))
        .await
        .page(200);
    answer.shows("Bella");
    answer.hides("Rex");
    mira.submit(&form.clone().with("body", "{")).await.page(422);
    let large = "x".repeat(2 * 1024 * 1024);
    mira.submit(&form.with("body", &large)).await.page(413);
}

#[tokio::test]
async fn theme_language_and_files() {
    let world = World::new().await;
    let visitor = world.visitor();
    let page = visitor
        .get(&at("/reference/pets-api?tag=Pets%20API"))
        .await
        .page(200);
    page.hides("data-theme");
    let theme = page.form(&at("/theme")).with("theme", "dark");
    let back = visitor.submit(&theme).await;
    assert_eq!(back.location(), at("/reference/pets-api?tag=Pets%20API"));
    let cookie = back.header("set-cookie").unwrap();
    assert!(
        cookie.contains("Path=/developers;") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    visitor.follow(&back).await.page(200).shows("data-theme=\"dark\"");
    visitor
        .get(&at("/keys/none/such"))
        .await
        .page(404)
        .shows("data-theme=\"dark\"");
    visitor
        .submit(&theme.with("theme", "plaid\r\nSet-Cookie: x=y"))
        .await;
    assert_eq!((visitor.cookie("theme"), visitor.cookie("x")), (None, None));

    let operation = at("/reference/pets-api/getPet");
    visitor
        .get(&format!("{operation}?lang=javascript"))
        .await
        .page(200);
    let page = visitor.get(&operation).await.page(200);
    let tab = page
        .text()
        .split("id=\"tab-javascript\"")
        .nth(1)
        .unwrap()
        .split('>')
        .next()
        .unwrap()
        .to_owned();
    assert!(tab.contains("aria-current"), "{tab}");
    let odd = visitor
        .get(&format!("{operation}?lang=%22%3E%3Cscript%3E"))
        .await
        .page(200);
    assert_eq!(odd.header("set-cookie"), None);

    let css = page
        .attributes("href")
        .into_iter()
        .find(|href| href.ends_with("console.css"))
        .unwrap();
    let file = visitor.get(&css).await;
    assert_eq!(
        (file.status, file.header("content-type")),
        (200, Some("text/css; charset=utf-8"))
    );
    assert_eq!(
        file.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    let (folder, _) = css.rsplit_once('/').unwrap();
    for wrong in [
        format!("{folder}/none.js"),
        format!("{folder}/..%2f..%2fkeys"),
        at("/assets/0123456789abcdef/console.css"),
    ] {
        let answer = visitor.get(&wrong).await;
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (404, Some("no-store")),
            "{wrong}"
        );
    }

    let document = visitor.get(&at("/reference/pets-api/openapi.json")).await;
    assert_eq!((document.status, document.text()), (200, &*world.document));
    assert_eq!(document.header("content-type"), Some("application/json"));
    assert_eq!(
        document.header("content-disposition"),
        Some("attachment; filename=\"pets-api-openapi.json\"")
    );

    visitor
        .get(&at("/reference/unpublished"))
        .await
        .page(200)
        .shows("No specification yet");
    for missing in [
        "/reference/none",
        "/reference/pets-api/none",
        "/reference/unpublished/x",
        "/reference/unpublished/openapi.json",
    ] {
        visitor.get(&at(missing)).await.page(404).shows("Not found");
    }
    visitor.get(&at("/keys/%ff")).await;
}

#[tokio::test]
async fn only_an_administrator_approves_an_origin() {
    let world = World::new().await;
    let admin = world.admin().await;
    let list = admin.get(&at("/reference")).await.page(200);
    let links = list.attributes("href");
    let reference = links
        .iter()
        .find(|href| href.contains("/reference/") && !href.contains("pets"))
        .unwrap();
    let page = admin.get(reference).await.page(200);
    let form = page
        .forms()
        .into_iter()
        .find(|form| form.action.ends_with("/approve-origin"))
        .unwrap();
    assert_eq!(form.value("origin"), Some("https://new.example"));

    let mira = world.developer("mira@acme.test", "Mira").await;
    let token = mira
        .get(reference)
        .await
        .page(200)
        .form(&at("/sign-out"))
        .value("csrf")
        .unwrap()
        .to_owned();
    mira.submit(&form.clone().with("csrf", &token))
        .await
        .page(403)
        .shows("role_required");
    assert!(!mira.get(reference).await.text().contains("/approve-origin"));
    admin.submit(&form.clone().without("csrf")).await.page(403);
    // Not what was proposed.
    admin
        .submit(&form.with("origin", "https://evil.test"))
        .await
        .page(409)
        .shows("origin_not_proposed");
}

#[tokio::test]
async fn accounts_are_made_once_and_not_probed() {
    let world = World::new().await;
    world.developer("mira@acme.test", "Mira").await;
    let visitor = world.visitor();
    let form = visitor.get(&at("/sign-up")).await.page(200).form(&at("/sign-up"));
    let form = form
        .with("name", "Eve")
        .with("email", "mira@acme.test")
        .with("password", "another password");
    let taken = visitor.submit(&form).await.page(422);
    taken.hides("another password");
    assert_eq!(taken.form(&at("/sign-up")).value("name"), Some("Eve"));
    let short = visitor
        .submit(
            &form
                .clone()
                .with("email", "eve@acme.test")
                .with("password", "short"),
        )
        .await
        .page(422);
    short.shows("At least 8 characters");
    short.shows("aria-invalid=\"true\"");
    assert_eq!(visitor.cookie("console_session"), None);
    // Whoever is signed in has no use for the forms.
    let mira = world.developer("mia@acme.test", "Mia").await;
    assert_eq!(
        mira.get(&at("/sign-in?next=/developers/subscriptions"))
            .await
            .location(),
        at("/subscriptions")
    );
    assert_eq!(mira.get(&at("/sign-up")).await.location(), at("/keys"));
}

/// A host that believes everybody.
struct Host(Option<&'static str>);

#[async_trait::async_trait]
impl IdentityProvider for Host {
    async fn identify(&self, token: &str, _: Timestamp) -> Result<HostIdentity, TokenError> {
        let identity = Identity {
            issuer: "host".to_owned(),
            subject: token.to_owned(),
        };
        Ok(HostIdentity {
            identity,
            email: None,
            name: "Hana".to_owned(),
            role: Role::Developer,
        })
    }
    fn cookie_name(&self) -> Option<&str> {
        Some("host_session")
    }
    fn sign_in_url(&self) -> Option<&str> {
        self.0
    }
}

#[tokio::test]
async fn the_host_signs_people_in() {
    let world = World::with(Some(Arc::new(Host(Some("/login"))))).await;
    let visitor = world.visitor();
    for path in ["/sign-in", "/sign-up", "/keys"] {
        assert_eq!(visitor.get(&at(path)).await.location(), "/login");
    }
    let form = Form {
        action: at("/sign-in"),
        fields: Vec::new(),
    };
    let form = form.with("email", world::ADMIN).with("password", PASSWORD);
    visitor.submit(&form).await.page(403).shows("host_sign_in");
    let cookie = ("Cookie", "host_session=h1");
    let page = visitor
        .send("GET", &at("/subscriptions"), &[cookie], "")
        .await
        .page(200);
    page.shows("Hana");
    let subscribe = page.form(&at("/subscriptions"));
    let token = subscribe.value("csrf").unwrap();
    let body = format!("csrf={token}&plan={}", subscribe.value("plan").unwrap());
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let answer = visitor
        .send("POST", &subscribe.action, &[kind, cookie], &body)
        .await;
    assert_eq!(answer.location(), at("/subscriptions?done=subscribed"));
    let other = ("Cookie", "host_session=h2");
    visitor
        .send("POST", &subscribe.action, &[kind, other], &body)
        .await
        .page(403)
        .shows("csrf_token");

    let world = World::with(Some(Arc::new(Host(None)))).await;
    let visitor = world.visitor();
    visitor.get(&at("/keys")).await.page(401).shows("Not signed in");
    visitor.get(&at("/sign-in")).await.page(403).shows("host_sign_in");
}
