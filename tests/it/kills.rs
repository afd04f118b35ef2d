//! The program ended by `kill -9` at random moments: the old runs stand, whole, or the old ones and the new one, and the next
//! run leaves the bytes of a run that nobody disturbed.
//!
//! At least half of the moments lie between the first staged file and the commit, or the test fails: where a moment lay is
//! read off the disk behind it. Three moments of four are drawn in that window: a run is ended when a random part of its
//! files is staged, or a random part of the window after its folder is. How long the window is follows from the runs that
//! completed last, so that it holds on slow and busy machines. Of the other moments half are drawn over the whole run, half
//! from the commit on. `TIERWRIGHT_KILLS` and `TIERWRIGHT_SEED` change number and seed.

use crate::killed::quick_folder;
use crate::project::Project;
use crate::whole::{Seen, nothing_staged, same, settled, whole};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const KILLS: u64 = 500;
/// Kills go on in so many places at a time.
const ARENAS: u64 = 2;
/// Completed runs from which the times of the next one are taken.
const REMEMBERED: usize = 9;

/// How a moment is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Draw {
    Anywhere,
    AtSomeFile,
    WhileStaging,
    FromTheCommit,
}

impl Draw {
    fn of(kill: u64) -> Draw {
        match kill % 8 {
            0 => Draw::Anywhere,
            4 => Draw::FromTheCommit,
            2 | 6 => Draw::WhileStaging,
            _ => Draw::AtSomeFile,
        }
    }
}

/// Where a run was when it was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    BeforeStaging,
    WhileStaging,
    AfterCommit,
    Finished,
}

/// A generator of numbers: splitmix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    /// The next number from 0 to 1, without 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Times that were measured last.
#[derive(Default)]
struct Times(VecDeque<Duration>);

impl Times {
    fn add(&mut self, time: Duration) {
        self.0.push_back(time);
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }

    /// The time that a third of them fall below: a moment within it lies in most of the next ones.
    fn usual(&self) -> Duration {
        let mut sorted: Vec<Duration> = self.0.iter().copied().collect();
        sorted.sort();
        sorted[sorted.len() / 3]
    }
}

/// A project of few customers and many files: most of a run goes into staging them.
fn project() -> Project {
    let mut rows = String::from("id,branch,amount\n");
    for n in 0..240 {
        writeln!(rows, "c{n:03},b{:02},{}.{:02}", n * 7 % 60, n * 37 % 1009, n % 100).unwrap();
    }
    Project::new(&[
        (
            "tierwright.yaml",
            "name: kills
customer: t
steps: [value, tier]
decision: { tier: tier, value: value, order: [low, high] }
as_of: 2018-01-01
output: { partition_by: [branch], rows_per_file: 4 }
",
        ),
        ("datasets/t.yaml", "source: t.csv\ncolumns: { id: text, branch: text, amount: float }\nkey: id\n"),
        ("datasets/t.csv", &rows),
        ("rules/value.rhai", "fn value(c) { c.amount * P.weight }\n"),
        ("rules/tier.rhai", "fn tier(c) { if c.value > 500.0 { \"high\" } else { \"low\" } }\n"),
        ("rules/parameters.yaml", "weight: 1.0\n"),
    ])
}

/// A project with an old run of the cycle before and one of the same cycle with another parameter, as each run that is ended
/// finds it.
struct Arena {
    project: Project,
    base: PathBuf,
    /// The run that is ended, once it is committed; and where it is staged.
    target: PathBuf,
    staged: PathBuf,
    /// Files of that run.
    files: usize,
    before: Seen,
    history: Vec<u8>,
    current: Vec<u8>,
    /// What an undisturbed run leaves.
    settled: Vec<(String, Vec<u8>)>,
    window: Times,
    in_all: Times,
    random: Random,
    _out: tempfile::TempDir,
}

impl Arena {
    fn new(seed: u64) -> Arena {
        let (project, out) = (project(), quick_folder());
        let base = out.path().join("kills");
        let text = out.path().to_string_lossy().into_owned();
        project.tierwright(&["run", "--out", &text, "--as-of", "2017-04-01"]).expect(0);
        project.tierwright(&["run", "--out", &text]).expect(0);
        let before = whole(&base);
        let kept = |name: &str| fs::read(base.join(name)).unwrap();
        let (history, current) = (kept("history.jsonl"), kept("CURRENT"));
        project.write("rules/parameters.yaml", "weight: 2.0\n");
        let answer = project.tierwright(&["run", "--out", &text, "--json"]).expect(0).json();
        let run = answer["record"]["run"].as_str().unwrap();
        let (target, staged) = (base.join("runs/cycle=FY2017").join(run), base.join(".staging").join(run));
        let files = files_in(&target);
        assert!(files > 100, "{files}");
        let mut arena = Arena {
            settled: settled(&base),
            project,
            base,
            target,
            staged,
            files,
            before,
            history,
            current,
            window: Times::default(),
            in_all: Times::default(),
            random: Random(seed),
            _out: out,
        };
        arena.restore();
        for _ in 0..3 {
            arena.complete("before the kills");
            arena.restore();
        }
        arena
    }

    fn start(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_tierwright"))
            .args(["run", "--threads", "2", "--out"])
            .arg(self.base.parent().unwrap())
            .current_dir(self.project.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The output as it was before the run that is ended.
    fn restore(&self) {
        fs::remove_dir_all(&self.target).unwrap();
        fs::write(self.base.join("history.jsonl"), &self.history).unwrap();
        fs::write(self.base.join("CURRENT"), &self.current).unwrap();
    }

    /// A run that nobody ends, watched for its times.
    fn complete(&mut self, when: &str) {
        let is_new = !self.target.exists();
        let (mut child, begun) = (self.start(), Instant::now());
        let staged = until(&mut child, LOOK, &|| self.staged.exists()).is_none().then(Instant::now);
        let committed = until(&mut child, LOOK, &|| self.target.exists()).is_none().then(Instant::now);
        assert!(child.wait().unwrap().success(), "{when}");
        if let (true, Some(staged), Some(committed)) = (is_new, staged, committed) {
            self.window.add(committed - staged);
            self.in_all.add(begun.elapsed());
        }
        same(&settled(&self.base), &self.settled, when);
        nothing_staged(&self.base, when);
    }

    /// Ends a run at a moment, and gives where it lay.
    fn kill(&mut self, draw: Draw) -> Place {
        let part = self.random.next();
        let mut child = self.start();
        let (ended, within) = match draw {
            Draw::Anywhere => (None, self.in_all.usual()),
            Draw::AtSomeFile => {
                let wanted = 1 + (part * self.files as f64) as usize;
                (until(&mut child, LOOK, &|| files_in(&self.staged) >= wanted), Duration::ZERO)
            }
            Draw::WhileStaging => (until(&mut child, LOOK, &|| self.staged.exists()), self.window.usual()),
            // What is left of a run then takes less time than it takes to sleep.
            Draw::FromTheCommit => (until(&mut child, Duration::ZERO, &|| self.target.exists()), Duration::ZERO),
        };
        if ended.is_none() {
            if !within.is_zero() {
                std::thread::sleep(within.mul_f64(part));
            }
            let _ = child.kill();
        }
        let status = child.wait().unwrap();
        let has_files = files_in(&self.staged) > 0;
        if status.success() {
            return Place::Finished;
        }
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(status.signal(), Some(9), "{status}");
        match (self.target.exists(), has_files) {
            (true, _) => Place::AfterCommit,
            (false, true) => Place::WhileStaging,
            (false, false) => Place::BeforeStaging,
        }
    }

    /// One kill: what stands behind it, the next run, and all as it was before.
    fn round(&mut self, draw: Draw, when: &str) -> Place {
        let place = self.kill(draw);
        let when = format!("{when}: {place:?}");
        let seen = whole(&self.base);
        let new = self.target.file_name().unwrap().to_string_lossy().into_owned();
        let is_new = |runs: usize, before: usize| runs == before + 1;
        let committed = self.target.exists();
        assert!(self.before.runs.is_subset(&seen.runs), "{when}: an old run is gone");
        assert_eq!(seen.runs.len(), self.before.runs.len() + usize::from(committed), "{when}");
        assert!(seen.history.starts_with(&self.before.history), "{when}: {:?}", seen.history);
        if is_new(seen.history.len(), self.before.history.len()) {
            assert!(committed && seen.history.last() == Some(&new), "{when}");
        } else {
            assert_eq!(seen.history, self.before.history, "{when}");
            assert_eq!(seen.current, self.before.current, "{when}");
        }
        assert!(seen.current == self.before.current || seen.current.contains(&new), "{when}");
        self.complete(&when);
        self.restore();
        place
    }
}

/// How many files are in a folder and those below; none where it is not, or goes meanwhile.
fn files_in(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let count = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => files_in(&entry.path()),
        _ => 1,
    };
    entries.map(count).sum()
}

/// How long a child that is watched is left alone.
const LOOK: Duration = Duration::from_micros(200);

/// Watches a child until something holds; how it ended, if it ended first.
fn until(child: &mut Child, pause: Duration, holds: &dyn Fn() -> bool) -> Option<ExitStatus> {
    loop {
        if holds() {
            return None;
        }
        if let Some(status) = child.try_wait().unwrap() {
            return if holds() { None } else { Some(status) };
        }
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

#[test]
fn a_run_killed_at_random_moments_leaves_the_old_or_the_new() {
    let kills = number("TIERWRIGHT_KILLS").unwrap_or(KILLS);
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into();
    let seed = number("TIERWRIGHT_SEED").unwrap_or_else(clock);
    // Past the harness, which swallows what a test says that passes.
    let say = |text: String| writeln!(std::io::stderr(), "{text}").unwrap();
    say(format!("{kills} kills, TIERWRIGHT_SEED={seed}"));
    let begun = Instant::now();
    let places: Vec<Place> = std::thread::scope(|scope| {
        let run = |arena: u64| {
            move || {
                let mut own = Arena::new(seed.wrapping_mul(ARENAS).wrapping_add(arena));
                let numbers = (arena..kills).step_by(ARENAS as usize);
                numbers.map(|n| own.round(Draw::of(n / ARENAS), &format!("seed {seed}, kill {n}"))).collect::<Vec<_>>()
            }
        };
        let all: Vec<_> = (0..ARENAS).map(|arena| scope.spawn(run(arena))).collect();
        all.into_iter()
            .flat_map(|arena| arena.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let count = |place: Place| places.iter().filter(|p| **p == place).count();
    let [before, staging, committed, finished] =
        [Place::BeforeStaging, Place::WhileStaging, Place::AfterCommit, Place::Finished].map(count);
    say(format!(
        "{kills} kills: {before} before the first staged file, {staging} between it and the commit, {committed} after the \
         commit, {finished} runs finished before; {:.0} s",
        begun.elapsed().as_secs_f64()
    ));
    assert_eq!(places.len() as u64, kills);
    assert!(
        2 * staging as u64 >= kills,
        "only {staging} of {kills} kills lay between the first staged file and the commit"
    );
}

#[test]
fn times_are_those_of_the_last_runs() {
    let mut times = Times::default();
    (0..20).for_each(|n| times.add(Duration::from_millis(n)));
    assert_eq!(times.usual(), Duration::from_millis(14));
    let draws: Vec<Draw> = (0..8).map(Draw::of).collect();
    let in_window = |draw: &&Draw| matches!(draw, Draw::WhileStaging | Draw::AtSomeFile);
    assert_eq!(draws.iter().filter(in_window).count(), 6);
    let mut random = Random(1);
    let drawn: Vec<f64> = (0..1000).map(|_| random.next()).collect();
    assert!(drawn.iter().all(|n| (0.0..1.0).contains(n)));
    assert!((drawn.iter().sum::<f64>() / 1000.0 - 0.5).abs() < 0.05);
}
