//! Completions and manual: made of the arguments, so every command is there.

use crate::project::{Project, program};

const COMMANDS: [&str; 16] = [
    "init",
    "run",
    "check",
    "test",
    "runs",
    "quality",
    "migration",
    "explain",
    "verify",
    "what-if",
    "diff",
    "watch",
    "docs",
    "schema",
    "completions",
    "man",
];

#[test]
fn every_shell_knows_every_command() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = project.tierwright(&["completions", shell]).expect(0);
        for command in COMMANDS {
            assert!(done.out.contains(command), "{shell}: {command}");
        }
    }
    let done = project.tierwright(&["completions", "tcsh"]).expect(2);
    assert!(done.err.contains("possible values") || done.err.contains("tcsh"), "{}", done.err);
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let project = Project::new(&[]);
    let main = project.tierwright(&["man"]).expect(0).out;
    assert!(main.starts_with(".ie") && main.contains(".TH tierwright 1"), "{main}");
    for command in COMMANDS {
        assert!(main.contains(&format!("tierwright\\-{}", command.replace('-', "\\-"))), "{command}");
        let page = project.tierwright(&["man", command]).expect(0).out;
        assert!(page.contains(&format!(".TH tierwright-{command} 1")), "{command}: {page}");
    }
    let done = project.tierwright(&["man", "explian"]).expect(2);
    assert!(done.err.contains("did you mean `explain`"), "{}", done.err);
}

#[test]
fn nothing_is_under_way_where_nobody_looks() {
    let project = crate::project::chinese();
    let done = program(&project.path(""), &["run"]);
    assert!(!done.err.contains('\u{1b}') && !done.err.contains('\r'), "{:?}", done.err);
}
