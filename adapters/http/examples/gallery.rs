//! Writes every sample page into a folder, with the assets: `cargo run -p aforo-http --example gallery -- out`,
//! then serve that folder with any file server.

use std::{fs, io, path::Path};

use aforo_http::{
    assets,
    pages::{Theme, samples},
};

fn main() -> io::Result<()> {
    let out = std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned());
    let files = Path::new(&out).join("assets").join(assets::hash());
    fs::create_dir_all(&files)?;
    for asset in assets::ALL {
        fs::write(files.join(asset.name), asset.bytes)?;
    }
    for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let folder = Path::new(&out).join(name);
        fs::create_dir_all(&folder)?;
        for (page, html) in samples::all(&samples::chrome("", theme)) {
            fs::write(folder.join(format!("{page}.html")), html)?;
        }
    }
    Ok(())
}
