//! Steps that are not compiled: what `check` and `run` say of them, which runs refuse them, and that the others run as
//! column programs all the same. And that the manual's blocks `rhai columns` are compiled and those of `rhai rows` are not.

use crate::checks::{blocks, manual, read};
use crate::project::{Project, chinese};
use serde_json::Value;

/// Only the step `价值` cannot be compiled.
const LOOP: &str = "fn 价值(c) {
    let 次数 = 0;
    let 余额 = c.金额;
    while 余额 > 100.0 { 余额 /= 2.0; 次数 += 1; }
    if c.区域 == \"华北\" { c.金额 } else { c.金额 + 次数 }
}
";

/// Three steps, of which the second is not compiled.
fn project(settings: &str) -> Project {
    let project = chinese();
    let file = std::fs::read_to_string(project.path("tierwright.yaml")).unwrap();
    let steps = if settings.contains("interpret: true") {
        "steps: [规模, { name: 价值, interpret: true }, 等级]"
    } else {
        "steps: [规模, 价值, 等级]"
    };
    let rest = settings.replace("interpret: true\n", "");
    project.write("tierwright.yaml", &format!("{}{rest}", file.replace("steps: [价值, 等级]", steps)));
    project.write("rules/规模.rhai", "fn 规模(c) {\n    if c.金额 >= 1000.0 { \"大\" } else { \"小\" }\n}\n");
    project.write("rules/价值.rhai", LOOP);
    project
}

/// The findings with this id.
fn found(document: &Value, id: &str) -> Vec<Value> {
    document["findings"].as_array().unwrap().iter().filter(|f| f["id"] == id).cloned().collect()
}

/// Steps and what they ran on, of the only run's timings.
fn evaluators(project: &Project) -> Vec<(String, String, u64)> {
    let timings = std::fs::read_to_string(project.run_folder("FY2017").join("timings.json")).unwrap();
    let timings: Value = serde_json::from_str(&timings).unwrap();
    let stages = timings["stages"].as_array().unwrap().iter();
    let steps = stages.filter(|s| s["evaluator"].is_string());
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    steps.map(|s| (text(&s["stage"]), text(&s["evaluator"]), s["customers"].as_u64().unwrap())).collect()
}

/// The only row of a list of the document.
#[track_caller]
fn only<'d>(document: &'d Value, list: &str) -> &'d Value {
    let [row] = document[list].as_array().unwrap().as_slice() else { panic!("{document}") };
    row
}

#[test]
fn check_names_the_step_the_place_why_what_instead_and_its_cost() {
    let project = project("");
    let done = project.tierwright(&["check"]).expect(0);
    for part in [
        "warning[not-compiled]: step `价值` is not compiled and runs row by row",
        "rules/价值.rhai:4:",
        "customers a second on one thread here, measured on",
        "a run of more than 100000 customers (`interpret_limit`) refuses it",
    ] {
        assert!(done.err.contains(part), "{part}:\n{}", done.err);
    }
    let document = project.tierwright(&["check", "--json"]).expect(0).json();
    let warnings = found(&document, "not-compiled");
    assert_eq!((warnings.len(), &warnings[0]["line"], &warnings[0]["severity"]), (1, &4.into(), &"warning".into()));
    let step = only(&document, "not_compiled");
    assert_eq!((step["step"].as_str(), step["refused_above"].as_u64()), (Some("价值"), Some(100_000)));
    assert!(step["place"].as_str().unwrap().starts_with("rules/价值.rhai:4:"), "{step}");
    assert!(!step["why"].as_str().unwrap().is_empty() && !step["instead"].as_str().unwrap().is_empty(), "{step}");
    let rate = step["customers_per_second"].as_f64().unwrap();
    assert!((100.0..10_000_000.0).contains(&rate), "{rate} customers a second");
    assert!(step["measured_customers"].as_u64().unwrap() >= 32, "{step}");
    assert_eq!(step["measured_undetermined"], 0, "{step}");
}

/// The tier's step in loops that turn as often as the customer's amount says.
const ROW_BY_ROW: &str = "fn 等级(c) {
    let 余额 = c.价值;
    while 余额 > 2000.0 { 余额 -= 500.0; }
    if 余额 >= 1000.0 { \"战略/客户 A\" } else { \"一般\" }
}
";

/// A loop that is unrolled to 300 tests of many operations.
const MANY_TESTS: &str = "fn 等级(c) {
    let 级 = \"一般\";
    for 档 in 1..=300 {
        let 线 = abs(abs(abs(abs(abs(abs(abs(abs(abs(abs(abs(abs(档.to_float()))))))))))));
        if c.价值 + 线 - 线 > (线 + 线 + 线 + 线) * 10000.0 { 级 = \"战略/客户 A\"; }
    }
    级
}
";

#[test]
fn the_cost_of_the_step_that_gives_the_tier_is_that_of_tracing_it_too() {
    let project = chinese();
    project.write("rules/等级.rhai", ROW_BY_ROW);
    let document = project.tierwright(&["check", "--json"]).expect(0).json();
    let step = only(&document, "not_compiled");
    let rate = |key: &str| step[key].as_f64().unwrap_or_else(|| panic!("{key}: {step}"));
    assert!(rate("customers_per_second") < rate("customers_per_second_untraced"), "{step}");
    assert_eq!(document["traced"], serde_json::json!([]), "{document}");
    let text = project.tierwright(&["check"]).expect(0).err;
    assert!(text.contains("without tracing what decides the tier of each), measured on"), "{text}");
}

#[test]
fn a_compiled_step_whose_customers_are_traced_is_told_with_the_cost() {
    let project = chinese();
    project.write("rules/等级.rhai", MANY_TESTS);
    let done = project.tierwright(&["check"]).expect(0);
    for part in [
        "warning[not-compiled]: what decides in step `等级` is traced row by row",
        "rules/等级.rhai:1:",
        "customers a second on one thread here, measured on",
        "or use a table of parameters",
    ] {
        assert!(done.err.contains(part), "{part}:\n{}", done.err);
    }
    assert!(!done.err.contains("refuses"), "{}", done.err);
    let document = project.tierwright(&["check", "--json"]).expect(0).json();
    assert_eq!(document["not_compiled"], serde_json::json!([]), "{document}");
    let row = only(&document, "traced");
    assert_eq!((row["step"].as_str(), &row["refused_above"]), (Some("等级"), &Value::Null), "{row}");
    assert!(row["customers_per_second"].as_f64().unwrap() > 0.0, "{row}");
    // The step itself is a column program, and the columns are there.
    project.tierwright(&["run"]).expect(0);
    assert!(evaluators(&project).contains(&("step 等级".to_owned(), "columns".to_owned(), 5)));
    project.write("rules/等级.rhai", &MANY_TESTS.replace("fn 等级(c) {", "fn 等级(c) { // allow: not-compiled"));
    let allowed = project.tierwright(&["check", "--json"]).expect(0).json();
    assert_eq!(found(&allowed, "not-compiled"), Vec::<Value>::new());
}

#[test]
fn nothing_is_said_where_all_steps_are_compiled() {
    let document = chinese().tierwright(&["check", "--json"]).expect(0).json();
    assert_eq!((&document["not_compiled"], found(&document, "not-compiled")), (&serde_json::json!([]), vec![]));
}

#[test]
fn the_project_file_and_a_comment_take_the_warning_away() {
    let said = project("interpret: true\n").tierwright(&["check", "--json"]).expect(0).json();
    assert_eq!(found(&said, "not-compiled"), Vec::<Value>::new());
    assert_eq!(said["not_compiled"][0]["refused_above"], Value::Null);
    let project = project("");
    project.write("rules/价值.rhai", &LOOP.replace("+= 1; }", "+= 1; } // allow: not-compiled"));
    let allowed = project.tierwright(&["check", "--json"]).expect(0).json();
    assert_eq!(found(&allowed, "not-compiled"), Vec::<Value>::new());
    assert_eq!(allowed["not_compiled"][0]["refused_above"], 100_000);
}

#[test]
fn a_loop_without_end_has_no_cost_and_check_ends() {
    let project = project("");
    project.write("rules/价值.rhai", &LOOP.replace("余额 > 100.0", "余额 >= 0.0"));
    let document = project.tierwright(&["check", "--json"]).expect(0).json();
    assert_eq!(document["not_compiled"][0]["customers_per_second"], Value::Null, "{document}");
    let text = project.tierwright(&["check"]).expect(0).err;
    assert!(text.contains("its cost is not known"), "{text}");
}

#[test]
fn one_of_three_steps_runs_row_by_row_and_the_others_as_programs() {
    let project = project("");
    let done = project.tierwright(&["run"]).expect(0);
    assert!(done.err.contains("warning[not-compiled]") && !done.err.contains("customers a second"), "{}", done.err);
    let steps = evaluators(&project);
    let wanted = [("step 规模", "columns", 6), ("step 价值", "interpreter", 6), ("step 等级", "columns", 5)];
    assert_eq!(steps, wanted.map(|(stage, on, n)| (stage.to_owned(), on.to_owned(), n)));
    let record = std::fs::read_to_string(project.run_folder("FY2017").join("run.json")).unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    let [step] = record["not_compiled"].as_array().unwrap().as_slice() else { panic!("{record}") };
    assert_eq!(step["step"], "价值");
    assert!(step["place"].as_str().unwrap().starts_with("rules/价值.rhai:4:"), "{step}");
    assert_eq!(found(&record, "not-compiled").len(), 1);
    // The same on the interpreter alone: every file is equal.
    project.tierwright(&["run", "--force", "--engine", "interpret"]).expect(0);
}

#[test]
fn a_run_above_the_limit_is_refused_with_place_why_and_what_instead() {
    let project = project("interpret_limit: 5\n");
    let done = project.tierwright(&["run"]).expect(1);
    for part in [
        "error[interpret-limit]: step `价值` would run row by row for 6 customers; the limit is 5",
        "rules/价值.rhai:4:",
        "this step",
        "interpret: true",
    ] {
        assert!(done.err.contains(part), "{part}:\n{}", done.err);
    }
    let document = project.tierwright(&["run", "--json"]).expect(1).json();
    let refusals = found(&document, "interpret-limit");
    assert_eq!(refusals.len(), 1, "the other steps are compiled: {document}");
    assert_eq!((&refusals[0]["line"], refusals[0]["help"].as_array().unwrap().len()), (&4.into(), 2));
    assert!(!refusals[0]["label"].as_str().unwrap().is_empty());
    assert!(!project.path("out/客户分级/CURRENT").exists());
    project.tierwright(&["run", "--engine", "interpret"]).expect(0);
}

#[test]
fn a_step_that_says_so_runs_above_the_limit() {
    let project = project("interpret: true\ninterpret_limit: 5\n");
    let done = project.tierwright(&["run"]).expect(0);
    assert!(!done.err.contains("not-compiled"), "{}", done.err);
    assert_eq!(evaluators(&project)[1].1, "interpreter");
    let at_the_limit = self::project("interpret_limit: 6\n");
    at_the_limit.tierwright(&["run"]).expect(0);
}

/// The steps that are not compiled where the manual's project has this rule file, as `why` and line.
fn why_not(text: &str) -> Vec<(String, u64)> {
    let project = manual();
    project.write("rules/tier.rhai", text);
    let document = project.tierwright(&["check", "--json"]).expect(0).json();
    let steps = document["not_compiled"].as_array().unwrap().iter();
    let line = |place: &str| place.split(':').nth(1).unwrap().parse().unwrap();
    steps.map(|s| (s["why"].as_str().unwrap().to_owned(), line(s["place"].as_str().unwrap()))).collect()
}

#[test]
fn the_manual_says_truly_what_is_compiled() {
    let (mut columns, mut rows) = (0, 0);
    for (kind, text) in blocks(&read("docs/rules.md")) {
        match kind.as_str() {
            "rhai columns" => {
                columns += 1;
                assert_eq!(why_not(&text), [], "{text}");
            }
            "rhai rows" => {
                rows += 1;
                let [(why, line)] = why_not(&text).try_into().unwrap_or_else(|all| panic!("{all:?}\n{text}"));
                let marked = text.lines().position(|l| l.contains(&format!("// {why}")));
                assert_eq!(marked, Some(line as usize - 1), "{why} at line {line} of\n{text}");
            }
            _ => {}
        }
    }
    assert!(columns >= 5 && rows >= 5, "{columns} blocks that are compiled, {rows} that are not: are they read?");
}
