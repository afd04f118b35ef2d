//! An explanation as text for a terminal.
//!
//! In: an [`Explanation`]. Out: its text, the decision first, columns lined up, Chinese characters two columns wide. Must not know: runs,
//! rules.

use super::output::printable;
use super::table::{WIDTH, count, counted, fit, grid, left, percent, right, width};
use crate::run::explain::model::{Before, Contributions, Explanation, Node, Role, RowSet, Step, Test};
use crate::run::explain::number;
use std::collections::HashSet;

/// Columns of an expression where a line has [`WIDTH`].
const TEXT: usize = 56;
/// Columns of a value.
const VALUE: usize = 18;

/// How deep trees are shown, unless all of them is wanted: to the conditions of the tier, and to what the value's parts are made of.
const TIER_DEPTH: usize = 8;
/// See [`TIER_DEPTH`].
const VALUE_DEPTH: usize = 5;

/// Rows of a list that are shown, unless all are wanted.
const ROWS: usize = 20;

/// Columns of an expression: what the terminal has more than [`WIDTH`], or lacks of it. In a narrow one the place takes two more.
fn room() -> usize {
    let columns = width();
    if columns >= WIDTH { TEXT + columns - WIDTH } else { (TEXT + columns).saturating_sub(WIDTH + 2).max(20) }
}

/// What is told of a customer; `full` asks for all steps and whole trees.
pub fn text(told: &Explanation, full: bool) -> String {
    let depth = |depth: usize| if full { usize::MAX } else { depth };
    let mut drawn = Drawn::default();
    let mut text = head(told);
    if let Some(before) = &told.before {
        text += &format!("  before: {}\n", before_line(before));
    }
    text += &undetermined(told, full);
    text += &tier(told);
    if let Some(tree) = tier_tree(told) {
        text += &format!("\n  how it came to the tier\n{}", drawn.lines(tree, 2, depth(TIER_DEPTH)));
    }
    if let Some(contributions) = &told.contributions {
        text += &sum(contributions, &mut drawn, depth(VALUE_DEPTH));
    }
    text += &standings(told);
    if full {
        told.steps.iter().for_each(|step| text += &whole_step(step, &mut drawn));
    } else {
        text += &policy(told);
    }
    for set in told.steps.iter().flat_map(|step| &step.rows) {
        text += &rows(set, full);
    }
    if told.steps.iter().any(|step| step.cut) {
        text += "\n  more was evaluated than is kept: what is missing here is in the rules\n";
    }
    text
}

fn head(told: &Explanation) -> String {
    let customer = printable(&told.customer);
    let decision = match (&told.tier, &told.undetermined) {
        (Some(tier), None) => printable(tier),
        (Some(tier), Some(_)) => format!("{}, undetermined", printable(tier)),
        (None, _) => "undetermined".to_owned(),
    };
    let value = told.value.map_or_else(String::new, |value| format!(", value {}", number(value)));
    let from = told.before.as_ref().map(|before| printable(&before.tier));
    let movement = match (told.movement.as_deref(), from) {
        (Some("up"), Some(from)) => format!(", up from {from}"),
        (Some("down"), Some(from)) => format!(", down from {from}"),
        (Some("same"), _) => ", as before".to_owned(),
        (Some("new"), _) => ", new".to_owned(),
        _ => String::new(),
    };
    format!("{customer}: {decision}{value}{movement}\n")
}

fn before_line(before: &Before) -> String {
    let value = before.value.map_or_else(String::new, |value| format!(", value {}", number(value)));
    let decided = before.decided.as_deref().unwrap_or(&before.cycle);
    let since = before.since.as_deref().map_or_else(String::new, |since| format!(", held since {}", printable(since)));
    let cycles = match before.cycles {
        Some(1) => ", one cycle".to_owned(),
        Some(n) => format!(", {n} cycles running"),
        None => String::new(),
    };
    format!(
        "{}{value} in {}{since}{cycles} (run {})",
        printable(&before.tier),
        printable(decided),
        printable(&before.run)
    )
}

fn undetermined(told: &Explanation, full: bool) -> String {
    let Some(why) = &told.undetermined else { return String::new() };
    let mut text = format!("\n  undetermined in step `{}`\n    {}\n", printable(&why.step), printable(&why.cause));
    if !why.line.is_empty() {
        text += &format!("    {}\n", fit(&printable(&why.line), room() + VALUE));
    }
    if !why.rows.is_empty() {
        text += "  at this row\n";
    }
    why.rows.iter().for_each(|set| text += &rows(set, full));
    text
}

/// Why it is this tier, and what is nearest to another.
fn tier(told: &Explanation) -> String {
    if told.undetermined.is_some() {
        return String::new();
    }
    let tier = printable(told.tier.as_deref().unwrap_or("undetermined"));
    let mut text = format!("\n  why {tier}\n");
    if told.tests.is_empty() {
        text += "    the rule asks no condition: a `switch`, a table or a calculation gives the tier\n";
        return text;
    }
    match &told.decisive {
        Some(test) => text += &test_lines(test),
        None => text += "    no single condition decides it: whichever came out otherwise, it would be the same\n",
    }
    text += "\n  nearest to a higher tier\n";
    match (&told.nearest, told.together.as_slice()) {
        (Some(test), _) => text += &test_lines(test),
        (None, []) => text += "    no single number keeps a higher tier away\n",
        (None, tests) => {
            text += "    these two together\n";
            tests.iter().for_each(|test| text += &test_lines(test));
        }
    }
    text
}

fn test_lines(test: &Test) -> String {
    let values = test.values.as_deref().map_or_else(String::new, |values| format!("{}: ", printable(values)));
    let holds = if test.holds { "holds" } else { "does not hold" };
    let distance = test.distance.map_or_else(String::new, |distance| format!(", by {}", number(distance)));
    let otherwise =
        test.otherwise.as_deref().map_or_else(String::new, |tier| format!("; otherwise {}", printable(tier)));
    format!(
        "    {}  {}\n        {values}{holds}{distance}{otherwise}\n",
        printable(&test.place),
        fit(&printable(&test.text), room() + VALUE)
    )
}

/// The tree of the tier's column.
fn tier_tree(told: &Explanation) -> Option<&Node> {
    let step = told.steps.iter().find(|step| Some(&step.step) == told.tier_step.as_ref())?;
    step.columns.iter().find(|column| column.name == told.tier_column)?.tree.as_ref()
}

/// Trees that were drawn: what stands above is not drawn again.
#[derive(Default)]
struct Drawn(HashSet<(String, String, String)>);

impl Drawn {
    /// A tree, a line for each expression.
    fn lines(&mut self, node: &Node, indent: usize, depth: usize) -> String {
        let label = match &node.name {
            Some(name) if *name != node.text => format!("{name} = {}", node.text),
            _ => node.text.clone(),
        };
        let shown = node.value.as_ref().map_or("", |value| value.text.as_str());
        let known = (node.place.clone(), label.clone(), shown.to_owned());
        let above = !node.parts.is_empty() && depth > 1 && !self.0.insert(known);
        let shown = match (node.role, shown) {
            (Role::Condition, "true") => "holds",
            (Role::Condition, "false") => "does not hold",
            (_, shown) => shown,
        };
        let notes = notes(node, above);
        let columns = room().saturating_sub(indent).max(20);
        let text = format!(
            "{}{}  {}  {}",
            " ".repeat(indent + 2),
            left(&fit(&printable(&label), columns), columns),
            right(&fit(&printable(shown), VALUE), VALUE),
            printable(&node.place),
        );
        // In a narrow terminal the notes stand below.
        let narrow = width() < WIDTH && !notes.is_empty();
        let between = if narrow { format!("\n{}", " ".repeat(indent + 4)) } else { String::new() };
        let notes = if narrow { notes.trim_start() } else { &notes };
        let mut text = format!("{}{between}{}\n", text.trim_end(), notes);
        if above || node.parts.is_empty() {
            return text;
        }
        if depth > 1 {
            node.parts.iter().for_each(|part| text += &self.lines(part, indent + 2, depth - 1));
        } else {
            text += &format!("{}…\n", " ".repeat(indent + 4));
        }
        text
    }
}

/// What is said of a node behind its place.
fn notes(node: &Node, above: bool) -> String {
    let mut notes = Vec::new();
    if let Some(standing) = &node.standing {
        notes.push(format!("rank {} of {}", count(standing.rank as u64), count(standing.of as u64)));
    }
    if let Some(rows) = &node.rows {
        let word = if rows.count == 1 { "row" } else { "rows" };
        notes.push(format!("{} {word} of {}", count(rows.count as u64), printable(&rows.table)));
    }
    if let Some(from) = &node.from {
        notes.push(format!("from step {}", printable(&from.step)));
    }
    if above {
        notes.push("see above".to_owned());
    }
    if notes.is_empty() { String::new() } else { format!("  ({})", notes.join(", ")) }
}

/// The value as the sum of its parts, and what each was made of.
fn sum(contributions: &Contributions, drawn: &mut Drawn, depth: usize) -> String {
    let shares = contributions.sum != 0.0;
    let mut table: Vec<Vec<String>> = Vec::new();
    for part in &contributions.parts {
        let share = if shares { percent(part.amount / contributions.sum) } else { "-".to_owned() };
        table.push(vec![fit(&printable(&part.name), room()), number(part.amount), share]);
    }
    table.push(vec!["value".to_owned(), number(contributions.sum), String::new()]);
    let head = ["part", "points", "share"].map(str::to_owned);
    let mut text = format!("\n  the value is the sum of\n{}", indented(&grid(&head, &table)));
    if contributions.parts.iter().any(|part| part.tree.as_ref().is_some_and(|tree| !tree.parts.is_empty())) {
        text += "\n  how it came to the value\n";
        contributions.parts.iter().filter_map(|part| part.tree.as_ref()).for_each(|tree| {
            text += &drawn.lines(tree, 2, depth);
        });
    }
    text
}

fn standings(told: &Explanation) -> String {
    let mut table = Vec::new();
    for standing in told.steps.iter().flat_map(|step| &step.standings) {
        table.push(vec![
            fit(&printable(&standing.text), room() - 8),
            number(standing.figure),
            format!("{} of {}", count(standing.rank as u64), count(standing.of as u64)),
            standing.value.as_ref().map_or_else(String::new, |value| value.text.clone()),
            printable(&standing.place),
        ]);
    }
    if table.is_empty() {
        return String::new();
    }
    let head = ["among all customers", "figure", "rank", "gives", "at"].map(str::to_owned);
    format!("\n{}", grid(&head, &table))
}

/// What the steps behind the tier give.
fn policy(told: &Explanation) -> String {
    let tier = told.steps.iter().position(|step| Some(step.step.as_str()) == told.tier_step.as_deref());
    let Some(tier) = tier else { return String::new() };
    let mut text = String::new();
    for step in told.steps.iter().skip(tier + 1).filter(|step| !step.columns.is_empty()) {
        text += &format!("\n  {}\n{}", printable(&step.step), columns(step));
    }
    text
}

fn columns(step: &Step) -> String {
    let name = |column: &crate::run::explain::model::Column| printable(&column.name);
    let width = step.columns.iter().map(|column| unicode_width::UnicodeWidthStr::width(name(column).as_str())).max();
    let width = width.unwrap_or(0);
    let line = |column: &crate::run::explain::model::Column| {
        format!("    {}  {}\n", left(&name(column), width), fit(&printable(&column.value.text), room()))
    };
    step.columns.iter().map(line).collect()
}

/// A step with the trees of all its columns.
fn whole_step(step: &Step, drawn: &mut Drawn) -> String {
    if step.columns.is_empty() {
        return String::new();
    }
    let mut text = format!("\n  step {}\n", printable(&step.step));
    for column in &step.columns {
        text += &match &column.tree {
            Some(tree) => {
                let named = Node { name: Some(column.name.clone()), ..tree.clone() };
                drawn.lines(&named, 2, usize::MAX)
            }
            None => format!("    {}  {}\n", printable(&column.name), fit(&printable(&column.value.text), room())),
        };
    }
    text
}

/// Rows behind a value.
fn rows(set: &RowSet, full: bool) -> String {
    let most = if full { usize::MAX } else { ROWS };
    let all = counted(set.count as u64, "row");
    let mut text = format!("\n  {all} of {} behind\n", printable(&set.table));
    for written in &set.behind {
        text +=
            &format!("    {}  {}\n", left(&fit(&printable(&written.text), room()), room()), printable(&written.place));
    }
    if set.rows.is_empty() {
        return text;
    }
    let head: Vec<String> = set.columns.iter().map(|name| printable(name)).collect();
    let cells = |row: &Vec<crate::run::explain::model::Shown>| {
        row.iter().map(|cell| fit(&printable(&cell.text), room())).collect::<Vec<String>>()
    };
    let shown: Vec<Vec<String>> = set.rows.iter().take(most).map(cells).collect();
    text += &indented(&grid(&head, &shown));
    if set.count > shown.len() {
        text += &format!("    and {} more\n", count((set.count - shown.len()) as u64));
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}
