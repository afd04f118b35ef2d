//! Generated rules on generated tables: whatever evaluates rules must agree with the interpreter.
//!
//! In: a number of cases and a seed (`TIERWRIGHT_CASES`, `TIERWRIGHT_SEED`). Out: the first differences, each with seed,
//! rules, row, inputs, both answers, and smaller rules that still differ. Values are equal bit by bit, undetermined
//! customers and all parts of their causes too. Must not know: how an evaluator works. A difference that was found
//! becomes a case of `tests/suite/equality.md`. Start at `tests`, then [`generate`].

mod compare;
mod coverage;
mod decisive;
mod evaluate;
mod generate;
mod left;
mod random;
mod report;
mod rules;
mod run;
mod shrink;
mod tables;
mod tests;
mod traced;
mod tree;
mod world;
