//! A writer that nobody waits for and that never fails, for what is said beside the answers.
//!
//! Whoever has a line leaves it in a queue, and a thread of its own writes it. A line for which the
//! queue has no room, or whose write fails, is dropped and counted.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Most bytes that wait to be written: some thousand lines.
const MOST_WAITING: usize = 1 << 20;

/// How long to wait for who takes nothing now, and does not let us wait in the write itself.
const A_MOMENT: Duration = Duration::from_millis(10);

/// A queue of lines, and a thread that writes them. Each is written whole, and in its turn.
pub(crate) struct Lossy(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    came: Condvar,
    left: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Vec<u8>>,
    bytes: usize,
    /// How many lines were ever let in, and how many of them were written or dropped.
    let_in: u64,
    done: u64,
    dropped: u64,
}

impl Lossy {
    /// Writes to `out`, by a thread of this name.
    pub(crate) fn over(name: &str, out: impl Write + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let writer = Arc::clone(&shared);
        let writing = move || writer.write_to(out);
        // Without a thread the queue is full soon, and what comes then is dropped.
        let _ = thread::Builder::new().name(name.to_owned()).spawn(writing);
        Self(shared)
    }

    /// Has `line` written, or drops it.
    pub(crate) fn send(&self, line: &[u8]) {
        let line = line.to_vec();
        let mut queue = self.0.queue();
        let bytes = queue.bytes.saturating_add(line.len());
        // One by itself is let in whatever its size: a command may have a single long message.
        if bytes > MOST_WAITING && queue.bytes > 0 {
            queue.dropped += 1;
            return;
        }
        queue.bytes = bytes;
        queue.waiting.push_back(line);
        queue.let_in += 1;
        drop(queue);
        self.0.came.notify_one();
    }

    /// Waits until every line so far is written or dropped, but no longer than `patience`.
    pub(crate) fn flush(&self, patience: Duration) {
        let queue = self.0.queue();
        let last = queue.let_in;
        let _ = self
            .0
            .left
            .wait_timeout_while(queue, patience, |queue| queue.done < last);
    }

    /// How many lines were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.0.queue().dropped
    }
}

impl Write for &Lossy {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.send(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what comes, for ever, and tells the log how much was dropped once it catches up.
    fn write_to(&self, out: impl Write) {
        let mut lines = Lines { out, is_cut: false };
        let mut told = 0;
        loop {
            let line = self.next();
            let is_written = lines.write(&line).is_ok();
            let mut queue = self.queue();
            queue.bytes -= line.len();
            queue.done += 1;
            queue.dropped += u64::from(!is_written);
            let (dropped, is_last) = (queue.dropped, queue.waiting.is_empty());
            drop(queue);
            self.left.notify_all();
            if is_written && is_last && dropped > told {
                told = dropped;
                tracing::warn!(dropped, "log lines were dropped");
            }
        }
    }

    fn next(&self) -> Vec<u8> {
        let mut queue = self.queue();
        loop {
            if let Some(line) = queue.waiting.pop_front() {
                return line;
            }
            let woken = self.came.wait(queue);
            queue = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// What lines are written to.
struct Lines<W> {
    out: W,
    /// Whether it ends with a part of a line.
    is_cut: bool,
}

impl<W: Write> Lines<W> {
    /// Writes `line`, on a line of its own also where the one before was cut.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_cut {
            self.write_all(b"\n")?;
        }
        self.write_all(line)
    }

    fn write_all(&mut self, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            match self.out.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    rest = rest.get(written..).unwrap_or_default();
                    self.is_cut = !rest.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(A_MOMENT),
                Err(error) => return Err(error),
            }
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    /// Takes what a test lets it take, write by write.
    struct Scripted {
        script: VecDeque<io::Result<usize>>,
        taken: Sender<Vec<u8>>,
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let most = self.script.pop_front().unwrap_or(Ok(usize::MAX))?;
            let taken = &bytes[..most.min(bytes.len())];
            self.taken.send(taken.to_vec()).unwrap();
            Ok(taken.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written of `lines`, and how many are dropped, by a writer that does so.
    fn written<const N: usize>(script: [io::Result<usize>; N], lines: &[&str]) -> (String, u64) {
        let (taken, wrote) = channel();
        let script = script.into();
        let lossy = Lossy::over("test", Scripted { script, taken });
        for line in lines {
            lossy.send(line.as_bytes());
        }
        lossy.flush(LONG);
        let wrote: Vec<u8> = wrote.try_iter().flatten().collect();
        (String::from_utf8(wrote).unwrap(), lossy.dropped())
    }

    fn fails(kind: ErrorKind) -> io::Result<usize> {
        Err(kind.into())
    }

    #[test]
    fn lines_are_written_in_their_order() {
        assert_eq!(written([], &["a\n", "b\n"]), ("a\nb\n".to_owned(), 0));
    }

    #[test]
    fn a_write_that_fails_is_counted_and_the_next_line_is_written() {
        let script = [fails(ErrorKind::StorageFull), fails(ErrorKind::BrokenPipe)];
        assert_eq!(
            written(script, &["a\n", "b\n", "c\n"]),
            ("c\n".to_owned(), 2)
        );
    }

    #[test]
    fn a_line_that_was_cut_ends_before_the_next() {
        let script = [
            Ok(2),
            fails(ErrorKind::StorageFull),
            fails(ErrorKind::StorageFull),
        ];
        let lines = ["cut off\n", "lost\n", "whole\n"];
        assert_eq!(written(script, &lines), ("cu\nwhole\n".to_owned(), 2));
    }

    #[test]
    fn a_write_that_is_to_be_tried_again_is() {
        let script = [
            fails(ErrorKind::Interrupted),
            Ok(1),
            fails(ErrorKind::WouldBlock),
        ];
        assert_eq!(written(script, &["ab\n"]), ("ab\n".to_owned(), 0));
    }

    /// Takes nothing before a test lets it.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_takes_nothing_is_not_waited_for_and_costs_no_more_than_the_queue() {
        let (let_go, stuck) = channel();
        let lossy = Lossy::over("test", Stuck(stuck));
        let line = [b'x'; 1_024];
        for _ in 0..1_024 + 3 {
            lossy.send(&line);
        }
        assert_eq!(lossy.dropped(), 3);
        lossy.flush(Duration::ZERO);
        drop(let_go);
        lossy.flush(LONG);
        assert_eq!(lossy.dropped(), 3);
        lossy.send(&line);
        assert_eq!(lossy.dropped(), 3, "there is room again");
        lossy.flush(LONG);
        lossy.send(&vec![b'x'; 2 * MOST_WAITING]);
        assert_eq!(lossy.dropped(), 3, "one by itself has room");
    }
}
