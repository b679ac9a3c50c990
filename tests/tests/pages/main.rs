//! Every page as a visitor without JavaScript uses it, over HTTP, under a prefix.

#![allow(clippy::unwrap_used, reason = "the helpers of a test are tests")]

mod access;
mod browser;
mod crawl;
mod keys;
mod reference;
mod world;

use browser::Browser;
use world::at;

/// The id of the only key whose row has this name.
pub(crate) async fn key_id(browser: &Browser, name: &str) -> String {
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
