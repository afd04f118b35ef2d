//! Programs of small graphs.
