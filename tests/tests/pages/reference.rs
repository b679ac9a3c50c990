//! The reference, the playground without scripts, and what surrounds pages.

use crate::{
    browser,
    world::{World, at},
};

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
