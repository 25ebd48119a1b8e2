"""The command `python -m nn`: what it prints and writes, and how it fails."""

import csv
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import nn
from nn import __main__ as command

SMALL = ["--size", "8", "--layers", "5", "--epochs", "2", "--batch-size", "50"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUTOGRAD_LITE_DATA", raising=False)
    return tmp_path


def process(*arguments, **environment):
    """The command in a process of its own, as users start it."""
    return subprocess.run(
        [sys.executable, "-m", "nn", *arguments],
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(Path(nn.__file__).parents[1])} | environment,
        timeout=120,
    )


def test_the_main_job_reaches_95_percent_with_margin_and_certifies_the_equations(folder):
    result = process(PYTHONIOENCODING="utf-8")
    assert result.returncode == 0 and result.stderr == b""
    out = result.stdout.decode()
    assert "13,002 parameters" in out
    assert "all four equations hold to 1e-12" in out
    net = nn.load(folder / "runs" / "model.npz")
    assert net.sizes == [784, 16, 16, 10]
    assert nn.evaluate(net, *nn.load_digits().test)[1] > 0.96


@pytest.mark.parametrize(("size", "cost"), [(8, "quadratic"), (28, "cross-entropy"), (28, "squared-error")])
def test_every_cost_reaches_95_percent_at_its_default_learning_rate(folder, cost, size):
    assert command.main(["--cost", cost, "--size", str(size), "--output", "here"]) == 0
    assert nn.evaluate(nn.load(folder / "here" / "model.npz"), *nn.load_digits(size).test)[1] > 0.95


FILES = [
    "cost.svg", "curves.svg", "history.csv", "index.html", "model.npz", "network-nudges.svg", "network.svg", "nudges.svg",
    "paths.svg", "speed.svg", "steps.html", "weights.svg",
]  # fmt: skip


def test_it_writes_model_pictures_and_history_and_lists_them(folder, capsys):
    assert command.main([*SMALL, "--output", "a/b"]) == 0
    written = folder / "a" / "b"
    assert sorted(file.name for file in written.iterdir()) == FILES
    assert nn.load(written / "model.npz").sizes == [64, 5, 10]
    for name in (name for name in FILES if name.endswith(".svg")):
        assert ElementTree.parse(written / name).getroot().tag.endswith("svg")
    with open(written / "history.csv", newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 2
    out = capsys.readouterr().out
    for name in FILES:
        assert str(Path("a/b") / name) in out


def test_it_prints_a_line_an_epoch_with_cost_and_accuracy(capsys):
    assert command.main(SMALL) == 0
    line = r"^epoch +(\d+) +cost [\d.]+, accuracy [\d.]+% +held out: cost [\d.]+, accuracy [\d.]+%$"
    epochs = re.findall(line, capsys.readouterr().out, re.M)
    assert epochs == ["1", "2"]


@pytest.mark.parametrize("cost", command.COSTS)
def test_it_writes_the_cost_of_a_digit_out_term_by_term(folder, capsys, cost):
    assert command.main([*SMALL, "--cost", cost]) == 0
    rows = re.findall(r"^(\d) +([\d.]+) +([01]) +([-+\d.e]+)(.*)$", capsys.readouterr().out, re.M)
    x, y = (part[0] for part in nn.load_digits(8).test)
    a = nn.load(folder / "runs" / "model.npz")(x).numpy()
    np.testing.assert_allclose([float(row[1]) for row in rows], a, atol=6e-5)
    assert [row[3] for row in rows] == [f"{term:.3e}" for term in command.COSTS[cost].terms(a, y).tolist()]
    assert "truth" in rows[y.argmax()][4] and "answer" in rows[a.argmax()][4]


def test_the_terms_add_up_to_the_cost_that_is_shown(folder, capsys):
    assert command.main(SMALL) == 0
    shown = float(re.search(r"C = +([\d.e+-]+)", capsys.readouterr().out)[1])
    x, y = (part[0] for part in nn.load_digits(8).test)
    assert shown == pytest.approx(nn.quadratic_cost(nn.load(folder / "runs" / "model.npz")(x), y).item(), rel=6e-4)


def test_the_same_seed_gives_the_same_files(folder):
    for output in "one", "two":
        assert command.main([*SMALL, "--seed", "3", "--output", output]) == 0
    one, two = (nn.load(folder / output / "model.npz").state_dict() for output in ("one", "two"))
    assert all(np.array_equal(one[name], two[name]) for name in one)
    for name in (name for name in FILES if name.endswith(".svg") or name == "steps.html"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes(), name


def test_the_page_holds_every_picture_and_asks_for_nothing(folder):
    assert command.main(SMALL) == 0
    page = (folder / "runs" / "index.html").read_text(encoding="utf-8")
    for name in (name for name in FILES if name.endswith(".svg")):
        assert (folder / "runs" / name).read_text(encoding="utf-8") in page
    assert "all four equations hold" in page and "sandbox=" in page
    assert re.findall(r'(?:src|href)="(?!#|data:,)[^"]*', page) == []


def failing(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize("error", [ValueError("too wide"), MemoryError(), RecursionError("too deep")], ids=repr)
def test_a_picture_that_cannot_be_drawn_is_left_out_with_one_line(folder, monkeypatch, capsys, error):
    (folder / "runs").mkdir()
    (folder / "runs" / "weights.svg").write_text("of another network")
    monkeypatch.setattr("nn.results.draw_weights", failing(error))
    assert command.main(SMALL) == 0
    assert sorted(file.name for file in (folder / "runs").iterdir()) == [
        name for name in FILES if name != "weights.svg"
    ]
    lines = [line for line in capsys.readouterr().out.splitlines() if "weights.svg" in line]
    assert len(lines) == 1 and lines[0].endswith(f"left out, it cannot be drawn: {str(error) or 'MemoryError'}")


def test_no_hidden_layer_and_no_epoch_are_possible(folder):
    assert command.main(["--size", "8", "--layers", "--epochs", "0"]) == 0
    assert nn.load(folder / "runs" / "model.npz").sizes == [64, 10]


def test_interrupted_training_is_shown_and_saved(folder, capsys, monkeypatch):
    def interrupt(epoch):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "show_epoch", interrupt)
    assert command.main(SMALL) == 0
    assert "interrupted: this is the network after 29 mini-batches" in capsys.readouterr().out
    assert (folder / "runs" / "model.npz").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_control_c_leaves_a_usable_network_and_history(folder):
    started = subprocess.Popen(
        [sys.executable, "-u", "-m", "nn", "--size", "8", "--layers", "5", "--epochs", "100000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(Path(nn.__file__).parents[1])},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a background job has none
    )
    watchdog = threading.Timer(100, started.kill)
    watchdog.start()
    try:
        with started.stdout as printed:
            next(line for line in printed if line.startswith(b"epoch   3"))
            started.send_signal(signal.SIGINT)
            assert b"interrupted: this is the network after" in printed.read()
        assert started.wait() == 0
    finally:
        watchdog.cancel()
        started.kill()
    with (folder / "runs" / "history.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) >= 3
    digits = nn.load_digits(8)
    assert nn.accuracy(nn.load(folder / "runs" / "model.npz")(digits.x_test), digits.y_test) > 0.2


def test_an_interruption_elsewhere_ends_with_130_and_no_traceback(folder, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "load_digits", interrupt)
    assert command.main(SMALL) == 130
    assert capsys.readouterr().err == "\npython -m nn: interrupted\n"


def test_help_lists_the_options(capsys):
    assert command.main(["--help"]) == 0
    out = capsys.readouterr().out
    for option in ["data", "path", "size", "layers", "epochs", "batch-size", "learning-rate", "cost", "seed", "output"]:
        assert f"--{option}" in out


# --- How it fails -----------------------------------------------------------------------------------------------------


def one_line(capsys):
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and err.startswith("python -m nn: error: ")
    return err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "-1"], "'-1' is not an integer of at least 0"),
        (["--epochs", "many"], "'many' is not an integer"),
        (["--batch-size", "0"], "'0' is not an integer of at least 1"),
        (["--layers", "16", "0"], "'0' is not an integer of at least 1"),
        (["--learning-rate", "nan"], "'nan' is not a finite number above 0"),
        (["--learning-rate", "0"], "'0' is not a finite number above 0"),
        (["--cost", "hinge"], "invalid choice: 'hinge'"),
        (["--data", "cifar"], "invalid choice: 'cifar'"),
        (["--size", "9"], "--size: invalid choice"),
        (["--colour"], "unrecognized arguments: --colour"),
        (["--path", "x.npz"], "--path goes with --data mnist"),
        (["--data", "mnist", "--size", "8"], "--size 8 goes with --data digits"),
        (["--data", "mnist"], "AUTOGRAD_LITE_DATA"),
        (["--data", "mnist", "--path", "nowhere.npz"], "nowhere.npz: no such file"),
        (["--data", "mnist", "--path", "damaged.npz"], "damaged.npz: cannot be read"),
        ([*SMALL, "--output", "damaged.npz"], "damaged.npz: no files can be written there"),
        ([*SMALL, "--output", "damaged.npz/runs"], "no files can be written there"),
        ([*SMALL, "--learning-rate", "1e308", "--cost", "cross-entropy"], "lower the learning rate"),
        ([*SMALL, "--layers", "1000000000000"], "llocate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_goes_wrong_is_one_line_and_exit_code_2_and_leaves_nothing(folder, capsys, arguments, message):
    (folder / "damaged.npz").write_bytes(b"PK damaged")
    assert command.main(arguments) == 2
    assert message in one_line(capsys)
    assert [file.name for file in folder.iterdir()] == ["damaged.npz"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_found_before_training(folder, capsys, monkeypatch):
    (folder / "locked").mkdir(mode=0o500)
    monkeypatch.setattr(command, "fit", lambda *_, **__: pytest.fail("it trained"))
    assert command.main([*SMALL, "--output", "locked"]) == 2
    assert "locked: no files can be written there (Permission denied)" in one_line(capsys)


def test_the_folder_is_tried_before_training_and_without_a_trace(folder):
    command.require_writable(folder / "a" / "b")
    assert list(folder.iterdir()) == []


def test_a_terminal_without_these_letters_shows_others(folder):
    result = process(*SMALL, PYTHONIOENCODING="ascii")
    assert result.returncode == 0 and result.stderr == b""
    assert b"##" in result.stdout


MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist.npz"


@pytest.mark.skipif(not MNIST.exists(), reason="MNIST is not in the package; it is looked for in ../shared/data")
def test_mnist_runs_the_same(folder, capsys):
    assert command.main(["--data", "mnist", "--path", str(MNIST), "--epochs", "1", "--batch-size", "20"]) == 0
    out = capsys.readouterr().out
    assert "60,000 digits to learn from, 10,000 held out" in out and "13,002 parameters" in out
    assert "all four equations hold" in out
    assert nn.load(folder / "runs" / "model.npz").sizes == [784, 16, 16, 10]
