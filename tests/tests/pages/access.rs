//! Who may send which form: forged ones, people who are signed out, other accounts, and hosts that sign in.

use std::sync::Arc;

use aforo_core::{
    Timestamp,
    domain::{
        token::{HostIdentity, IdentityProvider, TokenError},
        user::{Identity, Role},
    },
};

use crate::{
    browser::Form,
    key_id,
    world::{self, PASSWORD, PREFIX, World, at, make_key, subscribe},
};

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
