//! `outlay completions`: a script that lets a shell complete flags.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::failure::Failure;
use crate::flags::Flags;
use crate::terminal::Terminal;

/// Prints the script for `shell`.
///
/// # Errors
/// A [`Failure`] where it cannot be written.
pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Flags::command(), "outlay", &mut script);
    Terminal::lock().print_bytes(&script)
}
