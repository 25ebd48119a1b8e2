"""Files are written whole or not at all, whoever else writes them, and stay what they are: modes, links, devices."""

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from training_runs import fitted

import autograd_lite as ag
import nn
from autograd_lite.files import replacing

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes, links and devices")
as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")


def put(path, content):
    with replacing(path) as file:
        file.write(content)


def cost():
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    return np.sum(x * x)


def history():
    return nn.History([nn.Epoch(1, 0.5, 0.25, None, None, 0.1)], [0.5], 1)


WRITERS = {
    "model.npz": lambda path: nn.save(nn.MLP([2, 1], seed=0), path),
    "run.npz": lambda path: fitted(epochs=1, checkpoint=path),
    "history.csv": lambda path: history().to_csv(path),
    "curves.svg": lambda path: history().draw().save(path),
    "curves.html": lambda path: history().draw().save(path),
    "graph.svg": lambda path: ag.draw(cost()).save(path),
    "graph.html": lambda path: ag.draw(cost()).save(path),
    "graph.dot": lambda path: ag.draw(cost()).save(path),
    "steps.html": lambda path: ag.step_through(cost()).save(path),
    "plain": lambda path: put(path, b"content"),
}
every_writer = pytest.mark.parametrize("name", WRITERS)


@every_writer
@posix
def test_a_file_keeps_its_mode_and_a_new_one_has_that_of_the_umask(tmp_path, name):
    path = tmp_path / name
    before = os.umask(0o027)
    try:
        WRITERS[name](path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o600)
    first = path.read_bytes()
    path.write_bytes(b"old")
    WRITERS[name](path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == pytest.approx(len(first), abs=64)  # times of epochs differ
    assert [file.name for file in tmp_path.iterdir()] == [name]


@every_writer
@posix
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path, name):
    (tmp_path / "there").mkdir()
    target, link, far = tmp_path / "there" / name, tmp_path / name, tmp_path / f"far {name}"
    link.symlink_to(Path("there") / name)
    far.symlink_to(link)
    for _ in range(2):  # at first it leads nowhere
        WRITERS[name](far)
        assert link.is_symlink() and far.is_symlink() and target.stat().st_size > 0 and not target.is_symlink()
    assert os.listdir(tmp_path / "there") == [name]


@every_writer
@posix
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, name, monkeypatch):
    path = tmp_path / name
    path.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=name):
        WRITERS[name](path)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit], ids=lambda e: e.__name__)
def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "file"
    put(path, b"old")
    with pytest.raises(error), replacing(path) as file:
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


def test_many_threads_that_write_one_file_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "file"
    contents = [bytes([i]) * (1000 + i) for i in range(8)]
    put(path, contents[0])
    errors, torn = [], []

    def write(content):
        try:
            for _ in range(20):
                put(path, content)
                found = path.read_bytes()
                if found not in contents:
                    torn.append(found)
        except Exception as problem:
            errors.append(problem)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and torn == [] and os.listdir(tmp_path) == ["file"]


WRITES = """
import sys
from autograd_lite.files import replacing
for _ in range(50):
    with replacing(sys.argv[1]) as file:
        file.write(sys.argv[2].encode() * 1000)
"""


def test_many_processes_that_write_one_file_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "file"
    started = [subprocess.Popen([sys.executable, "-c", WRITES, str(path), str(i)]) for i in range(4)]
    assert [process.wait(60) for process in started] == [0] * 4
    assert path.read_bytes() in [str(i).encode() * 1000 for i in range(4)] and os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("letter", ["x", "é", "数"])
def test_every_name_that_open_takes_is_taken(tmp_path, letter):
    size = len(os.fsencode(letter))
    for count in range(200 // size, 255 // size + 1):
        path = tmp_path / (letter * count)
        put(path, b"one")
        put(path, b"two")
        assert path.read_bytes() == b"two"
        path.unlink()
    assert os.listdir(tmp_path) == []


def test_a_name_that_open_refuses_is_refused_by_its_name(tmp_path):
    with pytest.raises(OSError, match="x" * 300):
        put(tmp_path / ("x" * 300), b"")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        put(tmp_path / "nowhere" / "file", b"")
    with pytest.raises((IsADirectoryError, PermissionError)):
        put(tmp_path, b"")


# --- What is no file --------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("name", ["model.npz", "history.csv", "plain"])
def test_a_device_is_written_to_and_stays(name):
    WRITERS[name](os.devnull)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
def test_a_device_that_is_full_says_so_by_its_name():
    with pytest.raises(OSError, match=r"No space left.*/dev/full"):
        put("/dev/full", b"content")


@posix
def test_a_pipe_is_written_to_if_somebody_reads(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(OSError, match="nobody reads from this pipe"):
        put(path, b"content")
    found = []
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    put(path, b"content")
    found = os.read(number, 100)
    os.close(number)
    assert found == b"content" and stat.S_ISFIFO(path.stat().st_mode)


@posix
@pytest.mark.parametrize("load", [nn.load, lambda path: fitted(checkpoint=path, resume=True), nn.load_mnist])
def test_devices_and_pipes_are_not_read(tmp_path, load):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path(os.devnull)):
        with pytest.raises(OSError, match=f"device or a pipe.*{path}"):
            load(path)


@posix
def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="a'"):
        put(tmp_path / "a", b"content")
    assert (tmp_path / "a").is_symlink()


# --- Where no file can be put beside it -------------------------------------------------------------------------------

AS_NOBODY = """
import os, sys
from autograd_lite.files import replacing
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    with replacing(sys.argv[1]) as file:
        file.write(b"new and longer")
        if len(sys.argv) > 2:
            raise KeyError("stopped")
except Exception as problem:
    print(type(problem).__name__, problem)
"""


def as_nobody(*arguments):
    """The words of a process that is not root."""
    run = [sys.executable, "-c", AS_NOBODY, *map(str, arguments)]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(run, capture_output=True, text=True, timeout=60, check=True, env=environment).stdout


@pytest.fixture
def open_folder(tmp_path):
    """A folder that everybody may enter, up to the root."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


@posix
def test_a_file_in_a_folder_that_takes_no_others_is_written_over(open_folder):
    path = open_folder / "file"
    path.write_bytes(b"old")
    path.chmod(0o666)
    open_folder.chmod(0o555)
    try:
        assert as_nobody(path, "stopped").startswith("KeyError")
        assert path.read_bytes() == b"old"
        assert as_nobody(path) == ""
        assert path.read_bytes() == b"new and longer"
        path.chmod(0o444)
        assert as_nobody(path).startswith("PermissionError")
        assert as_nobody(open_folder / "another").startswith("PermissionError")
    finally:
        open_folder.chmod(0o755)
    assert os.listdir(open_folder) == ["file"]


@posix
def test_a_file_that_may_not_be_written_is_not_replaced_where_others_may_be_put(open_folder):
    path = open_folder / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    open_folder.chmod(0o777)
    assert as_nobody(path).startswith("PermissionError")
    assert path.read_bytes() == b"old"


@as_root
def test_root_leaves_a_file_to_its_owner(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    os.chown(path, 65534, 65534)
    put(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534)


@posix
def test_a_file_that_is_too_large_leaves_the_old_one(tmp_path):
    import resource

    path = tmp_path / "file"
    put(path, b"old")
    run = [sys.executable, "-c", WRITES, str(path), "x" * 100]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    done = subprocess.run(run, preexec_fn=limit, capture_output=True, text=True, timeout=60)
    assert "File too large" in done.stderr and str(path) in done.stderr
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


# --- Leftovers --------------------------------------------------------------------------------------------------------

WAITS = """
import sys
from autograd_lite.files import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


def writing(path):
    """A process that has begun to write the file, and goes on when its input is closed."""
    started = subprocess.Popen(
        [sys.executable, "-c", WAITS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout.readline() == "writing\n"
    return started


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("name", ["file", "model.npz", "x" * 250])
def test_what_killed_processes_leave_is_removed_and_what_living_ones_write_is_not(tmp_path, name):
    path = tmp_path / name
    with writing(path) as killed, writing(path) as living:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert len(os.listdir(tmp_path)) == 2
        put(path, b"mine")
        assert len(os.listdir(tmp_path)) == 2 and path.read_bytes() == b"mine"
        living.stdin.close()
        assert living.wait(60) == 0
    assert path.read_bytes() == b"half" and os.listdir(tmp_path) == [name]


@posix
def test_what_earlier_versions_left_is_removed_and_nothing_else(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = f".model.{gone.pid}.new.npz"
    kept = [
        f".model.{os.getpid()}.new.npz", f".other.{gone.pid}.new.npz", ".model.new.npz", ".model.npz.new", "model.1.new.npz",
        ".model.npz.0123456789abcdeg.new",
    ]  # fmt: skip
    for name in (left, ".model.npz.0123456789abcdef.new", *kept):
        (tmp_path / name).write_bytes(b"")
    nn.save(nn.MLP([2, 1], seed=0), tmp_path / "model.npz")
    assert sorted(os.listdir(tmp_path)) == sorted([*kept, "model.npz"])
