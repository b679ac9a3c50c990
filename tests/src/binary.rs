//! The real `aforo` program, as a process.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

/// Where the program is: at `AFORO_BIN`, or built once for each test process, so that it is never an old one.
///
/// # Panics
/// If it cannot be built, with what the compiler said.
pub fn aforo() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        if let Some(named) = env::var_os("AFORO_BIN") {
            return PathBuf::from(named);
        }
        // A test is at target/<profile>/deps/name-hash.
        let this = env::current_exe().expect("the test's own path");
        let profile = this
            .parent()
            .and_then(Path::parent)
            .expect("a folder for the profile");
        let target = profile.parent().expect("a folder for all profiles");
        let cargo = env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
        let mut build = Command::new(cargo);
        build
            .args([
                "build",
                "--quiet",
                "-p",
                "aforo",
                "--bin",
                "aforo",
                "--target-dir",
            ])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let output = build.output().expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "aforo does not build: {said}");
        profile.join("aforo")
    })
}

/// A console that `aforo serve` runs on a free port. It is killed when dropped.
pub struct Process {
    /// Where it listens.
    pub addr: SocketAddr,
    child: Child,
}

impl Process {
    /// Starts one over this data folder and database, and waits until it listens.
    ///
    /// # Panics
    /// If it does not start.
    pub fn serve(data: &Path, database: &str) -> Self {
        let mut child = Command::new(aforo())
            .args(["serve", "--listen", "127.0.0.1:0", "--insecure-cookies"])
            .arg("--data")
            .arg(data)
            .args(["--database", database])
            .stdout(Stdio::piped())
            .spawn()
            .expect("aforo starts");
        let output = child.stdout.take().expect("its output");
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        read.expect("aforo says where it listens");
        let addr = line
            .rsplit_once("http://")
            .and_then(|(_, rest)| rest.trim_end().trim_end_matches('/').parse().ok())
            .unwrap_or_else(|| panic!("aforo said {line:?}"));
        Self { addr, child }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the program to its end, with this text on its standard input; gives what it printed.
///
/// # Panics
/// If it fails, with what it said.
pub fn run(data: &Path, database: &str, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(aforo())
        .args(arguments)
        .arg("--data")
        .arg(data)
        .args(["--database", database])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("aforo starts");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(input.as_bytes()).expect("aforo reads");
    drop(stdin);
    let output = child.wait_with_output().expect("aforo ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "aforo {arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}
