//! Addresses of Terraform: `module.api["eu"].aws_sqs_queue.orders[0].arn`. Pure.

/// One part of an address, with its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub name: String,
    pub index: Option<String>,
}

/// The parts of an address.
pub(super) fn segments(address: &str) -> Vec<Segment> {
    let (mut all, mut name, mut index) = (Vec::new(), String::new(), None::<String>);
    let (mut within, mut quoted) = (false, false);
    for letter in address.chars() {
        match letter {
            '"' if within => quoted = !quoted,
            '[' if !within => (within, index) = (true, Some(String::new())),
            ']' if within && !quoted => within = false,
            '.' if !within => all.push(Segment {
                name: std::mem::take(&mut name),
                index: index.take(),
            }),
            letter if within => index.get_or_insert_default().push(letter),
            letter => name.push(letter),
        }
    }
    all.push(Segment { name, index });
    all
}

/// The names of the modules in the address of a module, without their indices.
pub(super) fn module_names(address: &str) -> Vec<String> {
    let names = segments(address).into_iter().map(|segment| segment.name);
    names
        .filter(|name| name != "module" && !name.is_empty())
        .collect()
}

/// What an address leaves of itself in a name: letters, digits and hyphens.
pub(super) fn plain(address: &str) -> String {
    let segments = segments(address)
        .into_iter()
        .filter(|one| one.name != "module");
    let words = segments
        .flat_map(|one| [Some(one.name), one.index])
        .flatten();
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            c
        } else {
            '-'
        }
    };
    words
        .map(|word| word.chars().map(allowed).collect::<String>())
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_of_both_kinds_are_taken_apart() {
        let shown = |address: &str| {
            let all = segments(address).into_iter();
            all.map(|one| (one.name, one.index.unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        let of = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            shown(r#"module.a["x.y"].aws_sqs_queue.q[0].arn"#),
            of(&[
                ("module", ""),
                ("a", "x.y"),
                ("aws_sqs_queue", ""),
                ("q", "0"),
                ("arn", "")
            ])
        );
        assert_eq!(module_names(r#"module.a["x"].module.b"#), ["a", "b"]);
        assert_eq!(plain(r#"module.a["x/y"].orders[0]"#), "a-x-y-orders-0");
        assert_eq!(shown("a[").len(), 1);
    }
}
