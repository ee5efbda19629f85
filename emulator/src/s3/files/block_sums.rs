//! Checksums of a body's blocks, so that every part of a body can be verified without reading the
//! rest. Pure.
//!
//! A CRC-32 of each 64 KiB follows the body in the object's file: four bytes for 65,536. It finds
//! every flipped bit and every burst of up to 32 bits in a block. A flipped bit in the checksums
//! themselves is found too: no block matches.

use std::ops::Range;

/// Bytes of a block. A part of the file format.
pub(crate) const BLOCK: u64 = 64 * 1024;

/// Bytes of one checksum.
pub(crate) const SUM: u64 = 4;

/// Computes the checksums of a body while it is written.
#[derive(Default)]
pub(crate) struct BlockSums {
    done: Vec<u32>,
    current: crc32fast::Hasher,
    /// Bytes in the current block.
    filled: usize,
}

impl BlockSums {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK as usize - self.filled));
            self.current.update(now);
            self.filled += now.len();
            if self.filled == BLOCK as usize {
                self.end_block();
            }
            bytes = later;
        }
    }

    /// The checksums of all blocks, as a file stores them.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.end_block();
        }
        self.done.iter().flat_map(|sum| sum.to_be_bytes()).collect()
    }

    fn end_block(&mut self) {
        self.done.push(std::mem::take(&mut self.current).finalize());
        self.filled = 0;
    }
}

/// The length of the checksums of a body, in bytes.
pub(crate) fn length(size: u64) -> u64 {
    size.div_ceil(BLOCK) * SUM
}

/// The numbers of the blocks that hold a part of a body.
pub(crate) fn blocks(part: &Range<u64>) -> Range<u64> {
    match part.is_empty() {
        true => 0..0,
        false => part.start / BLOCK..part.end.div_ceil(BLOCK),
    }
}

/// The position of blocks in a body.
pub(crate) fn span(blocks: &Range<u64>, size: u64) -> Range<u64> {
    blocks.start * BLOCK..(blocks.end * BLOCK).min(size)
}

/// The first block that does not match its checksum. `bytes` begins with the first block, and
/// `sums` with its checksum.
pub(crate) fn damaged(bytes: &[u8], sums: &[u8]) -> Option<usize> {
    let blocks = bytes
        .chunks(BLOCK as usize)
        .map(|block| crc32fast::hash(block).to_be_bytes());
    let mut expected = sums.chunks(SUM as usize);
    blocks
        .enumerate()
        .find(|(_, sum)| expected.next() != Some(sum.as_slice()))
        .map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(body: &[u8], pieces: usize) -> Vec<u8> {
        let mut summing = BlockSums::default();
        body.chunks(pieces).for_each(|piece| summing.update(piece));
        summing.finish()
    }

    #[test]
    fn sums_do_not_depend_on_the_pieces_that_a_body_comes_in() {
        for size in [0, 1, 65_535, 65_536, 65_537, 200_000] {
            let body: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let whole = sums(&body, size.max(1));
            assert_eq!(whole.len() as u64, length(size as u64));
            assert_eq!(sums(&body, 1000), whole);
            assert_eq!(damaged(&body, &whole), None);
        }
    }

    #[test]
    fn a_flipped_bit_is_found_in_its_block() {
        let body = vec![7; 200_000];
        let whole = sums(&body, 4096);
        for at in [0, 65_535, 65_536, 131_071, 199_999] {
            let mut flipped = body.clone();
            flipped[at] ^= 0x10;
            assert_eq!(damaged(&flipped, &whole), Some(at / 65_536));
        }
        assert_eq!(
            damaged(&body, &whole[..12]),
            Some(3),
            "no checksum is no match"
        );
    }

    #[test]
    fn a_part_lies_in_whole_blocks() {
        assert_eq!(blocks(&(5..5)), 0..0);
        assert_eq!(blocks(&(65_535..65_537)), 0..2);
        assert_eq!(span(&(1..4), 200_000), 65_536..200_000);
    }
}
