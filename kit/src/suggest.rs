//! The name that was probably meant.

/// The candidate nearest to `name`, if one is near: at most a third of its letters differ, by one
/// step each (a letter too many, too few, wrong, or two swapped). Case does not count.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = name.to_lowercase();
    // A word whose length differs by more cannot be near.
    let near = |candidate: &&str| {
        name.len().abs_diff(candidate.len()) <= name.len().max(candidate.len()) / 3
    };
    let measured = candidates
        .into_iter()
        .filter(near)
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate));
    let (steps, candidate) = measured.min_by_key(|(steps, _)| *steps)?;
    (steps <= name.len().max(candidate.len()) / 3 && candidate != name).then_some(candidate)
}

/// How many steps lead from one word to the other. Words longer than any name are as far away as
/// they are long.
pub fn distance(one: &str, two: &str) -> usize {
    let (one, two): (Vec<char>, Vec<char>) = (one.chars().collect(), two.chars().collect());
    if one.len() > 40 || two.len() > 40 {
        return one.len().max(two.len());
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=two.len()).collect()];
    for (i, first) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, second) in two.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(first != second);
            let mut best = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *first == two[j - 1] && one[i - 1] == *second {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_and_what_is_not() {
        let names = ["size", "length", "foreach", "if", "urlEncode"];
        for (name, expected) in [
            ("lenght", Some("length")),
            ("foreahc", Some("foreach")),
            ("urlencode", Some("urlEncode")),
            ("fi", None),
            ("siz", Some("size")),
            ("toJson", None),
            ("size", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names), expected, "{name}");
        }
    }
}
