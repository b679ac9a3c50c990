//! What search promises, on every store: who finds what, and in which order.

use aforo_core::{
    ProductId, TenantScope,
    contract::{World, sample_product, world},
};

use super::{DocsStore, begin, read};
use crate::search::{Count, Entry, Kind, Search, SearchRequest, SearchResults, query::Query};

fn entry(kind: Kind, key: &str, title: &str, body: &str) -> Entry {
    Entry {
        key: key.to_owned(),
        kind,
        product: None,
        title: title.to_owned(),
        names: Vec::new(),
        trail: Vec::new(),
        method: None,
        path: None,
        body: body.to_owned(),
        address: key.to_owned(),
        anchor: None,
    }
}

fn guide(key: &str, title: &str, body: &str) -> Entry {
    entry(Kind::Guide, key, title, body)
}

fn operation(product: ProductId, id: &str, call: (&str, &str), title: &str, tag: &str, body: &str) -> Entry {
    Entry {
        product: Some(product),
        names: vec![id.to_owned()],
        trail: vec![tag.to_owned()],
        method: Some(call.0.to_owned()),
        path: Some(call.1.to_owned()),
        ..entry(Kind::Operation, id, title, body)
    }
}

fn schema(product: ProductId, name: &str, body: &str) -> Entry {
    Entry {
        product: Some(product),
        ..entry(Kind::Schema, name, name, body)
    }
}

/// A tenant's documentation: a translation API, another one, and guides.
#[rustfmt::skip] // a table
fn corpus(product: ProductId, other: ProductId) -> (Vec<Entry>, Vec<Entry>, Vec<Entry>) {
    let translation = vec![
        operation(product, "createTranslation", ("POST", "/v1/translate"), "Translate text", "Translations",
            "Translates a text into one language. The detected source language is returned."),
        operation(product, "createTranslationBatch", ("POST", "/v1/translate/batch"), "Translate a batch", "Translations",
            "Translates up to 100 texts in one call. Each text counts against the rate limit."),
        operation(product, "getTranslation", ("GET", "/v1/translations/{translationId}"), "Retrieve a translation",
            "Translations", "Reads one translation again, for 30 days."),
        operation(product, "listLanguages", ("GET", "/v1/languages"), "List languages", "Languages",
            "Every language that texts can be translated into, with its BCP 47 tag."),
        operation(product, "createGlossary", ("POST", "/v1/glossaries"), "Create a glossary", "Glossaries",
            "A glossary fixes how terms are translated. page_size and sourceLanguage are optional."),
        operation(product, "deleteGlossary", ("DELETE", "/v1/glossaries/{glossaryId}"), "Delete a glossary", "Glossaries",
            "Deleting cannot be undone."),
        operation(product, "listWebhooks", ("GET", "/v1/webhooks"), "List webhooks", "Webhooks", "All webhook endpoints."),
        schema(product, "GlossaryEntry", "source: term in the source language\ntarget: its translation"),
        schema(product, "TranslationRequest", "text: what to translate\ntarget_lang: BCP 47 tag of the language"),
    ];
    let payments = vec![
        operation(other, "createPayment", ("POST", "/v1/payments"), "Create a payment", "Payments",
            "Takes a payment. Amounts are in the smallest unit."),
        operation(other, "listWebhookDeliveries", ("GET", "/v1/webhooks"), "List deliveries", "Webhooks",
            "Deliveries of payment events."),
        schema(other, "Payment", "amount: in the smallest unit\ncurrency: ISO 4217"),
    ];
    let guides = vec![
        guide("rotation", "Rotate a key", "Make a new key, deploy it, then revoke the old key. The old one works for 300 seconds."),
        guide("errors", "Errors", "Each error has a code. When a key was rotated, calls with the old one are refused with 401."),
        guide("limits", "Rate limits", "Each key has a limit of calls a minute. Headers say what is left."),
        guide("left", "Whose limit is it?", "The limit of a plan has a rate of its own for each customer."),
        guide("auth", "Authentication", "Send your key as a bearer token. Keep it on the server."),
        guide("idempotency", "Idempotent requests", "Send an idempotency key with each request, then retry without fear."),
        guide("uber", "Über Größen", "Längen und Größen sind in Pixeln. Café und naïve bleiben findbar."),
        guide("cjk", "翻訳の始め方", "最初の翻訳を送信する方法を説明します。"),
        guide("russian", "Ключи", "Создайте ключ и отправьте запрос."),
        Entry { trail: vec!["Getting started".into()], anchor: Some("s-sdk".into()),
            ..guide("sdk", "Install an SDK", "There is one for Node.js and one for Python.") },
    ];
    (translation, payments, guides)
}

/// A world with documentation; the second product.
async fn documented(store: &impl DocsStore) -> (World, ProductId) {
    let world = world(store).await;
    let other = sample_product(world.tenant, "payments");
    let (translation, payments, guides) = corpus(world.product, other.id);
    let mut tx = begin(store).await;
    tx.products(world.wide).insert(&other).await.unwrap();
    let mut index = tx.search(world.wide);
    index.lock().await.unwrap();
    for (source, entries) in [("a", &translation), ("b", &payments), ("c", &guides)] {
        index.replace(source, "1", entries).await.unwrap();
    }
    drop(index);
    tx.commit().await.unwrap();
    (world, other.id)
}

async fn ask(store: &impl DocsStore, scope: TenantScope, request: SearchRequest) -> SearchResults {
    let mut tx = read(store).await;
    Search::find_in(&mut *tx, scope, &request).await.unwrap()
}

fn question(text: &str) -> SearchRequest {
    SearchRequest {
        text: text.to_owned(),
        limit: 20,
        ..SearchRequest::default()
    }
}

async fn keys(store: &impl DocsStore, scope: TenantScope, text: &str) -> Vec<String> {
    let results = ask(store, scope, question(text)).await;
    results.hits.into_iter().map(|hit| hit.entry.key).collect()
}

/// The first hits are these, in this order.
async fn finds(store: &impl DocsStore, cases: &[(&str, &[&str])]) {
    let (world, _) = documented(store).await;
    for (text, expected) in cases {
        let found = keys(store, world.own, text).await;
        let first: Vec<&str> = found.iter().take(expected.len()).map(String::as_str).collect();
        assert_eq!(first, *expected, "{text}: {found:?}");
    }
}

/// A word in the title weighs more than in the keys, and there more than in the body.
pub async fn a_title_beats_a_body(store: &impl DocsStore) {
    finds(
        store,
        &[
            ("authentication", &["auth"]),
            ("errors", &["errors"]),
            ("key", &["rotation"]),
            ("glossary", &["createGlossary", "deleteGlossary"]),
            ("started", &["sdk"]),
            ("payment", &["Payment"]),
        ],
    )
    .await;
    let (world, _) = documented(store).await;
    let found = keys(store, world.own, "translation").await;
    let at = |key: &str| found.iter().position(|found| found == key).unwrap();
    // Title; then tag; then only the body.
    assert!(at("getTranslation") < at("listLanguages"), "{found:?}");
    assert!(at("createTranslation") < at("GlossaryEntry"), "{found:?}");
}

/// What is called exactly so comes first.
pub async fn exact_names_come_first(store: &impl DocsStore) {
    finds(
        store,
        &[
            (
                "createTranslation",
                &["createTranslation", "createTranslationBatch"],
            ),
            ("createtranslation", &["createTranslation"]),
            ("create_translation", &["createTranslation"]),
            ("create translation", &["createTranslation"]),
            ("getTranslation", &["getTranslation"]),
            ("GlossaryEntry", &["GlossaryEntry"]),
            ("glossary entry", &["GlossaryEntry"]),
            ("Rate limits", &["limits"]),
            ("translate text", &["createTranslation"]),
        ],
    )
    .await;
}

/// Methods and paths are found as they are written.
pub async fn paths_and_methods_are_found(store: &impl DocsStore) {
    finds(
        store,
        &[
            ("/v1/translate", &["createTranslation", "createTranslationBatch"]),
            ("v1/translate/batch", &["createTranslationBatch"]),
            ("POST translate", &["createTranslation"]),
            ("POST /v1/translate", &["createTranslation"]),
            ("delete glossary", &["deleteGlossary"]),
            ("GET /v1/translations/{translationId}", &["getTranslation"]),
            ("DELETE /v1/glossaries", &["deleteGlossary"]),
            ("get languages", &["listLanguages"]),
        ],
    )
    .await;
}

/// Hits with all words come before hits with some.
pub async fn all_words_beat_some_words(store: &impl DocsStore) {
    finds(
        store,
        &[
            ("rotate key", &["rotation", "errors"]),
            ("delete undone", &["deleteGlossary"]),
            ("bearer token server", &["auth"]),
            ("how do I rotate my key", &["rotation"]),
        ],
    )
    .await;
    let (world, _) = documented(store).await;
    let results = ask(store, world.own, question("idempotency python")).await;
    let found: Vec<&str> = results.hits.iter().map(|hit| hit.entry.key.as_str()).collect();
    assert!(
        results.partial && found.contains(&"sdk") && found.contains(&"idempotency"),
        "{found:?}"
    );
    let all = ask(store, world.own, question("translate")).await;
    assert!(!all.partial);
    let none = ask(store, world.own, question("zzyzx qwrtp")).await;
    assert!(none.hits.is_empty() && none.suggestion.is_none());
}

/// The last word may be the beginning of one; words before it may not.
pub async fn a_word_is_found_while_it_is_typed(store: &impl DocsStore) {
    let (world, _) = documented(store).await;
    for typed in ["ro", "rot", "rota", "rotat", "rotate", "rotate ", "rotate a k"] {
        let found = keys(store, world.own, typed).await;
        assert!(found.contains(&"rotation".to_owned()), "{typed}: {found:?}");
    }
    assert_eq!(
        keys(store, world.own, "createTranslationB").await[0],
        "createTranslationBatch"
    );
    assert_eq!(keys(store, world.own, "langu").await[0], "listLanguages");
    let found = keys(store, world.own, "glo entry").await;
    assert!(!found.contains(&"createGlossary".to_owned()), "{found:?}");
}

/// Forms of a word are the same word.
pub async fn forms_of_a_word_are_found(store: &impl DocsStore) {
    finds(
        store,
        &[
            ("rotating", &["rotation"]),
            ("translating texts ", &["createTranslation"]),
            ("webhook ", &["listWebhooks"]),
            ("LANGUAGE", &["listLanguages"]),
            ("grossen ", &["uber"]),
            ("cafe ", &["uber"]),
            ("ÜBER", &["uber"]),
        ],
    )
    .await;
}

/// Quoted words stand together, in this order.
pub async fn a_phrase_is_found_as_it_stands(store: &impl DocsStore) {
    let (world, _) = documented(store).await;
    let phrase = keys(store, world.own, "\"rate limit\" ").await;
    assert_eq!(phrase, ["createTranslationBatch"]);
    assert_eq!(keys(store, world.own, "\"rate limits\"").await, ["limits"]);
    assert_eq!(
        keys(store, world.own, "\"limits rate\"").await,
        Vec::<String>::new()
    );
    assert_eq!(
        keys(store, world.own, "\"smallest unit\" payment").await[..2],
        ["createPayment", "Payment"]
    );
    assert!(keys(store, world.own, "rate limit").await.len() >= 2);
    // Not from one field into the next.
    assert_eq!(
        keys(store, world.own, "\"limits each\"").await,
        Vec::<String>::new()
    );
    assert_eq!(keys(store, world.own, "\"create translation\"").await.len(), 2);
    assert_eq!(keys(store, world.own, "\"page size\"").await, ["createGlossary"]);
}

/// Words of identifiers are found by themselves and together.
pub async fn identifiers_are_found_by_their_parts(store: &impl DocsStore) {
    let (world, _) = documented(store).await;
    for text in ["page_size", "pageSize", "pagesize", "page-size", "page size"] {
        let found = keys(store, world.own, text).await;
        assert_eq!(
            found.first().map(String::as_str),
            Some("createGlossary"),
            "{text}: {found:?}"
        );
    }
    for text in ["source language", "sourcelanguage", "source_language"] {
        assert!(
            keys(store, world.own, text)
                .await
                .contains(&"createGlossary".to_owned()),
            "{text}"
        );
    }
    assert_eq!(
        keys(store, world.own, "target_lang").await[0],
        "TranslationRequest"
    );
}

/// One error in four letters, two in eight; the meant question is told.
pub async fn typing_errors_are_forgiven(store: &impl DocsStore) {
    let (world, _) = documented(store).await;
    for (text, first, meant) in [
        ("tranlsate text", "createTranslation", "translate text"),
        ("glosary ", "createGlossary", "glossary"),
        ("rotaet key", "rotation", "rotate key"),
        ("authentciation", "auth", "authentication"),
        ("autentcation", "auth", "authentication"),
        ("webhok deliveries", "listWebhookDeliveries", "webhook deliveries"),
        ("idempotensy", "idempotency", "idempotency"),
        ("languges", "listLanguages", "languages"),
    ] {
        let results = ask(store, world.own, question(text)).await;
        let found: Vec<&str> = results.hits.iter().map(|hit| hit.entry.key.as_str()).collect();
        assert_eq!(
            found.first(),
            Some(&first),
            "{text}: {found:?}, {:?}",
            results.suggestion
        );
        assert_eq!(results.suggestion.as_deref(), Some(meant), "{text}");
    }
    // Words that are known, short, or far from all others stay as they are.
    for text in [
        "translate",
        "kye",
        "qqqqqqqq",
        "rotating",
        "transl",
        "\"tranlsate text\"",
    ] {
        assert_eq!(
            ask(store, world.own, question(text)).await.suggestion,
            None,
            "{text}"
        );
    }
}

/// Product and kind filter hits; counts tell what there is without the filter.
pub async fn filters_keep_to_a_product_and_a_kind(store: &impl DocsStore) {
    let (world, other) = documented(store).await;
    let mut request = question("webhooks");
    let found = |results: &SearchResults| -> Vec<String> {
        results.hits.iter().map(|hit| hit.entry.key.clone()).collect()
    };
    assert_eq!(
        found(&ask(store, world.own, request.clone()).await),
        ["listWebhooks", "listWebhookDeliveries"]
    );
    request.product = Some(other);
    assert_eq!(
        found(&ask(store, world.own, request.clone()).await),
        ["listWebhookDeliveries"]
    );
    request.counts = true;
    let counted = ask(store, world.own, request).await.counts;
    let one = |product| Count {
        kind: Kind::Operation,
        product: Some(product),
        entries: 1,
    };
    assert_eq!(counted.len(), 2);
    assert!(
        counted.contains(&one(other)) && counted.contains(&one(world.product)),
        "{counted:?}"
    );
    let mut request = question("translation");
    request.kind = Some(Kind::Schema);
    assert_eq!(
        found(&ask(store, world.own, request.clone()).await),
        ["TranslationRequest", "GlossaryEntry"]
    );
    request.limit = 1;
    assert_eq!(
        found(&ask(store, world.own, request).await),
        ["TranslationRequest"]
    );
    let mut request = question("/v1/webhooks");
    request.product = Some(other);
    assert_eq!(
        found(&ask(store, world.own, request).await),
        ["listWebhookDeliveries"]
    );
}

/// Nothing of another tenant is found, counted, suggested or changed.
pub async fn what_another_tenant_has_is_not_found(store: &impl DocsStore) {
    let (a, _) = documented(store).await;
    let b = world(store).await;
    for scope in [b.wide, b.own] {
        for text in [
            "translate",
            "createTranslation",
            "/v1/translate",
            "tranlsate",
            "rotation key",
            "\"rate limits\"",
        ] {
            let mut request = question(text);
            (request.counts, request.product) = (true, (text == "translate").then_some(a.product));
            let results = ask(store, scope, request).await;
            assert!(
                results.hits.is_empty() && results.counts.is_empty() && results.suggestion.is_none(),
                "{text}"
            );
        }
        assert_eq!(read(store).await.search(scope).sources().await.unwrap(), []);
    }
    let mut tx = begin(store).await;
    assert_eq!(tx.search(b.wide).remove("a").await.unwrap(), 0);
    tx.search(b.wide)
        .replace("a", "1", &[guide("x", "Translate", "")])
        .await
        .unwrap();
    let foreign = Entry {
        product: Some(a.product),
        ..guide("y", "Foreign", "")
    };
    tx.commit().await.unwrap();
    let mut tx = begin(store).await;
    super::assert_conflict(tx.search(b.wide).replace("b", "1", &[foreign]).await.map(|_| ()));
    drop(tx);
    assert_eq!(keys(store, b.own, "translate").await, ["x"]);
    assert!(!keys(store, a.own, "translate").await.contains(&"x".to_owned()));
}

/// Replacing writes what changed, and the vocabulary follows.
pub async fn a_source_is_replaced_as_a_whole(store: &impl DocsStore) {
    let (world, other) = documented(store).await;
    let (mut translation, ..) = corpus(world.product, other);
    let replace = async |entries: &[Entry], state: &str| {
        let mut tx = begin(store).await;
        let changes = tx.search(world.wide).replace("a", state, entries).await.unwrap();
        tx.commit().await.unwrap();
        (changes.written, changes.removed)
    };
    assert_eq!(replace(&translation, "2").await, (0, 0));
    translation[0].title = "Translate a sentence".into();
    let removed = translation.pop().unwrap();
    translation.push(guide("fresh", "Xylophones", "xylophone"));
    assert_eq!(replace(&translation, "3").await, (2, 2));
    let found = keys(store, world.own, "sentence").await;
    assert_eq!(found, ["createTranslation"]);
    assert!(
        !keys(store, world.own, &removed.title)
            .await
            .contains(&removed.key)
    );
    assert_eq!(keys(store, world.own, "xylofones").await, ["fresh"]);
    let states = read(store).await.search(world.wide).sources().await.unwrap();
    let state = |source: &str, state: &str| (source.to_owned(), state.to_owned());
    assert_eq!(states, [state("a", "3"), state("b", "1"), state("c", "1")]);
    // A key belongs to one source.
    let taken = guide("rotation", "Again", "");
    super::assert_conflict(
        begin(store)
            .await
            .search(world.wide)
            .replace("a", "4", &[taken])
            .await
            .map(|_| ()),
    );
    let mut tx = begin(store).await;
    assert_eq!(
        tx.search(world.wide).remove("a").await.unwrap(),
        translation.len()
    );
    tx.commit().await.unwrap();
    for text in ["sentence", "xylophone", "xylofone", "glossary"] {
        let results = ask(store, world.own, question(text)).await;
        assert!(
            results.hits.is_empty() && results.suggestion.is_none(),
            "{text}: {results:?}"
        );
    }
    // What other sources have is there still, and known.
    assert_eq!(keys(store, world.own, "rotaet key").await[0], "rotation");
    assert_eq!(
        read(store)
            .await
            .search(world.wide)
            .sources()
            .await
            .unwrap()
            .len(),
        2
    );
}

/// What is not committed is not found.
pub async fn an_index_follows_its_transaction(store: &impl DocsStore) {
    let (world, _) = documented(store).await;
    let mut tx = begin(store).await;
    tx.search(world.wide)
        .replace("d", "1", &[guide("late", "Zebras", "")])
        .await
        .unwrap();
    assert_eq!(keys(store, world.own, "zebras").await, Vec::<String>::new());
    drop(tx);
    assert_eq!(keys(store, world.own, "zebras").await, Vec::<String>::new());
}

/// No question is a mistake, and none is syntax.
pub async fn any_question_is_harmless(store: &impl DocsStore) {
    let (world, _) = documented(store).await;
    let long = "translate ".repeat(5_000);
    let word = "x".repeat(100_000);
    for text in [
        "",
        " ",
        "\"",
        "\"\"",
        "'",
        "*",
        "(",
        "a:*",
        "🦀",
        "🦀 🚀 ❤️",
        "\0",
        "translate\0text",
        "%",
        "_",
        "\\",
        ":",
        "-",
        "^",
        "+",
        "<->",
        "&",
        "|",
        "!",
        "the",
        "a",
        "or",
        "NOT",
        "\u{202e}abc",
        "e\u{301}",
        "§k",
        "{}",
        long.as_str(),
        word.as_str(),
    ] {
        let mut request = question(text);
        request.counts = true;
        ask(store, world.own, request).await;
    }
    for text in [
        "translate' OR 1=1 --",
        "translate'); DROP TABLE search_entries; --",
        "translate AND",
        "translate NOT text",
        "NEAR(translate text)",
        "translate & !text",
        "title : translate",
        "{title} : translate",
        "translate:*A",
        "(translate",
        "translate\" OR \"",
        "translate' | 'x",
        "translate*",
        "^translate",
        "-translate",
        "§translate",
    ] {
        let found = keys(store, world.own, text).await;
        assert!(
            found.contains(&"createTranslation".to_owned()),
            "{text}: {found:?}"
        );
    }
    // The marks of a scope are no words: nobody asks for a tenant or a kind.
    let tenant = world.tenant.as_uuid().simple().to_string();
    for text in [
        format!("§t{tenant}"),
        format!("t{tenant}"),
        "§koperation".to_owned(),
    ] {
        assert_eq!(
            keys(store, world.own, &text).await,
            Vec::<String>::new(),
            "{text}"
        );
    }
}

/// Scripts without blanks, and other alphabets.
pub async fn other_scripts_are_found(store: &impl DocsStore) {
    finds(
        store,
        &[
            ("翻訳", &["cjk"]),
            ("始め方", &["cjk"]),
            ("送信する", &["cjk"]),
            ("ключ ", &["russian"]),
            ("КЛЮЧИ", &["russian"]),
            ("größe", &["uber"]),
        ],
    )
    .await;
    let (world, _) = documented(store).await;
    assert_eq!(keys(store, world.own, "訳翻").await, Vec::<String>::new());
}

/// Hits say where the words are.
pub async fn hits_are_marked(store: &impl DocsStore) {
    let (world, _) = documented(store).await;
    let marked = |marked: &crate::search::Marked| -> Vec<String> {
        marked
            .pieces()
            .filter(|(_, marked)| *marked)
            .map(|(piece, _)| piece.to_owned())
            .collect()
    };
    let first = |results: SearchResults| results.hits.into_iter().next().unwrap();
    let hit = first(ask(store, world.own, question("rotating keys")).await);
    assert_eq!(marked(&hit.title), ["Rotate", "key"]);
    assert_eq!(marked(&hit.excerpt.unwrap()), ["key", "key"]);
    let hit = first(ask(store, world.own, question("tra")).await);
    assert_eq!(marked(&hit.title), ["Tra"]);
    let hit = first(ask(store, world.own, question("grossen ")).await);
    assert_eq!(marked(&hit.title), ["Größen"]);
    let hit = first(ask(store, world.own, question("gross")).await);
    assert_eq!(marked(&hit.title), ["Größ"]);
    let hit = first(ask(store, world.own, question("idempotancy")).await);
    assert_eq!(marked(&hit.title), ["Idempotent"]);
    // Long texts are cut around what was found.
    let filler = "Words that say nothing. ".repeat(60);
    let long = guide(
        "long",
        "A long one",
        &format!("{filler}Here is the needle, after all. {filler}"),
    );
    let mut tx = begin(store).await;
    tx.search(world.wide).replace("d", "1", &[long]).await.unwrap();
    tx.commit().await.unwrap();
    let excerpt = first(ask(store, world.own, question("needle")).await)
        .excerpt
        .unwrap();
    assert!(
        excerpt.text.starts_with('…') && excerpt.text.ends_with('…'),
        "{excerpt:?}"
    );
    assert!(excerpt.text.chars().count() < 200);
    assert_eq!(marked(&excerpt), ["needle"]);
}

/// One guide does not fill the list.
pub async fn one_page_does_not_hide_the_others(store: &impl DocsStore) {
    let (world, _) = documented(store).await;
    let section = |n: usize| Entry {
        address: "big".into(),
        ..guide(&format!("big#{n}"), &format!("Quotas {n}"), "quotas")
    };
    let mut entries: Vec<Entry> = (0..30).map(section).collect();
    entries.push(guide("small", "Other things", "On quotas, in the body only."));
    let mut tx = begin(store).await;
    tx.search(world.wide).replace("d", "1", &entries).await.unwrap();
    tx.commit().await.unwrap();
    let found = keys(store, world.own, "quotas").await;
    assert_eq!(found[3], "small", "{found:?}");
    assert_eq!(found.len(), 20);
}

/// Many entries with a word do not hide the one that is called so.
pub async fn a_name_is_found_among_many(store: &impl DocsStore) {
    let (world, _) = documented(store).await;
    let product = world.product;
    let many = |n: usize| {
        let id = format!("createCustomerThing{n}");
        let path = format!("/v1/customers/{{id}}/things{n}");
        operation(
            product,
            &id,
            ("POST", &path),
            &format!("Create a customer thing {n}"),
            "Customers",
            "Create a customer.",
        )
    };
    let mut entries: Vec<Entry> = (0..400).map(many).collect();
    entries.push(operation(
        product,
        "createCustomer",
        ("POST", "/v1/customers"),
        "Add somebody",
        "People",
        "",
    ));
    let mut tx = begin(store).await;
    tx.search(world.wide).replace("d", "1", &entries).await.unwrap();
    tx.commit().await.unwrap();
    for text in [
        "createCustomer",
        "create customer",
        "POST /v1/customers",
        "/v1/customers",
    ] {
        assert_eq!(keys(store, world.own, text).await[0], "createCustomer", "{text}");
    }
    let mut request = question("customer");
    request.counts = true;
    // Those, the one with the name, and a guide.
    let counted: u64 = ask(store, world.own, request)
        .await
        .counts
        .iter()
        .map(|count| count.entries)
        .sum();
    assert_eq!(counted, 402);
    assert_eq!(Query::parse("createCustomer").clauses.len(), 1);
}

/// Makes a module with one `#[tokio::test]` for each behaviour: `search_contract!(name, async { (store, guard) })`.
#[macro_export]
macro_rules! search_contract {
    ($module:ident, $fixture:expr) => {
        mod $module {
            use super::*;
            use $crate::contract as suite;
            ::aforo_core::behaviours! { ($fixture)
                no_text_is_too_odd_to_be_kept
                a_title_beats_a_body
                exact_names_come_first
                paths_and_methods_are_found
                all_words_beat_some_words
                a_word_is_found_while_it_is_typed
                forms_of_a_word_are_found
                a_phrase_is_found_as_it_stands
                identifiers_are_found_by_their_parts
                typing_errors_are_forgiven
                filters_keep_to_a_product_and_a_kind
                what_another_tenant_has_is_not_found
                a_source_is_replaced_as_a_whole
                an_index_follows_its_transaction
                any_question_is_harmless
                other_scripts_are_found
                hits_are_marked
                one_page_does_not_hide_the_others
                a_name_is_found_among_many
            }
        }
    };
}

/// Whatever an entry holds, it is kept: without what a database refuses, and once if names are the same without it.
pub async fn no_text_is_too_odd_to_be_kept(store: &impl DocsStore) {
    let world = world(store).await;
    let odd = "zebra\0crossing\u{1}\u{FFFE}\u{FFFF}\\u0000";
    let full = Entry {
        names: vec![odd.to_owned()],
        trail: vec![odd.to_owned()],
        method: Some(odd.to_owned()),
        path: Some(odd.to_owned()),
        anchor: Some(odd.to_owned()),
        address: odd.to_owned(),
        ..guide("odd\0", odd, odd)
    };
    let long = |end: &str| guide(&format!("{}{end}", "k".repeat(2_000)), "Zebra", "long");
    let entries = [full, guide("odd", "Zebra", "the same key"), long("a"), long("b")];
    let mut tx = begin(store).await;
    let mut index = tx.search(world.wide);
    index.lock().await.unwrap();
    index.replace("odd", "1", &entries).await.unwrap();
    let again = index.replace("odd", "1", &entries).await.unwrap();
    assert_eq!((again.written, again.removed), (0, 0));
    drop(index);
    tx.commit().await.unwrap();
    assert_eq!(keys(store, world.own, "zebra").await.len(), 2);
    for text in ["\0", "zebra\0", "a\u{FFFF}b", "\\u0000", "\u{1}"] {
        keys(store, world.own, text).await;
    }
    let mut tx = begin(store).await;
    let mut index = tx.search(world.wide);
    index.lock().await.unwrap();
    index.remove("odd").await.unwrap();
    drop(index);
    tx.commit().await.unwrap();
    assert!(keys(store, world.own, "zebra").await.is_empty());
}
