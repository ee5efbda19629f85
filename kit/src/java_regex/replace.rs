//! `replaceAll`, `replaceFirst` and `split`, as `java.lang.String` has them.

use super::budget::Budget;
use super::matcher::Matcher;
use super::regex::Regex;

/// Why a replacement failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplaceError<E> {
    /// The search takes too long.
    Exceeded(E),
    /// The replacement is wrong, in the words of `Matcher.appendReplacement`. It is read only when
    /// something matched.
    Replacement(String),
}

impl<E> From<E> for ReplaceError<E> {
    fn from(exceeded: E) -> ReplaceError<E> {
        ReplaceError::Exceeded(exceeded)
    }
}

/// The result of a replacement.
pub type Replaced<B> = Result<String, ReplaceError<<B as Budget>::Exceeded>>;

impl Regex {
    /// `text` with every match replaced.
    pub fn replace_all<B: Budget>(
        &self,
        text: &str,
        replacement: &str,
        budget: &mut B,
    ) -> Replaced<B> {
        self.replace(text, replacement, usize::MAX, budget)
    }

    /// `text` with the first match replaced.
    pub fn replace_first<B: Budget>(
        &self,
        text: &str,
        replacement: &str,
        budget: &mut B,
    ) -> Replaced<B> {
        self.replace(text, replacement, 1, budget)
    }

    fn replace<B: Budget>(
        &self,
        text: &str,
        replacement: &str,
        most: usize,
        budget: &mut B,
    ) -> Replaced<B> {
        let mut matcher = self.matcher(text);
        let mut out = String::new();
        let mut start = 0;
        for _ in 0..most {
            if !matcher.find(budget)? {
                break;
            }
            budget.steps(4)?;
            let Some((at, end)) = matcher.group(0) else {
                break;
            };
            let before = out.len();
            out.push_str(&text[start..at]);
            expand(replacement, &matcher, &mut out).map_err(ReplaceError::Replacement)?;
            budget.bytes(out.len() - before)?;
            start = end;
        }
        out.push_str(&text[start..]);
        Ok(out)
    }

    /// The parts of `text` between matches, as `split(regex, limit)` gives them: at most `limit` if
    /// it is above 0; all if it is below; all but empty ones at the end if it is 0.
    pub fn split<'t, B: Budget>(
        &self,
        text: &'t str,
        limit: i32,
        budget: &mut B,
    ) -> Result<Vec<&'t str>, B::Exceeded> {
        let most = usize::try_from(limit)
            .ok()
            .filter(|&limit| limit > 0)
            .unwrap_or(usize::MAX);
        let mut matcher = self.matcher(text);
        let mut parts = Vec::new();
        let mut start = 0;
        while parts.len() + 1 < most && matcher.find(budget)? {
            budget.steps(4)?;
            let Some((at, end)) = matcher.group(0) else {
                break;
            };
            // Java gives no empty part before an empty match at the start.
            if end > 0 {
                budget.bytes(48 + at - start)?;
                parts.push(&text[start..at]);
                start = end;
            }
        }
        budget.bytes(48 + text.len() - start)?;
        parts.push(&text[start..]);
        if limit == 0 && parts.len() > 1 {
            let kept = parts
                .iter()
                .rposition(|part| !part.is_empty())
                .map_or(0, |last| last + 1);
            parts.truncate(kept);
        }
        Ok(parts)
    }
}

/// Appends `replacement` with its `$1` and `${name}` filled in, and its backslashes taken off.
fn expand(replacement: &str, found: &Matcher<'_>, out: &mut String) -> Result<(), String> {
    let mut rest = replacement;
    while let Some(at) = rest.find(['\\', '$']) {
        out.push_str(&rest[..at]);
        let special = &rest[at..];
        rest = if let Some(escaped) = special.strip_prefix('\\') {
            let character = escaped
                .chars()
                .next()
                .ok_or("character to be escaped is missing")?;
            out.push(character);
            &escaped[character.len_utf8()..]
        } else {
            let (group, after) = group(found.regex(), &special[1..])?;
            out.push_str(found.text(group).unwrap_or_default());
            after
        };
    }
    out.push_str(rest);
    Ok(())
}

/// The group that the text after a `$` names, and what follows.
fn group<'r>(regex: &Regex, text: &'r str) -> Result<(usize, &'r str), String> {
    if let Some(named) = text.strip_prefix('{') {
        return named_group(regex, named);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        let missing = text.is_empty();
        return Err(if missing {
            "Illegal group reference: group index is missing"
        } else {
            "Illegal group reference"
        }
        .into());
    }
    // As many digits as make a group that there is, the first in any case.
    let number = |length: usize| {
        text[..length]
            .parse::<usize>()
            .ok()
            .filter(|&group| group < regex.groups())
    };
    let first = number(1).ok_or_else(|| format!("No group {}", &text[..1]))?;
    let longer = (2..=digits)
        .map_while(|length| Some((number(length)?, length)))
        .last();
    let (group, length) = longer.unwrap_or((first, 1));
    Ok((group, &text[length..]))
}

fn named_group<'r>(regex: &Regex, text: &'r str) -> Result<(usize, &'r str), String> {
    let length = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (name, after) = text.split_at(length);
    if name.is_empty() {
        return Err("named capturing group has 0 length name".to_owned());
    }
    let after = after
        .strip_prefix('}')
        .ok_or("named capturing group is missing trailing '}'")?;
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(format!(
            "capturing group name {{{name}}} starts with digit character"
        ));
    }
    regex
        .group_named(name)
        .map(|group| (group, after))
        .ok_or_else(|| format!("No group with name {{{name}}}"))
}
