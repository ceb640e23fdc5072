//! Scratch binary: it compiles the demo until the real one exists.

fn main() {}
