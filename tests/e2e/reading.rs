//! Whoever may read a folder can ask it, in whatever state it was left: it is not written to.

use std::fs::{self, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use tempfile::{TempDir, tempdir};

use crate::outlay::{Log, Run, Server, run_command, text};
use crate::process::{OUTLAY, command_of};
use crate::records::{gift, little_history};

/// Who owns nothing here: permissions do not bind root, as whom tests may run.
const NOBODY: u32 = 65534;

const QUESTIONS: [&[&str]; 6] = [
    &["rates", "--by", "programme,province", "-o", "json"],
    &["lines", "-o", "json"],
    &["events", "-o", "ndjson"],
    &["behind", "--year", "2024", "-o", "json"],
    &["explain", "--measure", "disbursed", "-o", "json"],
    &["replay", "--every", "1"],
];

/// A folder that can be read and not written, and where private copies are made.
struct Archive {
    folder: TempDir,
    answers: Vec<String>,
}

impl Archive {
    /// Copies `data` but for the files of these names; its questions have these answers.
    fn of(data: &Path, without: &[&str], answers: &[String]) -> Self {
        let folder = tempdir().expect("a folder");
        let archive = Self {
            folder,
            answers: answers.to_vec(),
        };
        for folder in [archive.data(), archive.copies()] {
            fs::create_dir(folder).expect("a folder");
        }
        for file in fs::read_dir(data).expect("a folder") {
            let name = file.expect("a file").file_name();
            if !without.iter().any(|other| name == *other) {
                let copy = archive.data().join(&name);
                fs::copy(data.join(&name), &copy).expect("a copy");
                allow(&copy, 0o444);
            }
        }
        allow(archive.folder.path(), 0o755);
        allow(&archive.copies(), 0o777);
        allow(&archive.data(), 0o555);
        archive
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn copies(&self) -> PathBuf {
        self.folder.path().join("copies")
    }

    /// Asks everything, and looks that nothing is left of it.
    fn is_read_by(&self, case: &str, run: impl Fn(Command) -> Run) {
        let left = listing(&self.data());
        for (question, expected) in QUESTIONS.iter().zip(&self.answers) {
            let data = self.data();
            let mut command = outlay_for_others(
                self.folder.path(),
                &[question, &["--data", text(&data)][..]].concat(),
            );
            command.env("TMPDIR", self.copies());
            let run = run(command);
            let what = format!("{case}, {question:?}: {}", run.stderr);
            assert_eq!(run.code, Some(0), "{what}");
            assert_eq!(run.stdout, *expected, "{what}");
        }
        assert!(listing(&self.data()) == left, "{case}: it was written to");
        let copies = fs::read_dir(self.copies()).expect("a folder").count();
        assert_eq!(copies, 0, "{case}: a private copy is left");
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        // So that it can be removed.
        allow(&self.data(), 0o755);
    }
}

/// One archive for each state in which a folder may be left, with what belongs to SQLite in it.
fn archives() -> Vec<(&'static str, Archive)> {
    let log = Log::new();
    let data = log.folder();
    let server = Server::over(data);
    let rows = server.try_batch(&little_history()).expect("an answer");
    rows.of(200);
    let stopped = answers(&server);
    assert!(server.terminate().success());
    let mut archives = vec![("stopped", Archive::of(data, &[], &stopped))];
    // A crash before anything was recorded leaves nothing that only the write-ahead log has.
    Server::over(data).kill();
    let unclosed = ["outlay.db-wal", "outlay.db-shm"];
    for (case, without) in [
        ("idle", &[][..]),
        ("neither", &unclosed),
        ("index alone", &unclosed[..1]),
    ] {
        archives.push((case, Archive::of(data, without, &stopped)));
    }
    let server = Server::over(data);
    server
        .try_batch(&gift("G-1", 7))
        .expect("an answer")
        .of(200);
    let crashed = answers(&server);
    assert_ne!(crashed, stopped);
    server.kill();
    for (case, without) in [("both", &[][..]), ("log alone", &unclosed[1..])] {
        archives.push((case, Archive::of(data, without, &crashed)));
    }
    archives
}

fn answers(server: &Server) -> Vec<String> {
    let ask = |question: &&[&str]| server.ask(question).ends(0).stdout;
    QUESTIONS.iter().map(ask).collect()
}

/// Names, contents and times of the files of a folder, and its own time.
fn listing(folder: &Path) -> (SystemTime, Vec<(PathBuf, Vec<u8>, SystemTime)>) {
    let modified = |path: &Path| {
        let modified = path.metadata().and_then(|file| file.modified());
        modified.expect("a time")
    };
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|file| {
            let path = file.expect("a file").path();
            let (bytes, time) = (fs::read(&path).expect("its bytes"), modified(&path));
            (path, bytes, time)
        })
        .collect();
    files.sort();
    (modified(folder), files)
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("a process").uid() == 0
}

/// The binary with these arguments where others can run it too: in `folder`, unless it can be
/// reached where it is.
fn outlay_for_others(folder: &Path, arguments: &[&str]) -> Command {
    let outlay = Path::new(OUTLAY);
    let is_open = |path: &Path| path.metadata().is_ok_and(|it| it.mode() & 0o001 != 0);
    if outlay.ancestors().all(is_open) {
        return command_of(outlay, arguments);
    }
    let copy = folder.join("outlay");
    if !copy.exists() {
        fs::copy(outlay, &copy).expect("a copy");
        allow(&copy, 0o755);
    }
    command_of(&copy, arguments)
}

/// Runs a command as somebody who can write to nothing that others do not let them.
fn run_as_other(mut command: Command) -> Run {
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    run_command(command, "")
}

/// Has `command` run where `folder` is mounted read-only, for it alone.
fn mounted(folder: &Path, command: &Command) -> Command {
    let mount = r#"mount --bind -o ro "$0" "$0" && exec "$@""#;
    let mut mounted = Command::new("unshare");
    mounted.arg(if is_root() { "-m" } else { "-rm" });
    mounted.args(["sh", "-c", mount, text(folder)]);
    mounted.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => mounted.env(name, value),
            None => mounted.env_remove(name),
        };
    }
    mounted
}

#[test]
fn an_archive_is_read_by_who_may_not_write_to_it() {
    for (case, archive) in archives() {
        archive.is_read_by(case, run_as_other);
    }
}

#[test]
fn an_archive_is_read_on_a_read_only_mount() {
    let folder = tempdir().expect("a folder");
    let mut list = Command::new("ls");
    list.arg(folder.path());
    if run_command(mounted(folder.path(), &list), "").code != Some(0) {
        eprintln!("nothing can be mounted here: reading on a read-only mount is NOT tested");
        return;
    }
    let mut write = Command::new("touch");
    write.arg(folder.path().join("file")).env("LC_ALL", "C");
    run_command(mounted(folder.path(), &write), "")
        .ends(1)
        .says("Read-only file system");
    for (case, archive) in archives() {
        // Only the mount is in the way of writing.
        allow(&archive.data(), 0o777);
        for file in fs::read_dir(archive.data()).expect("a folder") {
            allow(&file.expect("a file").path(), 0o666);
        }
        archive.is_read_by(case, |command| {
            run_command(mounted(&archive.data(), &command), "")
        });
    }
}

#[test]
fn a_folder_that_can_be_written_to_is_left_as_it_was() {
    for (case, archive) in archives() {
        allow(&archive.data(), 0o755);
        for file in fs::read_dir(archive.data()).expect("a folder") {
            allow(&file.expect("a file").path(), 0o644);
        }
        archive.is_read_by(case, |command| run_command(command, ""));
    }
}

#[test]
fn a_server_is_read_beside_by_who_may_not_write_to_its_folder() {
    let folder = tempdir().expect("a folder");
    let data = folder.path().join("data");
    allow(folder.path(), 0o755);
    let ask_beside = |server: &Server| {
        allow(&data, 0o755);
        for file in fs::read_dir(&data).expect("a folder") {
            allow(&file.expect("a file").path(), 0o644);
        }
        let left = listing(&data).1.len();
        for (question, expected) in QUESTIONS.iter().zip(answers(server)) {
            let flags = [question, &["--data", text(&data)][..]].concat();
            let run = run_as_other(outlay_for_others(folder.path(), &flags)).ends(0);
            assert_eq!((run.stdout, run.stderr), (expected, String::new()));
        }
        assert_eq!(listing(&data).1.len(), left);
    };
    let server = Server::over(&data);
    ask_beside(&server);
    let rows = server.try_batch(&little_history()).expect("an answer");
    rows.of(200);
    ask_beside(&server);
    server.kill();
    let server = Server::over(&data);
    ask_beside(&server);
    server
        .try_batch(&gift("G-1", 7))
        .expect("an answer")
        .of(200);
    ask_beside(&server);
    assert!(server.terminate().success());
    let server = Server::over(&data);
    ask_beside(&server);
}

#[test]
fn an_archive_is_migrated_by_who_may_not_write_to_it() {
    for (case, archive) in archives() {
        let (from, to) = (archive.data(), archive.copies().join("new"));
        let flags = ["migrate", "--from", text(&from), "--to", text(&to)];
        let mut command = outlay_for_others(archive.folder.path(), &flags);
        command.env("TMPDIR", archive.copies());
        let left = listing(&from);
        let run = run_as_other(command);
        assert_eq!(run.code, Some(0), "{case}: {}", run.stderr);
        assert!(run.stdout.contains("both are the same"), "{}", run.stdout);
        assert!(listing(&from) == left, "{case}: it was written to");
        let rates = [QUESTIONS[0], &["--data", text(&to)]].concat();
        let run = run_command(command_of(Path::new(OUTLAY), &rates), "").ends(0);
        assert_eq!(run.stdout, archive.answers[0], "{case}");
    }
}

#[test]
fn a_private_copy_is_told_of_and_wants_room() {
    let archives = archives();
    let (_, archive) = archives.last().expect("an archive");
    let data = archive.data();
    let rates = [QUESTIONS[0], &["--data", text(&data)]].concat();
    let ask = |copies: &Path| {
        let mut command = outlay_for_others(archive.folder.path(), &rates);
        command.env("TMPDIR", copies);
        run_as_other(command)
    };
    ask(&archive.copies())
        .ends(0)
        .says("outlay.db was not closed, and is read from a private copy");
    // It is a file system without any room.
    ask(Path::new("/proc"))
        .ends(3)
        .says("but '/proc' has room for 0; name a folder with more room in TMPDIR");
    let no_folder = archive.folder.path().join("none");
    ask(&no_folder)
        .ends(3)
        .says("its private copy cannot be made in '")
        .says("No such file or directory");
}

#[test]
fn a_private_copy_of_who_is_killed_is_removed_by_the_next() {
    let log = Log::new();
    let server = Server::over(log.folder());
    server
        .try_batch(&little_history())
        .expect("an answer")
        .of(200);
    // More than a pipe holds.
    let gifts: Vec<_> = (0..500).map(|at| gift(&format!("G-{at}"), 7)).collect();
    server
        .try_batch(&gifts.join("\n"))
        .expect("an answer")
        .of(200);
    server.kill();
    let archive = Archive::of(log.folder(), &["outlay.db-shm"], &[]);
    let data = archive.data();
    let copies = || fs::read_dir(archive.copies()).expect("a folder").count();
    let ask = |flags: &[&str]| {
        let flags = [flags, &["--data", text(&data)]].concat();
        let mut command = outlay_for_others(archive.folder.path(), &flags);
        command.env("TMPDIR", archive.copies());
        command
    };
    let mut events = ask(QUESTIONS[2]);
    events.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut reader = events.spawn().expect("the binary runs");
    let mut byte = [0];
    let stdout = reader.stdout.as_mut().expect("a pipe");
    stdout.read_exact(&mut byte).expect("an event");
    run_command(ask(QUESTIONS[0]), "").ends(0);
    assert_eq!(copies(), 1, "one that is in use is left alone");
    reader.kill().expect("it runs");
    reader.wait().expect("it ended");
    assert_eq!(copies(), 1);
    run_command(ask(QUESTIONS[0]), "").ends(0);
    assert_eq!(copies(), 0);
}

#[test]
fn who_may_not_read_is_told_so() {
    let archives = archives();
    for (state, file, said) in [
        ("stopped", "", "cannot be used: Permission denied"),
        ("stopped", "outlay.db", "outlay.db' may not be read"),
        ("both", "outlay.db-wal", "outlay.db-wal' may not be read"),
        ("both", "outlay.db-shm", "outlay.db-shm' may not be read"),
        (
            "log alone",
            "outlay.db-wal",
            "outlay.db-wal' may not be read",
        ),
    ] {
        let (_, archive) = archives
            .iter()
            .find(|(case, _)| *case == state)
            .expect("an archive");
        let data = archive.data();
        let closed = data.join(file);
        let mode = closed.metadata().expect("a file").mode();
        allow(&closed, 0);
        let rates = [QUESTIONS[0], &["--data", text(&data)]].concat();
        let run = run_as_other(outlay_for_others(archive.folder.path(), &rates));
        allow(&closed, mode & 0o777);
        run.ends(3).says(said);
    }
}
