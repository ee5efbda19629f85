//! Splits a list into requests. Pure.

use std::ops::Range;

/// Splits a list, given the sizes of its elements, into runs of at most `most` elements and
/// `largest` bytes together. An element that is too large stands alone.
pub(crate) fn split(
    sizes: impl Iterator<Item = usize>,
    most: usize,
    largest: usize,
) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut end, mut sum) = (0, 0, 0);
    for size in sizes {
        if end > start && (end - start >= most || sum + size > largest) {
            parts.push(start..end);
            (start, sum) = (end, 0);
        }
        sum += size;
        end += 1;
    }
    if end > start {
        parts.push(start..end);
    }
    parts
}
