use super::*;

fn tree(text: &str) -> Node {
    parse(FileId(0), text).unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// Each finding as `id|message|text at its place`.
fn findings(text: &str) -> Vec<String> {
    let findings = parse(FileId(0), text).expect_err("the text has a fault");
    let at = |d: &Diagnostic| d.span.and_then(|span| text.get(span.range())).unwrap_or("-").to_owned();
    findings.iter().map(|d| format!("{}|{}|{}", d.id.name(), d.message, at(d))).collect()
}

fn map(node: &Node) -> &[Entry] {
    match &node.kind {
        Kind::Map(entries) => entries,
        other => panic!("no map: {other:?}"),
    }
}

fn list(node: &Node) -> &[Node] {
    match &node.kind {
        Kind::List(items) => items,
        other => panic!("no list: {other:?}"),
    }
}

fn value<'n>(node: &'n Node, key: &str) -> &'n Node {
    &map(node).iter().find(|e| e.key == key).unwrap_or_else(|| panic!("no {key}")).value
}

#[test]
fn scalars_follow_the_core_schema_and_keep_their_text() {
    let root = tree(
        "a: 007\nb: yes\nc: 1e3\nd: 0x1F\ne: 1_000\nf: 1:30\ng: 2017-03-01\nh: NULL\ni: true\nj: .inf\nk:\nl: '12'\n",
    );
    let seen: Vec<_> = map(&root).iter().map(|e| (e.value.kind.clone(), e.value.source.as_str())).collect();
    let text = |t: &str| Kind::Text(t.to_owned());
    assert_eq!(
        seen,
        [
            (text("007"), "007"),
            (text("yes"), "yes"),
            (Kind::Float(1000.0), "1e3"),
            (Kind::Int(31), "0x1F"),
            (text("1_000"), "1_000"),
            (text("1:30"), "1:30"),
            (text("2017-03-01"), "2017-03-01"),
            (Kind::Null, "NULL"),
            (Kind::Bool(true), "true"),
            (text(".inf"), ".inf"),
            (Kind::Null, ""),
            (text("12"), "12"),
        ]
    );
}

#[test]
fn keys_of_any_scalar_are_text() {
    let root = tree("007: a\n2017: b\ntrue: c\n~: d\n\"客 户\": e\n");
    let keys: Vec<&str> = map(&root).iter().map(|e| e.key.as_str()).collect();
    assert_eq!(keys, ["007", "2017", "true", "~", "客 户"]);
}

#[test]
fn an_int_that_does_not_fit_is_text() {
    assert_eq!(value(&tree("a: 99999999999999999999"), "a").kind, Kind::Text("99999999999999999999".to_owned()));
    assert_eq!(value(&tree("a: -9223372036854775808"), "a").kind, Kind::Int(i64::MIN));
}

#[test]
fn spans_are_bytes_of_the_text() {
    let text = "客户: \"战略\"\r\nlist: [一, {a: 1}, 'x] #'] # 注\r\nmap:\r\n  k: v # c\r\n  l: w\r\n";
    let root = tree(text);
    let at = |node: &Node| &text[node.span.range()];
    assert_eq!(&text[map(&root)[0].span.range()], "客户");
    assert_eq!(at(value(&root, "客户")), "\"战略\"");
    assert_eq!(at(value(&root, "list")), "[一, {a: 1}, 'x] #']");
    assert_eq!(at(&list(value(&root, "list"))[1]), "{a: 1}");
    assert_eq!(at(value(&root, "map")), "k: v");
    assert_eq!(at(&root), "客户: \"战略\"");
}

#[test]
fn texts_over_several_lines_are_placed_on_their_first() {
    let text = "a: |\n  one\n  two\nb: x\n  y\nc: [1,\n  2]\n";
    let root = tree(text);
    let seen: Vec<&str> = ["a", "b", "c"].iter().map(|k| &text[value(&root, k).span.range()]).collect();
    assert_eq!(seen, ["one", "x", "[1,"]);
    assert_eq!(value(&root, "a").source, "one\ntwo\n");
    assert_eq!(value(&root, "b").source, "x y");
}

#[test]
fn an_alias_is_placed_where_its_anchor_is() {
    let text = "a: &money {type: int}\nb: *money\nc: [*money]\n";
    let root = tree(text);
    assert_eq!(value(&root, "a"), value(&root, "b"));
    assert_eq!(&text[value(&root, "b").span.range()], "{type: int}");
    assert_eq!(&text[value(&root, "c").span.range()], "[*money]");
}

#[test]
fn every_repeated_key_is_reported() {
    assert_eq!(
        findings("a: 1\nb: {x: 1, x: 2}\na: 2\n\"a\": 3\n"),
        [
            "duplicate-name|the key `x` stands twice in one map|x",
            "duplicate-name|the key `a` stands twice in one map|a",
            "duplicate-name|the key `a` stands twice in one map|\"a\"",
        ]
    );
}

#[test]
fn keys_that_are_no_text_are_reported() {
    assert_eq!(
        findings("? [a]\n: 1\n? {b: c}\n: 2\n<<: {d: 1}\n"),
        [
            "yaml|a list or a map cannot be a key|[a]",
            "yaml|a list or a map cannot be a key|{b: c}",
            "yaml|`<<` does not merge maps here|<<",
        ]
    );
}

#[test]
fn what_is_not_yaml_says_where_and_what_to_do() {
    let first = |text: &str| {
        let found = parse(FileId(0), text).expect_err("the text has a fault").remove(0);
        (found.message, found.span.map(|s| s.start), found.help.join(""))
    };
    assert_eq!(
        first("a:\n\tb: 1"),
        (
            "the text is not YAML: tabs disallowed within this context (block indentation)".into(),
            Some(4),
            "indent with spaces, not with tabs".into()
        )
    );
    assert_eq!(
        first("a: [NULL, -, 0]"),
        (
            "the text is not YAML: plain scalar cannot start with '-' followed by ,[]{}".into(),
            Some(10),
            "put the text in quotes: \"…\"".into()
        )
    );
    assert_eq!(first("键: 值: 三").1, Some(8));
    assert_eq!(first("a: 'x").0, "the text is not YAML: unclosed quote");
    assert_eq!(first("a: 1\n---\nb: 1").0, "the text is not YAML: a second document begins");
}

#[test]
fn bombs_and_deep_nesting_are_refused() {
    let deep: String = (0..2000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    for text in ["[".repeat(5000), "{a: ".repeat(5000), "- ".repeat(5000), deep] {
        let found = findings(&text);
        assert!(found[0].contains("nest deeper than 48 levels"), "{found:?}");
    }
    let mut bomb = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..9 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb += &format!("b{i}: &a{i} [{aliases}]\n");
    }
    assert!(findings(&bomb)[0].contains("its aliases stand for too much"));
    assert!(findings(&format!("a: [{}]", "1,".repeat(300_000)))[0].contains("too large"));
}

#[test]
fn a_value_says_what_it_is() {
    let root = tree("a: 7\nb: text\nc: [1]\nd: {}\ne:\nf: ~\ng: true\n");
    let found: Vec<String> = map(&root).iter().map(|e| e.value.found()).collect();
    assert_eq!(found, ["the int `7`", "the text `text`", "a list", "a map", "nothing", "`~`", "the bool `true`"]);
}

#[test]
fn a_comma_in_parentheses_does_not_cut_a_plain_text() {
    let text = "{a: decimal(12,2), b: decimal(10, 2), c: {d: decimal(38,0)}}";
    let root = tree(text);
    assert_eq!(value(&root, "a").kind, Kind::Text("decimal(12,2)".to_owned()));
    assert_eq!(&text[value(&root, "b").span.range()], "decimal(10, 2)");
    assert_eq!(value(&root, "b").source, "decimal(10,2)");
    assert_eq!(value(value(&root, "c"), "d").source, "decimal(38,0)");
    for text in ["{a: 'decimal(12', 2): }", "{a: decimal(12, b): }", "{a: decimal(12, 2): 3}", "a: x(1\n2):\n"] {
        assert_eq!(map(&tree(text)).len(), 2, "{text}");
    }
}

#[test]
fn tags_are_those_of_the_core_schema() {
    let messages = |text: &str| match parse(FileId(0), text) {
        Ok(node) => panic!("{node:?}"),
        Err(found) => {
            assert!(found.iter().all(|found| found.id == ids::YAML), "{found:?}");
            found.into_iter().map(|found| found.message).collect::<Vec<_>>()
        }
    };
    let nothing = |tag: &str| format!("the tag `{tag}` means nothing here");
    assert_eq!(messages("key: !!binary aWQ="), [nothing("!!binary")]);
    assert_eq!(messages("key: !foo bar\nb: !foo { c: 1 }\nd: [!x 1]"), ["!foo", "!foo", "!x"].map(nothing));
    assert_eq!(messages("!foo key: 1"), [nothing("!foo")]);
    assert_eq!(messages("!t { a: 1 }"), [nothing("!t")]);
    assert_eq!(messages("a: !<tag:example.org,2000:x> 1"), [nothing("tag:example.org,2000:x")]);
    for tag in ["timestamp 2017-04-01", "set { a }", "omap [a: 1]"] {
        assert_eq!(messages(&format!("a: !!{tag}")).len(), 1, "{tag}");
    }
    let node = parse(FileId(0), "a: !!str 7\nb: !!int 7\nc: !!map { d: ! 7 }\ne: \"!foo\"\n").unwrap();
    let Kind::Map(entries) = node.kind else { panic!() };
    let kinds: Vec<_> = entries.iter().map(|entry| &entry.value.kind).collect();
    assert_eq!((kinds[0], kinds[1], kinds[3]), (&Kind::Text("7".into()), &Kind::Int(7), &Kind::Text("!foo".into())));
}
