//! Positions and lengths in UTF-16 units, as Java counts them, in strings that are UTF-8 here.

/// Text of these units. A lone half of a surrogate pair becomes `?`, as Java writes it out.
pub(super) fn text(units: &[u16]) -> String {
    char::decode_utf16(units.iter().copied())
        .map(|character| character.unwrap_or('?'))
        .collect()
}

/// How many units `text` has.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

/// The units from `start` to `end` (not included). [`None`] when they are out of order or out of
/// range.
pub(super) fn slice(text: &str, start: usize, end: usize) -> Option<String> {
    if text.is_ascii() {
        return text.get(start..end).map(str::to_owned);
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    units.get(start..end).map(self::text)
}

/// The byte offset as a count of units.
pub(super) fn position(text: &str, offset: usize) -> usize {
    length(&text[..offset])
}

/// The count of units as a byte offset; inside a pair, the character after it. Past the end it is
/// the end.
pub(super) fn offset(text: &str, units: usize) -> usize {
    if text.is_ascii() {
        return units.min(text.len());
    }
    let mut counted = 0;
    for (offset, character) in text.char_indices() {
        if counted >= units {
            return offset;
        }
        counted += character.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_counts_twice() {
        assert_eq!(length("a😀é"), 4);
        assert_eq!(slice("a😀é", 1, 3).as_deref(), Some("😀"));
        assert_eq!(slice("a😀é", 0, 2).as_deref(), Some("a?"));
        assert_eq!(slice("a😀é", 3, 5), None);
        assert_eq!(slice("abc", 2, 1), None);
        assert_eq!(
            (position("a😀é", 5), offset("a😀é", 3), offset("a😀é", 9)),
            (3, 5, 7)
        );
    }
}
