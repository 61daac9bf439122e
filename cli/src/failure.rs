//! How a failure reaches the user: one line that says what happened and what to do, and an exit code.

use std::process::ExitCode;

/// Everything asked for was done but for some symbols; when it was done for none, the command has failed.
pub const PARTIAL: u8 = 3;
/// Nothing, or not everything, was done: configuration, a service or the machine stood in the way.
const FAILED: u8 = 2;

/// Prints the error and its causes on one line.
pub fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {}", one_line(error));
    ExitCode::from(FAILED)
}

/// The error and its causes; a cause that its effect already quotes is not said twice.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if line.contains(&text) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&text);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_joined_and_not_repeated() {
        let cause = anyhow::anyhow!("disk\nfull");
        let error = cause.context("cannot write: disk full").context("load failed");
        assert_eq!(one_line(&error), "load failed: cannot write: disk full");
    }
}
