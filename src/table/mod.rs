//! Tables: from source files to frames that keep their contract.

pub mod ffi;
