//! Gives a program few registers: one is used again as soon as nothing reads it any more.
//!
//! In: a program whose every value has a register of its own. Out: the same program over registers that are shared, so that
//! a chunk's values stay in the processor's cache. Registers of one domain serve that domain alone. Must not know: data.

use super::program::{Arg, Compute, Counts, Instr, Place, Program};
use crate::error::Error;
use crate::rules::ir::{DomainId, Repr};
use std::collections::HashMap;

/// Numbers the registers and the places for failures of a program anew.
///
/// # Errors
/// [`Error::Defect`]: an instruction reads what none before it computes.
pub(super) fn assign(program: &mut Program) -> Result<(), Error> {
    let ends = ends(program);
    let mut registers = Registers::default();
    for (at, instr) in program.instrs.iter_mut().enumerate() {
        for arg in instr.args_mut() {
            registers.rename(arg)?;
        }
        match instr {
            Instr::Compute(compute) => registers.define(compute),
            Instr::Works { fails, .. } => *fails = registers.fails_of(*fails)?,
            _ => {}
        }
        for item in ends.get(&at).into_iter().flatten() {
            registers.free(*item);
        }
    }
    for output in &mut program.outputs {
        registers.rename(&mut output.value)?;
        registers.rename(&mut output.there)?;
    }
    program.counts = registers.counts;
    program.fails = registers.fails_count;
    Ok(())
}

/// What an instruction defines.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Item {
    Value(u32),
    Fails(u32),
}

/// For each instruction what nothing reads after it.
fn ends(program: &mut Program) -> HashMap<usize, Vec<Item>> {
    let mut last: HashMap<Item, usize> = HashMap::new();
    for (at, instr) in program.instrs.iter_mut().enumerate() {
        for arg in instr.args_mut() {
            if let Place::Reg(value) = arg.place {
                last.insert(Item::Value(value), at);
            }
        }
        match instr {
            // What nothing reads ends where it is computed.
            Instr::Compute(Compute { dest, fails, .. }) => {
                last.extend(dest.map(|d| (Item::Value(d), at)));
                last.extend(fails.map(|f| (Item::Fails(f), at)));
            }
            Instr::Works { fails, .. } => {
                last.insert(Item::Fails(*fails), at);
            }
            _ => {}
        }
    }
    for output in &program.outputs {
        for arg in [output.value, output.there] {
            if let Place::Reg(value) = arg.place {
                last.remove(&Item::Value(value));
            }
        }
    }
    let mut ends: HashMap<usize, Vec<Item>> = HashMap::new();
    for (item, at) in last {
        ends.entry(at).or_default().push(item);
    }
    for items in ends.values_mut() {
        items.sort_unstable_by_key(|item| match item {
            Item::Value(n) => (0, *n),
            Item::Fails(n) => (1, *n),
        });
    }
    ends
}

/// Registers in use and free ones, the last freed on top.
#[derive(Default)]
struct Registers {
    values: HashMap<u32, (u32, DomainId, Repr)>,
    free_values: HashMap<(DomainId, Repr), Vec<u32>>,
    counts: Counts,
    fails: HashMap<u32, u32>,
    free_fails: Vec<u32>,
    fails_count: u32,
}

impl Registers {
    fn rename(&self, arg: &mut Arg) -> Result<(), Error> {
        let Place::Reg(value) = &mut arg.place else { return Ok(()) };
        let found = self.values.get(value);
        let (register, ..) = found.ok_or_else(|| Error::Defect("a program reads an empty register".to_owned()))?;
        *value = *register;
        Ok(())
    }

    fn fails_of(&self, number: u32) -> Result<u32, Error> {
        let found = self.fails.get(&number).copied();
        found.ok_or_else(|| Error::Defect("a program asks for failures that are not kept".to_owned()))
    }

    fn define(&mut self, compute: &mut Compute) {
        if let Some(value) = &mut compute.dest {
            let key = (compute.domain, compute.repr);
            let free = self.free_values.entry(key).or_default().pop();
            let register = free.unwrap_or_else(|| next(self.counts.of(compute.repr)));
            self.values.insert(*value, (register, compute.domain, compute.repr));
            *value = register;
        }
        if let Some(number) = &mut compute.fails {
            let place = self.free_fails.pop().unwrap_or_else(|| next(&mut self.fails_count));
            self.fails.insert(*number, place);
            *number = place;
        }
    }

    fn free(&mut self, item: Item) {
        match item {
            Item::Value(value) => {
                if let Some((register, domain, repr)) = self.values.remove(&value) {
                    self.free_values.entry((domain, repr)).or_default().push(register);
                }
            }
            Item::Fails(number) => self.free_fails.extend(self.fails.remove(&number)),
        }
    }
}

fn next(count: &mut u32) -> u32 {
    *count += 1;
    *count - 1
}
