//! Decodes base64 in a text, wherever it begins and ends, in either alphabet, on one line or on
//! several.
//!
//! Every word may be base64, and a group of four characters may begin at any of four places, so
//! each word is decoded from each of them. Most of the result makes no sense; only the search for
//! secrets sees it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::unescape::View;

/// The length of a group of characters.
const SHORTEST: usize = 4;

/// Accepts a group that is not full, and bits that belong to a neighbour.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Consecutive characters of base64, and the place of each.
#[derive(Default)]
struct Base64Run {
    characters: Vec<u8>,
    at: Vec<usize>,
}

/// All that is decoded from each of the four places; `None` when there is nothing.
pub(super) fn decoded(view: &View) -> Option<[View; 4]> {
    let runs = runs(view);
    (!runs.is_empty()).then(|| [0, 1, 2, 3].map(|from| decode(view, &runs, from)))
}

fn runs(view: &View) -> Vec<Base64Run> {
    let (mut runs, mut run) = (Vec::new(), Base64Run::default());
    let mut end = |run: &mut Base64Run| {
        let ended = std::mem::take(run);
        if ended.characters.len() >= SHORTEST {
            runs.push(ended);
        }
    };
    for (at, &byte) in view.bytes.iter().enumerate() {
        let character = match byte {
            b'-' => b'+',
            b'_' => b'/',
            // MIME breaks lines.
            b'\r' | b'\n' => continue,
            known if known.is_ascii_alphanumeric() || matches!(known, b'+' | b'/') => known,
            _ => {
                end(&mut run);
                continue;
            }
        };
        run.characters.push(character);
        run.at.push(at);
    }
    end(&mut run);
    runs
}

fn decode(view: &View, runs: &[Base64Run], from: usize) -> View {
    let (mut bytes, mut places, mut last) = (Vec::new(), Vec::new(), 0);
    for Base64Run { characters, at } in runs {
        // One character more than whole groups is no byte.
        let end = characters.len() - usize::from((characters.len() - from) % 4 == 1);
        let decoded = ENGINE.decode(&characters[from..end]).unwrap_or_default();
        places.extend((0..decoded.len()).map(|byte| view.place(at[from + byte * 4 / 3])));
        last = view.place(at[end - 1] + 1);
        // Stands between this run and the next.
        places.push(last);
        bytes.extend(decoded);
        bytes.push(0);
    }
    places.push(last);
    View::new(bytes, places)
}
