//! The machine beside the figures: what one durable write costs on its disk, and who else is busy.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::measure::{Failure, Measured};

/// One write of the probe.
const BLOCK: [u8; 4096] = [7; 4096];

/// Blocks of the probe's file; it is written whole before it is written over.
const BLOCKS: u64 = 2_048;

/// How long a probe takes.
const PROBE: Duration = Duration::from_millis(700);

/// How long the machine is looked at before a case.
const LOOK: Duration = Duration::from_millis(200);

/// A folder on the disk that the build uses, because a commit to memory proves nothing.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new folder for the benchmark of this name.
    pub(crate) fn new(benchmark: &str) -> Result<Self, Failure> {
        let name = format!("{benchmark}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a part of it that is new.
    pub(crate) fn fresh(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.0.join(name);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// The kind of file system it is on.
    pub(crate) fn file_system(&self) -> String {
        let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
        let kind = mounts
            .lines()
            .filter_map(|mount| {
                let mut words = mount.split(' ').skip(1);
                Some((words.next()?, words.next()?))
            })
            .filter(|(place, _)| self.0.starts_with(place))
            .max_by_key(|(place, _)| place.len());
        kind.map_or_else(|| "unknown".to_owned(), |(_, kind)| kind.to_owned())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How often 4 KiB written over, and synced with `fdatasync`, reach the disk of `folder`.
pub(crate) fn probe(folder: &Folder) -> Result<Measured, Failure> {
    let path = folder.path().join("probe");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)?;
    let size = u64::try_from(BLOCK.len()).unwrap_or_default();
    if file.metadata()?.len() == 0 {
        for block in 0..BLOCKS {
            file.write_all_at(&BLOCK, block * size)?;
        }
        file.sync_all()?;
    }
    let (begin, mut latencies) = (Instant::now(), Vec::new());
    for block in (0..BLOCKS).cycle() {
        let sent = Instant::now();
        file.write_all_at(&BLOCK, block * size)?;
        file.sync_data()?;
        latencies.push(sent.elapsed());
        if begin.elapsed() >= PROBE {
            break;
        }
    }
    Ok(Measured::of(latencies, begin.elapsed()))
}

/// The share of the machine's processors that others use while we do nothing, in percent; 100
/// where the system does not tell.
pub(crate) fn others_busy() -> u64 {
    let before = ticks();
    sleep(LOOK);
    let (Some((total, idle)), Some((total_then, idle_then))) = (before, ticks()) else {
        return 100;
    };
    let passed = total_then.saturating_sub(total).max(1);
    100 - idle_then.saturating_sub(idle).min(passed) * 100 / passed
}

/// All ticks and the idle ones since the start of the machine.
fn ticks() -> Option<(u64, u64)> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let ticks: Vec<u64> = stat
        .lines()
        .next()?
        .split_whitespace()
        .skip(1)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    let idle = ticks.iter().skip(3).take(2).sum();
    Some((ticks.iter().take(8).sum(), idle))
}

/// The load of the last minute, as the system gives it.
pub(crate) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}

/// The machine in a few words.
pub(crate) fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (info, kernel) = (read("/proc/cpuinfo"), read("/proc/sys/kernel/osrelease"));
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(": ").nth(1));
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    format!(
        "{processors} processors ({}), Linux {kernel}",
        model.unwrap_or("unknown")
    )
}
