use super::*;
use crate::source::FileId;
use crate::system::Os;
use tempfile::TempDir;

fn project(paths: &[&str]) -> TempDir {
    let dir = TempDir::new().expect("a temporary folder");
    for path in paths {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, "x").expect("a file");
    }
    dir
}

/// The files of a pattern in `datasets`, or the finding as `id: message; help`.
fn expanded(dir: &TempDir, pattern: &str) -> Result<Vec<String>, String> {
    let span = Span::new(FileId(0), 0, 0);
    match expand(&Os, Reach { root: dir.path(), sources: &[] }, "datasets", pattern, span) {
        Ok(files) => Ok(files.into_iter().map(|file| file.shown).collect()),
        Err(found) => Err(format!("{}: {}; {}", found.id.name(), found.message, found.help.join("; "))),
    }
}

#[test]
fn patterns_match_names_part_by_part_in_byte_order() {
    let dir = project(&[
        "datasets/b.csv",
        "datasets/a.csv",
        "datasets/Z.csv",
        "datasets/.hidden.csv",
        "datasets/订单.csv",
        "datasets/2016/x.csv",
        "datasets/2017/x.csv",
        "datasets/2017/y.csv.gz",
        "data/c.csv",
    ]);
    let names = |names: &[&str]| Ok(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        expanded(&dir, "*.csv"),
        names(&["datasets/Z.csv", "datasets/a.csv", "datasets/b.csv", "datasets/订单.csv"])
    );
    assert_eq!(expanded(&dir, "?.csv"), names(&["datasets/Z.csv", "datasets/a.csv", "datasets/b.csv"]));
    assert_eq!(expanded(&dir, "??.csv"), names(&["datasets/订单.csv"]));
    assert_eq!(expanded(&dir, "201?/*.csv"), names(&["datasets/2016/x.csv", "datasets/2017/x.csv"]));
    assert_eq!(expanded(&dir, "*/x.csv"), names(&["datasets/2016/x.csv", "datasets/2017/x.csv"]));
    assert_eq!(expanded(&dir, "*/*.csv"), names(&["datasets/2016/x.csv", "datasets/2017/x.csv"]));
    assert_eq!(expanded(&dir, "./a.csv"), names(&["datasets/a.csv"]));
    assert_eq!(expanded(&dir, "../data/c.csv"), names(&["data/c.csv"]));
    assert_eq!(expanded(&dir, ".h*"), names(&["datasets/.hidden.csv"]));
}

#[test]
fn stars_try_every_length() {
    for (pattern, name, expected) in [
        ("*a*b", "xaab", true),
        ("*ab", "aab", true),
        ("a*", "a", true),
        ("a**", "a", true),
        ("*", "", true),
        ("?", "", false),
        ("a?c", "ac", false),
        ("*.csv", "a.csv.gz", false),
        ("订*.csv", "订单.csv", true),
    ] {
        assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
    }
    assert!(!matches(&"*a".repeat(30), &"a".repeat(5000).replace("aaaaa", "aaaab")));
}

#[test]
fn what_leads_out_of_the_project_is_refused() {
    let dir = project(&["datasets/a.csv"]);
    for pattern in ["C:/x.csv", "a\\b.csv", "a**/x.csv", "sub/**", "sub/", ""] {
        let found = expanded(&dir, pattern).expect_err(pattern);
        assert!(found.starts_with("wrong-value: the path must"), "{pattern}: {found}");
    }
    for pattern in ["../../x.csv", "/etc/passwd", "/etc/*", "/nowhere/x", "a/../../../x", "../../*/x", "/../x"] {
        let found = expanded(&dir, pattern).expect_err(pattern);
        assert!(found.contains("` leads out of the project; copy the file"), "{pattern}: {found}");
    }
    assert_eq!(expanded(&dir, "../x/../datasets/a.csv"), Ok(vec!["datasets/a.csv".to_owned()]));
}

#[cfg(unix)]
#[test]
fn symbolic_links_out_of_the_project_are_refused() {
    let (dir, other) = (project(&["datasets/a.csv"]), project(&["secret.csv"]));
    let link = |from: &Path, to: &str| std::os::unix::fs::symlink(from, dir.path().join(to)).expect("a link");
    link(&other.path().join("secret.csv"), "datasets/out.csv");
    link(other.path(), "datasets/folder");
    link(&dir.path().join("datasets/a.csv"), "datasets/in.csv");
    assert_eq!(expanded(&dir, "in.csv"), Ok(vec!["datasets/in.csv".to_owned()]));
    for pattern in ["out.csv", "o*.csv", "folder/secret.csv", "*/secret.csv"] {
        let found = expanded(&dir, pattern).expect_err(pattern);
        assert!(found.contains("leads out of the project"), "{pattern}: {found}");
    }
}

#[test]
fn a_pattern_without_a_file_is_an_error() {
    let dir = project(&["datasets/orders.csv"]);
    let found = expanded(&dir, "order.csv").expect_err("no such file");
    assert_eq!(found, "file-missing: no file `datasets/order.csv`; did you mean `orders.csv`?");
    assert_eq!(
        expanded(&dir, "2017-*.csv").expect_err("no such file"),
        "file-missing: no file matches `2017-*.csv` in datasets/; put the file there, or mend the path in the manifest"
    );
    assert!(expanded(&dir, "gone/x.csv").is_err());
}

#[test]
fn files_of_several_patterns_come_once_each_in_order() {
    let dir = project(&["datasets/a.csv", "datasets/b.csv"]);
    let source = |paths: &[&str]| Source {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        format: crate::manifest::model::Format::Parquet,
        packing: crate::manifest::model::Packing::ByName,
        partitions: false,
        span: Span::new(FileId(0), 0, 0),
    };
    let reach = Reach { root: dir.path(), sources: &[] };
    let found = files(&Os, reach, "datasets", &source(&["b.csv", "*.csv", "a.csv"])).expect("files");
    assert_eq!(found.iter().map(|f| f.shown.as_str()).collect::<Vec<_>>(), ["datasets/a.csv", "datasets/b.csv"]);
    assert_eq!(files(&Os, reach, "datasets", &source(&["x", "a.csv", "y"])).expect_err("two faults").len(), 2);
}

#[test]
fn two_stars_stand_for_folders() {
    let dir = project(&[
        "datasets/s/year=2016/a.parquet",
        "datasets/s/year=2017/region=EU/b.parquet",
        "datasets/s/year=2017/region=EU/.c.parquet",
        "datasets/s/.hidden/d.parquet",
        "datasets/s/e.parquet",
    ]);
    let all = ["datasets/s/e.parquet", "datasets/s/year=2016/a.parquet", "datasets/s/year=2017/region=EU/b.parquet"];
    assert_eq!(expanded(&dir, "s/**/*.parquet"), Ok(all.map(str::to_owned).to_vec()));
    assert_eq!(expanded(&dir, "**/region=EU/**/*.parquet"), Ok(vec![all[2].to_owned()]));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(dir.path().join("datasets"), dir.path().join("datasets/s/again")).expect("a link");
        assert_eq!(expanded(&dir, "s/**/*.parquet").map(|files| files.len()), Ok(3), "a link back up is no way");
    }
}

#[cfg(unix)]
#[test]
fn folders_that_the_user_names_may_be_read() {
    let (dir, other) = (project(&["datasets/a.csv"]), project(&["exports/x.csv", "exports/sub/y.csv", "secret.csv"]));
    let named = [other.path().join("exports")];
    let reach = Reach { root: dir.path(), sources: &named };
    let span = Span::new(FileId(0), 0, 0);
    let found = |pattern: &str| expand(&Os, reach, "datasets", pattern, span).map(|f| f.len()).map_err(|d| d.message);
    let exports = named[0].display();
    assert_eq!(found(&format!("{exports}/x.csv")), Ok(1));
    assert_eq!(found(&format!("{exports}/**/*.csv")), Ok(2));
    assert_eq!(found("a.csv"), Ok(1));
    let up = "../".repeat(dir.path().components().count());
    assert_eq!(found(&format!("{up}{}", &format!("{exports}/x.csv")[1..])), Ok(1), "by way of `..`");
    for pattern in
        [format!("{exports}/../secret.csv"), format!("{}/*.csv", other.path().display()), "/etc/passwd".into()]
    {
        let message = found(&pattern).expect_err("outside");
        assert!(message.ends_with("leads out of the project and of the folders named by `--source-root`"), "{message}");
    }
    std::os::unix::fs::symlink(other.path().join("secret.csv"), named[0].join("link.csv")).expect("a link");
    assert!(found(&format!("{exports}/link.csv")).is_err());
    std::os::unix::fs::symlink(named[0].join("x.csv"), dir.path().join("datasets/in.csv")).expect("a link");
    assert_eq!(found("in.csv"), Ok(1), "a link into a named folder");
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_and_names_that_cannot_be_told_are_errors() {
    use std::os::unix::ffi::OsStrExt;
    let dir = project(&["datasets/a.csv", "datasets/more/b.csv"]);
    let datasets = dir.path().join("datasets");
    std::os::unix::fs::symlink("/nowhere/at/all.csv", datasets.join("x.csv")).expect("a link");
    let told = "file-missing: `datasets/x.csv` is a symbolic link that leads nowhere";
    assert!(expanded(&dir, "*.csv").is_err_and(|found| found.starts_with(told)));
    assert!(expanded(&dir, "x.csv").is_err_and(|found| found.starts_with(told)));
    assert!(expanded(&dir, "a*.csv").is_ok(), "nobody asks for the link");
    std::fs::remove_file(datasets.join("x.csv")).expect("no link");
    std::os::unix::fs::symlink("/nowhere", datasets.join("disk")).expect("a link");
    assert!(expanded(&dir, "**/b.csv").is_err_and(|found| found.contains("`datasets/disk` is a symbolic link")));
    std::fs::remove_file(datasets.join("disk")).expect("no link");
    let name = std::ffi::OsStr::from_bytes(b"m\xfcller.csv");
    std::fs::write(datasets.join(name), "x").expect("a file");
    assert!(expanded(&dir, "*.csv").is_err_and(|found| found.contains("has a name that is not UTF-8; rename it")));
    assert!(expanded(&dir, "a*.csv").is_ok() && expanded(&dir, "**/b.csv").is_ok());
}
