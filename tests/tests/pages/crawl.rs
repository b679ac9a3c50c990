//! Every link of every page, with hostile names everywhere.

use std::collections::{BTreeSet, VecDeque};

use crate::{
    browser::{self, Browser},
    key_id,
    world::{HOSTILE, World, at, make_key, subscribe},
};

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
