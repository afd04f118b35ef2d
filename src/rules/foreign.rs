//! Function names of other languages.
//!
//! In: a name that no function has. Out: what to write here for what it does in SQL, Excel, Python, JavaScript or plain Rhai. Must not know: anything
//! else. The names are written without `_` and in lower case.

/// What to write for a function of another language, or `None` if it is not known. Case and `_` are ignored.
pub fn help(name: &str) -> Option<&'static str> {
    let plain: String = name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
    Some(match plain.as_str() {
        "avg" | "average" => "write `mean()`",
        "countif" | "countifs" => "write `xs.count(|x| …)`",
        "sumif" | "sumifs" => "write `xs.filter(|x| …).map(|x| x.column).sum()`",
        "length" | "size" | "counta" => "write `len()`",
        "unique" | "distinct" | "nunique" | "countdistinct" | "dedup" => {
            "unlike values are counted by `count_distinct()`; no function lists them"
        }
        "any" | "exists" => "write `some(|x| …)`",
        "every" => "write `all(|x| …)`",
        "find" => "write `filter(|x| …).first()`",
        "where" | "select" => "write `filter(|x| …)` for rows, `map(|x| …)` for what is taken of them",
        "reduce" | "fold" => "write a loop, `for x in xs { … }`, or an aggregate such as `sum()`",
        "sort" | "orderby" | "sorted" | "sortvalues" => {
            "write `sort_by(|x| …)`, `sort_by(|x| -x)` for the largest first"
        }
        "maxby" | "argmax" | "largest" | "nlargest" => "write `top(1, |x| …).first()`",
        "minby" | "argmin" | "smallest" | "nsmallest" => "write `sort_by(|x| …).first()`",
        "groupby" => {
            "there are no groups: filter for each of a few known ones, or sum into a map: `m[key] = (m[key] ?? 0.0) + x`"
        }
        "percentile" | "quantilecont" | "percentilecont" => "write `quantile(q)` of a list, q from 0.0 to 1.0",
        "stddev" | "stdev" | "stdevp" | "stddevpop" => "write `std()`",
        "percentrank" | "rankpct" | "pctrank" | "percentileofscore" => "write `pct_rank(x)`",
        "quartile" => "write `ntile(x, 4)` among the customers, `quantile(0.25)` of a list",
        "push" | "append" => "write `xs.push(x);` on a variable",
        "if" | "iif" | "ifelse" | "case" => "write `if a { b } else { c }`",
        "ifs" | "choose" => "write `if … else if …`, or `switch x { … }`",
        "coalesce" | "ifnull" | "nvl" | "isnull" | "fillna" => {
            "`x ?? d` is d where x is missing; `x == ()` asks whether it is"
        }
        "isblank" | "isna" | "isnone" | "notnull" | "notna" => "write `x == ()`, or `x != ()`",
        "iferror" | "nullif" | "tryor" => {
            "write `x ?? d` for what may be missing; ask before dividing: `if y == 0.0 { () } else { x / y }`"
        }
        "and" => "write `a && b`",
        "or" => "write `a || b`",
        "not" => "write `!a`",
        "toupper" | "uppercase" | "ucase" => "write `upper()`",
        "tolower" | "lowercase" | "lcase" => "write `lower()`",
        "strip" | "ltrim" | "rtrim" => "write `trim()`",
        "substring" | "substr" | "left" | "right" | "mid" | "slice" => {
            "no function cuts a text: use `split(…)[i]`, `starts_with(…)` or `contains(…)`"
        }
        "concat" | "concatenate" | "join" | "textjoin" => "write `a + b`, or `` `${a} and ${b}` ``",
        "like" | "match" | "regex" | "search" | "indexof" => {
            "write `contains(part)`, `starts_with(part)` or `ends_with(part)`"
        }
        "substitute" => "write `replace(from, to)`",
        "str" | "string" | "tostring" | "text" | "cast" => "write `to_text(x)`",
        "int" | "integer" | "parseint" | "cint" => "write `to_int(x)`",
        "float" | "double" | "number" | "parsefloat" | "value" => "write `to_float(x)`",
        "today" | "now" | "getdate" | "currentdate" | "timestamp" | "sysdate" => {
            "there is no clock: `AS_OF` is the date of the run"
        }
        "todate" | "strptime" | "datevalue" | "parsedate" => {
            "a day is written `date(\"2017-04-01\")`; declare a column of days as `type: date` in its manifest"
        }
        "datediff" | "datedif" | "dateiff" | "days" | "daysdiff" => {
            "write `days_between(from, to)` or `months_between(from, to)`"
        }
        "dateadd" | "adddays" => "write `plus_days(d, n)`",
        "datesub" | "subdays" => "write `minus_days(d, n)`",
        "addmonths" | "edate" => "write `plus_months(d, n)`; `minus_months(d, n)` goes back",
        "plusyears" | "addyears" => "write `plus_months(d, 12)`",
        "minusyears" | "subyears" => "write `minus_months(d, 12)`",
        "datetrunc" | "trunc" | "fix" => {
            "write `to_int(x)` for a number without its fraction; `year_month(d)`, `year(d)` of a date"
        }
        "format" | "strftime" | "dateformat" => "write `year(d)`, `month(d)`, `year_month(d)`, or `to_text(x)`",
        "dayofweek" | "dow" => "write `weekday(d)`, 1 for Monday",
        "power" | "sqr" => "write `pow(x, y)`",
        "log" | "log10" | "log2" => "write `ln(x)`; the logarithm to base 10 is `ln(x) / ln(10.0)`",
        "ceiling" | "roundup" => "write `ceil(x)`",
        "rounddown" => "write `floor(x)`",
        "mod" | "fmod" => "write `a % b`",
        "div" | "quotient" => "write `idiv(a, b)`",
        "sign" | "signum" => "write `if x > 0.0 { 1 } else if x < 0.0 { -1 } else { 0 }`",
        "greatest" => "write `max(a, b)`",
        "least" => "write `min(a, b)`",
        "vlookup" | "xlookup" | "lookup" | "hlookup" => {
            "follow a reference, `o.product.series`, or look up in a parameter table, `P.table[key] ?? d`"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::builtin::{Builtin, ListMethod, Standing};

    #[test]
    fn names_of_other_languages_have_help_in_any_case() {
        assert_eq!(help("AVERAGE"), Some("write `mean()`"));
        assert_eq!(help("to_upper"), Some("write `upper()`"));
        assert_eq!(help("add_months"), help("AddMonths"));
        assert_eq!(help("recency"), None);
    }

    #[test]
    fn no_function_of_ours_is_foreign() {
        let ours = Builtin::ALL.iter().map(|(n, _)| *n).chain(ListMethod::ALL.iter().map(|(n, _)| *n));
        for name in ours.chain(Standing::names()) {
            // With another spelling `pct_rank` and `quantile` are worth a word; with their own they are known.
            assert!(help(name).is_none() || name.contains('_'), "{name}");
        }
    }
}
