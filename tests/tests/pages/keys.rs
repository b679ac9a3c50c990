//! A key from its form to its end.

use crate::{
    key_id,
    world::{World, at, revealed, subscribe},
};

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
