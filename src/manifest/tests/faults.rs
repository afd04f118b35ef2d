//! What is found in projects with faults, and where.

use super::{ACCOUNTS, PROJECT, bad, blocks, load_files, parameters_with, project_with, table_with};
use crate::diag::{Diagnostic, render};

#[test]
fn a_project_without_tables_is_told_so() {
    insta::assert_snapshot!(bad(&[("tierwright.yaml", PROJECT)]), @"
    datasets file-missing: the project declares no table; declare each table in datasets/<table>.yaml
    tierwright.yaml:2:11 unknown-table: no table `accounts`; declare a table in datasets/<table>.yaml
    ");
}

#[test]
fn all_findings_of_all_files_come_at_once() {
    insta::assert_snapshot!(bad(&[
        ("tierwright.yaml", "name: a/b\ncustomer: acounts\nsteps: [tier, 1st, tier]\ndecison: {}\nas_of: 1.1.2018\n"),
        ("datasets/accounts.yaml", "source: accounts.csv\ncolumns: { account: string }\nkey: acount\n"),
        ("datasets/broken.yaml", "a: [1\n"),
        ("datasets/orders.yaml", "source: { path: ../../orders.csv }\ncolumns: { a: int, a: int }\n"),
        ("datasets/x.yml", ""),
        ("rules/parameters.yaml", "weights: { sum_to: 1.0, a: 0.5, b: 0.4 }\n"),
    ]), @r#"
    datasets/x.yml file-missing: `datasets/x.yml` is not read; name it `x.yaml`
    tierwright.yaml:1:1 missing-key: the project file needs the key `decision`
    tierwright.yaml:1:7 wrong-value: `a/b` cannot be the name of a file; leave out / \ : * ? " < > | and a dot in front; at most 200 bytes
    tierwright.yaml:2:11 unknown-table: no table `acounts`; did you mean `accounts`?
    tierwright.yaml:3:15 wrong-value: `1st` is not a name that rules can write; use letters of any script, digits and `_`, and no digit first
    tierwright.yaml:3:20 duplicate-name: the step `tier` stands twice
    tierwright.yaml:4:1 unknown-key: the project file has no key `decison`; did you mean `decision`?
    tierwright.yaml:5:8 wrong-value: `as_of` must be a date as 2018-01-31, found the text `1.1.2018`
    datasets/accounts.yaml:2:21 wrong-value: `account` must be a type, one of text, int, float, bool, date, datetime, decimal(p,s), found the text `string`; did you mean `text`?
    datasets/accounts.yaml:3:6 unknown-column: no column `acount` in this table; did you mean `account`?
    datasets/broken.yaml:1:4 yaml: the text is not YAML: unclosed bracket '['
    datasets/orders.yaml:2:20 duplicate-name: the key `a` stands twice in one map
    rules/parameters.yaml:1:1 weights-sum: the values of `P.weights` sum to 0.9, not to 1; together they lack 0.1: raise one of them, or several
    "#);
}

#[test]
fn a_comma_within_braces_is_told_as_what_it_is() {
    let told = table_with("source: t.csv\ncolumns: { a: { type: text, description: what they buy, and when } }\n");
    assert!(told.contains("has no key `and when`; within `{ }` a comma ends a value"), "{told}");
}

#[test]
fn wrong_kinds_everywhere_in_the_project_file() {
    insta::assert_snapshot!(bad(&[
        ("tierwright.yaml", "\
name: [a]
customer: {}
steps: profile
decision: { tier: {}, value: [], order: tier, read_back: { x: number, tier: text } }
planning: { starts: 04-31, time_zone: Asia/Shanghia, prior_phase: bp }
as_of: 2018-02-30
undetermined: { at_most: 2, tier: null }
limits: { operations: 0, call_depth: 1000, collection: many, text: -1, time: 10 }
interpret_limit: 1.5
output: { dir: , columns: {}, partition_by: tier, compression: zstd(23), rows_per_file: 0 }
summaries: [{ name: x/y, by: tier, measures: { a: max(b) } }, 3]
"),
        ("datasets/accounts.yaml", ACCOUNTS),
    ]), @r#"
    tierwright.yaml:1:7 wrong-value: `name` must be text, found a list
    tierwright.yaml:2:11 wrong-value: `customer` must be text, found a map
    tierwright.yaml:3:8 wrong-value: `steps` must be a list, found the text `profile`
    tierwright.yaml:4:19 wrong-value: `tier` must be text, found a map
    tierwright.yaml:4:30 wrong-value: `value` must be text, found a list
    tierwright.yaml:4:41 wrong-value: `order` must be a list, found the text `tier`
    tierwright.yaml:4:63 wrong-value: `x` must be a type, one of text, int, float, bool, date, datetime, decimal(p,s), found the text `number`; did you mean `float`?
    tierwright.yaml:4:71 name-clash: `tier` is read back in any case; take it out of `read_back`
    tierwright.yaml:5:21 wrong-value: `starts` must be a month and a day as 04-01, found the text `04-31`; the day lies from 01 to 28, in every month
    tierwright.yaml:5:39 wrong-value: no time zone `Asia/Shanghia`; did you mean `Asia/Shanghai`?
    tierwright.yaml:5:67 wrong-value: `prior_phase` must be `SP`, `BP` or `monitor`, found the text `bp`; did you mean `BP`?
    tierwright.yaml:6:8 wrong-value: `as_of` must be a date as 2018-01-31, found the text `2018-02-30`
    tierwright.yaml:7:26 wrong-value: `at_most` must be a share, a number from 0 to 1, found the int `2`
    tierwright.yaml:7:35 wrong-value: `tier` must be `none` or `keep_prior`, found `null`
    tierwright.yaml:8:23 wrong-value: `operations` must be an int of at least 1, found the int `0`
    tierwright.yaml:8:38 wrong-value: `call_depth` must be an int from 1 to 256, found the int `1000`
    tierwright.yaml:8:56 wrong-value: `collection` must be an int of at least 1, found the text `many`
    tierwright.yaml:8:68 wrong-value: `text` must be an int of at least 1, found the int `-1`
    tierwright.yaml:8:78 wrong-value: `time` must be a time as 10s, 500ms or 2min, found the int `10`; at least 1ms
    tierwright.yaml:9:18 wrong-value: `interpret_limit` must be an int of at least 0, found the float `1.5`
    tierwright.yaml:10:11 wrong-value: `dir` must be text, found nothing
    tierwright.yaml:10:27 wrong-value: `columns` must be a list, found a map
    tierwright.yaml:10:45 wrong-value: `partition_by` must be a list, found the text `tier`
    tierwright.yaml:10:64 wrong-value: `compression` must be `zstd`, `zstd(1)` to `zstd(22)`, `snappy` or `none`, found the text `zstd(23)`
    tierwright.yaml:10:89 wrong-value: `rows_per_file` must be an int of at least 1, found the int `0`
    tierwright.yaml:11:21 wrong-value: `x/y` cannot be the name of a file; leave out / \ : * ? " < > | and a dot in front; at most 200 bytes
    tierwright.yaml:11:30 wrong-value: `by` must be a list, found the text `tier`
    tierwright.yaml:11:51 wrong-value: `a` must be `count`, `sum(column)` or `mean(column)`, found the text `max(b)`
    tierwright.yaml:11:63 wrong-value: an item of `summaries` must be a map with the keys name, by, measures, found the int `3`
    "#);
}

#[test]
fn names_that_stand_twice_in_the_project_file() {
    insta::assert_snapshot!(project_with("\
output: { columns: [a, { b: a }, { c: d, e: f }], partition_by: [tier, tier] }
summaries:
  - { name: s, by: [a], measures: { a: count } }
  - { name: s, by: [], measures: {} }
"), @"
    tierwright.yaml:5:29 duplicate-name: the written name `a` stands twice
    tierwright.yaml:5:34 wrong-value: an item of `columns` must be a column, or one column with the name to write: {value: score}, found a map
    tierwright.yaml:5:72 duplicate-name: the partition column `tier` stands twice
    tierwright.yaml:7:37 duplicate-name: the summary's column `a` stands twice
    tierwright.yaml:8:13 duplicate-name: the summary `s` stands twice
    tierwright.yaml:8:34 wrong-value: `measures` must name at least one measure
    ");
}

#[test]
fn an_empty_project_file() {
    insta::assert_snapshot!(bad(&[("tierwright.yaml", "# nothing\n"), ("datasets/accounts.yaml", ACCOUNTS)]), @"
    tierwright.yaml:2:1 wrong-value: tierwright.yaml must be a map with the keys name, customer, steps, decision, planning, aliases, turnover, plan, scenarios, strategic_plan, as_of, undetermined, limits, interpret_limit, output, summaries, report, found nothing
    ");
}

#[test]
fn wrong_kinds_everywhere_in_a_manifest() {
    insta::assert_snapshot!(table_with("\
description: []
source: { path: [a.csv, /etc/passwd, 'C:\\a.csv'], delimiter: '客客', quote: ',', header: yes, encoding: gbx }
columns:
  a: { type: decimal(40,2), required: maybe }
  b: { type: int, format: '%Y', empty: text, minor_units: true, colour: red }
  c: { type: date, format: '%Q/%m' }
  d: { type: text, values: { x: ~, y: y, z: w }, missing: [z, z, ~] }
  e: [text]
  f: { type: date, format: '%d/%m' }
  g:
  \"\": int
key: []
duplicates: { last_by: aa }
references:
  a: { table: accounts, column: a }
  r: { table: accounts }
  s: [accounts]
quarantine: 0.1
empty: yes
"), @r"
    datasets/t.yaml:1:14 wrong-value: `description` must be text, found a list
    datasets/t.yaml:2:38 wrong-value: an item of `path` must be relative to the file that names it: `C:\a.csv`
    datasets/t.yaml:2:62 wrong-value: `delimiter` must be one to eight ASCII characters, `tab` or `blanks`, found the text `客客`
    datasets/t.yaml:2:75 wrong-value: delimiter and quote are the same character
    datasets/t.yaml:2:88 wrong-value: `header` must be true or false, found the text `yes`
    datasets/t.yaml:2:103 wrong-value: `encoding` must be `utf-8`, `utf-16`, `utf-16le`, `utf-16be`, `latin-1`, `windows-1252`, `gb18030`, `gbk`, `big5`, `shift-jis`, `euc-jp`, `euc-kr`, `windows-1250`, `windows-1251` or `iso-8859-2`, found the text `gbx`; did you mean `gbk`?
    datasets/t.yaml:4:14 wrong-value: `type` must be a type, one of text, int, float, bool, date, datetime, decimal(p,s), found the text `decimal(40,2)`; decimal(p,s): p from 1 to 38, s from 0 to p
    datasets/t.yaml:4:39 wrong-value: `required` must be true or false, found the text `maybe`
    datasets/t.yaml:5:27 wrong-value: `format` is for columns of type date or datetime
    datasets/t.yaml:5:40 wrong-value: `empty: text` is for columns of type text
    datasets/t.yaml:5:59 wrong-value: `minor_units: true` is for columns of type decimal(p,s)
    datasets/t.yaml:5:65 unknown-key: the column `b` has no key `colour`; its keys are type, from, required, format, formats, values, missing, empty, minor_units, unit, description, allowed, range, pattern, length, unique, trim, case, width, unicode, absent, compute, graph, sensitive, decimal, thousands, negative, marks, drop, currency, convert, to, on
    datasets/t.yaml:6:28 wrong-value: `%Q/%m` is no format of a date: expected to find the start of an IANA time zone identifier name or component; %Y year, %m month, %d day, %b month's name, %H:%M:%S time; as %d/%m/%Y; `serial` is the number that workbooks give a day
    datasets/t.yaml:7:39 wrong-value: `y` is corrected to itself
    datasets/t.yaml:7:42 name-clash: `z` is corrected and missing at once
    datasets/t.yaml:7:63 duplicate-name: `z` stands twice in `missing`
    datasets/t.yaml:8:6 wrong-value: `e` must be a map with the keys type, from, required, format, formats, values, missing, empty, minor_units, unit, description, allowed, range, pattern, length, unique, trim, case, width, unicode, absent, compute, graph, sensitive, decimal, thousands, negative, marks, drop, currency, convert, to, on, found a list
    datasets/t.yaml:9:28 wrong-value: `%d/%m` is no format of a date: it does not hold year, month and day; %Y year, %m month, %d day, %b month's name, %H:%M:%S time; as %d/%m/%Y; `serial` is the number that workbooks give a day
    datasets/t.yaml:10:3 wrong-value: `g` must be a map with the keys type, from, required, format, formats, values, missing, empty, minor_units, unit, description, allowed, range, pattern, length, unique, trim, case, width, unicode, absent, compute, graph, sensitive, decimal, thousands, negative, marks, drop, currency, convert, to, on, found nothing
    datasets/t.yaml:11:3 wrong-value: a column's name must not be empty
    datasets/t.yaml:12:6 wrong-value: `key` must name at least one column
    datasets/t.yaml:13:24 unknown-column: no column `aa` in this table; did you mean `a`?
    datasets/t.yaml:15:3 name-clash: the reference `a` hides the column `a`; give the reference or the column another name; `from` keeps the column's name in the source
    datasets/t.yaml:16:3 missing-key: the reference `r` needs the key `column`
    datasets/t.yaml:17:6 wrong-value: `s` must be a map with the keys table, column, columns, many, orphans, cardinality, found a list
    datasets/t.yaml:18:13 wrong-value: `quarantine` must be a map with the keys at_most, found the float `0.1`
    datasets/t.yaml:19:8 wrong-value: `empty` must be `allowed` or `fail`, found the text `yes`
    ");
}

#[test]
fn what_is_wrong_with_how_a_file_is_written() {
    let said = |source: &str, columns: &str| {
        table_with(&format!("source: {{ path: a.csv, {source} }}\ncolumns: {columns}\nkey: a\n"))
    };
    let one = "{ a: int }";
    for (source, expected) in [
        ("delimiter: 123456789", "one to eight ASCII characters, `tab` or `blanks`"),
        ("comment: '##'", "`comment` must be one ASCII character"),
        ("comment: ','", "`comment` is also the delimiter or the quote"),
        ("skip_rows: -1", "`skip_rows` must be an int from 0 to 1000000"),
        ("line_ends: crlf", "`line_ends` must be `auto`, `lf` or `cr`"),
        ("short_rows: cut", "`short_rows` must be `quarantine` or `missing`"),
        ("long_rows: missing", "`long_rows` must be `quarantine` or `cut`"),
        ("decimal: ';'", "`decimal` must be `.` or `,`"),
        ("thousands: '.'", "`decimal` and `thousands` are the same character"),
        ("thousands: x", "`thousands` must be `,`, `.`, `'`, `space` or `none`"),
        ("compression: zip", "`compression` must be `none`, `gzip` or `zstd`"),
        ("partitions: yes", "`partitions` must be `hive` or `none`"),
        ("repair: all", "`repair` must be `double-encoded` or `none`"),
        ("encoding: utf8-mb4", "`encoding` must be `utf-8`,"),
        ("delimiter: '||', quote: '|'", "delimiter and quote are the same character"),
        ("format: parquet, encoding: utf-8", "`encoding` is for CSV files, these are Parquet"),
        ("format: parquet, compression: gzip", "`compression` is for CSV files: Parquet files are packed within"),
    ] {
        let found = said(source, one);
        assert!(found.contains(expected) && found.lines().count() == 1, "{source}: {found}");
    }
    let found = said("header: false", "{ a: { type: int, from: x }, b: int, c: { type: int, from: 0 } }");
    assert!(found.contains("`from: x` of the column `a` is no position"), "{found}");
    assert!(found.contains("`from: 0` of the column `c` is no position"), "{found}");
    assert!(found.contains("the column `b` does not say at which position it stands"), "{found}");
}

#[test]
fn a_source_whose_format_cannot_be_told() {
    insta::assert_snapshot!(table_with("source: data\ncolumns: { a: int }\nduplicates: first\n"), @"
    datasets/t.yaml:1:9 missing-key: the format of the files cannot be told from their names; say `format: csv`, `parquet`, `ndjson`, `excel`, `sqlite` or `postgres`
    datasets/t.yaml:3:1 missing-key: `duplicates` needs a `key`
    ");
    insta::assert_snapshot!(
        table_with("source: { path: a.parquet, delimiter: ';' }\ncolumns: { a: int }\nempty: allowed\n"),
        @"
    datasets/t.yaml:1:28 unknown-key: `delimiter` is for CSV files, these are Parquet
    "
    );
}

#[test]
fn references_are_checked_across_tables() {
    insta::assert_snapshot!(table_with("\
source: t.csv
columns: { n: int, account: text }
references:
  x: { table: acounts, column: account }
  y: { table: accounts, column: n }
  z: { table: accounts, columns: [account, n] }
  u: { table: t, column: n }
  v: { table: accounts, column: account, many: sector }
  w: { table: accounts, column: account, many: rows }
  w2: { table: accounts, column: account, many: rows }
  w3: { table: accounts, column: account, many: prior }
"), @"
    datasets/t.yaml:4:15 unknown-table: no table `acounts`; did you mean `accounts`?
    datasets/t.yaml:5:33 type-mismatch: `n` is int, but the key `account` of `accounts` is text
    datasets/t.yaml:6:34 wrong-value: the key of `accounts` has 1 column, this reference has 2; name one column for each of [account], in this order
    datasets/t.yaml:7:15 missing-key: the table `t` has no key to refer to; give datasets/t.yaml a `key`
    datasets/t.yaml:8:48 name-clash: the related table `sector` hides a column of `accounts`; give it another name under `many`
    datasets/t.yaml:10:49 duplicate-name: `accounts` has two related tables `rows`
    datasets/t.yaml:11:49 name-clash: `prior` is the decision of the cycle before, in rules; give it another name
    ");
}

#[test]
fn the_customer_table_has_a_key_of_one_column_and_no_prior() {
    let table = "source: a.csv\ncolumns: { a: text, prior: text }\nkey: [a, prior]\n";
    insta::assert_snapshot!(bad(&[("tierwright.yaml", PROJECT), ("datasets/accounts.yaml", table)]), @"
    tierwright.yaml:2:11 missing-key: the customer table `accounts` has a key of 2 columns; give its manifest a `key` of one column, which names a customer
    datasets/accounts.yaml:2:21 name-clash: `prior` is the decision of the cycle before, in rules; give it another name
    ");
}

#[test]
fn a_reference_to_a_broken_manifest_is_not_reported() {
    let orders = "source: t.csv\ncolumns: { a: text }\nreferences: { r: { table: accounts, column: a } }\n";
    insta::assert_snapshot!(bad(&[
        ("tierwright.yaml", PROJECT),
        ("datasets/accounts.yaml", "- no map\n"),
        ("datasets/orders.yaml", orders),
    ]), @"
    datasets/accounts.yaml:1:1 wrong-value: datasets/accounts.yaml must be a map with the keys description, source, columns, key, duplicates, references, quarantine, empty, completeness, missing, filter, checks, exact_duplicates, unique, freshness, rows, graph, rates, found a list
    ");
}

#[test]
fn faults_of_parameters() {
    insta::assert_snapshot!(parameters_with("\
band: { vlaue: 3.0, unit: points }
my-band: 3
unit: 4
low: { value: 11, range: [0, 10] }
odd: { value: text, range: [0, 10] }
back: { value: 1, range: [10, 0] }
one: { value: 1, range: 3 }
day: { value: 2017-02-30, type: date }
kind: { value: 3, type: number }
list: [1, 2.5, x]
none: []
nil:
group: {}
deep: { a: { b: { value: [1, [2]] } } }
weights: { sum_to: 1, a: 1, b: x, c: { d: 1 } }
bad: { sum_to: one, a: 1 }
t1: { table: { a: 1, b: x } }
t2: { table: {}, key: k }
t3: { table: { a: { x: 1, y: 2 }, b: { x: 1 }, c: 3 } }
t4: { table: gone.csv, key: k }
t5: { table: ../tierwright.yaml, key: k }
"), @"
    rules/parameters.yaml:1:1 missing-key: the parameter `band` needs the key `value`; is `vlaue` meant to be `value`?
    rules/parameters.yaml:2:1 wrong-value: `my-band` is not a name that rules can write; use letters of any script, digits and `_`, and no digit first
    rules/parameters.yaml:3:1 name-clash: `unit` cannot be the name of a parameter; a parameter has the keys value, table, ahp, equal, type, types, unit, range, meaning, key, sum_to
    rules/parameters.yaml:4:15 wrong-value: `low` is 11, outside its range 0 to 10
    rules/parameters.yaml:5:28 wrong-value: `range` is for numbers, and the value is text
    rules/parameters.yaml:6:26 wrong-value: the range's first number is above its second
    rules/parameters.yaml:7:25 wrong-value: `range` must be the smallest and the largest value: [0, 10], found the int `3`
    rules/parameters.yaml:8:15 wrong-value: `value` must be a date as 2018-01-31, found the text `2017-02-30`
    rules/parameters.yaml:9:25 wrong-value: `type` must be `int`, `float`, `bool`, `text` or `date`, found the text `number`
    rules/parameters.yaml:10:16 wrong-value: values of unlike types in one list or table; values are all numbers, all texts, all true or false, or all dates
    rules/parameters.yaml:11:7 wrong-value: `none` is an empty list, whose type nothing tells
    rules/parameters.yaml:12:1 wrong-value: `nil` must be an int, a float, true or false, or text, found nothing
    rules/parameters.yaml:13:8 wrong-value: the group `group` holds no parameter
    rules/parameters.yaml:14:30 wrong-value: an item of `value` must be an int, a float, true or false, or text, found a list
    rules/parameters.yaml:15:32 wrong-value: `b` is no number to sum
    rules/parameters.yaml:15:38 wrong-value: `c` is no number to sum
    rules/parameters.yaml:16:16 wrong-value: `sum_to` must be a number, found the text `one`
    rules/parameters.yaml:17:25 wrong-value: values of unlike types in one list or table; values are all numbers, all texts, all true or false, or all dates
    rules/parameters.yaml:18:14 wrong-value: the table is empty, and nothing tells the type of its values
    rules/parameters.yaml:18:18 unknown-key: `key` is for tables in a CSV file
    rules/parameters.yaml:19:35 wrong-value: `b` must have the keys x, y, as the first row has
    rules/parameters.yaml:19:51 wrong-value: `c` must be a map as in the first row, found the int `3`
    rules/parameters.yaml:20:14 file-missing: no file `rules/gone.csv`
    rules/parameters.yaml:21:14 wrong-value: `table` must not lead out of the project: `../tierwright.yaml`
    ");
}

#[test]
fn faults_of_a_csv_table() {
    let text = "t: { table: t.csv, key: k, types: { a: int, zz: text } }\nu: { table: t.csv, key: kk }\nv: { table: v.csv, key: k }\n";
    insta::assert_snapshot!(bad(&[
        ("tierwright.yaml", PROJECT),
        ("datasets/accounts.yaml", ACCOUNTS),
        ("rules/parameters.yaml", text),
        ("rules/t.csv", "k,a,b\r\n战略,1,x\r\n战略,2,y\r\np,1.5,z\r\nq,3\r\nr,,w\r\n"),
        ("rules/v.csv", "k\n"),
    ]), @"
    rules/parameters.yaml:1:45 unknown-column: no value column `zz`
    rules/t.csv:1:1 unknown-column: no column `kk` in rules/t.csv; did you mean `k`?
    rules/t.csv:3:1 key-repeated: the key `战略` stands twice
    rules/t.csv:4:1 value-wrong: `1.5` in column `a` must be an int
    rules/t.csv:5:1 row-width: 2 fields where the header has 3
    rules/t.csv:6:1 value-required: the column `a` is empty: a parameter is never missing
    rules/v.csv:1:1 wrong-value: the table rules/v.csv needs a column beside its key
    ");
}

/// Texts with random characters put in, taken out and repeated: every one is read or refused with findings that can be
/// shown.
#[test]
fn formats_that_contradict_each_other() {
    let days = |formats: &str| {
        bad(&[
            ("tierwright.yaml", PROJECT),
            (
                "datasets/accounts.yaml",
                &format!("source: a.csv\nkey: other\ncolumns:\n  k: text\n  d: {{ type: date, formats: {formats} }}\n"),
            ),
        ])
    };
    let found = days("['%d/%m/%Y', '%m/%d/%Y']");
    assert!(found.contains("ambiguous-date: `%d/%m/%Y` and `%m/%d/%Y` read `01/02/2003` as unlike days"), "{found}");
    assert!(days("['%y.%m.%d', '%d.%m.%y']").contains("ambiguous-date"));
    assert!(!days("['%d.%m.%Y', '%Y-%m-%d', '%d.%m.%Y %H:%M']").contains("ambiguous-date"));
}

#[test]
fn no_text_breaks_the_reader() {
    let manual = blocks(include_str!("../../../docs/manifests.md"));
    let path = |kind: &str| match kind {
        "yaml tierwright" => "tierwright.yaml",
        "yaml parameters" => "rules/parameters.yaml",
        _ if kind.starts_with("csv") => "rules/prices.csv",
        _ => "datasets/t.yaml",
    };
    let texts: Vec<(&str, &str)> = manual.iter().map(|(kind, text)| (path(kind), *text)).collect();
    let mut seed = 7_u64;
    let mut random = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n.max(1)
    };
    let signs = [
        "\t", "\n", " ", ":", "- ", "[", "]", "{", "}", "'", "\"", "&a ", "*a", "#", "|", ">", "客", "\u{1b}", "~",
        "9", "=", "!!int ",
    ];
    for _ in 0..20 {
        for (path, text) in &texts {
            let mut characters: Vec<String> = text.chars().map(String::from).collect();
            for _ in 0..1 + random(4) {
                let (at, sign) = (random(characters.len()), signs[random(signs.len())]);
                match random(3) {
                    0 => characters[at] = String::new(),
                    1 => characters[at] = sign.to_owned(),
                    _ => characters[at].push_str(sign),
                }
            }
            let changed = characters.concat();
            let mut files = vec![
                ("tierwright.yaml", PROJECT),
                ("datasets/accounts.yaml", ACCOUNTS),
                ("rules/parameters.yaml", "p: { table: prices.csv, key: product }\n"),
                ("rules/prices.csv", "product,x\na,1\n"),
            ];
            files.retain(|(kept, _)| kept != path);
            files.push((path, &changed));
            let (project, findings, sources) = load_files(&files);
            assert_eq!(project.is_none(), findings.iter().any(Diagnostic::is_error), "{changed}");
            let shown = render::text(&findings, &sources, render::Style::default());
            assert_eq!(shown.is_empty(), findings.is_empty());
            render::json(&findings, &sources);
        }
    }
}

#[test]
fn windows_of_phases_that_cannot_be() {
    let with = |planning: &str| {
        let text =
            format!("name: p\ncustomer: accounts\nsteps: [tier]\ndecision: {{ order: [a] }}\nplanning: {planning}\n");
        bad(&[("tierwright.yaml", &text), ("datasets/accounts.yaml", ACCOUNTS)])
    };
    let told = with("{ phases: { SP: [09-01], BP: [02-29, 04-01], monitor: 04-01, plan: [04-01, 05-01] } }");
    for key in ["SP", "BP", "monitor"] {
        let wanted =
            format!("`{key}` must be two days, the first and the one after the last, as [09-01, 12-01], found");
        assert!(told.contains(&wanted), "{told}");
    }
    assert!(told.contains("unknown-key: `phases` has no key `plan`; its keys are SP, BP, monitor"), "{told}");
    let told = with("{ phases: { SP: [12-01, 01-02], BP: [01-01, 04-01], monitor: [03-01, 05-01] } }");
    assert!(told.contains("the windows of SP and BP share days; a day belongs to one phase"), "{told}");
    assert!(told.contains("the window of monitor reaches over the start of the planning year, 04-01"), "{told}");
    let told = with("{ starts: 01-01, phases: { SP: [09-01, 09-01], BP: [12-01, 01-01], monitor: [01-01, 12-02] } }");
    assert!(told.contains("the window of SP reaches over the start of the planning year, 01-01"), "{told}");
    assert!(told.contains("the windows of BP and monitor share days"), "{told}");
}
