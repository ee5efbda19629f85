//! The text of a `/metrics` port, read back. Pure.

use std::collections::BTreeMap;

/// One series and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample<'t> {
    pub name: &'t str,
    pub labels: BTreeMap<&'t str, String>,
    pub value: f64,
}

/// The series of a text; lines that are none are left out.
pub(super) fn samples(text: &str) -> Vec<Sample<'_>> {
    text.lines().filter_map(sample).collect()
}

/// The sum of the series with this name and these labels.
pub(super) fn sum(samples: &[Sample<'_>], name: &str, labels: &[(&str, &str)]) -> f64 {
    let has = |sample: &&Sample<'_>| {
        let mut labels = labels.iter();
        sample.name == name && labels.all(|(name, value)| sample.label(name) == Some(value))
    };
    samples.iter().filter(has).map(|sample| sample.value).sum()
}

/// A quantile of a histogram, from 0 to 1, in its unit: the upper bound of the bucket in which it
/// lies. `None` where nothing was measured, or it lies beyond the last bound.
pub(super) fn quantile(
    samples: &[Sample<'_>],
    name: &str,
    labels: &[(&str, &str)],
    of: f64,
) -> Option<f64> {
    let bucket = format!("{name}_bucket");
    let mut buckets: Vec<(f64, f64)> = Vec::new();
    for sample in samples.iter().filter(|sample| sample.name == bucket) {
        let mut wanted = labels.iter();
        if !wanted.all(|(name, value)| sample.label(name) == Some(value)) {
            continue;
        }
        let bound = sample.label("le")?.parse::<f64>().ok()?;
        match buckets.iter_mut().find(|(known, _)| *known == bound) {
            Some((_, count)) => *count += sample.value,
            None => buckets.push((bound, sample.value)),
        }
    }
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all = buckets.last()?.1;
    let (bound, _) = buckets.iter().find(|(_, count)| *count >= all * of)?;
    (all > 0.0 && bound.is_finite()).then_some(*bound)
}

impl Sample<'_> {
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let (series, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let (name, labels) = match series.split_once('{') {
        Some((name, rest)) => (name, pairs(rest.strip_suffix('}')?)?),
        None => (series, BTreeMap::new()),
    };
    (!name.starts_with('#')).then_some(Sample {
        name,
        labels,
        value,
    })
}

/// `a="x",b="y"`, with `\"`, `\\` and `\n` in values.
fn pairs(mut text: &str) -> Option<BTreeMap<&str, String>> {
    let mut labels = BTreeMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = rest.char_indices();
        let end = loop {
            match characters.next()? {
                (place, '"') => break place,
                (_, '\\') => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, other) => value.push(other),
            }
        };
        labels.insert(name, value);
        text = rest[end + 1..].trim_start_matches(',');
    }
    Some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# HELP a what a is
# TYPE a counter
a{x="1",y="q\"\\,{z}"} 3
a{x="2"} 4.5
plain 7
t_bucket{le="0.5"} 1
t_bucket{le="1"} 9
t_bucket{le="+Inf"} 10
broken{x="1 3
"#;

    #[test]
    fn series_are_read_with_their_labels() {
        let read = samples(TEXT);
        assert_eq!(read.len(), 6);
        assert_eq!(read[0].label("y"), Some("q\"\\,{z}"));
        assert_eq!(sum(&read, "a", &[]), 7.5);
        assert_eq!(sum(&read, "a", &[("x", "2")]), 4.5);
        assert_eq!(sum(&read, "plain", &[]), 7.0);
        assert_eq!(sum(&read, "nothing", &[]), 0.0);
    }

    #[test]
    fn a_quantile_is_the_bound_of_its_bucket() {
        let read = samples(TEXT);
        let of = |share| quantile(&read, "t", &[], share);
        assert_eq!(
            [of(0.1), of(0.5), of(0.9), of(0.99)],
            [Some(0.5), Some(1.0), Some(1.0), None]
        );
        assert_eq!(quantile(&read, "u", &[], 0.5), None);
    }
}
