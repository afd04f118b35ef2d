//! The decisions of the default project, opened by Python's readers and compared with an independent evaluation.
//!
//! Needs Python with pyarrow, duckdb, polars and pandas: `TIERWRIGHT_PYTHON`, or `python3`. Without them the test is
//! skipped and says so; `.ci/run` installs them.

use crate::project::chinese;
use std::io::Write;
use std::path::Path;
use std::process::Command;

const MODULES: &str = "import pyarrow, duckdb, polars, pandas";

/// An interpreter that has the readers; `Err` says why there is none.
pub fn python() -> Result<String, String> {
    let name = std::env::var("TIERWRIGHT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    match Command::new(&name).args(["-c", MODULES]).output() {
        Ok(done) if done.status.success() => Ok(name),
        Ok(done) => {
            let text = String::from_utf8_lossy(&done.stderr).into_owned();
            Err(format!("{name}: {}", text.lines().last().unwrap_or("no message")))
        }
        Err(e) => Err(format!("{name}: {e}")),
    }
}

fn run_cycle(root: &Path, out: &Path, as_of: &str) {
    let done = Command::new(env!("CARGO_BIN_EXE_tierwright"))
        .args(["run", "--as-of", as_of, "--out"])
        .arg(out)
        .current_dir(root)
        .output()
        .expect("the program starts");
    assert!(done.status.success(), "run --as-of {as_of}: {}", String::from_utf8_lossy(&done.stderr));
}

/// What each reader must say of the Chinese project: keys with tiers, and the type of the tier.
const CHINESE: &str = r#"
import sys, duckdb, pandas, polars, pyarrow.parquet
folder = sys.argv[1]
want = [("丁", "战略/客户 A"), ("丙", "战略/客户 A"), ("乙", None), ("己", "战略/客户 A"), ("庚", "一般"), ("甲", "一般")]
frame = pandas.read_parquet(folder)
frame["等级"] = frame["等级"].astype(object).where(frame["等级"].notna(), None)
seen = {
    "pyarrow": [(r["编号"], r["等级"]) for r in pyarrow.parquet.read_table(folder).to_pylist()],
    "duckdb": duckdb.sql(f"select 编号, 等级 from '{folder}/**/*.parquet'").fetchall(),
    "polars": polars.read_parquet(folder).select("编号", "等级").rows(),
    "pandas": list(frame[["编号", "等级"]].itertuples(index=False, name=None)),
}
for reader, rows in seen.items():
    assert sorted(rows, key=lambda r: r[0]) == want, (reader, rows)
schema = pyarrow.parquet.read_table(folder).schema
types = [str(schema.field(n).type) for n in ("编号", "金额", "开始", "更新", "价值", "status")]
assert types == ["string", "decimal128(12, 2)", "date32[day]", "timestamp[us, tz=UTC]", "double", "string"], types
assert str(polars.read_parquet(folder).schema["等级"]) == "String"
print("agree")
"#;

#[test]
fn every_reader_sees_chinese_names_blanks_slashes_and_null_folders() {
    let Ok(python) = python() else { return };
    let project = chinese();
    project.tierwright(&["run"]).expect(0);
    let folder = project.run_folder("FY2017").join("decisions");
    let done = Command::new(python).args(["-B", "-c", CHINESE]).arg(folder).output().expect("the interpreter starts");
    let said = String::from_utf8_lossy(&done.stdout);
    assert_eq!(said.trim(), "agree", "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn decisions_agree_with_the_independent_evaluation_in_every_reader() {
    let python = match python() {
        Ok(python) => python,
        Err(reason) => {
            // Past the harness, which would swallow the reason of a test that passes.
            let _ = writeln!(
                std::io::stderr(),
                "skipped: Python's readers are not there ({reason}); .ci/run installs them"
            );
            return;
        }
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().expect("a temporary folder");
    run_cycle(root, out.path(), "2017-04-01");
    run_cycle(root, out.path(), "2018-01-01");
    let compare = root.join("tests/oracle/compare.py");
    let done = Command::new(python)
        .arg("-B")
        .arg(compare)
        .arg(out.path().join("crm"))
        .output()
        .expect("the interpreter starts");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains("FY2016: 85 rows") && said.contains("FY2017: 85 rows"), "{said}");
}
