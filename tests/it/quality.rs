//! The quality report: shown, compared with the year before, the same bytes again.

use crate::project::{chinese, files};
use std::fs;
use unicode_width::UnicodeWidthStr;

#[test]
fn the_quality_report_is_shown_and_says_what_moved() {
    let project = chinese();
    project.tierwright(&["run", "--as-of", "2017-04-01"]).expect(0);
    let done = project.tierwright(&["quality"]).expect(0);
    assert!(done.out.contains("of FY2016, as-of 2017-04-01") && done.out.contains("quarantined"), "{}", done.out);
    assert!(!done.out.contains("\n  moved"), "{}", done.out);
    let manifest = fs::read_to_string(project.path("datasets/客户.yaml")).unwrap();
    project.write("datasets/客户.yaml", &(manifest + "completeness: [区域, 金额]\n"));
    let next = project.tierwright(&["run", "--as-of", "2018-04-01"]).expect(0);
    assert!(next.err.contains("warning[drift]") && next.err.contains("new `completeness`"), "{}", next.err);
    for args in [&["quality"][..], &["quality", "--full"]] {
        let done = project.tierwright(args).expect(0);
        assert!(done.out.contains("completeness") && done.out.contains("new: float"), "{}", done.out);
        assert!(done.out.lines().all(|line| line.width() <= 100), "{}", done.out);
    }
    let json = project.tierwright(&["quality", "--json"]).expect(0).json();
    assert!(json["figures"].as_array().unwrap().iter().any(|f| f["measure"] == "drift_new"), "{json}");
    project.tierwright(&["quality", "0000"]).expect(2);
    let first = files(&project.run_folder("FY2017"));
    project.tierwright(&["run", "--as-of", "2018-04-01", "--force", "--threads", "1"]).expect(0);
    assert_eq!(files(&project.run_folder("FY2017")), first);
}
