//! How long files and functions are, and how wide lines.

use super::code;
use super::files::File;

const FILE: usize = 400;
const FUNCTION: usize = 60;
const COLUMNS: usize = 100;

/// The file, when it is too long.
pub fn long_file(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    let is_long = lines > FILE;
    is_long
        .then(|| format!("{}: {lines} lines", file.path))
        .into_iter()
        .collect()
}

/// The functions that are too long, from the line of their names to their last brace.
pub fn long_functions(file: &File) -> Vec<String> {
    let code = code::without_tests(&code::only(&file.text));
    let starts = code.match_indices("fn ").filter(|(at, _)| {
        let before = code[..*at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    });
    let long = |at: usize| {
        let function = &code[at..];
        let length = function[..code::end_of_item(function)].lines().count();
        let name: String = function[3..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        (length > FUNCTION && !name.is_empty()).then(|| {
            let line = code::line_of(&code, at);
            format!("{}:{line}: {name} has {length} lines", file.path)
        })
    };
    starts.filter_map(|(at, _)| long(at)).collect()
}

/// The lines that are too wide without what cannot be broken: string literals, and code and URLs in
/// comments.
pub fn wide_lines(file: &File) -> Vec<String> {
    let code = code::only(&file.text);
    let lines = file.text.lines().zip(code.lines()).enumerate();
    let is_wide = |line: &str, code: &str| {
        let width = line.chars().count();
        let is_comment = code.trim().is_empty() && line.trim_start().starts_with("//");
        let text = if is_comment {
            quoted(line)
        } else {
            blanked(line, code)
        };
        width.saturating_sub(text) > COLUMNS
    };
    lines
        .filter(|(_, (line, code))| is_wide(line, code))
        .map(|(index, (line, _))| {
            let width = line.chars().count();
            format!("{}:{}: {width} columns", file.path, index + 1)
        })
        .collect()
}

/// How many characters of a comment cannot be broken: code in backticks, and URLs.
fn quoted(comment: &str) -> usize {
    let spans = comment.split('`').skip(1).step_by(2);
    let urls = comment
        .split_whitespace()
        .filter(|word| word.contains("://"));
    spans.chain(urls).map(|text| text.chars().count()).sum()
}

/// How many characters of a line are no code.
fn blanked(line: &str, code: &str) -> usize {
    let pairs = line.chars().zip(code.chars());
    pairs.filter(|(written, kept)| written != kept).count()
        + if code.trim().is_empty() {
            // The inside of a string that spans lines.
            line.chars().filter(|c| *c == ' ').count()
        } else {
            0
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: String) -> File {
        let path = "kit/src/x.rs".to_owned();
        File { path, text }
    }

    #[test]
    fn a_file_has_up_to_400_lines() {
        assert!(long_file(&file("\n".repeat(400))).is_empty());
        assert_eq!(
            long_file(&file("\n".repeat(401))),
            ["kit/src/x.rs: 401 lines"]
        );
    }

    #[test]
    fn a_function_has_up_to_60_lines() {
        let function = |lines| format!("\nfn long() {{\n{}}}\n", "    call();\n".repeat(lines));
        assert!(long_functions(&file(function(58))).is_empty());
        let found = long_functions(&file(function(59)));
        assert_eq!(found, ["kit/src/x.rs:2: long has 61 lines"]);
        let in_tests = format!("#[cfg(test)]\nmod tests {{{}}}", function(59));
        assert!(long_functions(&file(in_tests)).is_empty());
    }

    #[test]
    fn only_text_may_be_wide() {
        let wide = "x".repeat(101);
        assert_eq!(wide_lines(&file(wide.clone())).len(), 1);
        assert_eq!(wide_lines(&file(format!("// {wide}"))).len(), 1);
        assert!(wide_lines(&file(format!("// https://{wide}"))).is_empty());
        assert!(wide_lines(&file(format!("/// `f({wide})`"))).is_empty());
        assert!(wide_lines(&file(format!("let a = \"{wide}\";"))).is_empty());
        assert!(wide_lines(&file(format!("let a = \"\n{wide} {wide}\n\";"))).is_empty());
        assert_eq!(
            wide_lines(&file(format!("let {wide} = \"{wide}\";"))).len(),
            1
        );
    }
}
