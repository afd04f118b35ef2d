//! `tierwright docs`: the default project's dictionary against lineage that was worked out by hand from its rules.

use crate::project::{Project, chinese, program};
use serde_json::{Value, json};
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn dictionary() -> Value {
    program(root(), &["docs", "--json"]).expect(0).json()["dictionary"].clone()
}

fn column<'d>(dictionary: &'d Value, step: &str, column: &str) -> &'d Value {
    let find = |all: &'d Value, name: &str| {
        let found = all.as_array().unwrap().iter().find(|one| one["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}"))
    };
    find(&find(&dictionary["steps"], step)["columns"], column)
}

fn origins(columns: &[&str], relations: &[&str], parameters: &[&str], dates: &[&str]) -> Value {
    json!({ "columns": columns, "relations": relations, "parameters": parameters, "dates": dates })
}

/// The number of the line of a file of the project that holds this text.
fn line(file: &str, text: &str) -> String {
    let all = std::fs::read_to_string(root().join(file)).unwrap();
    let at = all.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{file}: no {text}"));
    format!("{file}:{}", at + 1)
}

#[test]
fn columns_come_from_what_their_rules_say() {
    let dictionary = dictionary();
    let deals = "accounts.opportunities";
    for (step, name, of, from) in [
        (
            "profile",
            "deals_won",
            origins(&["opportunities.closed", "opportunities.stage"], &[deals], &["P.window.months"], &["AS_OF"]),
            None,
        ),
        (
            "profile",
            "open_deals",
            origins(&["opportunities.closed", "opportunities.engaged"], &[deals], &[], &["AS_OF"]),
            None,
        ),
        (
            "profile",
            "revenue_12m",
            origins(
                &["opportunities.close_value", "opportunities.closed", "opportunities.stage"],
                &[deals],
                &["P.window.months"],
                &["AS_OF"],
            ),
            None,
        ),
        (
            "profile",
            "open_value",
            origins(
                &["opportunities.closed", "opportunities.engaged", "products.list_price"],
                &[deals, "opportunities.product"],
                &[],
                &["AS_OF"],
            ),
            None,
        ),
        ("profile", "size", origins(&["accounts.employees"], &[], &["P.size.large", "P.size.medium"], &[]), None),
        ("profile", "group_name", origins(&["accounts.account"], &["accounts.parent"], &[], &[]), None),
        (
            "value",
            "improvement",
            origins(
                &["profile: days_to_close", "profile: win_rate"],
                &[],
                &[
                    "P.improvement.days_long",
                    "P.improvement.days_short",
                    "P.improvement.parts.discipline",
                    "P.improvement.parts.speed",
                    "P.improvement.win_high",
                    "P.improvement.win_low",
                ],
                &[],
            ),
            Some(origins(
                &["opportunities.closed", "opportunities.engaged", "opportunities.stage"],
                &[deals],
                &[
                    "P.improvement.days_long",
                    "P.improvement.days_short",
                    "P.improvement.parts.discipline",
                    "P.improvement.parts.speed",
                    "P.improvement.win_high",
                    "P.improvement.win_low",
                    "P.window.months",
                ],
                &["AS_OF"],
            )),
        ),
        (
            "tier",
            "tier_by_value",
            origins(&["value: value"], &[], &["P.lines.commercial", "P.lines.partner", "P.lines.strategic"], &[]),
            None,
        ),
        (
            "tier",
            "weak_cycles",
            origins(
                &["prior.tier", "prior.weak_cycles", "value: value"],
                &["accounts.prior"],
                &["P.band", "P.lines.commercial", "P.lines.partner", "P.lines.strategic"],
                &[],
            ),
            None,
        ),
        ("policy", "discount_cap", origins(&["tier: tier"], &[], &["P.policy"], &[]), None),
        ("policy", "owner_role", origins(&["profile: abroad", "tier: tier"], &[], &[], &[]), None),
        ("policy", "next_review", origins(&["tier: tier"], &[], &["P.policy"], &["AS_OF"]), None),
    ] {
        let found = column(&dictionary, step, name);
        assert_eq!(found["of"], of, "{step}: {name}");
        if let Some(from) = from {
            assert_eq!(found["from"], from, "{step}: {name}, in the end");
        }
    }
    // In the end the tier comes from tables and parameters of every step before it, and from no column of a step.
    let tier = &column(&dictionary, "tier", "tier")["from"];
    let has = |key: &str, name: &str| tier[key].as_array().unwrap().contains(&json!(name));
    assert!(
        has("columns", "products.list_price") && has("columns", "accounts.sector") && has("columns", "prior.tier"),
        "{tier}"
    );
    assert!(has("parameters", "P.weights.fit") && has("parameters", "P.window.months"), "{tier}");
    assert!(tier["columns"].as_array().unwrap().iter().all(|name| !name.as_str().unwrap().contains(": ")), "{tier}");
    // What is no part of the value has no way into it.
    assert!(!has("columns", "accounts.founded") && !has("columns", "accounts.employees"), "{tier}");
}

#[test]
fn lines_types_and_uses_are_told() {
    let dictionary = dictionary();
    let revenue = column(&dictionary, "profile", "revenue_12m");
    assert_eq!(revenue["place"], line("rules/profile.rhai", "revenue_12m: revenue"));
    assert_eq!(
        (&revenue["type"], &revenue["unit"], &revenue["written_as"]),
        (&json!("float"), &json!("USD"), &json!("revenue_12m"))
    );
    let abroad = column(&dictionary, "profile", "abroad");
    let place = line("rules/policy.rhai", "owner_role(c.tier, c.abroad)");
    assert_eq!(abroad["used_by"], json!([{ "step": "policy", "places": [place] }]));
    let tables = dictionary["tables"].as_array().unwrap();
    let opportunities = tables.iter().find(|table| table["name"] == "opportunities").unwrap();
    assert_eq!(opportunities["key"], json!(["opportunity"]));
    let closed = opportunities["columns"].as_array().unwrap().iter().find(|column| column["name"] == "closed").unwrap();
    assert_eq!(closed["source_name"], "close_date");
    let places = closed["read_by"][0]["places"].as_array().unwrap();
    assert!(places.contains(&json!(line("rules/lib/deals.rhai", "o.closed >= first"))), "{places:?}");
    let parameters = dictionary["parameters"].as_array().unwrap();
    let band = parameters.iter().find(|parameter| parameter["name"] == "P.band").unwrap();
    assert_eq!(band["place"], line("rules/parameters.yaml", "band:"));
    assert_eq!(band["used_at"], json!([line("rules/tier.rhai", "P.band")]));
    assert!(band["decides"].as_array().unwrap().contains(&json!("tier: tier")), "{band}");
    assert!(band["decides"].as_array().unwrap().contains(&json!("policy: discount_cap")), "{band}");
    assert!(!band["decides"].as_array().unwrap().contains(&json!("value: value")), "{band}");
    let priority = parameters.iter().find(|parameter| parameter["name"] == "P.sector_priority").unwrap();
    assert!(priority["rows"].as_array().unwrap().len() > 3, "{priority}");
    assert_eq!(dictionary["tiers"], json!(["general", "commercial", "partner", "strategic"]));
}

#[test]
fn the_document_is_the_same_each_time_and_in_both_languages() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let first = program(root(), &["docs"]).expect(0).out;
    assert_eq!(first, program(root(), &["docs"]).expect(0).out);
    program(root(), &["docs", "--out", folder]).expect(0);
    assert_eq!(std::fs::read_to_string(out.path().join("dictionary.md")).unwrap(), first);
    let json: Value = serde_json::from_slice(&std::fs::read(out.path().join("dictionary.json")).unwrap()).unwrap();
    assert_eq!(json, dictionary());
    for part in [
        "# Data dictionary: crm",
        "```mermaid\nflowchart LR\n  t0[(\"accounts\")]\n",
        "  t2 -.->|\"account\"| t0\n",
        "### opportunities",
        "### Step tier",
        "general < commercial < partner < strategic",
        "| `P.lines.strategic`<br>rules/parameters.yaml:",
    ] {
        assert!(first.contains(part), "{part}\n{}", first.lines().take(60).collect::<Vec<_>>().join("\n"));
    }
    let chinese = program(root(), &["docs", "--lang", "zh"]).expect(0).out;
    assert!(chinese.starts_with("# 数据字典: crm") && chinese.contains("最终来源"), "{}", &chinese[..300]);
    // Both have the same rows.
    let rows = |text: &str| text.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(rows(&first), rows(&chinese));
}

#[test]
fn names_of_any_script_and_signs_of_markdown_stay_what_they_are() {
    let project = chinese();
    project.write(
        "datasets/客户.yaml",
        &std::fs::read_to_string(project.path("datasets/客户.yaml"))
            .unwrap()
            .replace("  开始: date\n", "  开始: { type: date, sensitive: true, description: \"a|b *c* <d>\" }\n"),
    );
    let text = project.tierwright(&["docs", "--lang", "zh"]).expect(0).out;
    assert!(text.contains("a\\|b \\*c\\* \\<d\\>; **敏感**"), "{text}");
    assert!(text.contains("| `价值`<br>rules/价值.rhai:"), "{text}");
    assert!(text.contains("`客户.区域`") && text.contains("一般 < 战略/客户 A"), "{text}");
    let broken = Project::new(&[("tierwright.yaml", "name: a\n")]);
    broken.tierwright(&["docs"]).expect(2);
}
