//! Outputs that take too little: a full disk, a file that may not be as large, a file system that nobody may write to.

use crate::bytes::skipped;
use crate::project::{Done, chinese, files};
use crate::whole::{same, whole};
use std::path::Path;
use std::process::Command;

/// A small file system in memory, unmounted when dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new(options: &str) -> Result<Disk, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path()).output();
        let done = done.map_err(|e| e.to_string())?;
        match done.status.success() {
            true => Ok(Disk(folder)),
            false => Err(format!("no small disk can be mounted: {}", String::from_utf8_lossy(&done.stderr).trim())),
        }
    }

    fn of_bytes(bytes: u64) -> Result<Disk, String> {
        Disk::new(&format!("size={bytes}"))
    }

    fn resize(&self, bytes: u64) {
        let size = format!("remount,size={bytes}");
        assert!(Command::new("mount").args(["-o", &size]).arg(self.0.path()).status().unwrap().success());
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

/// The number that stands before a text.
#[track_caller]
fn number_before(text: &str, end: &str) -> u64 {
    let before = text.split(end).next().filter(|before| before.len() < text.len());
    let before = before.unwrap_or_else(|| panic!("no `{end}` in {text}"));
    before.rsplit(' ').next().unwrap().parse().unwrap_or_else(|e| panic!("{e}: {before}"))
}

/// Bytes that a full disk would have to take.
#[track_caller]
fn needed(done: &Done) -> u64 {
    assert!(done.err.contains("No space left on device"), "{}", done.err);
    number_before(&done.err, " bytes in all")
}

#[test]
fn a_full_disk_is_told_with_the_bytes_that_would_do() {
    let disk = match Disk::of_bytes(40 << 10) {
        Ok(disk) => disk,
        Err(why) => return skipped(&why),
    };
    let (project, folder) = (chinese(), disk.path().to_string_lossy().into_owned());
    let done = project.tierwright(&["run", "--out", &folder]).expect(4);
    let bytes = needed(&done);
    let place = format!("cannot write {folder}/客户分级/.staging/");
    let other = format!("cannot create {folder}/客户分级/.staging/");
    assert!(done.err.contains(&place) || done.err.contains(&other), "{}", done.err);
    assert!(done.err.contains("in whole blocks of 4096") && done.err.contains("`--out`"), "{}", done.err);
    // The lock's file takes a block; all that was staged is gone.
    assert_eq!(number_before(&done.err, " are free there"), (40 << 10) - 4096, "{}", done.err);
    let left: Vec<String> = files(disk.path()).into_iter().map(|(path, _)| path).collect();
    assert_eq!(left, ["客户分级/.lock"]);
    assert!(!disk.path().join("客户分级/.staging").exists());
    // What was said is enough. Folders take nothing of this file system: without them it is enough to the block.
    let folders = number_before(&done.err, " folders in whole");
    let files = bytes - folders * 4096;
    disk.resize(4096 + files - 4096);
    assert_eq!(needed(&project.tierwright(&["run", "--out", &folder]).expect(4)), bytes);
    disk.resize(4096 + files);
    project.tierwright(&["run", "--out", &folder]).expect(0);
    assert_eq!(whole(&disk.path().join("客户分级")).history.len(), 1);
}

#[test]
fn a_disk_that_is_full_at_any_file_keeps_the_old_run_and_nothing_else() {
    let disk = match Disk::of_bytes(8 << 20) {
        Ok(disk) => disk,
        Err(why) => return skipped(&why),
    };
    let (project, folder) = (chinese(), disk.path().to_string_lossy().into_owned());
    let base = disk.path().join("客户分级");
    project.tierwright(&["run", "--out", &folder, "--as-of", "2017-04-01"]).expect(0);
    let before = files(&base);
    let used = blocks(&before) + 4096;
    disk.resize(used);
    let bytes = needed(&project.tierwright(&["run", "--out", &folder, "--json"]).expect(4).told());
    // From no room at all, not even for a name in the lock, to all but enough.
    let mut failed = 0;
    for room in (0..bytes).step_by(8192) {
        disk.resize(used - 4096 + room);
        let done = project.tierwright(&["run", "--out", &folder]);
        if done.status == 0 {
            break;
        }
        assert_eq!((done.status, needed(&done)), (4, bytes), "{}", done.err);
        let after: Vec<_> = files(&base);
        same(&without_lock(after), &without_lock(before.clone()), &format!("room for {room} bytes"));
        assert!(!base.join(".staging").exists());
        failed += 1;
    }
    assert!(failed > 5, "{failed}");
    disk.resize(used + bytes);
    project.tierwright(&["run", "--out", &folder]).expect(0);
    assert_eq!(whole(&base).history.len(), 2);
}

fn without_lock(tree: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    tree.into_iter().filter(|(path, _)| path != ".lock").collect()
}

/// What files take in whole blocks, with the timings, which are not among them.
fn blocks(tree: &[(String, Vec<u8>)]) -> u64 {
    4096 + tree.iter().map(|(_, bytes)| (bytes.len() as u64).div_ceil(4096) * 4096).sum::<u64>()
}

impl Done {
    /// The same, with the error of the JSON answer as what was said.
    fn told(self) -> Done {
        let err = self.json()["error"].as_str().unwrap_or_default().to_owned();
        Done { err, ..self }
    }
}

#[test]
fn a_disk_that_takes_no_more_files_is_told_with_their_number() {
    // Root, output, lock, staging and the run's folder are five.
    let disk = match Disk::new("size=8m,nr_inodes=7") {
        Ok(disk) => disk,
        Err(why) => return skipped(&why),
    };
    let (project, folder) = (chinese(), disk.path().to_string_lossy().into_owned());
    let done = project.tierwright(&["run", "--out", &folder]).expect(4);
    let (bytes, left) = (needed(&done), number_before(&done.err, " files and folders may be made"));
    assert!(done.err.contains("cannot create folder "), "{}", done.err);
    let (files, folders) = (number_before(&done.err, " files and "), number_before(&done.err, " folders in whole"));
    assert!(left < 7 && files + folders > left && bytes > 16 * 4096, "{}", done.err);
    assert!(!disk.path().join("客户分级/.staging").exists());
    let inodes = format!("remount,nr_inodes={}", 7 + files + folders);
    assert!(Command::new("mount").args(["-o", &inodes]).arg(disk.path()).status().unwrap().success());
    project.tierwright(&["run", "--out", &folder]).expect(0);
    assert_eq!(whole(&disk.path().join("客户分级")).history.len(), 1);
}

#[test]
fn a_failed_run_that_finds_no_room_says_so_beside_its_finding() {
    let disk = match Disk::of_bytes(16 << 10) {
        Ok(disk) => disk,
        Err(why) => return skipped(&why),
    };
    let project = chinese();
    project.write("rules/价值.rhai", "fn 价值(c) {\n    c.金额 * days_between(c.开始, AS_OF).to_float() / (if c.更新 == () { 0.0 } else { 1.0 })\n}\n");
    let folder = disk.path().to_string_lossy().into_owned();
    let done = project.tierwright(&["run", "--out", &folder]).expect(1);
    assert!(done.err.contains("error[too-many-undetermined]"), "{}", done.err);
    assert!(done.err.contains("the failed run could not be written: cannot "), "{}", done.err);
    let one_line = done.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(one_line.contains("bytes in all"), "{}", done.err);
    assert!(!disk.path().join("客户分级/failed").exists());
}

#[test]
fn an_output_that_nobody_may_write_to_is_found_before_any_data_is_read() {
    let disk = match Disk::new("ro,size=1m") {
        Ok(disk) => disk,
        Err(why) => return skipped(&why),
    };
    let project = chinese();
    // Data that would fail the run, were they read.
    project.write("datasets/客户.csv", "编号,区域\n甲,华北\n");
    project.tierwright(&["run"]).expect(1);
    let folder = disk.path().to_string_lossy().into_owned();
    let done = project.tierwright(&["run", "--out", &folder]).expect(4);
    assert!(done.err.contains(&folder) && done.err.contains("Read-only file system"), "{}", done.err);
    assert!(!done.err.contains("column-missing"), "{}", done.err);
}

#[test]
fn a_file_that_may_not_be_as_large_is_told_with_its_size() {
    let project = chinese();
    project.tierwright(&["run", "--as-of", "2017-04-01"]).expect(0);
    let before = files(&project.path("out/客户分级"));
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
    assert!(said.contains("error: cannot write ") && said.contains("out/客户分级/.staging/"), "{said}");
    assert!(said.contains("its largest file, ") && said.contains("ulimit -f"), "{said}");
    assert!(number_before(&said, " bytes; raise how large") > 1024, "{said}");
    same(&without_lock(files(&project.path("out/客户分级"))), &without_lock(before), "a limited run");
    assert!(!project.path("out/客户分级/.staging").exists());
    project.tierwright(&["run"]).expect(0);
}
