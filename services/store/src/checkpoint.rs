//! Checkpoints: files beside the log that spare a start the reading of all of it.
//!
//! Whatever is in one can be made again from the log, so no figure depends on it: a file that is
//! missing, torn, of another version or of another log is said to be so, and counts as none. It
//! is never mended. What its header bears witness of is another matter: see [`Rollback`](crate::Rollback).

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crc32fast::Hasher;
use events::log::{EventId, Position, Recorded};
use events::time::RecordedAt;
use uuid::Uuid;

/// What every checkpoint begins with.
const MAGIC: [u8; 8] = *b"OUTLAYCP";

/// Bytes of a header: magic, kind, version, anchor, length and sums.
const HEADER: usize = 72;

/// Bytes of a header that its own sum is over.
const SUMMED: usize = HEADER - 4;

/// Bytes between two syncs. One large sync at the end would hold up those of the log meanwhile.
const SYNC: usize = 8 * 1024 * 1024;

/// Bytes read and written at once.
const BUFFER: usize = 256 * 1024;

/// What a checkpoint holds, and in which shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Up to eight bytes of ASCII: `index`.
    pub name: &'static str,
    /// The version of its payload. A file of any other version counts as none.
    pub version: u16,
}

/// The event that a checkpoint stands on: everything up to it is in it, and nothing later.
///
/// It tells the log, too. Two logs that have an event with one id and one stamp, in microseconds,
/// at one position are copies of each other up to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Its place in the log.
    pub position: Position,
    /// Its id.
    pub id: EventId,
    /// When it was recorded.
    pub recorded_at: RecordedAt,
}

impl Anchor {
    /// The anchor on this event.
    pub fn on<E>(recorded: &Recorded<E>) -> Self {
        Self {
            position: recorded.position,
            id: recorded.id,
            recorded_at: recorded.recorded_at,
        }
    }
}

/// Replaces the checkpoint at `path`, whole and durably: whoever reads meanwhile or after a crash
/// finds the old one or the new one.
///
/// # Errors
/// Whatever the system or `payload` fails with; the old one is left as it was.
pub fn write(
    path: &Path,
    kind: Kind,
    anchor: Anchor,
    payload: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let new = beside(path);
    let written = write_new(&new, kind, anchor, payload).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // What is left of it would only take up room.
        let _ = fs::remove_file(&new);
    }
    written?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn write_new(
    new: &Path,
    kind: Kind,
    anchor: Anchor,
    payload: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = File::create(new)?;
    file.write_all(&[0; HEADER])?;
    let sum = Hasher::new();
    let summed = Summed {
        file,
        sum,
        length: 0,
        unsynced: 0,
    };
    let mut buffered = BufWriter::with_capacity(BUFFER, summed);
    payload(&mut buffered)?;
    let Summed {
        mut file,
        sum,
        length,
        ..
    } = buffered
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    let header = Header {
        name: named(kind.name),
        version: kind.version,
        anchor,
        length,
        sum: sum.finalize(),
    };
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&header.encode())?;
    file.sync_all()
}

/// The checkpoint at `path`, if it is of this kind; its payload is not read yet.
///
/// A file that is there and is not one is told of in the log.
pub fn find(path: &Path, kind: Kind) -> Option<Found> {
    let found = match Found::open(path, kind.name) {
        Ok(found) if found.version != kind.version => Err(wrong("it is of another version")),
        Ok(found) if !found.is_as_long => Err(wrong("it is not as long as it says")),
        opened => opened,
    };
    match found {
        Ok(found) => Some(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            throw_away(path, &error.to_string());
            None
        }
    }
}

/// A checkpoint whose header is right.
#[derive(Debug)]
pub struct Found {
    pub(crate) path: PathBuf,
    file: File,
    version: u16,
    anchor: Anchor,
    /// Whether the payload is as long as the header says.
    is_as_long: bool,
    length: u64,
    sum: u32,
}

impl Found {
    /// The checkpoint at `path`, if it is one of what `name` says, in whatever version.
    ///
    /// # Errors
    /// Whatever the system fails with, or why the file is none.
    pub(crate) fn open(path: &Path, name: &str) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut header = [0; HEADER];
        file.read_exact(&mut header)
            .map_err(|_| wrong("it is too short"))?;
        let header = Header::decode(&header, name).map_err(wrong)?;
        let payload = length.checked_sub(u64::try_from(HEADER).unwrap_or_default());
        Ok(Self {
            path: path.to_owned(),
            file,
            version: header.version,
            anchor: header.anchor,
            is_as_long: payload == Some(header.length),
            length: header.length,
            sum: header.sum,
        })
    }

    /// The event it stands on. Whoever loads it first looks whether the log has that event.
    pub fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// Whether its payload is as it was written.
    fn is_whole(&mut self) -> bool {
        let begins = SeekFrom::Start(u64::try_from(HEADER).unwrap_or_default());
        self.file.seek(begins).is_ok()
            && summed(&mut self.file, self.length).ok() == Some(self.sum)
            && self.file.seek(begins).is_ok()
    }

    /// Takes note that it is of no use, and why.
    pub fn discard(self, why: &str) {
        throw_away(&self.path, why);
    }

    /// What `decode` makes of the payload, if that is whole and `decode` has read all of it.
    ///
    /// The sum is compared before: a wrong bit may ask for any amount of memory.
    pub fn load<T>(mut self, decode: impl FnOnce(&mut Payload) -> Option<T>) -> Option<T> {
        if !self.is_whole() {
            throw_away(&self.path, "its checksum is wrong");
            return None;
        }
        let mut payload = Payload {
            file: BufReader::with_capacity(BUFFER, self.file),
            left: self.length,
        };
        let decoded = decode(&mut payload).filter(|_| payload.left == 0);
        if decoded.is_none() {
            throw_away(&self.path, "its payload is not of the shape it should have");
        }
        decoded
    }
}

/// The sum of the next so many bytes of a file.
fn summed(file: &mut File, length: u64) -> io::Result<u32> {
    let (mut sum, mut left) = (Hasher::new(), length);
    let mut buffer = vec![0; BUFFER];
    while left > 0 {
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let (part, _) = buffer.split_at_mut(most);
        file.read_exact(part)?;
        sum.update(part);
        left -= u64::try_from(most).unwrap_or_default();
    }
    Ok(sum.finalize())
}

/// The payload of a checkpoint, while it is read.
pub struct Payload {
    file: BufReader<File>,
    left: u64,
}

impl Payload {
    /// Bytes that are still to be read: no list in the payload can be longer.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next bytes; `None` where there are not so many.
    pub fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// All that is left.
    pub fn rest(&mut self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.left).ok()?];
        self.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}

impl Read for Payload {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let (into, _) = bytes.split_at_mut(most);
        let read = self.file.read(into)?;
        self.left -= u64::try_from(read).unwrap_or_default();
        Ok(read)
    }
}

/// A file that sums what is written to it, and syncs it from time to time.
struct Summed {
    file: File,
    sum: Hasher,
    length: u64,
    unsynced: usize,
}

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sum.update(bytes.split_at(written).0);
        self.length += u64::try_from(written).unwrap_or_default();
        self.unsynced += written;
        if self.unsynced >= SYNC {
            self.file.sync_data()?;
            self.unsynced = 0;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What stands before the payload. Its layout goes with the magic, and not with a version: what a
/// checkpoint stands on can be read whatever its payload is.
struct Header {
    name: [u8; 8],
    version: u16,
    anchor: Anchor,
    length: u64,
    sum: u32,
}

impl Header {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.name);
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(&[0; 6]);
        bytes.extend_from_slice(&self.anchor.position.0.to_le_bytes());
        bytes.extend_from_slice(self.anchor.id.0.as_bytes());
        bytes.extend_from_slice(&self.anchor.recorded_at.micros().to_le_bytes());
        bytes.extend_from_slice(&self.length.to_le_bytes());
        bytes.extend_from_slice(&self.sum.to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; HEADER], name: &str) -> Result<Self, &'static str> {
        let (summed, sum) = bytes.split_at(SUMMED);
        let mut fields = Fields(summed);
        if fields.take() != Some(MAGIC) {
            return Err("it is no checkpoint of outlay");
        }
        if sum != crc32fast::hash(summed).to_le_bytes() {
            return Err("the checksum of its header is wrong");
        }
        let header = Self::read(fields).ok_or("its instant is past the calendar")?;
        if header.name != named(name) {
            return Err("it holds something else");
        }
        Ok(header)
    }

    /// The header of these fields, from the name on.
    fn read(mut fields: Fields<'_>) -> Option<Self> {
        let name = fields.take()?;
        let version = u16::from_le_bytes(fields.take()?);
        fields.take::<6>()?;
        let anchor = Anchor {
            position: Position(u64::from_le_bytes(fields.take()?)),
            id: EventId(Uuid::from_bytes(fields.take()?)),
            recorded_at: RecordedAt::from_micros(i64::from_le_bytes(fields.take()?))?,
        };
        Some(Self {
            name,
            version,
            anchor,
            length: u64::from_le_bytes(fields.take()?),
            sum: u32::from_le_bytes(fields.take()?),
        })
    }
}

/// Fixed fields, one after the other.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }
}

/// A kind's name in its eight bytes.
fn named(name: &str) -> [u8; 8] {
    let mut bytes = [0; 8];
    for (byte, letter) in bytes.iter_mut().zip(name.bytes()) {
        *byte = letter;
    }
    bytes
}

/// Where a checkpoint is written before it takes the place of the one at `path`.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn wrong(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn throw_away(path: &Path, why: &str) {
    tracing::warn!(
        checkpoint = %path.display(),
        why,
        "a checkpoint is thrown away, and what it held is made again from the log"
    );
}
