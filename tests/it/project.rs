//! Small projects in temporary folders, and the program run on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project folder that goes when it is dropped.
pub struct Project {
    dir: tempfile::TempDir,
}

/// What the program said.
pub struct Done {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    /// The one JSON document on standard output.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }

    /// The same, if the status is this one.
    #[track_caller]
    pub fn expect(self, status: i32) -> Done {
        assert_eq!(self.status, status, "{}{}", self.out, self.err);
        self
    }
}

impl Project {
    /// A project with these files.
    pub fn new(files: &[(&str, &str)]) -> Project {
        let project = Project { dir: tempfile::tempdir().expect("a temporary folder") };
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs the program in the project folder.
    pub fn tierwright(&self, args: &[&str]) -> Done {
        program(self.dir.path(), args)
    }

    /// The folder of the only run of a cycle.
    pub fn run_folder(&self, cycle: &str) -> PathBuf {
        let mut runs: Vec<PathBuf> = list(&self.path(&format!("out/客户分级/runs/cycle={cycle}")));
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }
}

/// Runs the program in a folder.
pub fn program(folder: &Path, args: &[&str]) -> Done {
    let done = Command::new(env!("CARGO_BIN_EXE_tierwright"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .output()
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Done { status: done.status.code().unwrap_or(-1), out: text(done.stdout), err: text(done.stderr) }
}

/// The entries of a folder, sorted.
pub fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

/// All files below a folder with their bytes, by path, but what differs from run to run.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(at) = folders.pop() {
        for path in list(&at) {
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("timings.json") {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Seven customers of a Chinese project: one without a region is undetermined; one row is set aside.
pub fn chinese() -> Project {
    Project::new(&[
        (
            "tierwright.yaml",
            "name: 客户分级
customer: 客户
steps: [价值, 等级]
decision: { tier: 等级, value: 价值, order: [一般, 战略/客户 A] }
planning: { starts: 04-01, time_zone: Asia/Shanghai }
as_of: 2018-01-01
undetermined: { at_most: 0.2 }
output: { partition_by: [等级] }
summaries:
  - { name: 按区域, by: [区域], measures: { 数: count, 额: sum(金额), 均值: mean(价值) } }
",
        ),
        (
            "datasets/客户.yaml",
            "source: { path: 客户.csv }
columns:
  编号: text
  区域: text
  金额: { type: 'decimal(12,2)', required: true }
  开始: date
  更新: datetime
key: 编号
quarantine: { at_most: 0.5 }
",
        ),
        (
            "datasets/客户.csv",
            "编号,区域,金额,开始,更新
丙,华东,1000.10,2017-01-31,2017-02-01T08:00:00+08:00
甲,华北,20.25,2016-02-29,
乙,,5.00,,
丁,华东,999.99,2017-03-01,2017-02-01T08:00:00+08:00
戊,华南,x,2017-03-01,
己,华南,1000.00,2017-03-01,
庚,华北,0.75,2017-03-01,
",
        ),
        ("rules/价值.rhai", "fn 价值(c) {\n    if c.区域 == \"华北\" { c.金额 } else { c.金额 * 2.0 }\n}\n"),
        ("rules/等级.rhai", "fn 等级(c) {\n    if c.价值 >= 1000.0 { \"战略/客户 A\" } else { \"一般\" }\n}\n"),
    ])
}
