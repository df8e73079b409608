//! Sound servers of tests: private, without hardware, and gone with the test. `scripts/setup.sh` installs them.
#![allow(clippy::unwrap_used)] // All of it is tests.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The word that tells a test that it runs in a child, whose environment leads to a private server.
const CHILD: &str = "KRACH_SERVER";

/// A server that ends with its test.
#[derive(Debug)]
pub struct Server(Child);

impl Server {
    /// # Panics
    /// If the program cannot be started.
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// # Panics
    /// If the server has ended.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A JACK server of one fixed name. JACK has room for eight names on a machine, and a server that is killed keeps its
/// place until one of the same name starts: so this one is asked to end, and tests of one name take turns.
#[derive(Debug)]
pub struct Jack {
    name: &'static str,
    server: Child,
    _turn: File,
}

impl Jack {
    /// Starts `jackd -d dummy` at `rate` with `block` frames and waits for its ports.
    ///
    /// # Panics
    /// With the words of `jackd` if it ends or needs more than 30 s.
    pub fn start(name: &'static str, rate: u32, block: u32) -> Self {
        let turn = File::create(std::env::temp_dir().join(format!("{name}.lock"))).unwrap();
        turn.lock().unwrap();
        let said = tempfile::NamedTempFile::new().unwrap();
        let server = Command::new("jackd")
            .args(["--no-realtime", "--name", name, "-d", "dummy"])
            .args(["-r", &rate.to_string(), "-p", &block.to_string()])
            .stdin(Stdio::null())
            .stdout(said.reopen().unwrap())
            .stderr(said.reopen().unwrap())
            .spawn()
            .unwrap();
        let mut jack = Self { name, server, _turn: turn };
        let start = Instant::now();
        while !jack.answers() {
            let ended = jack.server.try_wait().unwrap();
            let late = start.elapsed() > Duration::from_secs(30);
            assert!(ended.is_none() && !late, "jackd: {}", std::fs::read_to_string(said.path()).unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
        jack
    }

    fn answers(&self) -> bool {
        let mut list = Command::new("jack_lsp");
        list.envs(self.environment()).env("JACK_NO_START_SERVER", "1").stderr(Stdio::null());
        list.output()
            .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("system:playback_1"))
    }

    /// The variables that lead a client to this server.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, &'static str); 1] {
        [("JACK_DEFAULT_SERVER", self.name)]
    }
}

impl Drop for Jack {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.server.id().to_string()).status();
        let start = Instant::now();
        while matches!(self.server.try_wait(), Ok(None)) && start.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Runs a test of this binary again in a process of its own with these variables; [`child`] gives `folder` there.
///
/// # Panics
/// With the words of the child if the test fails there.
pub fn in_a_child(test: &str, folder: &Path, variables: &[(&str, &str)]) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(CHILD, folder).envs(variables.iter().copied());
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// The folder that [`in_a_child`] gave, in the child.
#[must_use]
pub fn child() -> Option<std::path::PathBuf> {
    std::env::var_os(CHILD).map(Into::into)
}

/// Whether the test is to be skipped, because a program is not installed.
///
/// # Panics
/// With `KRACH_ALL_DEVICES`, instead of being skipped.
pub fn missing(programs: &[&str]) -> bool {
    let there = |name: &str| {
        std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(name).exists())
    };
    let Some(name) = programs.iter().find(|name| !there(name)) else { return false };
    assert!(std::env::var_os("KRACH_ALL_DEVICES").is_none(), "`{name}` is not installed: scripts/setup.sh");
    // Not through `println`, which the test runner keeps to itself.
    let _ = writeln!(std::io::stderr(), "skipped: `{name}` is not installed");
    true
}

/// Waits until `test` holds.
///
/// # Panics
/// After 30 s.
pub fn wait_for(what: &str, mut test: impl FnMut() -> bool) {
    let start = Instant::now();
    while !test() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what} did not happen in 30 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}
