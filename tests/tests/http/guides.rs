//! Guides: written by administrators, read by everybody, taken away as files.

use aforo_docs::guide::transfer::{TransferFile, archive};
use aforo_tests::{
    hosts::Host,
    http::Call,
    world::{Person, Store, World, string},
};
use serde_json::{Value, json};

const PAGES: &str = "/api/v1/docs/pages";
const TREE: &str = "/api/v1/docs/tree";
const IMAGES: &str = "/api/v1/docs/images";

/// One pixel.
const PNG: &[u8] = b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\x0d\x49\x44\x41\x54\x78\xda\x63\x64\xf8\xcf\x50\x0f\x00\x03\x86\x01\x80\x5a\x34\x7d\x6b\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

async fn post(world: &World, who: &Person, path: &str, body: Value) -> aforo_tests::http::Answer {
    world.send(who.asks(Call::post(path).json(&body))).await
}

async fn create(world: &World, body: Value) -> String {
    string(&post(world, &world.admin, PAGES, body).await.ok(201)["page"]["id"])
}

/// Paths of the pages that readers see.
async fn shown(world: &World) -> Vec<String> {
    let tree = world.send(Call::get(TREE)).await.ok(200);
    tree["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| string(&node["path"]))
        .collect()
}

pub(crate) async fn guides_are_written_and_read(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let admin = &world.admin;
    let top = create(
        &world,
        json!({"title": "API keys", "body": "# Keys", "publish": true}),
    )
    .await;
    let below = create(
        &world,
        json!({"title": "Rotation", "parentId": top, "body": "one\n\ntwo\n\nthree\n", "publish": true}),
    )
    .await;
    let deep = create(
        &world,
        json!({"title": "By program", "parentId": below, "slug": "program"}),
    )
    .await;
    assert_eq!(shown(&world).await, ["api-keys", "api-keys/rotation"]);
    let too_deep = post(&world, admin, PAGES, json!({"title": "Deeper", "parentId": deep})).await;
    assert_eq!(
        too_deep.problem(422, "page_too_deep")["errors"][0]["pointer"],
        "/parentId"
    );
    let move_to = |page: &str, parent: Value, position: u32| {
        let path = format!("{PAGES}/{page}/move");
        let body = json!({"parentId": parent, "position": position});
        let world = &world;
        async move { post(world, &world.admin, &path, body).await }
    };
    move_to(&top, json!(deep), 0).await.problem(422, "page_cycle");
    for body in [
        json!({"title": "", "body": ""}),
        json!({"title": "x".repeat(201)}),
        json!({"title": "T", "slug": "Not This"}),
        json!({"title": "T", "body": "a\u{0}b"}),
        json!({"title": "T", "body": "x".repeat(256 * 1024 + 1)}),
    ] {
        post(&world, admin, PAGES, body)
            .await
            .problem(422, "invalid_input");
    }
    post(&world, admin, PAGES, json!({"title": "T", "slug": "api-keys"}))
        .await
        .problem(409, "slug_taken");

    // Unsaved work is one person's, and gone when it is saved.
    let draft = format!("{PAGES}/{below}/draft");
    let put = Call::new("PUT", &*draft).json(&json!({"baseVersion": 1, "title": "Rot", "body": "half"}));
    assert_eq!(world.send(admin.asks(put)).await.ok(200)["body"], "half");
    let versions = format!("{PAGES}/{below}/versions");
    let edit = json!({"baseVersion": 1, "title": "Rotating", "slug": "rotating", "body": "ONE\n\ntwo\n\nthree\n", "note": "louder"});
    assert_eq!(
        post(&world, admin, &versions, edit.clone()).await.ok(201)["version"]["number"],
        2
    );
    world
        .send(admin.asks(Call::get(&*draft)))
        .await
        .problem(404, "not_found");
    // Somebody else who began with version 1 is told, with what was saved.
    let conflict = post(&world, admin, &versions, edit)
        .await
        .problem(409, "page_conflict");
    assert_eq!(
        (&conflict["latest"]["number"], &conflict["latest"]["title"]),
        (&json!(2), &json!("Rotating"))
    );
    // Readers see the new title and address once they are published; the old address leads there.
    let at = |path: &str| world.send(Call::get(format!("/api/v1/docs/published?path={path}")));
    assert_eq!(at("api-keys/rotation").await.ok(200)["version"]["number"], 1);
    let publish = format!("{PAGES}/{below}/publish");
    post(&world, admin, &publish, json!({"version": 9}))
        .await
        .problem(404, "not_found");
    post(&world, admin, &publish, json!({"version": 2})).await.ok(200);
    let moved = at("api-keys/rotation").await.ok(200);
    assert_eq!(
        (&moved["path"], &moved["page"]["title"]),
        (&json!("api-keys/rotating"), &json!("Rotating"))
    );
    at("none").await.problem(404, "not_found");
    let history = world
        .send(admin.asks(Call::get(format!("{versions}?limit=1"))))
        .await
        .ok(200);
    assert_eq!(
        (&history["items"][0]["note"], &history["next"]),
        (&json!("louder"), &json!("2"))
    );
    world
        .send(admin.asks(Call::get(format!("{versions}/1"))))
        .await
        .ok(200);
    let restored = post(&world, admin, &format!("{versions}/1/restore"), json!({}))
        .await
        .ok(201);
    assert_eq!(
        (&restored["version"]["number"], &restored["version"]["slug"]),
        (&json!(3), &json!("rotation"))
    );

    // A developer reads and suggests, and writes nothing.
    let dev = &world.dev;
    post(&world, dev, PAGES, json!({"title": "Mine"}))
        .await
        .problem(403, "role_required");
    world
        .send(dev.asks(Call::get(PAGES)))
        .await
        .problem(403, "role_required");
    let suggest = format!("{PAGES}/{below}/suggestions");
    let suggestion = json!({"baseVersion": 2, "body": "ONE\n\ntwo\n\nTHREE\n", "note": "shout"});
    let sent = post(&world, dev, &suggest, suggestion).await.ok(201);
    let same = json!({"baseVersion": 2, "body": "ONE\n\ntwo\n\nthree\n"});
    post(&world, dev, &suggest, same)
        .await
        .problem(422, "invalid_input");
    let hidden = format!("{PAGES}/{deep}/suggestions");
    post(&world, dev, &hidden, json!({"baseVersion": 1, "body": "x"}))
        .await
        .problem(404, "not_found");
    let one = format!("/api/v1/docs/suggestions/{}", string(&sent["id"]));
    let seen = world.send(admin.asks(Call::get(&*one))).await.ok(200);
    assert_eq!(
        (&seen["merged"], &seen["conflict"]),
        (&json!("one\n\ntwo\n\nTHREE\n"), &json!(false))
    );
    let review = format!("{one}/review");
    post(
        &world,
        admin,
        &review,
        json!({"accept": true, "latestVersion": 2}),
    )
    .await
    .problem(409, "page_conflict");
    let accept = json!({"accept": true, "latestVersion": 3, "publish": true, "note": "Thanks"});
    let accepted = post(&world, admin, &review, accept.clone()).await.ok(200);
    assert_eq!(
        (&accepted["status"], &accepted["acceptedVersion"]),
        (&json!("accepted"), &json!(4))
    );
    post(&world, admin, &review, accept)
        .await
        .problem(409, "suggestion_decided");
    let mine = world
        .send(dev.asks(Call::get("/api/v1/docs/suggestions")))
        .await
        .ok(200);
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);

    // Whoever passes by says whether it helped, and counts once.
    let feedback = format!("{PAGES}/{below}/feedback");
    for helpful in [true, false] {
        let said = json!({"version": 4, "helpful": helpful, "comment": "hm"});
        let answer = world.send(Call::post(&*feedback).json(&said)).await;
        assert_eq!(answer.status, 204);
    }
    let answer = post(&world, dev, &feedback, json!({"version": 4, "helpful": true})).await;
    assert_eq!(answer.status, 204);
    let counts = world.send(admin.asks(Call::get(&*feedback))).await.ok(200);
    assert_eq!(
        (&counts["yes"], &counts["no"], &counts["comments"][0]["comment"]),
        (&json!(1), &json!(1), &json!("hm"))
    );

    // Deleting takes the pages below along when that is asked for, and can be undone.
    let page = format!("{PAGES}/{top}");
    let refused = world
        .send(admin.asks(Call::delete(&*page)))
        .await
        .problem(409, "page_has_children");
    assert_eq!(refused["count"], 2);
    let deleted = world
        .send(admin.asks(Call::delete(format!("{page}?children=true"))))
        .await
        .ok(200);
    assert_eq!(deleted["pages"], 3);
    assert!(shown(&world).await.is_empty());
    world
        .send(admin.asks(Call::get(&*page)))
        .await
        .problem(404, "not_found");
    let gone = world
        .send(admin.asks(Call::get("/api/v1/docs/deleted-pages")))
        .await
        .ok(200);
    assert_eq!(gone["items"].as_array().unwrap().len(), 3);
    post(&world, admin, &format!("{page}/undelete"), json!({}))
        .await
        .ok(200);
    assert_eq!(shown(&world).await, ["api-keys", "api-keys/rotation"]);
    post(&world, admin, &format!("{page}/unpublish"), json!({}))
        .await
        .ok(200);
    assert!(shown(&world).await.is_empty());
    world
}

pub(crate) async fn guides_travel_as_files(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let admin = &world.admin;
    let send = |path: &str, file: &[u8]| world.send(admin.asks(Call::post(path).upload(&[], Some(file))));
    let image = send(IMAGES, PNG).await.ok(201);
    assert_eq!(
        (&image["mediaType"], &image["width"]),
        (&json!("image/png"), &json!(1))
    );
    assert_eq!(send(IMAGES, PNG).await.ok(201)["id"], image["id"]);
    for bad in [&b"<svg onload=alert(1)>"[..], b"", b"GIF89a", b"text"] {
        send(IMAGES, bad).await.problem(422, "image_refused");
    }
    let reference = string(&image["reference"]);
    let answer = world.send(Call::get(&*reference)).await;
    assert_eq!(answer.header("content-type"), Some("image/png"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        answer.header("content-security-policy"),
        Some("default-src 'none'; sandbox")
    );
    assert!(
        answer
            .header("cache-control")
            .is_some_and(|value| value.contains("immutable"))
    );
    world
        .send(Call::get(format!("{IMAGES}/no").replace("/api/v1", "")))
        .await
        .problem(404, "not_found");

    let file = |path: &str, text: &str| TransferFile {
        path: path.into(),
        bytes: text.as_bytes().to_vec(),
    };
    let import = "/api/v1/docs/import";
    let bad = archive::pack(&[
        file("a.md", "ok"),
        file("b.md", "---\nstatus: live\n---\n"),
        file("c.md", "x\n\0"),
    ])
    .unwrap();
    let problem = send(import, &bad).await.problem(422, "import_refused");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&problem["errors"][1]["pointer"], &problem["errors"][1]["line"]),
        (&json!("c.md"), &json!(2))
    );
    send(import, b"no archive").await.problem(422, "import_refused");
    let outside = archive::pack(&[file("../x.md", "x")]).unwrap();
    send(import, &outside).await.problem(422, "import_refused");
    let none = world.send(admin.asks(Call::get(PAGES))).await.ok(200);
    assert_eq!(none["items"], json!([]));

    let picture = TransferFile {
        path: "img/one.png".into(),
        bytes: PNG.to_vec(),
    };
    let good = archive::pack(&[
        file(
            "1-start.md",
            "---\nstatus: published\n---\n# Start here\n\n![one](img/one.png) [keys](keys/index.md)\n",
        ),
        file(
            "keys/index.md",
            "---\ntitle: Keys\nstatus: published\n---\n\nText\n",
        ),
        file("keys/more.md", "A draft\n"),
        picture,
    ])
    .unwrap();
    let report = send(import, &good).await.ok(200);
    assert_eq!((&report["created"], &report["images"]), (&json!(3), &json!(1)));
    assert_eq!(shown(&world).await, ["start", "keys"]);
    let start = world
        .send(Call::get("/api/v1/docs/published?path=start"))
        .await
        .ok(200);
    assert_eq!(
        start["version"]["body"],
        format!("![one]({reference}) [keys](/docs/keys)\n")
    );
    let again = send(import, &good).await.ok(200);
    assert_eq!(
        (&again["created"], &again["updated"], &again["unchanged"]),
        (&json!(0), &json!(0), &json!(3))
    );

    // What is exported imports elsewhere as the same.
    let exported = world
        .send_quietly(&admin.asks(Call::get("/api/v1/docs/export")))
        .await;
    assert_eq!(exported.header("content-type"), Some("application/zip"));
    let files = archive::unpack(&exported.body).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let picture = format!("images/{}.png", string(&image["id"]));
    assert_eq!(
        names,
        ["01-start.md", "02-keys/index.md", "02-keys/01-more.md", &*picture]
    );
    let back = send(import, &exported.body).await.ok(200);
    assert_eq!((&back["updated"], &back["unchanged"]), (&json!(0), &json!(3)));
    world
}

/// What is not published is nobody's but its authors': not a word of it comes back by way of a suggestion.
pub(crate) async fn suggestions_show_only_what_is_published(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let admin = &world.admin;
    let page = create(
        &world,
        json!({"title": "Launch", "body": "Plain launch words.", "publish": true}),
    )
    .await;
    // Not published, neither the one before nor the one after what is published next.
    for (base, body, publish) in [
        (1, "The codename is Zanzibar.", false),
        (2, "Public launch words.", true),
        (3, "The budget is Quetzal.", false),
    ] {
        let version = json!({"baseVersion": base, "title": "Launch", "body": body, "publish": publish});
        post(&world, admin, &format!("{PAGES}/{page}/versions"), version)
            .await
            .ok(201);
    }
    // Quietly: each token of a form is another one.
    let form = |base: u32, what: &str, csrf: &str| {
        let body = format!("base={base}&do={what}&note=&csrf={csrf}&body=My+own+words");
        Call::post("/docs/launch/suggest").body("application/x-www-form-urlencoded", body)
    };
    let shown = world
        .send_quietly_owned(world.dev.browses(Call::get("/docs/launch/suggest")))
        .await;
    assert_eq!(shown.status, 200);
    let text = shown.text();
    let (_, rest) = text.split_once("name=\"csrf\" value=\"").unwrap();
    let csrf = rest.split('"').next().unwrap();
    for base in 0..6 {
        for what in ["preview", "send"] {
            let answers = [
                (
                    401,
                    world
                        .send_quietly_owned(form(base, what, "").at(world.dev.host))
                        .await,
                ),
                (
                    403,
                    world
                        .send_quietly_owned(world.dev.browses(form(base, what, "wrong")))
                        .await,
                ),
                (
                    0,
                    world
                        .send_quietly_owned(world.dev.browses(form(base, what, csrf)))
                        .await,
                ),
            ];
            for (status, answer) in answers {
                let text = answer.text();
                assert!(
                    !text.contains("Zanzibar") && !text.contains("Quetzal"),
                    "{what} from {base}: {text}"
                );
                // What was written is there, unless it was sent; what changes is for those who can send it.
                let sent = what == "send" && (1..=3).contains(&base) && status == 0;
                assert!(
                    sent || text.contains("My own words"),
                    "{what} from {base}: {text}"
                );
                match status {
                    0 => assert_eq!(text.contains("<del"), !sent, "{what} from {base}: {text}"),
                    status => {
                        assert_eq!(answer.status, status, "{text}");
                        assert!(!text.contains("<del"), "{text}");
                    }
                }
            }
        }
    }
    world
}

pub(crate) async fn feedback_is_throttled(host: Host, store: Store) -> World {
    let world = World::new(host, store).await;
    let page = create(&world, json!({"title": "Keys", "body": "Keys.", "publish": true})).await;
    let path = format!("{PAGES}/{page}/feedback");
    let say = || Call::post(&*path).json(&json!({"version": 1, "helpful": true}));
    for _ in 0..20 {
        assert_eq!(world.send(say()).await.status, 204);
    }
    let answer = world.send(say()).await;
    answer.problem(429, "too_many_requests");
    assert!(answer.header("retry-after").is_some());
    world.wait(std::time::Duration::from_secs(4));
    assert_eq!(world.send(say()).await.status, 204);
    world
}
