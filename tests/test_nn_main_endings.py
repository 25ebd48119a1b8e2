"""The trained network is in its file whatever comes: closed streams, full disks, Ctrl-C, too little memory, other runs."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nn
from nn import __main__ as command
from nn.keyboard import Keyboard

SMALL = ["--size", "8", "--layers", "5", "--epochs", "1", "--batch-size", "50"]
NN = f"{sys.executable} -m nn {' '.join(SMALL)} --output out"
posix = pytest.mark.skipif(os.name == "nt", reason="of the shell, signals and limits of POSIX")
pytestmark = posix


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def environment():
    return os.environ | {"PYTHONPATH": str(Path(nn.__file__).parents[1])}


def shell(line, **options):
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=120, env=environment(), check=False, **options
    )


def names(folder):
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "> /dev/null 2>&-"])
def test_without_standard_streams_it_trains_and_writes_its_files(folder, streams):
    assert shell(f"{NN} {streams}").returncode == 0
    assert nn.load(folder / "out" / "model.npz").sizes == [64, 5, 10]
    assert len(names(folder / "out")) == 12 and names(folder) == ["out"]


@pytest.mark.parametrize("reader", ["head -1", "true", "head -c 100"])
def test_a_reader_that_has_enough_does_not_end_it(folder, reader):
    done = shell(f"{NN} | {reader}; echo ${{PIPESTATUS[0]}}")
    assert done.stdout.endswith("0\n") and done.stderr == ""
    assert len(names(folder / "out")) == 12


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
def test_output_that_finds_no_room_is_told_and_the_files_are_there(folder):
    done = shell(f"{NN} > /dev/full")
    assert done.returncode == 0 and "not all of this could be printed" in done.stderr
    assert len(names(folder / "out")) == 12


@pytest.mark.parametrize("kilobytes", [8, 16, 64])
def test_a_picture_that_finds_no_room_is_an_error_after_the_network(folder, kilobytes):
    done = shell(f"ulimit -f {kilobytes}; {NN} > /dev/null")  # of one file
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "File too large: 'out/" in done.stderr
    assert nn.load(folder / "out" / "model.npz").sizes == [64, 5, 10]
    assert not any(name.endswith(".new") for name in names(folder / "out"))


def test_no_room_for_the_network_is_found_before_training(folder):
    done = shell(f"ulimit -f 1; {NN.replace('--layers 5', '--layers 50')} --epochs 1000000")
    assert done.returncode == 2 and "out: no files can be written there (File too large)" in done.stderr


def test_a_network_that_cannot_be_written_where_it_should_is_written_elsewhere(folder, monkeypatch, capsys):
    def trained_and_then(*arguments):
        history = train(*arguments)
        (folder / "runs").write_text("in the way")
        return history

    train = command._trained
    monkeypatch.setattr(command, "_trained", trained_and_then)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    assert command.main(SMALL) == 2
    error = capsys.readouterr().err
    assert "runs" in error and nn.load(error.split("the network is in ")[1].strip()).sizes == [64, 5, 10]


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory as Linux does")
def test_pictures_of_a_large_network_take_memory_of_its_order(folder):
    """784-1000-1000-10 is 14 MB; it took 3.9 GB."""
    large = "--layers 1000 1000 --epochs 1 --batch-size 500 --output out"
    done = shell(
        f"ulimit -v 1500000; OPENBLAS_NUM_THREADS=1 {sys.executable} -m nn {large}",
    )
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stdout and len(names(folder / "out")) == 12


@pytest.mark.parametrize("option", ["--checkpoint /dev/full", "--checkpoint /dev/zero", "--checkpoint pipe"])
def test_a_checkpoint_that_is_no_file_is_refused_at_once(folder, option):
    os.mkfifo(folder / "pipe")
    done = shell(f"{NN} {option} --epochs 1000000")
    assert done.returncode == 2 and option.split()[1] in done.stderr and "not a file" in done.stderr


def test_a_checkpoint_in_no_folder_is_refused_at_once(folder):
    done = shell(f"{NN} --checkpoint nowhere/run.npz --epochs 1000000")
    assert done.returncode == 2 and re.search("no such folder for the checkpoint: '.*nowhere'", done.stderr)


def test_runs_at_once_into_a_new_folder_all_end_well(folder):
    four = f"for i in 1 2 3 4; do {NN}/new & pids+=($!); done; for p in ${{pids[@]}}; do wait $p || exit 1; done"
    assert shell(four).returncode == 0
    assert len(names(folder / "out" / "new")) == 12


# --- Ctrl-C -----------------------------------------------------------------------------------------------------------


def begun(line, *arguments):
    """The command in a process of its own, once it has printed a line that begins so."""
    started = subprocess.Popen(
        [sys.executable, "-u", "-m", "nn", "--size", "8", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment(), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert any(printed.startswith(line) for printed in started.stdout)
    return started


def test_ctrl_c_among_the_pictures_leaves_the_network_and_what_was_drawn(folder):
    with begun("  runs/network.svg", *SMALL[2:]) as started:
        started.send_signal(signal.SIGINT)
        _, error = started.communicate(timeout=60)
    assert started.returncode in (0, 130)  # it may have been at the end
    assert nn.load(folder / "runs" / "model.npz").sizes == [64, 5, 10]
    assert (folder / "runs" / "network.svg").exists() and "Traceback" not in error


@pytest.mark.parametrize("pause", [0, 0.001, 0.01, 0.1])
def test_a_second_ctrl_c_does_not_cost_the_network(folder, pause):
    with begun("epoch   2", "--layers", "100", "--epochs", "1000000") as started:
        for _ in range(5):
            started.send_signal(signal.SIGINT)
            time.sleep(pause)
        _, error = started.communicate(timeout=60)
    assert nn.load(folder / "runs" / "model.npz").sizes == [64, 100, 10], error
    assert not any(name.endswith(".new") for name in names(folder / "runs"))


def test_the_keyboard_waits_until_the_network_is_written():
    before = signal.getsignal(signal.SIGINT)
    with Keyboard() as keyboard:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        keyboard.waits_from_the_second_on()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            keyboard.network_is_written()
        keyboard.network_is_written()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_keyboard_leaves_the_handlers_of_others_alone():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Keyboard():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_fit_shows_no_bar_where_there_is_no_stream(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    net = nn.MLP([2, 1], seed=0)
    data = [[0.0, 1.0]], [[1.0]]
    assert len(nn.fit(net, data, optimizer=nn.SGD(net.parameters(), 0.1), epochs=2, progress=True).epochs) == 2
