//! Door: reads from a segment's file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{SeekFrom, seek};

use super::frame;
use crate::engine::Location;

/// The end of the last byte that was ever written. Space that was only taken is a hole to the file
/// system; but zeros in the middle can be holes too, after a copy that spares them, so what counts
/// is where the last data ends. File systems that know no holes say that everything is data.
pub(super) fn written(file: &File, length: u64) -> u64 {
    let mut end = 0;
    loop {
        match seek(file, SeekFrom::Data(end)) {
            Ok(data) if data < length => match seek(file, SeekFrom::Hole(data)) {
                Ok(hole) if hole > end => end = hole,
                _ => return length,
            },
            Ok(_) | Err(rustix::io::Errno::NXIO) => return end.min(length),
            Err(_) => return length,
        }
    }
}

/// Reads the payload of one record.
pub(super) fn record(file: &File, location: Location) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; location.length as usize];
    let mut filled = 0;
    // A file that was cut right behind the payload lacks padding: zeros, as they would be read.
    while filled < bytes.len() {
        match file.read_at(
            &mut bytes[filled..],
            u64::from(location.offset) + filled as u64,
        ) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    match frame::read(&bytes, location.segment, location.offset) {
        frame::FrameRead::Record(payload) => Ok(payload.to_vec()),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the record at {} is damaged", location.offset),
        )),
    }
}
