//! Scratch binary: it compiles the demo until the real one exists.

mod demo;

fn main() {
    let grows = |pair: &[demo::Step]| match pair {
        [before, after] => before.at < after.at && before.record != after.record,
        _ => true,
    };
    assert!(demo::history().windows(2).all(grows), "the clock grows");
}
