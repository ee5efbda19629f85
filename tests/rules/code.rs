//! Rust source without what is not code. Every character that is taken away leaves a blank, so that
//! lines and columns stay.

/// The source without comments and without the contents of strings and characters.
pub fn only(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let (kept, end) = token(&chars, at);
        for (index, &c) in chars[at..end].iter().enumerate() {
            let is_kept = c == '\n' || index < kept || (kept > 0 && index + kept >= end - at);
            code.push(if is_kept { c } else { ' ' });
        }
        at = end;
    }
    code
}

/// Where what begins at `at` ends, and how many characters of it stay at both of its ends.
fn token(chars: &[char], at: usize) -> (usize, usize) {
    let starts = |text: &str| {
        text.chars()
            .enumerate()
            .all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    let follows_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match chars[at] {
        '/' if starts("//") => (0, find(chars, at, |c| c == '\n')),
        '/' if starts("/*") => (0, block_comment(chars, at)),
        '"' => (1, string(chars, at)),
        'r' if !follows_word || chars[at - 1] == 'b' => raw_string(chars, at),
        '\'' => character(chars, at),
        _ => (1, at + 1),
    }
}

fn find(chars: &[char], from: usize, is_end: impl Fn(char) -> bool) -> usize {
    let found = chars[from..].iter().position(|c| is_end(*c));
    found.map_or(chars.len(), |length| from + length)
}

fn block_comment(chars: &[char], at: usize) -> usize {
    let (mut depth, mut end) = (0, at);
    while end < chars.len() {
        match chars[end..] {
            ['/', '*', ..] => (depth, end) = (depth + 1, end + 2),
            ['*', '/', ..] => (depth, end) = (depth - 1, end + 2),
            _ => end += 1,
        }
        if depth == 0 {
            break;
        }
    }
    end
}

fn string(chars: &[char], at: usize) -> usize {
    let mut end = at + 1;
    while end < chars.len() && chars[end] != '"' {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    (end + 1).min(chars.len())
}

fn raw_string(chars: &[char], at: usize) -> (usize, usize) {
    let open = find(chars, at + 1, |c| c != '#');
    if chars.get(open) != Some(&'"') {
        return (1, at + 1);
    }
    let hashes = open - at - 1;
    let is_close = |end: &usize| {
        let tail = &chars[*end..];
        tail[0] == '"' && tail[1..].iter().take_while(|c| **c == '#').count() >= hashes
    };
    let close = (open + 1..chars.len()).find(is_close);
    (1, close.map_or(chars.len(), |close| close + 1 + hashes))
}

/// A character, or the lifetime that begins in the same way.
fn character(chars: &[char], at: usize) -> (usize, usize) {
    match chars[at + 1..] {
        ['\\', ..] => (1, find(chars, at + 3, |c| c == '\'') + 1),
        [_, '\'', ..] => (1, at + 3),
        _ => (1, at + 1),
    }
}

/// Code, as [`only`] leaves it, without the items that are compiled for tests alone.
pub fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut rest = code;
    let mut kept = String::with_capacity(code.len());
    while let Some((before, item)) = rest.split_once(MARK) {
        let end = end_of_item(item);
        kept.push_str(before);
        kept.extend(MARK.chars().map(|_| ' '));
        kept.extend(item[..end].chars().map(|c| if c == '\n' { c } else { ' ' }));
        rest = &item[end..];
    }
    kept + rest
}

/// Where an item ends: at its semicolon, or with the braces of its body.
pub fn end_of_item(code: &str) -> usize {
    let (mut depth, mut is_open) = (0_usize, false);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return at + 1,
            _ => continue,
        }
        is_open |= c == '{' && depth == 1;
        if c == '}' && depth == 0 && is_open {
            // `use a::{b, c};` ends with its semicolon.
            let is_use = code[at + 1..].starts_with(';');
            return at + 1 + usize::from(is_use);
        }
    }
    code.len()
}

/// The line, counted from 1, on which a byte of the text stands.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[test]
fn only_code_is_left() {
    let source = "let a = \"use x; \\\" {\"; // use y\nlet 'b' = r#\"fn \"{\"#; /* a /* b */ } */ 'l: '{' \
                  f<'a>('\\'')";
    let expected = "let a = \"          \";         \nlet ' ' = r         #;                    'l: ' ' \
                    f<'a>('  ')";
    let found = only(source);
    assert_eq!(found.chars().count(), source.chars().count());
    assert_eq!(found.replace(' ', ""), expected.replace(' ', ""));
}

#[test]
fn what_is_for_tests_alone_is_taken_away() {
    let code = "use a;\n#[cfg(test)]\nmod tests;\nfn f() {}\n#[cfg(test)]\nmod tests { fn t() { g(); } }\nfn h() {}\n\
                #[cfg(test)]\nuse {b, c};\nfn i() {}";
    let kept: Vec<String> = without_tests(code)
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(kept, ["use a;", "fn f() {}", "fn h() {}", "fn i() {}"]);
}
