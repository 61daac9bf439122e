//! Steps of jobs: lines of this program's own commands.

use clap::Parser;
use clap::error::ErrorKind;
use weekahead_schedules::Step;

use crate::Cli;

/// Commands that go on until they are stopped, or that run jobs themselves.
const ENDLESS: [&str; 6] = ["up", "serve", "demo", "simulate", "replay-provider", "schedule"];

/// A step out of its words, or why it is none.
pub fn read(line: &str) -> Result<Step, String> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return Err("it is empty: name a weekahead command, such as ingest or train".to_owned());
    }
    let program = std::iter::once("weekahead".to_owned());
    let cli = Cli::try_parse_from(program.chain(words.iter().cloned())).map_err(|error| reason(&error))?;
    let is_served = words.get(1).is_some_and(|word| word == "serve");
    if is_served || ENDLESS.contains(&words[0].as_str()) {
        return Err("it does not end by itself: name a command that does, such as ingest or train".to_owned());
    }
    if cli.global.as_of.is_some() || cli.global.config.is_some() || cli.global.home.is_some() {
        let reason = "--as-of, --config and --home are said by the scheduler: leave them out";
        return Err(reason.to_owned());
    }
    Ok(Step { words, takes_as_of: cli.command.takes_as_of() })
}

/// What the parser says, without the usage that follows it.
fn reason(error: &clap::Error) -> String {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "it lacks a subcommand, or asks for help: name a command that does something".to_owned();
    }
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let what = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    match lines.find_map(|line| line.strip_prefix("tip: ")) {
        Some(tip) => format!("{what}: {tip}"),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_commands_that_end() {
        for (line, takes_as_of) in
            [("ingest", true), ("features  build", true), ("train --dry-run", true), ("lake loads", false)]
        {
            assert_eq!(read(line).map(|step| step.takes_as_of), Ok(takes_as_of), "{line}");
        }
        let wrong = [
            ("", "it is empty"),
            ("ingst", "unrecognized subcommand 'ingst': a similar subcommand exists: 'ingest'"),
            ("features", "lacks a subcommand"),
            ("train --help", "asks for help"),
            ("train --folds", "unexpected argument '--folds'"),
            ("warehouse serve", "does not end by itself"),
            ("schedule run", "does not end by itself"),
            ("ingest --as-of 2013-01-25", "leave them out"),
        ];
        for (line, what) in wrong {
            let reason = read(line).unwrap_err();
            assert!(reason.contains(what), "{line}: {reason}");
        }
    }
}
