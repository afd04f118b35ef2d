//! Processor time, wall time and memory of a piece of work.
//!
//! In: closures. Out: [`Cost`]. Must not know: what is measured.

use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::time::Instant;

/// What a piece of work took, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Processor time of the whole process, user and system, all threads.
    pub cpu: f64,
    /// Wall time.
    pub wall: f64,
}

fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The work's result and what it took. The result is dropped by the caller, outside the time.
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let (cpu, wall) = (processor_time(), Instant::now());
    let result = work();
    let cost = Cost { cpu: processor_time() - cpu, wall: wall.elapsed().as_secs_f64() };
    (result, cost)
}

/// Bytes by which the process grew at most while the work ran; `None` where the system does not say.
pub fn peak_growth<T>(work: impl FnOnce() -> T) -> (T, Option<u64>) {
    // Sets the peak back to what is held now.
    let reset = fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = status("VmRSS:");
    let result = work();
    let peak = status("VmHWM:").filter(|_| reset);
    (result, before.zip(peak).map(|(before, peak)| peak.saturating_sub(before)))
}

fn status(key: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|l| l.starts_with(key))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Best and median of some figures.
pub fn best_and_median(figures: &[f64]) -> (f64, f64) {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => (f64::NAN, f64::NAN),
        n => (sorted[0], (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0),
    }
}
