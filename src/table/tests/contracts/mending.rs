//! Texts that are mended, files of unlike columns.

use super::*;

fn figures(loaded: &Loaded, column: &str) -> crate::table::quality::ColumnQuality {
    loaded.figures[0].columns.iter().find(|c| c.name == column).unwrap().clone()
}

#[test]
fn texts_are_mended_in_one_order_and_counted() {
    let columns = "k: { type: text, trim: true }
        国家: { type: text, width: half, trim: true, case: upper, values: { U.S.A.: USA }, missing: [n/a] }
        n: { type: int, width: half, trim: true }";
    let csv = "k,国家,n\n\u{3000}a\u{a0},\u{ff55}\u{ff53},\u{ff11}\u{ff12}\nb, u.s.a. ,7\nc,n/a, 8\n d,N/A,9\ne,usa,\u{2003}\n";
    let loaded = Written::table(columns, "", csv).load();
    assert_eq!(cells(&loaded, "t", "k"), "a b c d e");
    assert_eq!(cells(&loaded, "t", "国家"), "US USA - N/A USA", "a missing text is compared before its case");
    assert_eq!(cells(&loaded, "t", "n"), "12 7 8 9 -");
    let country = figures(&loaded, "国家");
    let mended = |name: &str, rows| (name.to_owned(), rows);
    assert_eq!(country.mended, [mended("width", 1), mended("trim", 1), mended("case", 3)]);
    assert_eq!(country.corrected, [("U.S.A.".to_owned(), "USA".to_owned(), 1)]);
    assert_eq!(country.tokens, [("n/a".to_owned(), 1)]);
    assert_eq!(figures(&loaded, "n").mended, [mended("width", 1), mended("trim", 2)]);
    assert_eq!(figures(&loaded, "k").mended, [mended("trim", 2)]);
}

#[test]
fn missing_texts_of_all_columns() {
    let columns = "k: text\na: { type: int, missing: [0] }\nb: { type: text, values: { '-': none } }";
    let loaded = Written::table(columns, "missing: [NULL, '-']", "k,a,b\n1,NULL,-\n2,-,NULL\n3,0,x\nNULL,1,y\n").load();
    assert_eq!((cells(&loaded, "t", "a"), cells(&loaded, "t", "b")), ("- - -".into(), "none - x".into()));
    assert_eq!(gone(&loaded), ["5 k key-empty: a part of the key is missing [NULL]"]);
}

#[test]
fn what_mending_makes_unfindable_is_told() {
    let columns = "k: text
        a: { type: text, trim: true, missing: [' -'], values: { 'x ': y } }
        b: { type: text, case: lower, missing: [NULL], values: { ABC: x } }
        c: { type: int, case: lower, trim: on }";
    let found = Written::table(columns, "", "k\n").wrong();
    for wrong in [
        "` -` is never found in `a`, whose texts are mended first; write `-`",
        "`x ` is never found in `a`, whose texts are mended first; write `x`",
        "`ABC` is never found in `b`, whose texts are mended first; write `abc`",
        "`case` is for columns of type text",
        "`trim` must be true or false",
    ] {
        assert!(found.iter().any(|line| line.contains(wrong)), "{wrong}: {found:#?}");
    }
    assert_eq!(found.len(), 5, "{found:#?}");
}

const UNION: &str = "source: { path: 't-*.csv'
  , union: { missing_columns: allowed } }
columns: { k: text, 金额: { type: int, from: [Amount, amount_usd] }, note: text }
key: k
quarantine: { at_most: 1.0 }
";

/// The union's files stand in the manifest by name, because these tests expand no patterns.
fn union(manifest: &str, a: &str, b: &str) -> Written {
    let manifest = manifest.replace("'t-*.csv'", "[t-1.csv, t-2.csv]");
    Written::new(&[("t.yaml", &manifest), ("t-1.csv", a), ("t-2.csv", b)])
}

#[test]
fn files_of_unlike_columns_where_the_manifest_says_so() {
    let loaded = union(UNION, "k,Amount\na,1\nb,2\n", "note,amount_usd,k,extra\nx,3,c,0\n").load();
    assert_eq!(cells(&loaded, "t", "金额"), "1 2 3");
    assert_eq!(cells(&loaded, "t", "note"), "- - x");
    assert_eq!((figures(&loaded, "note").absent, figures(&loaded, "金额").absent), (2, 0));
    assert_eq!(loaded.figures[0].undeclared, [("extra".to_owned(), 1)]);

    let found = union(UNION, "k,Amount,amount_usd\na,1,1\n", "k\nb\n").fails();
    assert_eq!(found, ["column-repeated: `datasets/t-1.csv` has both `Amount` and `amount_usd`, which are `金额`"]);
    let found = union(UNION, "Amount\n1\n", "k\nb\n").fails();
    assert_eq!(found, ["column-missing: no column `k` in `datasets/t-1.csv`"], "the key must be there");
    let strict = UNION.replace("union: { missing_columns: allowed }", "");
    let found = union(&strict, "k,Amount\na,1\n", "k,note\nb,x\n").fails();
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn one_column_may_be_absent() {
    let columns = "k: text\nnote: { type: text, absent: missing }\nm: { type: int, absent: missing }";
    let loaded = Written::table(columns, "", "k,m\na,1\nb,\n").load();
    assert_eq!((cells(&loaded, "t", "note"), cells(&loaded, "t", "m")), ("- -".into(), "1 -".into()));
    assert_eq!((figures(&loaded, "note").absent, figures(&loaded, "m").absent), (2, 0));
    let found = Written::table(
        "k: text\nn: { type: text, absent: missing, empty: text }\nm: { type: int, absent: missing, required: true }",
        "",
        "k\n",
    )
    .wrong();
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[test]
fn rows_alike_in_all_declared_columns() {
    let columns = "k: text\nn: int";
    let csv = "k,n,x\na,1,0\na,1,1\nb,,0\nb,,0\nc,1,0\n";
    let loaded = Written::table(columns, "exact_duplicates: remove", csv).load();
    assert_eq!(cells(&loaded, "t", "k"), "a b c");
    let rule = "exact-duplicate: the same row stands in datasets/t.csv";
    let removed = "(exact_duplicates: remove) []";
    assert_eq!(gone(&loaded), [format!("3  {rule}:2 {removed}"), format!("5  {rule}:4 {removed}")]);
    assert_eq!(totals(&loaded, "t"), [5, 3, 0, 2]);
    let keyless = "source: t.csv\ncolumns: { k: text, n: int }\nexact_duplicates: warn\n";
    let accounts = "source: a.csv\ncolumns: { k: text }\nkey: k\n";
    let files = [("a.csv", "k\na\n"), ("t.csv", csv), ("t.yaml", accounts), ("s.yaml", keyless)];
    let loaded = Written::new(&files.map(|(path, text)| (path, text))).load();
    assert_eq!(loaded.tables["s"].rows(), 5);
    let warning = "exact-duplicate: 2 rows break `exact_duplicates` of `s`: alike in all declared columns to one before it (datasets/t.csv:3, datasets/t.csv:5)";
    assert_eq!(warnings(&loaded), [warning]);
    let found = Written::table(columns, "exact_duplicates: fail", csv).fails();
    assert!(found.iter().any(|line| line.starts_with("exact-duplicate: 2 rows break")), "{found:?}");
    let found = Written::table(columns, "", csv).fails();
    assert!(found[0].starts_with("key-repeated"), "kept unless said: {found:?}");
}
