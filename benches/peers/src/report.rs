//! Tables in Markdown.
//!
//! In: costs by contestant. Out: text on standard output. Must not know: how anything was measured.

use crate::contest::Entry;
use crate::measure::{Cost, best_and_median};

/// Memory of a contestant.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Most that the process grew by.
    pub growth: u64,
    /// Of that, the result.
    pub result: u64,
}

fn cpu(costs: &[Cost]) -> (f64, f64) {
    best_and_median(&costs.iter().map(|c| c.cpu).collect::<Vec<_>>())
}

fn wall(costs: &[Cost]) -> (f64, f64) {
    best_and_median(&costs.iter().map(|c| c.wall).collect::<Vec<_>>())
}

/// One line for each contestant; times of those who went through fewer customers are scaled to `customers`.
pub fn contest(title: &str, entries: &[Entry], memory: &[Option<Memory>], customers: usize) {
    println!("\n### {title}\n");
    println!(
        "| way | processor time, best and median (s) | wall time, best and median (s) | ns a customer | compiled rules take | memory beyond the result (MB) |"
    );
    println!("|---|---|---|---|---|---|");
    let compiled = entries.iter().find(|e| e.name == "compiled rules").map(|e| cpu(&e.costs).0);
    for (position, entry) in entries.iter().enumerate() {
        let scale = customers as f64 / entry.customers as f64;
        let ((cpu_best, cpu_median), (wall_best, wall_median)) = (cpu(&entry.costs), wall(&entry.costs));
        let note = if entry.customers == customers {
            String::new()
        } else {
            format!(", scaled from {} customers", entry.customers)
        };
        let ratio = compiled.map_or("–".to_owned(), |c| format!("{:.3} of it", c / (cpu_best * scale)));
        let memory = memory.get(position).copied().flatten();
        let memory =
            memory.map_or("–".to_owned(), |m| format!("{:.0}", m.growth.saturating_sub(m.result) as f64 / 1e6));
        println!(
            "| {}{note} | {:.3}, {:.3} | {:.3}, {:.3} | {:.1} | {ratio} | {memory} |",
            entry.name,
            cpu_best * scale,
            cpu_median * scale,
            wall_best * scale,
            wall_median * scale,
            cpu_best * 1e9 / entry.customers as f64,
        );
    }
}

/// One line for each function; ours are compared with the fastest peer on the same column.
pub fn standings(all: &[crate::standings::Standing], costs: &[Vec<Cost>], customers: usize) {
    println!("\n### Ranks and quantiles\n");
    println!(
        "| function | column | processor time, best and median (s) | wall time, best (s) | ns a customer | of polars' fastest `rank` |"
    );
    println!("|---|---|---|---|---|---|");
    for (standing, costs_of) in all.iter().zip(costs) {
        let peers = all.iter().zip(costs).filter(|(s, _)| s.is_peer && s.column == standing.column);
        let peer = peers.map(|(_, c)| cpu(c).0).fold(f64::INFINITY, f64::min);
        let (best, median) = cpu(costs_of);
        println!(
            "| {} | {} | {best:.3}, {median:.3} | {:.3} | {:.1} | {:.2} |",
            standing.name,
            standing.column,
            wall(costs_of).0,
            best * 1e9 / customers as f64,
            best / peer,
        );
    }
}
