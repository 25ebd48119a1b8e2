"""Any text is a legal name of a layer, a Tensor, a scope or a metric: pages, pictures, tables and files hold it, or refuse it."""

import csv
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.dom import minidom

import numpy as np
import pytest
from hypothesis import given, settings
from texts import ATTACKS, BOOKISH, LONE, TEXTS

import autograd_lite as ag
import nn

X, Y = np.ones((6, 2)), np.zeros((6, 2))
SOME = [*ATTACKS[::4], *BOOKISH, *LONE, "\x1b[2J", "a,b\"c", "=1+1", "\ufffe"]  # fmt: skip


def network(name: str) -> Any:
    net = nn.Sequential(nn.Linear(2, 3, seed=0), nn.Sigmoid(), nn.Linear(3, 2, seed=1))
    net.layers[0].name, net.layers[0].W.name = name, name
    return net


class Scripts(HTMLParser):
    """The script elements and attributes of a page that a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [tag] * (tag == "script") + [k for k, _ in attributes if k.startswith("on")]


def scripts(page: str) -> list[str]:
    parser = Scripts()
    parser.feed(page)
    return parser.found


def walked(name: str) -> Any:
    with ag.scope(name):
        w = ag.Tensor([1.0, 2.0], requires_grad=True, name=name)
        return np.sum((w * 2.0).named(f"{name}y")).named(name)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(name=TEXTS)
def test_pictures_and_pages_hold_any_name_and_run_none(name):
    cost = walked(name)
    picture, walk = ag.draw(cost), ag.step_through(cost)
    minidom.parseString(picture.svg.encode())
    assert scripts(picture.html) == [] and scripts(walk.html) == scripts(ag.step_through(walked("w")).html)
    for text in (picture.html, picture.dot, walk.html, str(walk)):
        text.encode()


@pytest.mark.parametrize("name", SOME, ids=ascii)
def test_tables_have_a_line_for_a_row_whatever_the_names(name):
    net = network(name)
    history = nn.fit(
        net,
        (X, Y),
        optimizer=nn.SGD(net.parameters(), lr=0.1),
        epochs=2,
        progress=False,
        metrics={name: lambda o, y: 0.5},
    )
    for shown, rows in ((str(history), 4), (str(net.summary()), len(str(network("a").summary()).splitlines()))):
        assert len(shown.splitlines()) == rows and shown.replace("\n", "").isprintable()
        shown.encode()
    minidom.parseString(history.draw().svg.encode())


@pytest.mark.parametrize("name", SOME, ids=ascii)
def test_a_history_of_metrics_of_any_name_is_written(name, tmp_path):
    history = nn.History(metrics=[{name: 0.5}])
    history.epochs.append(nn.history.Epoch(1, 0.1, 0.2, None, None, 0.0))
    history.to_csv(tmp_path / "h.csv")
    with open(tmp_path / "h.csv", newline="", encoding="utf-8") as file:
        header, row = csv.reader(file)
    assert header[-1] == name.encode("utf-8", "backslashreplace").decode() and row[-1] == "0.5"


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@pytest.mark.parametrize("name", SOME, ids=ascii)
def test_a_saved_network_has_the_names_of_its_layers(name, suffix, tmp_path):
    net = network(name)
    nn.save(net, tmp_path / f"net{suffix}")
    assert nn.load(tmp_path / f"net{suffix}").layers[0].name == json.loads(json.dumps(name))


def run(net: Any, path: Path, epochs: int, name: str) -> Any:
    return nn.fit(
        net, (X, Y), optimizer=nn.SGD(net.parameters(), lr=0.1), epochs=epochs, progress=False, metrics={name: lambda o, y: 0.5},
        checkpoint=path, resume=path.exists(),
    )  # fmt: skip


@pytest.mark.parametrize("name", SOME, ids=ascii)
def test_a_run_goes_on_from_its_checkpoint_whatever_its_metrics_are_called(name, tmp_path):
    net = network(name)
    run(net, tmp_path / "run.npz", 1, name)
    assert [list(m) for m in run(net, tmp_path / "run.npz", 2, name).metrics] == [[name], [name]]


@pytest.mark.parametrize("name", LONE, ids=ascii)
def test_a_parameter_whose_name_no_file_holds_is_refused_before_anything_is_learned(name, tmp_path):
    net = nn.MLP([2, 2], seed=0)
    setattr(net, name, nn.Parameter(np.ones(2)))
    before = net.layers[0].W.numpy().copy()
    with pytest.raises(ValueError, match="no entry of the name"):
        run(net, tmp_path / "run.npz", 1, "m")
    assert not list(tmp_path.iterdir()) and np.array_equal(net.layers[0].W.numpy(), before)
