//! Values of sensitive columns are in no list, report or message.

use super::*;

const PLANTED: &str = "zhang-san@example";

/// Everything that a load says, without the frames.
fn said(loaded: &Loaded, found: &[Diagnostic]) -> String {
    let frame = |frame: &DataFrame| {
        let columns = frame.columns().iter();
        let cells = columns.flat_map(|c| (0..c.len()).map(|i| c.get(i).unwrap().to_string()).collect::<Vec<_>>());
        cells.collect::<Vec<_>>().join("\n")
    };
    let (figures, rejected, warnings) = (&loaded.figures, &loaded.rejected, &loaded.warnings);
    let lists = format!("{figures:?}\n{rejected:?}\n{warnings:?}\n{found:?}");
    format!("{lists}\n{}\n{}", frame(&loaded.quality), frame(&loaded.quarantine))
}

fn all(written: &Written) -> String {
    match written.load_with(2, false, None) {
        Ok(loaded) => said(&loaded, &[]),
        Err(LoadFailure::Findings(found, loaded)) => said(&loaded, &found),
        Err(LoadFailure::Error(error)) => panic!("{error}"),
    }
}

#[test]
fn no_fault_shows_a_sensitive_value() {
    let p = PLANTED;
    let bare = "邮箱: { type: text, sensitive: true }\nn: int";
    for (name, columns, more, csv) in [
        ("another column", bare.to_owned(), "", format!("k,邮箱,n\na,{p},x\n")),
        ("a short row", bare.to_owned(), "", format!("k,邮箱,n\na,{p}\n")),
        ("a stray quote", bare.to_owned(), "", format!("k,邮箱,n\na,\"{p}\"x,1\n")),
        ("min and max", bare.to_owned(), "", format!("k,邮箱,n\na,{p},1\n")),
        ("a header that is a row", bare.to_owned(), "", format!("a,{p},1\nb,{p},2\n")),
        ("a type", "邮箱: { type: int, sensitive: true }".into(), "", format!("k,邮箱\na,{p}\n")),
        ("a pattern", "邮箱: { type: text, sensitive: true, pattern: x }".into(), "", format!("k,邮箱\na,{p}\n")),
        (
            "a warning",
            "邮箱: { type: text, sensitive: true, length: { is: [1, 2], severity: warn } }".into(),
            "",
            format!("k,邮箱\na,{p}\n"),
        ),
        (
            "a failure",
            "邮箱: { type: text, sensitive: true, length: { is: [1, 2], severity: fail } }".into(),
            "",
            format!("k,邮箱\na,{p}\n"),
        ),
        ("a check", bare.to_owned(), "checks: [{ name: c, rule: 邮箱 == k && n > 0 }]", format!("k,邮箱,n\na,{p},1\n")),
        (
            "a check that warns",
            bare.to_owned(),
            "checks: [{ name: c, rule: 邮箱 == k, severity: warn }]",
            format!("k,邮箱,n\na,{p},1\n"),
        ),
        ("a filter", bare.to_owned(), "filter: 邮箱 == k", format!("k,邮箱,n\na,{p},1\n")),
        (
            "what is thrown",
            format!("{bare}\nc: {{ type: text, compute: 'if n == 1 {{ throw 邮箱 }} else {{ 邮箱 }}' }}"),
            "",
            format!("k,邮箱,n\na,{p},1\nb,{p},2\n"),
        ),
        (
            "a value that is not unique",
            "邮箱: { type: text, sensitive: true, unique: true }".into(),
            "",
            format!("k,邮箱\na,{p}\nb,{p}\n"),
        ),
        ("duplicates", bare.to_owned(), "exact_duplicates: fail", format!("k,邮箱,n\na,{p},1\na,{p},1\n")),
    ] {
        let said = all(&Written::table(&format!("k: text\n{columns}"), more, &csv));
        assert!(!said.contains(p), "{name}: {said}");
    }
}

#[test]
fn a_sensitive_key_is_withheld_where_it_is_referred_to() {
    let customers = "source: t.csv\ncolumns: { 邮箱: { type: text, sensitive: true } }\nkey: 邮箱\n";
    let orders = "source: o.csv\ncolumns: { o: int, who: text }\nkey: o\nquarantine: { at_most: 1.0 }\nreferences:\n  c: { table: t, column: who, orphans: fail }\n";
    let files = |orders: &'static str, csv: &'static str| {
        Written::new(&[
            ("t.yaml", customers),
            ("t.csv", csv),
            ("o.yaml", orders),
            ("o.csv", "o,who\n1,zhang-san@example\nx,zhang-san@example\n"),
        ])
    };
    let said = all(&files(orders, "邮箱\na\n"));
    assert!(said.contains("orphan") && said.contains("(withheld)") && !said.contains(PLANTED), "{said}");
    let said = all(&files(orders, "邮箱\nzhang-san@example\nzhang-san@example\n"));
    assert!(said.contains("key-repeated") && !said.contains(PLANTED), "{said}");
    let (project, _) = files(orders, "邮箱\na\n").project();
    assert!(project.is_ok_and(|(project, _)| project.tables["o"].columns["who"].contract.sensitive));
}

#[test]
fn what_is_not_sensitive_is_shown() {
    let columns = "k: text\n邮箱: { type: text, sensitive: true }\nn: int";
    let loaded = Written::table(columns, "", "k,邮箱,n\na,zhang-san@example,x\nb,zhang-san@example\nc,,1\n").load();
    assert_eq!(
        gone(&loaded),
        ["2 n value-wrong: not an int [x]", "3  row-width: 2 fields where 3 are expected [(withheld)]"]
    );
}
