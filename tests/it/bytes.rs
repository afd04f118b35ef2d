//! Bytes that stay: the same in every surrounding, and old or new, whole, whenever a run is ended from outside.

use crate::project::{Project, chinese, files, list};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn threads_locales_zones_and_places_change_no_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let surroundings: [(&str, &str, &str, &Path); 3] = [
        ("1", "C", "UTC", root),
        ("2", "tr_TR.UTF-8", "Asia/Kolkata", &root.join("datasets")),
        ("8", "zh_CN.GB18030", "America/St_Johns", Path::new("/")),
    ];
    let mut trees = Vec::new();
    for (threads, locale, zone, folder) in surroundings {
        let out = tempfile::tempdir().unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_tierwright"))
            .args(["run", "--as-of", "2018-01-01", "--threads", threads, "--project"])
            .arg(root)
            .arg("--out")
            .arg(out.path())
            .envs([("LC_ALL", locale), ("LANG", locale), ("TZ", zone)])
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        trees.push(files(&list(&out.path().join("crm/runs/cycle=FY2017"))[0]));
    }
    assert!(trees[0].len() > 10);
    for (at, tree) in trees.iter().enumerate() {
        let differ: Vec<&str> = tree.iter().zip(&trees[0]).filter(|(a, b)| a != b).map(|(a, _)| a.0.as_str()).collect();
        assert!(tree.len() == trees[0].len() && differ.is_empty(), "surrounding {at}: {differ:?}");
    }
}

/// Customers of the Chinese project with one that differs from run to run.
fn with_customer(project: &Project, n: usize) {
    let path = project.path("datasets/客户.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let kept: String = text.lines().filter(|l| !l.starts_with("新")).map(|l| format!("{l}\n")).collect();
    std::fs::write(path, format!("{kept}新,华东,{n}.00,2017-01-01,\n")).unwrap();
}

/// Fails unless every committed run has its record and each file that it names, and what is current is one of them.
#[track_caller]
fn all_whole(base: &Path) -> Vec<PathBuf> {
    let runs = base.join("runs/cycle=FY2017");
    let runs = if runs.exists() { list(&runs) } else { Vec::new() };
    for run in &runs {
        let record: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("run.json")).unwrap()).unwrap();
        assert_eq!(record["status"], "committed");
        let outputs = record["outputs"].as_array().unwrap();
        assert!(outputs.len() > 8);
        for output in outputs {
            let bytes = std::fs::read(run.join(output["path"].as_str().unwrap())).unwrap();
            assert_eq!(output["hash"], blake3::hash(&bytes).to_hex().as_str(), "{}", output["path"]);
        }
        assert_eq!(files(run).len(), outputs.len() + 1);
    }
    if let Ok(text) = std::fs::read(base.join("CURRENT")) {
        let current: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let id = current["current"][0]["run"].as_str().unwrap();
        assert!(runs.iter().any(|run| run.ends_with(id)), "{id}");
    }
    runs
}

#[cfg(unix)]
#[test]
fn a_run_killed_at_any_moment_leaves_the_old_or_the_new() {
    let project = chinese();
    let base = project.path("out/客户分级");
    let begun = Instant::now();
    project.tierwright(&["run"]).expect(0);
    let whole = begun.elapsed().max(Duration::from_millis(20));
    let (mut killed, mut state) = (0, 0x9e37_79b9_7f4a_7c15_u64);
    for n in 0..50 {
        with_customer(&project, n);
        let before = all_whole(&base).len();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tierwright"))
            .arg("run")
            .current_dir(project.path("."))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A xorshift: moments spread over the whole run, the same in each test.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        std::thread::sleep(whole.mul_f64((state % 1000) as f64 / 1000.0));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        let after = all_whole(&base).len();
        assert!(after == before || after == before + 1, "{before}, {after}");
    }
    assert!(killed > 10, "only {killed} of 50 runs were killed before their end");
    project.tierwright(&["run"]).expect(0);
    assert!(list(&base.join(".staging")).is_empty());
    let runs = all_whole(&base);
    let current = std::fs::read_to_string(base.join("CURRENT")).unwrap();
    let history = std::fs::read_to_string(base.join("history.jsonl")).unwrap();
    let last: serde_json::Value = serde_json::from_str(history.lines().last().unwrap()).unwrap();
    assert!(current.contains(last["run"].as_str().unwrap()));
    for run in runs {
        assert!(history.contains(&*run.file_name().unwrap().to_string_lossy()), "{run:?} is in no history");
    }
}

/// Past the harness, which would swallow the reason of a test that passes.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_may_not_grow_is_an_output_that_failed() {
    let project = chinese();
    project.tierwright(&["run"]).expect(0);
    let before = files(&project.path("out"));
    with_customer(&project, 7);
    // The limit's signal is ignored, so that the write itself fails.
    let limited = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1 || exit 99; exec \"$0\" run", env!("CARGO_BIN_EXE_tierwright")])
        .current_dir(project.path("."))
        .output();
    let Ok(done) = limited else { return skipped("no shell to limit the size of files") };
    if done.status.code() == Some(99) {
        return skipped("the shell cannot limit the size of files");
    }
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(4), "{said}");
    assert!(said.contains("error: cannot") && said.contains("out/客户分级/.staging/"), "{said}");
    let after: Vec<_> = files(&project.path("out")).into_iter().filter(|(p, _)| !p.contains(".staging")).collect();
    let names = |tree: &[(String, Vec<u8>)]| tree.iter().map(|(p, _)| p.clone()).collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    project.tierwright(&["run"]).expect(0);
    assert!(list(&project.path("out/客户分级/.staging")).is_empty());
}

/// A file system of some kilobytes, unmounted when dropped.
#[cfg(target_os = "linux")]
struct Disk(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl Disk {
    fn new(kilobytes: usize) -> Result<Disk, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let size = format!("size={kilobytes}k");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        let done = done.map_err(|e| e.to_string())?;
        if done.status.success() { Ok(Disk(folder)) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_run() {
    let disk = match Disk::new(40) {
        Ok(disk) => disk,
        Err(why) => return skipped(&format!("no small disk can be mounted: {}", why.trim())),
    };
    let project = chinese();
    let out = disk.0.path().to_string_lossy().into_owned();
    let done = project.tierwright(&["run", "--out", &out]).expect(4);
    assert!(done.err.contains("No space left on device") && done.err.contains("/.staging/"), "{}", done.err);
    let left: Vec<String> = files(disk.0.path()).into_iter().map(|(path, _)| path).collect();
    assert!(left.iter().all(|p| p.contains("/.staging/") || p.ends_with(".lock")), "{left:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_an_output_that_failed() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return skipped("no /dev/full") };
    let project = chinese();
    let done = Command::new(env!("CARGO_BIN_EXE_tierwright"))
        .args(["check", "--json"])
        .current_dir(project.path("."))
        .stdout(full)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(4), "{said}");
    assert!(said.contains("error: cannot write to standard output: No space left"), "{said}");
}
