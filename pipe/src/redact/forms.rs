//! The forms of a secret in encodings that cannot be undone without knowing where the secret
//! begins.

use super::unescape::View;

/// Shorter secrets are not searched for, because every text contains them.
pub(crate) const SHORTEST: usize = 3;

/// The secret itself, and its encodings. Case does not matter.
pub(super) fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    // An escape within the secret is undone together with those around it.
    let mut view = View::of(secret);
    while let Some(inner) = view
        .unescaped()
        .filter(|inner| inner.bytes.len() >= SHORTEST)
    {
        forms.push(inner.bytes.clone());
        view = inner;
    }
    let spaced: Vec<_> = forms
        .iter()
        .filter(|form| form.contains(&b' '))
        .map(|form| plus_for_space(form))
        .collect();
    forms.extend(spaced);
    if !secret.is_ascii() {
        // Latin-1, read as UTF-8.
        forms.push(
            secret
                .replace(|character: char| !character.is_ascii(), "\u{fffd}")
                .into_bytes(),
        );
    }
    forms.push(hex::encode(secret).into_bytes());
    forms.extend(utf16(secret));
    forms
}

fn plus_for_space(form: &[u8]) -> Vec<u8> {
    form.iter()
        .map(|&byte| if byte == b' ' { b'+' } else { byte })
        .collect()
}

/// UTF-16 in both byte orders, without the zero bytes at the ends, which belong to the neighbours.
fn utf16(secret: &str) -> [Vec<u8>; 2] {
    let units = || secret.encode_utf16();
    let (little, big) = (
        units().flat_map(u16::to_le_bytes),
        units().flat_map(u16::to_be_bytes),
    );
    let trim = |bytes: Vec<u8>| {
        let (start, end) = (
            usize::from(bytes.first() == Some(&0)),
            bytes.len() - usize::from(bytes.last() == Some(&0)),
        );
        bytes[start..end].to_vec()
    };
    [trim(little.collect()), trim(big.collect())]
}
