//! Core: as much of DER as it takes to walk through a certificate that was verified already.

/// One element: its tag and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements of its content.
    pub(super) fn inner(&self) -> Elements<'a> {
        elements(self.content)
    }
}

/// The elements that follow each other in `bytes`, up to the first one that is not whole.
pub(super) fn elements(bytes: &[u8]) -> Elements<'_> {
    Elements(bytes)
}

#[derive(Debug, Clone)]
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (&[tag, short], mut rest) = self.0.split_first_chunk()?;
        let length = match short {
            0..=0x7f => usize::from(short),
            // The length has so many bytes of its own.
            _ => {
                let digits = usize::from(short & 0x7f);
                let (written, content) = rest.split_at_checked(digits.min(4))?;
                rest = content;
                written
                    .iter()
                    .fold(0, |length, byte| length << 8 | usize::from(*byte))
            }
        };
        let (content, behind) = rest.split_at_checked(length)?;
        self.0 = behind;
        Some(Element { tag, content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_follow_each_other() {
        let long = [[0x04, 0x81, 200].as_slice(), &[7; 200]].concat();
        let bytes = [
            [0x02, 1, 5].as_slice(),
            &long,
            &[0x30, 2, 1, 0],
            &[0x30, 9, 1],
        ]
        .concat();
        let found: Vec<(u8, usize)> = elements(&bytes)
            .map(|element| (element.tag, element.content.len()))
            .collect();
        assert_eq!(found, [(2, 1), (4, 200), (0x30, 2)]);
        assert_eq!(elements(&[0x30, 0x84, 1]).next(), None);
    }
}
