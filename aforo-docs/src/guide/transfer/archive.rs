//! A folder as one .zip file.

use std::io::{Cursor, Read, Write};

use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{MAX_BYTES, MAX_FILES, TransferFile, TransferProblem};

/// Bytes of an archive that is read.
pub const MAX_ARCHIVE: usize = 32 * 1024 * 1024;

/// Packs files. The same files give the same bytes.
pub fn pack(files: &[TransferFile]) -> Result<Vec<u8>, String> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        archive
            .start_file(file.path.as_str(), options)
            .map_err(|e| e.to_string())?;
        archive.write_all(&file.bytes).map_err(|e| e.to_string())?;
    }
    archive
        .finish()
        .map(Cursor::into_inner)
        .map_err(|e| e.to_string())
}

/// Unpacks an archive into memory, never further than an import reads. Names are checked when the import is planned;
/// nothing here touches a disk. If everything is in one folder, as archives of a repository are, that folder is left
/// out of the names.
pub fn unpack(bytes: &[u8]) -> Result<Vec<TransferFile>, Vec<TransferProblem>> {
    let one = |file: &str, message: String| vec![TransferProblem::new(file, None, message)];
    if bytes.len() > MAX_ARCHIVE {
        let most = MAX_ARCHIVE / 1024 / 1024;
        return Err(one(
            "",
            format!("The archive has more than {most} MiB. Import it in parts."),
        ));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|_| one("", "This is no .zip archive, or it is damaged.".to_owned()))?;
    if archive.len() > MAX_FILES {
        return Err(one(
            "",
            format!(
                "The archive has {} files; at most {MAX_FILES} are taken.",
                archive.len()
            ),
        ));
    }
    let (mut files, mut left) = (Vec::new(), MAX_BYTES);
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number).map_err(|error| {
            one(
                &format!("entry {}", number + 1),
                format!("It cannot be read: {error}."),
            )
        })?;
        let Ok(path) = std::str::from_utf8(entry.name_raw()).map(str::to_owned) else {
            return Err(one(
                &format!("entry {}", number + 1),
                "Its name is not UTF-8.".to_owned(),
            ));
        };
        if entry.is_dir() {
            continue;
        }
        if entry.is_symlink() {
            return Err(one(&path, "Links to other files are not taken.".to_owned()));
        }
        // What the archive says about sizes is its author's word.
        let mut content = Vec::new();
        let read = entry.by_ref().take(left as u64 + 1).read_to_end(&mut content);
        if let Err(error) = read {
            return Err(one(&path, format!("It is damaged: {error}.")));
        }
        if content.len() > left {
            let most = MAX_BYTES / 1024 / 1024;
            return Err(one(
                &path,
                format!("Unpacked, the archive has more than {most} MiB."),
            ));
        }
        left -= content.len();
        files.push(TransferFile { path, bytes: content });
    }
    Ok(without_common_folder(files))
}

fn without_common_folder(mut files: Vec<TransferFile>) -> Vec<TransferFile> {
    let first = files
        .first()
        .and_then(|file| file.path.split_once('/'))
        .map(|(folder, _)| format!("{folder}/"));
    // Names that lead out of the archive stay as they are, so that they are refused.
    let first = first.filter(|folder| !matches!(folder.as_str(), "/" | "./" | "../"));
    let Some(folder) = first else { return files };
    let index = |file: &TransferFile| file.path[folder.len()..].eq_ignore_ascii_case("index.md");
    if files.iter().all(|file| file.path.starts_with(&folder)) && !files.iter().any(index) {
        for file in &mut files {
            file.path.drain(..folder.len());
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: &[u8]) -> TransferFile {
        TransferFile {
            path: path.into(),
            bytes: bytes.to_vec(),
        }
    }

    #[test]
    fn what_is_packed_comes_back() {
        let files = [
            file("01-ä/index.md", b"text"),
            file("images/x.png", &[0, 255]),
            file("empty.md", b""),
        ];
        let packed = pack(&files).unwrap();
        assert_eq!(unpack(&packed).unwrap(), files);
        assert_eq!(pack(&files).unwrap(), packed);
        let repository = [file("repo-main/a.md", b"a"), file("repo-main/b/c.md", b"c")];
        let names: Vec<String> = unpack(&pack(&repository).unwrap())
            .unwrap()
            .into_iter()
            .map(|f| f.path)
            .collect();
        assert_eq!(names, ["a.md", "b/c.md"]);
        for outside in ["../a.md", "/a.md"] {
            assert_eq!(
                unpack(&pack(&[file(outside, b"a")]).unwrap()).unwrap()[0].path,
                outside
            );
        }
        let one_page = [file("01-keys/index.md", b"a"), file("01-keys/01-b.md", b"c")];
        assert_eq!(unpack(&pack(&one_page).unwrap()).unwrap(), one_page);
    }

    #[test]
    fn bombs_and_rubbish_are_refused() {
        assert!(unpack(b"not a zip").is_err());
        assert!(unpack(&[]).is_err());
        let zeros = vec![0; MAX_BYTES / 2 + 1];
        let bomb = pack(&[file("a.md", &zeros), file("b.md", &zeros), file("c.md", b"x")]).unwrap();
        assert!(bomb.len() < 1024 * 1024);
        let told = unpack(&bomb).unwrap_err();
        assert_eq!(told[0].file, "b.md");
        let whole = pack(&[file("a.md", b"some text that is long enough to be cut")]).unwrap();
        assert!(unpack(&whole[..whole.len() / 2]).is_err());
        let mut damaged = whole.clone();
        damaged[40] ^= 0xff;
        assert!(unpack(&damaged).is_err());
    }
}
