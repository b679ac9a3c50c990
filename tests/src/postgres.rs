//! A real PostgreSQL for tests: one server for each test process, one database for each test.
//!
//! The server lives in a temporary folder, listens on 127.0.0.1 and on a socket in that folder, and goes when
//! this process does, however it ends. Where `AFORO_TEST_POSTGRES` names a server
//! (`postgres://user@host/postgres`, may create databases), that is used instead. A missing PostgreSQL fails
//! the test: it is never skipped.

use std::{
    env,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aforo_sql::postgres::Store;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// The environment variable that names a server to use.
const NAMED: &str = "AFORO_TEST_POSTGRES";

/// A database of its own, with the console's tables. It is dropped at the end.
pub struct Database {
    /// Its address.
    pub url: String,
    name: String,
}

impl Database {
    /// A copy of a migrated database on the server that this process shares.
    pub async fn new() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(|| async {
            let template = Self::empty().await;
            let store = Store::open(&template.url).await.expect("the template opens");
            store.migrate().await.expect("the template migrates");
            store.close().await;
            let name = template.name.clone();
            std::mem::forget(template); // needed until the process ends
            name
        });
        Self::create(&format!(" TEMPLATE {}", template.await)).await
    }

    /// A database without tables.
    pub async fn empty() -> Self {
        Self::create("").await
    }

    async fn create(clause: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "aforo_{}_{}",
            process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        execute(&server_url("postgres"), format!("CREATE DATABASE {name}{clause}")).await;
        Self {
            url: server_url(&name),
            name,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Dropping takes a checkpoint, and a server of our own goes as a whole.
        if env::var(NAMED).is_err() {
            return;
        }
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        // The test's own runtime cannot be waited for here.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime
                .expect("a runtime starts")
                .block_on(execute(&server_url("postgres"), drop));
        });
        let _ = dropped.join(); // the test's outcome is more important than a database left over
    }
}

async fn execute(url: &str, sql: String) {
    let mut connection = PgConnection::connect(url).await.expect("PostgreSQL answers");
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
    outcome.expect("PostgreSQL does what a superuser asks");
    connection.close().await.expect("PostgreSQL says goodbye");
}

/// The address of a database on the server that this process shares.
fn server_url(database: &str) -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    match env::var(NAMED) {
        Ok(url) => match url.rsplit_once('/') {
            Some((server, _)) if url.matches('/').count() == 3 => format!("{server}/{database}"),
            _ => panic!("AFORO_TEST_POSTGRES must look like postgres://user@host/postgres"),
        },
        Err(_) => SERVER.get_or_init(Server::start).url(database),
    }
}

/// A PostgreSQL server in a temporary folder. Tests that stop it start one of their own.
pub struct Server {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
    /// Stops the server when our end of its standard input closes, for whatever reason.
    _watchdog: Child,
}

impl Server {
    /// Makes a cluster and starts it.
    ///
    /// # Panics
    /// If PostgreSQL is not installed or does not start, with what it said.
    pub fn start() -> Self {
        let bin = find_binaries();
        let folder = tempfile::Builder::new()
            .prefix("aforo-postgres-")
            .tempdir()
            .expect("a temporary folder");
        if let Some((uid, gid)) = unprivileged() {
            chown(folder.path(), Some(uid), Some(gid)).expect("root may give its folder away");
        }
        let data = folder.path().join("data");
        run(as_owner(&bin.join("initdb"), folder.path())
            .args([
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .arg("-D")
            .arg(&data));
        // Asking the system for a free port and then using it can fail if somebody is faster.
        let mut attempts = 0;
        let port = loop {
            let port = free_port();
            let started = launch(&bin, folder.path(), port);
            attempts += 1;
            match started {
                Ok(()) => break port,
                Err(said) if attempts == 5 => panic!("PostgreSQL does not start: {said}"),
                Err(_) => {}
            }
        };
        let watchdog = watch(&bin, folder.path());
        Self {
            bin,
            folder,
            port,
            _watchdog: watchdog,
        }
    }

    /// The address of a database on it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Stops it at once, as a crash would.
    pub fn stop(&self) {
        run(as_owner(&self.bin.join("pg_ctl"), self.folder.path())
            .args(["stop", "-m", "immediate", "-w", "-D"])
            .arg(self.folder.path().join("data")));
    }

    /// Kills its first process with SIGKILL; the others find out and end by themselves.
    pub fn kill(&self) {
        let file = self.folder.path().join("data/postmaster.pid");
        let file = std::fs::read_to_string(file).expect("a running server has this file");
        let pid = file.lines().next().unwrap_or_default();
        run(Command::new("sh").args(["-c", "kill -9 \"$0\"", pid]));
    }

    /// Starts it again on the same port with the same data, as soon as nothing of it runs any more.
    pub fn start_again(&self) {
        let mut attempts = 0;
        while let Err(said) = launch(&self.bin, self.folder.path(), self.port) {
            attempts += 1;
            assert!(attempts < 20, "PostgreSQL does not start again: {said}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = as_owner(&self.bin.join("pg_ctl"), self.folder.path());
        stop.args(["stop", "-m", "immediate", "-D"])
            .arg(self.folder.path().join("data"));
        let _ = stop.output(); // it may have been stopped by its test
    }
}

fn launch(bin: &Path, folder: &Path, port: u16) -> Result<(), String> {
    let settings = [
        format!("-c port={port}"),
        "-c listen_addresses=127.0.0.1".to_owned(),
        format!("-c unix_socket_directories='{}'", folder.display()),
        "-c max_connections=300 -c shared_buffers=64MB -c fsync=on".to_owned(),
    ];
    let log = folder.join("log");
    let output = as_owner(&bin.join("pg_ctl"), folder)
        .args(["start", "-w", "-t", "60", "-o", &settings.join(" "), "-D"])
        .arg(folder.join("data"))
        .arg("-l")
        .arg(&log)
        // The server inherits these, and a pipe would not end before it does.
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|e| e.to_string())?;
    if output.success() {
        return Ok(());
    }
    Err(std::fs::read_to_string(log).unwrap_or_default())
}

/// A process of its own group that outlives us, stops the server and removes the folder.
fn watch(bin: &Path, folder: &Path) -> Child {
    let script = r#"read -r _; "$1" stop -m immediate -D "$2/data"; rm -rf "$2""#;
    let mut command = as_owner(Path::new("sh"), folder);
    command
        .args(["-c", script, "watchdog"])
        .arg(bin.join("pg_ctl"))
        .arg(folder)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().expect("a watchdog starts")
}

/// A command as the user who owns the cluster: PostgreSQL refuses to run as root.
fn as_owner(program: &Path, folder: &Path) -> Command {
    let mut command = match unprivileged() {
        None => Command::new(program),
        Some((uid, gid)) => {
            let mut command = Command::new("setpriv");
            command
                .args([format!("--reuid={uid}"), format!("--regid={gid}")])
                .args(["--clear-groups", "--"])
                .arg(program);
            command
        }
    };
    command.current_dir(folder);
    command
}

/// The user `postgres`, when this process is root.
fn unprivileged() -> Option<(u32, u32)> {
    static OWNER: OnceLock<Option<(u32, u32)>> = OnceLock::new();
    let ask = |args: &[&str]| {
        let output = Command::new("id").args(args).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    *OWNER.get_or_init(|| {
        if ask(&["-u"]) != Some(0) {
            return None;
        }
        let owner = ask(&["-u", "postgres"]).zip(ask(&["-g", "postgres"]));
        Some(owner.expect("PostgreSQL does not run as root, and there is no user `postgres`"))
    })
}

fn find_binaries() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<PathBuf> = installed.map(|version| version.path().join("bin")).collect();
    let version = |bin: &PathBuf| {
        let folder = bin.parent().and_then(Path::file_name);
        folder.and_then(|name| name.to_str()?.parse::<u32>().ok())
    };
    versions.sort_by_key(version);
    let path = env::var_os("PATH").unwrap_or_default();
    let mut candidates = versions.into_iter().rev().chain(env::split_paths(&path));
    let found = candidates.find(|bin| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file());
    found.unwrap_or_else(|| {
        panic!(
            "PostgreSQL is not installed: no initdb under /usr/lib/postgresql/*/bin or in PATH. Install the \
             package `postgresql` (15 or later), or name a server in AFORO_TEST_POSTGRES."
        )
    })
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn run(command: &mut Command) {
    let output = command.output().expect("PostgreSQL's programs run");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
