//! The program that is killed, from outside.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use crate::protocol::{Choices, Line, Verb};

/// How long the child may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running child, killed when this is dropped.
pub(crate) struct Victim {
    process: Child,
    /// The child ends when this closes.
    _stdin: Option<ChildStdin>,
    lines: Receiver<Line>,
}

impl Victim {
    pub(crate) fn start(args: &[String]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_aforo-crash-child"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut reader = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            // A last line without its end was cut off by the kill.
            while reader.read_until(b'\n', &mut bytes).is_ok() && bytes.pop() == Some(b'\n') {
                let text = String::from_utf8_lossy(&bytes);
                let line = Line::parse(&text).unwrap_or_else(|| Line::Broken(format!("said {text:?}")));
                if sender.send(line).is_err() {
                    return;
                }
                bytes.clear();
            }
        });
        Self {
            _stdin: process.stdin.take(),
            process,
            lines,
        }
    }

    /// Collects lines until one of them is `wanted`, or the time is over. Whether it came.
    pub(crate) fn until(
        &self,
        heard: &mut Vec<Line>,
        patience: Duration,
        mut wanted: impl FnMut(&Line) -> bool,
    ) -> bool {
        let end = Instant::now() + patience;
        loop {
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    let found = wanted(&line);
                    heard.push(line);
                    if found {
                        return true;
                    }
                }
                Err(RecvTimeoutError::Timeout) => return false,
                Err(RecvTimeoutError::Disconnected) => panic!("the child ended by itself after {heard:?}"),
            }
        }
    }

    /// Waits until the child works.
    pub(crate) fn ready(&self, heard: &mut Vec<Line>) {
        let is_ready = self.until(heard, PATIENCE, |line| *line == Line::Ready);
        assert!(is_ready, "the child does not begin");
    }

    /// Lets it work until a moment that the choices pick.
    pub(crate) fn wait_for_the_moment(&self, heard: &mut Vec<Line>, choices: &mut Choices) {
        let verb = match choices.below(8) {
            // While it starts: it opens the database, and recovers it.
            0 => return thread::sleep(Duration::from_micros(choices.below(30_000))),
            // At any time.
            1..=3 => {
                self.ready(heard);
                return thread::sleep(Duration::from_micros(1_000 + choices.below(79_000)));
            }
            // Within an operation that changes several rows.
            4 | 5 => Verb::Cancel,
            6 => Verb::Rotate,
            _ => *choices.of(&Verb::ALL).unwrap(),
        };
        self.wait_for(verb, heard, choices);
    }

    /// Lets it work until shortly after it begins one of these.
    pub(crate) fn wait_for(&self, verb: Verb, heard: &mut Vec<Line>, choices: &mut Choices) {
        self.ready(heard);
        let mut left = choices.below(4);
        self.until(heard, Duration::from_millis(500), |line| {
            let hit = matches!(line, Line::Begin(_, begun) if *begun == verb);
            let last = hit && left == 0;
            left -= u64::from(hit && !last);
            last
        });
        thread::sleep(Duration::from_micros(choices.below(3_000)));
    }

    /// Collects what was said so far.
    pub(crate) fn listen(&self, heard: &mut Vec<Line>) {
        heard.extend(self.lines.try_iter());
    }

    /// SIGKILL. Returns when it is gone and everything it said is heard.
    pub(crate) fn kill(mut self, heard: &mut Vec<Line>) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        heard.extend(self.lines.iter());
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it may be gone
        let _ = self.process.wait();
    }
}
