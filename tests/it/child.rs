//! A run in a process of its own, on a system that counts what it does and, at the n-th moment, ends the process or waits.
//!
//! The process is this test binary, started again for the test [`child`] alone, which does nothing unless it is told what
//! to do. A moment is the end of an operation that changes something, or the middle of a write; each has the name of the
//! point of the run that it belongs to, as docs/output.md names them.

use rustix::process::{Signal, getpid, kill_process};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tierwright::error::Error;
use tierwright::run::{Failure, Report, Request, engine, flow, plan};
use tierwright::source::SourceMap;
use tierwright::system::{File, Lock, Os, OutFile, System};

/// Tells the child what to do, as JSON.
const TASK: &str = "TIERWRIGHT_TEST_CHILD";

/// How long a child that was told to wait waits, and how long one is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// What happens at the moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The process is ended as `kill -9` does.
    Kill,
    /// It waits until it is let go.
    Hold,
}

/// A run in a child.
pub struct Task<'a> {
    /// The project's folder.
    pub root: &'a Path,
    /// The folder above the project's output.
    pub out: &'a Path,
    /// The moment, from 1; `u64::MAX` for none.
    pub at: u64,
    pub act: Act,
    /// Where the child writes the names of its moments.
    pub trace: &'a Path,
}

impl Task<'_> {
    /// Starts the child.
    pub fn start(&self) -> Child {
        let task = serde_json::json!({
            "root": self.root, "out": self.out, "at": self.at, "hold": self.act == Act::Hold, "trace": self.trace,
        });
        let _ = fs::remove_file(self.trace);
        Command::new(std::env::current_exe().unwrap())
            .args(["child::child", "--exact", "--nocapture", "--test-threads=1"])
            .env(TASK, task.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The names of the moments so far.
    pub fn moments(&self) -> Vec<String> {
        fs::read_to_string(self.trace).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn beside(&self, end: &str) -> PathBuf {
        beside(self.trace, end)
    }

    /// Waits until the child is at its moment.
    pub fn wait_held(&self) {
        let begun = Instant::now();
        while !self.beside("held").exists() {
            assert!(begun.elapsed() < PATIENCE, "the child never came to its moment: {:?}", self.moments().last());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets a child that waits go on, and gives what it ended with: status and message.
    pub fn let_go(&self, child: &mut Child) -> (u64, String) {
        fs::write(self.beside("go"), "").unwrap();
        child.wait().unwrap();
        let end: serde_json::Value = serde_json::from_slice(&fs::read(self.beside("end")).unwrap()).unwrap();
        (end["exit"].as_u64().unwrap(), end["said"].as_str().unwrap().to_owned())
    }
}

fn beside(trace: &Path, end: &str) -> PathBuf {
    trace.with_extension(end)
}

/// Runs a project on a system.
pub fn run(system: &dyn System, root: &Path, out: &Path, threads: usize) -> Result<Report, Failure> {
    let (root, out) = (root.to_owned(), Some(out.to_owned()));
    let request = Request { root, out, threads: Some(threads), ..Request::default() };
    let mut sources = SourceMap::default();
    let plan = plan::plan(system, &request, &mut sources)?;
    let pool = engine::thread_pool(request.threads)?;
    let mut compute = engine::LocalEngine::new(system, &plan, &sources, &pool)?;
    flow::run(system, &plan, &request, &sources, &mut compute, &pool)
}

#[test]
fn child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let task: serde_json::Value = serde_json::from_str(&task).unwrap();
    let path = |key: &str| PathBuf::from(task[key].as_str().unwrap());
    let (root, out, trace) = (path("root"), path("out"), path("trace"));
    let act = if task["hold"] == true { Act::Hold } else { Act::Kill };
    let counter = Arc::new(Counter { at: task["at"].as_u64().unwrap(), act, so_far: AtomicU64::new(0), trace });
    let system = Counted { counter: counter.clone(), base: base(&out) };
    // On one thread the moments come in one order.
    let (exit, said) = match run(&system, &root, &out, 1) {
        Ok(report) => (0, format!("{:?}", report.ending)),
        Err(failure) => (failure.stop.exit() as u8, format!("{:?}", failure.stop)),
    };
    fs::write(beside(&counter.trace, "end"), serde_json::json!({ "exit": exit, "said": said }).to_string()).unwrap();
}

/// The folder of the only project in an output folder.
pub fn base(out: &Path) -> PathBuf {
    out.join("客户分级")
}

/// Counts moments, and acts at one.
struct Counter {
    at: u64,
    act: Act,
    so_far: AtomicU64,
    trace: PathBuf,
}

impl Counter {
    /// Whether the process is ended at the next moment.
    fn is_last(&self) -> bool {
        self.act == Act::Kill && self.so_far.load(SeqCst) + 1 == self.at
    }

    fn moment(&self, point: &str) {
        let mut trace = fs::OpenOptions::new().create(true).append(true).open(&self.trace).unwrap();
        trace.write_all(format!("{point}\n").as_bytes()).unwrap();
        if self.so_far.fetch_add(1, SeqCst) + 1 != self.at {
            return;
        }
        match self.act {
            Act::Kill => {
                kill_process(getpid(), Signal::KILL).unwrap();
                std::thread::sleep(PATIENCE);
            }
            Act::Hold => {
                fs::write(beside(&self.trace, "held"), "").unwrap();
                let begun = Instant::now();
                while !beside(&self.trace, "go").exists() && begun.elapsed() < PATIENCE {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
    }
}

/// What is done to a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Read,
    Lock,
    Folder,
    Write,
    Remove,
    Rename,
}

/// The operating system, which counts.
struct Counted {
    counter: Arc<Counter>,
    base: PathBuf,
}

impl Counted {
    /// The point of the run that an operation belongs to. `path` is what it makes, or where it renames to.
    fn point(&self, operation: Operation, path: &Path) -> &'static str {
        use Operation::*;
        let Ok(path) = path.strip_prefix(&self.base) else { return "data is opened" };
        let parts: Vec<String> =
            path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (operation, parts.as_slice()) {
            (Lock, _) => "the lock is taken",
            (Folder, []) => "the output's folder is made",
            (Remove, [".staging"]) => "staging is cleared",
            (_, [".staging"] | [".staging", "probe"]) => "staging is made",
            (Write, [".staging", "history.jsonl" | "CURRENT"]) => "history and CURRENT are staged",
            (Write, [".staging", _, "run.json" | "timings.json"]) => "the record is staged",
            (Write, [".staging", _, ..]) => "a file is staged",
            (Folder, [".staging", _, ..]) => "a folder is staged",
            (Folder, ["runs" | "failed", ..]) => "the run's place is made",
            (Rename, ["runs", ..]) => "the run's folder is renamed",
            (Rename, ["history.jsonl"]) => "the history is replaced",
            (Rename, ["CURRENT"]) => "CURRENT is replaced",
            (Rename, [".staging", _]) => "an earlier failure is moved away",
            (Rename, ["failed", _]) => "the failed run's folder is renamed",
            (Remove, [".staging", _]) => "an earlier failure is removed",
            _ => panic!("an operation that belongs to no point: {}", path.display()),
        }
    }

    fn moment(&self, operation: Operation, path: &Path) {
        self.counter.moment(self.point(operation, path));
    }
}

/// A file whose writes have a middle.
struct CountedFile {
    inner: Box<dyn OutFile>,
    counter: Arc<Counter>,
    point: &'static str,
    begun: bool,
}

impl Write for CountedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if !std::mem::replace(&mut self.begun, true) {
            if self.counter.is_last() {
                self.inner.write_all(&bytes[..bytes.len() / 2])?;
            }
            self.counter.moment(self.point);
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl OutFile for CountedFile {
    fn finish(&mut self) -> std::io::Result<()> {
        self.inner.finish()?;
        self.counter.moment(self.point);
        Ok(())
    }
}

impl System for Counted {
    fn now_micros(&self) -> i64 {
        Os.now_micros()
    }
    fn env(&self, name: &str) -> Option<String> {
        Os.env(name)
    }
    fn holder(&self) -> String {
        Os.holder()
    }
    fn open(&self, path: &Path) -> Result<(File, u64), Error> {
        let opened = Os.open(path)?;
        if path.extension().is_some_and(|end| end == "csv") {
            self.moment(Operation::Read, path);
        }
        Ok(opened)
    }
    fn list(&self, path: &Path) -> Result<Vec<PathBuf>, Error> {
        Os.list(path)
    }
    fn exists(&self, path: &Path) -> bool {
        Os.exists(path)
    }
    fn is_dir(&self, path: &Path) -> bool {
        Os.is_dir(path)
    }
    fn real_path(&self, path: &Path) -> Result<PathBuf, Error> {
        Os.real_path(path)
    }
    fn create_dir(&self, path: &Path) -> Result<(), Error> {
        Os.create_dir(path)?;
        self.moment(Operation::Folder, path);
        Ok(())
    }
    fn create(&self, path: &Path) -> Result<Box<dyn OutFile>, Error> {
        let inner = Os.create(path)?;
        let point = self.point(Operation::Write, path);
        self.counter.moment(point);
        Ok(Box::new(CountedFile { inner, counter: self.counter.clone(), point, begun: false }))
    }
    fn append(&self, path: &Path, line: &str) -> Result<(), Error> {
        Os.append(path, line)?;
        self.moment(Operation::Write, path);
        Ok(())
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        Os.rename(from, to)?;
        self.moment(Operation::Rename, to);
        Ok(())
    }
    fn sync_dir(&self, path: &Path) -> Result<(), Error> {
        // Ended processes take no notice of what is synced: it is no moment of its own.
        Os.sync_dir(path)
    }
    fn remove_dir(&self, path: &Path) -> Result<(), Error> {
        Os.remove_dir(path)?;
        self.moment(Operation::Remove, path);
        Ok(())
    }
    fn lock(&self, path: &Path, holder: &str) -> Result<Box<dyn Lock>, Error> {
        let held = Os.lock(path, holder)?;
        self.moment(Operation::Lock, path);
        Ok(held)
    }
}
