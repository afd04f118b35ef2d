//! Which columns are written, and what is refused before anything runs.

use super::bench::project;
use crate::dtype::DataType;
use crate::manifest::model::{Measure, Project};
use crate::run::columns::{Selection, select};
use indexmap::IndexMap;

fn selected(change: impl FnOnce(&mut Project)) -> Result<Selection, Vec<String>> {
    let mut project = project();
    change(&mut project);
    let mut available: IndexMap<String, DataType> = IndexMap::new();
    for (name, dtype) in [("id", DataType::Text), ("区域", DataType::Text), ("cycle", DataType::Int)] {
        available.insert(name.into(), dtype);
    }
    available.insert("status".into(), DataType::Text);
    available.insert("value".into(), DataType::Float);
    available.insert("tier".into(), DataType::Text);
    let all = select(&project, &available);
    all.map_err(|found| found.iter().map(|d| format!("{}: {}", d.id.name(), d.message)).collect())
}

fn columns(names: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
    Some(names.iter().map(|(from, name)| ((*from).to_owned(), (*name).to_owned())).collect())
}

#[test]
fn key_tier_and_value_are_always_written() {
    let selection = selected(|p| p.output.columns = columns(&[("区域", "地区")])).unwrap();
    let names: Vec<&str> = selection.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names[..4], ["id", "地区", "tier", "value"]);
    assert_eq!(names[4..], crate::run::added::ADDED);
    assert_eq!(selection.partition_by, [2]);
    // A partition column may be named as in rules or as it is written.
    for name in ["区域", "地区"] {
        let selection = selected(|p| {
            p.output.columns = columns(&[("区域", "地区")]);
            p.output.partition_by = vec![name.into(), "tier".into()];
        });
        assert_eq!(selection.unwrap().partition_by, [1, 2]);
    }
}

#[test]
fn names_that_readers_could_not_tell_apart_are_refused() {
    let found = selected(|p| p.output.columns = None).unwrap_err();
    assert_eq!(
        found,
        [
            "name-clash: two columns of the decisions are named `status`",
            "name-clash: no column of the decisions can be named `cycle`"
        ]
    );
    let renamed = selected(|p| p.output.columns = columns(&[("status", "客户状态"), ("cycle", "round")])).unwrap();
    assert_eq!(renamed.columns[1].name, "客户状态");
}

#[test]
fn unknown_columns_and_unfit_partitions_are_all_told() {
    let found = selected(|p| {
        p.output.columns = columns(&[("地域", "地域")]);
        p.output.partition_by = vec!["value".into(), "teir".into()];
        p.summaries[0].by = vec!["sector".into()];
        p.summaries[0].measures.insert("x".into(), Measure::Mean("tier".into()));
    });
    assert_eq!(
        found.unwrap_err(),
        [
            "unknown-column: `output.columns` names `地域`, which no table and no step has",
            "wrong-value: `output.partition_by` names `value`, a float column",
            "unknown-column: `output.partition_by` names `teir`, which is not written",
            "unknown-column: summary `by_区域` names `sector`, which no table and no step has",
            "type-mismatch: measure `x` of summary `by_区域` is over a text column",
        ]
    );
}

#[test]
fn tiers_that_look_like_numbers_are_no_folders() {
    let digits = |p: &mut Project| {
        p.output.columns = columns(&[]);
        p.decision.order = vec!["1".into(), "2".into()];
    };
    assert!(selected(digits).unwrap_err()[0].starts_with("partition-value: every tier"));
    let unpartitioned = selected(|p| {
        digits(p);
        p.output.partition_by = vec![];
    });
    assert!(unpartitioned.unwrap().partition_by.is_empty());
}
