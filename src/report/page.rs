//! The report as one page of HTML that asks no host for anything.
//!
//! In: the report's data. Out: the page's text. Must not know: what stands in the data. Style, chart library, script and data are put into the
//! template in one go: what stands in the data is never taken for a place of it, nor for HTML.

use crate::language::Language;
use serde_json::Value;

const PAGE: &str = include_str!("assets/page.html");
const STYLE: &str = include_str!("assets/page.css");
const CHARTS: &str = include_str!("assets/echarts.min.js");
const SCRIPT: &str = concat!(
    include_str!("assets/page-01-english.js"),
    "\n",
    include_str!("assets/page-02-chinese.js"),
    "\n",
    include_str!("assets/page-03-base.js"),
    "\n",
    include_str!("assets/page-04-drawing.js"),
    "\n",
    include_str!("assets/page-05-head.js"),
    "\n",
    include_str!("assets/page-06-value.js"),
    "\n",
    include_str!("assets/page-07-movement.js"),
    "\n",
    include_str!("assets/page-08-matrix.js"),
    "\n",
    include_str!("assets/page-09-accounts.js"),
    "\n",
    include_str!("assets/page-10-explanation.js"),
    "\n",
    include_str!("assets/page-11-checks.js"),
    "\n",
    include_str!("assets/page-12-plan.js"),
    "\n",
    include_str!("assets/page-13-monitor.js"),
    "\n",
    include_str!("assets/page-14-strategy.js"),
    "\n",
    include_str!("assets/page-15-start.js"),
    "\n",
);

/// The page of a document, in a language that can be changed in it.
///
/// ```
/// use serde_json::json;
/// use tierwright::language::Language;
/// use tierwright::report::page::page;
///
/// let page = page("crm", &json!({ "key": "</script><b>" }), Language::Chinese);
/// assert!(page.contains(r"\u003c/script\u003e\u003cb\u003e"));
/// assert!(page.contains(r#"lang="zh""#));
/// ```
pub fn page(title: &str, document: &Value, language: Language) -> String {
    let mut document = document.clone();
    if let Some(map) = document.as_object_mut() {
        map.insert("lang".to_owned(), language.code().into());
    }
    let data = in_script(&document.to_string());
    let title = in_text(title);
    let parts: [(&str, &str); 6] = [
        ("{{lang}}", language.code()),
        ("{{title}}", &title),
        ("{{css}}", STYLE),
        ("{{echarts}}", CHARTS),
        ("{{js}}", SCRIPT),
        ("{{data}}", &data),
    ];
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + CHARTS.len() + SCRIPT.len() + data.len());
    let mut rest = PAGE;
    loop {
        let next = parts.iter().filter_map(|(place, text)| Some((rest.find(place)?, *place, *text))).min();
        let Some((at, place, text)) = next else { break };
        page.push_str(&rest[..at]);
        page.push_str(text);
        rest = &rest[at + place.len()..];
    }
    page.push_str(rest);
    page
}

/// JSON as it may stand in a script element.
fn in_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// A text as it may stand in HTML.
fn in_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_part_stands_in_the_page_once() {
        for place in ["{{lang}}", "{{title}}", "{{css}}", "{{echarts}}", "{{js}}", "{{data}}"] {
            assert!(PAGE.contains(place), "{place}");
        }
        let made = page("a < b {{data}}", &json!({ "x": "{{css}} & \u{2028}" }), Language::English);
        assert!(made.contains("a &lt; b {{data}}") && made.contains("{{css}} \\u0026 \\u2028"));
        assert_eq!(made.matches("application/json").count(), 1);
    }

    #[test]
    fn no_host_is_named_that_could_be_asked() {
        let own = [PAGE, STYLE, SCRIPT].concat();
        for word in ["src=\"http", "href=\"http", "url(http", "fetch(", "XMLHttpRequest", "@import", "eval("] {
            assert!(!own.contains(word), "{word}");
        }
    }
}
