//! Currencies, and amounts that are converted by dated rates.

use super::*;

const RATES: &str = "source: fx.csv
columns: { cur: { type: text, required: true }, day: { type: date, required: true }, rate: { type: 'decimal(12,6)', required: true } }
key: [cur, day]
";
const DAYS: &str = "cur,day,rate\nUSD,2017-01-02,0.950000\nUSD,2017-01-09,0.945000\nCNY,2017-01-02,0.137500\nUSD,2017-01-05,0.955555\n";

fn sales(columns: &str, rates: &str, csv: &str) -> Written {
    let columns = columns.lines().map(|line| format!("  {}\n", line.trim())).collect::<String>();
    let manifest =
        format!("source: t.csv\nkey: k\nquarantine: {{ at_most: 1.0 }}\nrates: {{ {rates} }}\ncolumns:\n{columns}");
    Written::new(&[("t.yaml", &manifest), ("t.csv", csv), ("fx.yaml", RATES), ("fx.csv", DAYS)])
}

const COLUMNS: &str = "k: int
    币种: text
    金额: { type: 'decimal(12,2)', currency: { column: 币种 } }
    日期: date
    eur: { type: 'decimal(12,2)', convert: 金额, to: EUR, on: 日期, range: [null, 900] }
    double: { type: float, unit: EUR, compute: eur * 2.0 }";
const OF: &str = "table: fx, from: cur, to: EUR, date: day, rate: rate";

#[test]
fn amounts_are_converted_by_the_latest_rate_on_or_before_the_day() {
    let csv = "k,币种,金额,日期
1,USD,100,2017-01-02
2,USD,0.9,2017-01-06
3,CNY,-100.2,2017-02-01
4,EUR,7.77,2017-01-01
5,,1,2017-01-02
6,USD,,2017-01-02
7,USD,1000,2017-01-09
8,USD,1,2017-01-01
9,GBP,1,2017-01-02
";
    let loaded = sales(COLUMNS, OF, csv).load();
    assert_eq!(cells(&loaded, "t", "k"), "1 2 3 4 5 6");
    assert_eq!(cells(&loaded, "t", "eur"), "95.00 0.86 -13.78 7.77 - -", "0.8599995 and -13.7775");
    assert_eq!(cells(&loaded, "t", "eur_rate_date"), "2017-01-02 2017-01-05 2017-01-02 2017-01-01 - -");
    assert_eq!(cells(&loaded, "t", "double"), "190.0 1.72 -27.56 15.54 - -");
    assert_eq!(
        gone(&loaded),
        [
            "8 eur not-allowed: not within [null, 900] [945.00]",
            "9 eur no-rate: no rate of USD to EUR on 2017-01-01 or before it []",
            "10 eur no-rate: no rate of GBP to EUR []",
        ]
    );
    let causes = &loaded.figures[1].columns[4].not_computed;
    let causes: Vec<(&str, u64)> = causes.iter().map(|(cause, rows)| (cause.text.as_str(), *rows)).collect();
    assert_eq!(causes, [("`币种` is missing", 1), ("`金额` is missing", 1)]);
}

#[test]
fn rates_grow_old_and_may_be_lacking() {
    let csv = "k,币种,金额,日期\n1,CNY,1,2017-01-09\n2,CNY,1,2017-01-10\n";
    let loaded = sales(COLUMNS, &format!("{OF}, max_age: 7d"), csv).load();
    assert_eq!(gone(&loaded).len(), 1);
    assert!(gone(&loaded)[0].contains("on 2017-01-10 or before it and at most 7 days before it"));
    let loaded = sales(COLUMNS, &format!("{OF}, max_age: 7d, no_rate: missing"), csv).load();
    assert_eq!(cells(&loaded, "t", "eur"), "0.14 -");
    assert_eq!(loaded.figures[1].columns[4].not_computed.len(), 1);
}

#[test]
fn what_is_wrong_with_money_is_told() {
    let rates = OF.replace("from: cur", "from: curr").replace("to: EUR", "to: USD");
    let columns = "k: int
        cur: int
        a: { type: int, currency: EUR }
        b: { type: float, currency: euro, unit: EUR }
        c: { type: float, currency: { column: cur } }
        d: { type: float }
        e: { type: float, convert: d, to: EUR, on: k }
        f: { type: float, convert: c, to: USD, on: k, compute: k }
        g: { type: float, to: EUR }
        e_rate_date: date";
    let found = sales(columns, &rates, "k\n").wrong();
    for wrong in [
        "`currency` is for columns of type decimal(p,s) or float",
        "`unit` and `currency` say the same thing",
        "must be a currency's code of three letters, as EUR, found the text `euro`",
        "the currency of `c` stands in `cur`, which is no text column",
        "nothing tells the currency of `d`",
        "no column `k` with a day stands in this table",
        "the rates lead to USD, not to EUR",
        "`compute` and `convert` exclude one another",
        "`to` belongs to `convert`, which is not there",
        "`e_rate_date` is where the days of the rates of `e` go",
        "`curr` of `fx` must be a text column of its files; did you mean `cur`?",
        "the key of `fx` must be [curr, day]",
    ] {
        assert!(found.iter().any(|line| line.contains(wrong)), "{wrong}: {found:#?}");
    }
}

#[test]
fn amounts_of_unlike_currencies_are_not_put_together() {
    let columns = "k: int
        cur: text
        a: { type: float, currency: EUR }
        b: { type: float, currency: CNY }
        c: { type: float, currency: { column: cur } }
        d: { type: float, currency: { column: cur } }";
    let unit = |rule: &str| Written::table(columns, &format!("filter: '{rule}'"), "k\n").wrong().len();
    for (rule, errors) in [("a + b > 0.0", 1), ("a + c > 0.0", 1), ("c > 100.0", 1), ("c + 1.0 > 0.0", 1)] {
        assert_eq!(unit(rule), errors, "{rule}");
    }
    let csv = "k,cur,a,b,c,d\n1,EUR,1,1,2,1\n2,CNY,1,1,1,2\n";
    for rule in ["c >= 0.0", "c + d >= 0.0", "c / d > 0.5", "c * 2.0 >= 0.0", "(c ?? 0.0) >= 0.0"] {
        let loaded = Written::table(columns, &format!("filter: '{rule}'"), csv).load();
        assert!(loaded.tables["t"].rows() > 0, "{rule}");
    }
}

#[test]
fn a_rate_that_is_not_over_nothing_is_no_rate() {
    let csv = "k,币种,金额,日期\n1,CNY,100,2017-01-02\n2,XXX,100,2017-01-02\n3,YYY,1,2017-01-02\n";
    let written = sales(COLUMNS, OF, csv);
    let rates = format!("{DAYS}XXX,2017-01-01,0\nYYY,2017-01-01,-1.2\n");
    written.write("datasets/fx.csv", &rates);
    let gone = gone(&written.load());
    assert_eq!(gone.len(), 2, "{gone:?}");
    assert!(gone[0].contains("eur no-rate: the rate of XXX to EUR of 2017-01-01 is not over 0"), "{gone:?}");
}
