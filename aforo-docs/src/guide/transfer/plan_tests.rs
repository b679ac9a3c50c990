use super::*;

fn file(path: &str, text: &str) -> TransferFile {
    TransferFile {
        path: path.into(),
        bytes: text.as_bytes().to_vec(),
    }
}

fn paths(plan: &Plan) -> Vec<&str> {
    plan.pages.iter().map(|page| page.path.as_str()).collect()
}

#[test]
fn files_and_folders_become_a_tree_in_order() {
    let plan = plan(
        &[
            file("10-last.md", "x"),
            file(
                "2-keys/index.md",
                "---\ntitle: API keys\nstatus: published\n---\n\nText",
            ),
            file("2-keys/02-b.md", "# Second\n\nText"),
            file("2-keys/01-a.md", ""),
            file(
                "2-keys/zeta/deep.md",
                "---\nstatus: published\nslug: deeper\n---\n",
            ),
            file("first.md", "---\norder: 1\n---\n"),
            file("unnumbered.md", ""),
            file("pictures/a.png", "not read here"),
            file(".git/config.md", "no"),
            file("notes.txt", "no"),
        ],
        ImportOptions::default(),
    )
    .unwrap();
    assert_eq!(
        paths(&plan),
        [
            "first",
            "keys",
            "keys/a",
            "keys/b",
            "keys/zeta",
            "keys/zeta/deeper",
            "last",
            "unnumbered"
        ]
    );
    assert_eq!(plan.pages[1].text.title, "API keys");
    assert_eq!(
        (
            plan.pages[3].text.title.as_str(),
            plan.pages[3].text.body.as_str()
        ),
        ("Second", "Text")
    );
    assert_eq!(plan.pages[2].text.title, "A");
    // Made for its folder, and published since what is below it is.
    assert_eq!(
        (plan.pages[4].text.title.as_str(), plan.pages[4].status),
        ("Zeta", PageStatus::Published)
    );
    assert_eq!(plan.pages[2].status, PageStatus::Draft);
    assert_eq!(plan.warnings.len(), 1);
    assert_eq!(plan.warnings[0].file, "notes.txt");
}

#[test]
fn links_to_files_lead_to_pages() {
    let plan = plan(
        &[
            file("a.md", "[b](folder/01-b.md#part) ![i](img/x.png) [f](folder/) [no](missing.md) [w](https://x.test/a.md)"),
            file("folder/index.md", "[a](../a.md)\n\n![gone](gone.png)"),
            file("folder/01-b.md", "![i](../img/x.png)"),
            file("img/x.png", ""),
            file("img/unused.png", ""),
        ],
        ImportOptions::default(),
    )
    .unwrap();
    assert_eq!(
        plan.pages[0].text.body,
        "[b](/docs/folder/b#part) ![i](img/x.png) [f](/docs/folder) [no](missing.md) [w](https://x.test/a.md)"
    );
    assert_eq!(plan.pages[1].text.body, "[a](/docs/a)\n\n![gone](gone.png)");
    assert_eq!(plan.images.iter().collect::<Vec<_>>(), ["img/x.png"]);
    let told: Vec<String> = plan.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2);
    assert!(
        told[0].starts_with("a.md:1: `missing.md`") && told[1].starts_with("folder/index.md:3: `gone.png`")
    );
    let images = BTreeMap::from([("img/x.png".to_owned(), "ID".to_owned())]);
    assert_eq!(
        with_images("folder/01-b.md", &plan.pages[2].text.body, &images),
        "![i](/docs/images/ID)"
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let mut bad = file("latin.md", "one\ntwo ");
    bad.bytes.push(0xff);
    let problems = plan(
        &[
            bad,
            file("nul.md", "---\ntitle: T\n---\n\nfine\n\0"),
            file("../outside.md", ""),
            file("/etc/passwd.md", ""),
            file("a\\b.md", ""),
            file("1-same.md", ""),
            file("2-same.md", ""),
            file("a/b/c/d.md", ""),
            file("slug.md", "---\nslug: Not This\n---\n"),
            file("status.md", "---\nstatus: live\n---\n"),
            file("open.md", "---\ntitle: x\n"),
            file("orphan.draft.md", "x"),
            file("big.md", &"x".repeat(300 * 1024)),
        ],
        ImportOptions::default(),
    )
    .unwrap_err();
    let told = |file: &str| {
        problems
            .iter()
            .filter(|p| p.file.starts_with(file))
            .collect::<Vec<_>>()
    };
    assert_eq!(told("latin.md")[0].line, Some(2));
    assert_eq!(told("nul.md")[0].line, Some(6));
    assert_eq!(told("status.md")[0].line, Some(2));
    for file in [
        "../outside.md",
        "/etc",
        "a\\b",
        "2-same",
        "a/b/c/d.md",
        "slug.md",
        "status.md",
        "open.md",
        "orphan",
        "big.md",
    ] {
        assert_eq!(told(file).len(), 1, "{file}: {problems:?}");
    }
    assert!(plan(&[file("x.txt", "")], ImportOptions::default()).is_err());
}

#[test]
fn numbers_and_titles_of_names() {
    assert_eq!(numbered("01-first"), (Some(1), "first"));
    assert_eq!(numbered("2024"), (None, "2024"));
    assert_eq!(numbered("3. third"), (Some(3), " third"));
    assert_eq!(sentence("getting-started"), "Getting started");
    assert_eq!(file_name(0, 5, "a"), "01-a");
    assert_eq!(file_name(99, 100, "a"), "100-a");
}
