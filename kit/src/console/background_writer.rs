//! Lines on their way to a file that may be slow, full, or without a reader.
//!
//! One thread writes; all others leave their lines and go on. Lines of a few milliseconds are
//! written together: waking the thread and writing costs several times what it takes to make a
//! line. Lines that find no room are dropped and counted. The count is reported once the file takes
//! lines again; where the report goes elsewhere, also while it takes none.

use std::cell::Cell;
use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::lock::{Condvar, Mutex, MutexGuard};

/// Bytes that may wait. A burst of some thousand lines fits.
const ROOM: usize = 1 << 20;

/// So many bytes that wait are written at once.
const ENOUGH: usize = ROOM / 4;

/// How long lines wait for others, to be written with them.
const GATHER: Duration = Duration::from_millis(5);

/// How long to wait before the next try to write to a file that is not ready, such as a terminal or
/// pipe that is non-blocking.
const PAUSE: Duration = Duration::from_millis(5);

/// How often a loss is reported while the file takes no lines.
const REPORTED: Duration = Duration::from_secs(10);

thread_local! {
    /// Whether this thread is a writer's own: its report of lost lines is never dropped.
    static IS_WRITER: Cell<bool> = const { Cell::new(false) };
}

/// Learns how many lines were lost, on the writer's own thread.
#[derive(Clone, Copy)]
pub(super) enum Report {
    /// Writes to the same file.
    Here(fn(u64)),
    /// Writes somewhere else.
    Elsewhere(fn(u64)),
}

/// Writes lines to a file on a thread of its own.
pub struct BackgroundWriter {
    shared: Arc<SharedLines>,
}

struct SharedLines {
    state: Mutex<WriterState>,
    filled: Condvar,
    emptied: Condvar,
}

#[derive(Default)]
struct WriterState {
    waiting: Vec<u8>,
    is_writing: bool,
    /// A flush waits for what is left, so nothing more is gathered.
    is_hurried: bool,
    lost: u64,
}

impl BackgroundWriter {
    /// A drain into `file`; without one, everything is dropped.
    pub(super) fn new(
        name: &str,
        file: Option<impl Write + Send + 'static>,
        report: Report,
    ) -> BackgroundWriter {
        let shared = Arc::new(SharedLines {
            state: Mutex::default(),
            filled: Condvar::new(),
            emptied: Condvar::new(),
        });
        if let Some(file) = file {
            let (name, shared) = (name.to_owned(), shared.clone());
            // Without a thread, lines stay until there is no room: a program that cannot have
            // threads has other troubles.
            let _ = thread::Builder::new()
                .name(name)
                .spawn(move || shared.write_to(file, report));
        }
        BackgroundWriter { shared }
    }

    /// Leaves lines to be written. Never waits.
    pub fn push(&self, lines: &[u8]) {
        let mut state = self.shared.lock();
        if state.waiting.len() + lines.len() > ROOM && !IS_WRITER.get() {
            state.lost += count(lines);
            return;
        }
        let before = state.waiting.len();
        state.waiting.extend_from_slice(lines);
        let is_enough = before < ENOUGH && state.waiting.len() >= ENOUGH;
        drop(state);
        if before == 0 || is_enough {
            self.shared.filled.notify_one();
        }
    }

    /// Waits until nothing is left to be written, for `patience` at most.
    pub fn flush(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut state = self.shared.lock();
        while state.is_writing || !state.waiting.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state.is_hurried = true;
            self.shared.filled.notify_one();
            state = self.shared.emptied.wait_timeout(state, left);
        }
    }
}

impl fmt::Debug for BackgroundWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundWriter").finish_non_exhaustive()
    }
}

/// The form in which the log writes its lines.
impl Write for &BackgroundWriter {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.push(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SharedLines {
    fn lock(&self) -> MutexGuard<'_, WriterState> {
        self.state.lock()
    }

    /// Never returns.
    fn write_to(&self, mut file: impl Write, report: Report) {
        IS_WRITER.set(true);
        let (mut batch, mut stuck) = (Vec::new(), Stuck(None));
        loop {
            self.take(&mut batch);
            let written = write_all(&mut file, &batch, || stuck.report(self, report));
            // Before the batch counts as written, so that a flush waits for the report too.
            if written.is_ok() {
                let (Report::Here(report) | Report::Elsewhere(report)) = report;
                self.report(report);
            } else {
                self.lock().lost += count(&batch);
                stuck.report(self, report);
            }
            batch.clear();
            self.lock().is_writing = false;
            self.emptied.notify_all();
        }
    }

    fn report(&self, report: fn(u64)) {
        let lost = std::mem::take(&mut self.lock().lost);
        if lost > 0 {
            report(lost);
        }
    }

    /// Waits for lines, and a little for more of them.
    fn take(&self, batch: &mut Vec<u8>) {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            state = self.filled.wait(state);
        }
        let until = Instant::now() + GATHER;
        while !state.is_hurried && state.waiting.len() < ENOUGH {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.filled.wait_timeout(state, left);
        }
        std::mem::swap(batch, &mut state.waiting);
        state.is_writing = true;
        state.is_hurried = false;
    }
}

/// When a loss was reported while the file took no lines.
struct Stuck(Option<Instant>);

impl Stuck {
    /// Reports the loss, if there is somebody to report it to, and not too often.
    fn report(&mut self, shared: &SharedLines, report: Report) {
        let Report::Elsewhere(report) = report else {
            return;
        };
        if self.0.is_none_or(|last| last.elapsed() >= REPORTED) && shared.lock().lost > 0 {
            self.0 = Some(Instant::now());
            shared.report(report);
        }
    }
}

/// Writes all bytes, and calls `stuck` whenever the file takes none.
fn write_all(file: &mut impl Write, mut bytes: &[u8], mut stuck: impl FnMut()) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                stuck();
                thread::sleep(PAUSE);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn count(lines: &[u8]) -> u64 {
    u64::try_from(memchr::memchr_iter(b'\n', lines).count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicU64, Ordering};

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn everything_is_written_in_order_before_a_flush_returns() {
        let (file, reader) = UnixStream::pair().unwrap();
        let drain = BackgroundWriter::new("test", Some(file), Report::Here(|_| {}));
        (0..1_000).for_each(|number| drain.push(format!("{number}\n").as_bytes()));
        drain.flush(LONG);
        let mut text = vec![0; 3_890];
        (&reader).read_exact(&mut text).unwrap();
        let expected: String = (0..1_000).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn a_reader_that_stops_reading_holds_up_nobody_and_the_loss_is_reported_when_it_reads_again() {
        static LOST: AtomicU64 = AtomicU64::new(0);
        let (file, reader) = UnixStream::pair().unwrap();
        let report = |lines| _ = LOST.fetch_add(lines, Ordering::Relaxed);
        let drain = BackgroundWriter::new("test", Some(file), Report::Here(report));
        let line = [vec![b'x'; 1_023], vec![b'\n']].concat();
        (0..5_000).for_each(|_| drain.push(&line));
        drain.flush(Duration::from_millis(20));
        assert_eq!(LOST.load(Ordering::Relaxed), 0, "nobody has read yet");
        let read = thread::spawn(move || {
            let (mut read, mut bytes) = (0, vec![0; 1 << 16]);
            while let Ok(1..) = (&reader).read(&mut bytes).inspect(|count| read += count) {
                if read / 1_024 + usize::try_from(LOST.load(Ordering::Relaxed)).unwrap() >= 5_000 {
                    break;
                }
            }
            read / 1_024
        });
        drain.flush(LONG);
        // One more, for a loss is reported after the next batch that is written.
        drain.push(&line);
        drain.flush(LONG);
        let lost = usize::try_from(LOST.load(Ordering::Relaxed)).unwrap();
        let read = read.join().unwrap();
        assert!(
            lost > 0 && read >= 1_024 && (5_000..=5_001).contains(&(read + lost)),
            "{read} read, {lost} lost"
        );
    }

    #[test]
    fn lines_that_nobody_hurries_are_written_too() {
        let (file, reader) = UnixStream::pair().unwrap();
        let drain = BackgroundWriter::new("test", Some(file), Report::Here(|_| {}));
        reader.set_read_timeout(Some(LONG)).unwrap();
        for line in [b"one\n".to_vec(), vec![b'x'; 2 * ENOUGH]] {
            drain.push(&line);
            let mut text = vec![0; line.len()];
            (&reader).read_exact(&mut text).unwrap();
            assert_eq!(text, line);
        }
    }

    #[test]
    fn a_reader_that_is_gone_is_none_that_anybody_waits_for() {
        let (file, reader) = UnixStream::pair().unwrap();
        drop(reader);
        let nobody = Report::Here(|_| panic!("nothing can be reported there"));
        let drain = BackgroundWriter::new("test", Some(file), nobody);
        (0..5_000).for_each(|_| drain.push(&[b'\n'; 1_024]));
        drain.flush(LONG);
        BackgroundWriter::new("test", None::<UnixStream>, nobody).push(b"into nothing\n");
    }

    #[test]
    fn a_loss_is_reported_elsewhere_while_nobody_reads() {
        static LOST: AtomicU64 = AtomicU64::new(0);
        let (file, _stuck) = UnixStream::pair().unwrap();
        file.set_nonblocking(true).unwrap();
        let report = |lines| _ = LOST.fetch_add(lines, Ordering::Relaxed);
        let drain = BackgroundWriter::new("test", Some(file), Report::Elsewhere(report));
        let begun = Instant::now();
        while LOST.load(Ordering::Relaxed) == 0 {
            drain.push(&[b'\n'; 1_024]);
            assert!(begun.elapsed() < LONG, "nothing is reported");
        }
    }
}
