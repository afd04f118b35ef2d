//! Tests of whole runs and of the joined decisions. [`bench`] is a small project made by hand.

mod bench;
mod columns;
mod cycle;
mod flow;
mod outcome;
