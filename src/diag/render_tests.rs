use super::*;
use crate::diag::ids;

fn find(sources: &SourceMap, file: FileId, part: &str) -> Span {
    let start = sources.file(file).text.find(part).expect("the text holds the part");
    Span::new(file, start, start + part.len())
}

fn plain(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    text(diagnostics, sources, Style::default())
}

const TIER: &str = "// 层级\nfn tier(c) {\n\tif c.\"客户等级\" > 90 && c.recency_day > 3 { 1 }\n}\n";

#[test]
fn wide_characters_tabs_and_labels_in_two_files_are_aligned() {
    let mut sources = SourceMap::default();
    let tier = sources.add("rules/tier.rhai", TIER);
    let table = sources.add("datasets/客户.yaml", "columns:\r\n  客户等级: text\r\n  b: int\r\n");
    let found = Diagnostic::error(ids::UNKNOWN_COLUMN, "no column `recency_day`")
        .at_with(find(&sources, tier, "recency_day"), "not in the customer profile")
        .label(find(&sources, tier, "\"客户等级\""), "文本")
        .label(find(&sources, table, "text"), "declared here")
        .note("rules see 3 columns")
        .help("did you mean `recency_days`?");
    insta::assert_snapshot!(plain(&[found], &sources), @r#"
    error[unknown-column]: no column `recency_day`
     --> rules/tier.rhai:3:24
      |
    3 |     if c."客户等级" > 90 && c.recency_day > 3 { 1 }
      |          ---------- 文本        ^^^^^^^^^^^ not in the customer profile
      |
     ::: datasets/客户.yaml:2:9
      |
    2 |   客户等级: text
      |             ---- declared here
      |
      = note: rules see 3 columns
    help: did you mean `recency_days`?

    1 error
    "#);
}

#[test]
fn places_outside_the_sources_are_named_and_all_are_counted() {
    let sources = SourceMap::default();
    let orphan = Diagnostic::warning(ids::ORPHAN, "1 row finds no account").located("datasets/orders.csv:17");
    let usage = Diagnostic::error(ids::USAGE, "no command `chekc`").help("did you mean `check`?");
    insta::assert_snapshot!(plain(&[orphan, usage.clone(), usage], &sources), @r"
    warning[orphan]: 1 row finds no account
    --> datasets/orders.csv:17

    error[usage]: no command `chekc`
    help: did you mean `check`?

    error[usage]: no command `chekc`
    help: did you mean `check`?

    2 errors, 1 warning
    ");
}

#[test]
fn no_control_character_of_a_message_or_source_gets_through() {
    let mut sources = SourceMap::default();
    let file = sources.add("a\u{1b}.yaml", "名: \u{1b}[31m\u{9b}31m\u{7} x\n");
    let span = find(&sources, file, "x");
    let found = Diagnostic::error(ids::YAML, "bad \u{1b}[2J\u{9b}2J text")
        .at_with(span, "\u{1b}]8;;label")
        .help("\u{8}help")
        .note("\u{202e}note")
        .located("p\u{1b}");
    for concise in [false, true] {
        let shown = text(std::slice::from_ref(&found), &sources, Style { concise, ..Style::default() });
        assert!(!shown.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{shown:?}");
    }
    let coloured = text(&[found], &sources, Style { colour: true, ..Style::default() });
    let sequences: Vec<&str> = coloured.split('\u{1b}').skip(1).collect();
    assert!(!sequences.is_empty());
    assert!(sequences.iter().all(|s| s.starts_with('[') && s.contains('m') && !s.starts_with("[2J")), "{coloured:?}");
    assert!(!coloured.contains('\u{9b}') && !coloured.contains('\u{7}'), "{coloured:?}");
}

#[test]
fn a_place_at_the_end_or_outside_of_a_text_is_shown() {
    let mut sources = SourceMap::default();
    let file = sources.add("a.yaml", "a: 'x");
    let empty = sources.add("b.yaml", "");
    let at_end = Diagnostic::error(ids::YAML, "unclosed quote").at(Span::new(file, 5, 5));
    let beyond = Diagnostic::error(ids::YAML, "nothing here").at(Span::new(empty, 7, 9));
    insta::assert_snapshot!(plain(&[at_end, beyond], &sources), @r"
    error[yaml]: unclosed quote
     --> a.yaml:1:6
      |
    1 | a: 'x
      |      ^

    error[yaml]: nothing here
     --> b.yaml:1:1
      |
    1 |
      | ^

    2 errors
    ");
}

#[test]
fn a_span_inside_a_character_is_moved_to_its_start() {
    let mut sources = SourceMap::default();
    let file = sources.add("a.yaml", "客户: 1\n");
    let found = Diagnostic::error(ids::YAML, "odd").at(Span::new(file, 1, 4));
    insta::assert_snapshot!(plain(&[found], &sources), @r"
    error[yaml]: odd
     --> a.yaml:1:1
      |
    1 | 客户: 1
      | ^^

    1 error
    ");
}

#[test]
fn concise_is_one_line_each() {
    let mut sources = SourceMap::default();
    let tier = sources.add("rules/tier.rhai", TIER);
    let found = Diagnostic::error(ids::UNKNOWN_COLUMN, "no column\n`recency_day`")
        .at(find(&sources, tier, "recency_day"))
        .help("first")
        .help("second");
    let style = Style { concise: true, ..Style::default() };
    insta::assert_snapshot!(text(&[found], &sources, style), @r"
    rules/tier.rhai:3:24: error[unknown-column]: no column\n`recency_day`; first
    1 error
    ");
}

#[test]
fn help_stands_right_below_the_snippet() {
    let mut sources = SourceMap::default();
    let file = sources.add("rules/tier.rhai", "\n".repeat(11) + "    if c.recency_day > 90 {\n");
    let found = Diagnostic::error(ids::UNKNOWN_COLUMN, "no column `recency_day`")
        .at_with(find(&sources, file, "recency_day"), "not in the customer profile")
        .help("did you mean `recency_days`?")
        .help("or write `c.days`");
    insta::assert_snapshot!(plain(&[found], &sources), @r"
    error[unknown-column]: no column `recency_day`
      --> rules/tier.rhai:12:10
       |
    12 |     if c.recency_day > 90 {
       |          ^^^^^^^^^^^ not in the customer profile
    help: did you mean `recency_days`?
    help: or write `c.days`

    1 error
    ");
}

#[test]
fn nothing_found_is_nothing_shown() {
    assert_eq!(plain(&[], &SourceMap::default()), "");
    assert_eq!(count(&[]), None);
}

#[test]
fn json_has_lines_columns_and_bytes() {
    let mut sources = SourceMap::default();
    let tier = sources.add("rules/tier.rhai", TIER);
    let found = Diagnostic::error(ids::UNKNOWN_COLUMN, "no column `recency_day`")
        .at_with(find(&sources, tier, "recency_day"), "unknown")
        .label(find(&sources, tier, "\"客户等级\""), "文本")
        .help("did you mean `recency_days`?");
    let located = Diagnostic::warning(ids::ORPHAN, "orphans").located("datasets/a.csv:2");
    assert_eq!(
        json(&[found, located], &sources),
        json!([
            {
                "id": "unknown-column", "severity": "error", "message": "no column `recency_day`",
                "file": "rules/tier.rhai", "line": 3, "column": 24, "end_line": 3, "end_column": 35,
                "bytes": [54, 65], "label": "unknown",
                "labels": [{
                    "file": "rules/tier.rhai", "line": 3, "column": 7, "end_line": 3, "end_column": 13,
                    "bytes": [29, 43], "label": "文本",
                }],
                "help": ["did you mean `recency_days`?"], "notes": [], "location": null,
            },
            {
                "id": "orphan", "severity": "warning", "message": "orphans",
                "file": null, "line": null, "column": null, "end_line": null, "end_column": null, "bytes": null,
                "label": null, "labels": [], "help": [], "notes": [], "location": "datasets/a.csv:2",
            },
        ])
    );
}

#[test]
fn of_one_id_a_hundred_are_shown_and_the_rest_is_counted() {
    let sources = SourceMap::default();
    let mut found = vec![Diagnostic::warning(ids::UNREACHABLE, "nothing gets here"); 10_003];
    found.insert(5_000, Diagnostic::error(ids::YAML, "odd"));
    let shown = plain(&found, &sources);
    assert_eq!(shown.matches("warning[unreachable]").count(), 100);
    assert_eq!(shown.matches("error[yaml]").count(), 1);
    assert!(shown.ends_with("and 9903 more of `unreachable`\n1 error, 10003 warnings\n"), "{shown}");
    let json = json(&found, &sources);
    let listed = json.as_array().unwrap();
    assert_eq!(listed.len(), 10_002);
    assert_eq!(listed[10_001]["message"], "and 3 more of `unreachable`");
    assert_eq!(listed[10_001]["severity"], "warning");
}

#[test]
fn a_long_line_is_cut_and_its_column_is_that_of_the_file() {
    let mut sources = SourceMap::default();
    let file = sources.add("rules/tier.rhai", format!("\n{}\u{200b}KEY{}\n", "客".repeat(4_000), "x".repeat(9_000)));
    let found = Diagnostic::error(ids::SYNTAX, "odd").at_with(find(&sources, file, "KEY"), "here");
    let shown = plain(&[found], &sources);
    assert!(shown.contains("--> rules/tier.rhai:2:4002\n") && shown.len() < 1_500, "{shown}");
    assert!(shown.contains("\\u{200b}KEY") && shown.contains("^^^ here"), "{shown}");
    let lines: Vec<&str> = shown.lines().map(|line| line.split_at_checked(6).map_or(line, |(head, _)| head)).collect();
    assert_eq!(lines[1..=2], [" --> r", "  |"], "{shown}");
    assert!(lines[3].starts_with("2 | "), "{shown}");
}
