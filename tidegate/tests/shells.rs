//! What shells and packages get: completions and manual pages that know every verb.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

use tempfile::TempDir;

fn printed(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn completions_know_verbs_and_flags() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = printed(&["completions", shell]);
        for word in ["provision", "lint", "dry-run"] {
            assert!(text.contains(word), "{shell} does not know {word}");
        }
    }
}

#[test]
fn every_verb_has_a_manual_page() {
    let folder = TempDir::new().unwrap();
    printed(&["man", "--dir", folder.path().to_str().unwrap()]);
    let help = printed(&["--help"]);
    let (_, verbs) = help.split_once("Commands:\n").unwrap();
    let verbs = verbs.lines().map_while(|line| line.strip_prefix("  "));
    let verbs = verbs.filter(|line| !line.starts_with(' '));
    let verbs = verbs.filter_map(|line| line.split_whitespace().next());
    for verb in verbs.filter(|verb| *verb != "help") {
        let page = folder.path().join(format!("tidegate-{verb}.1"));
        let page = std::fs::read_to_string(&page).unwrap();
        assert!(page.contains(&format!("tidegate\\-{verb}")), "{verb}");
        assert_eq!(page, printed(&["man", verb]));
    }
    assert!(printed(&["man"]).contains("tidegate\\-lint(1)"));
}
