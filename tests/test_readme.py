"""The README says what is so: its examples run and print what it shows."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.S)


def test_the_examples_run_and_print_what_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = {}
    shown = 0
    for (kind, code), (after, text) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True):
        if kind == "python" and "lambda g, ans, x: g * ans)" not in code:  # that one quotes a row of a table
            exec(compile(code, "README.md", "exec"), namespace)
            printed = capsys.readouterr().out
            if after == "text" and printed:
                assert printed.strip() == text.strip()
                shown += 1
    assert shown == 3
    assert (tmp_path / "cost.svg").is_file()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_its_links_lead_somewhere(path):
    assert (ROOT / path).exists()


def test_the_files_that_are_reverse_mode_have_as_many_lines_as_it_says():
    (count, names) = re.search(
        r"Five files are reverse mode, (\d+) lines together\.(.*?)\. ", README, flags=re.S
    ).groups()
    files = re.findall(r"`([\w/]+\.py)`", names)
    lines = [len((ROOT / "autograd_lite" / name).read_text(encoding="utf-8").splitlines()) for name in files]
    assert (len(files), sum(lines)) == (5, int(count))
    assert sum(lines) <= 900


IN_PLACE = next(code for _, code in BLOCKS if "u[1:-1] +=" in code).rpartition("print(")[0]
"""The example of a write, up to what it prints."""
W = [0.5, -1.0, 2.0]


def test_pytorch_refuses_the_gradient_of_the_example_that_writes_in_place():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    namespace = {"np": torch, "w": torch.tensor(W, requires_grad=True)}
    exec(IN_PLACE, namespace)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        namespace["energy"].backward()


def test_jax_refuses_the_write_of_the_example():
    jnp = pytest.importorskip("jax.numpy", reason="JAX is not installed")
    with pytest.raises(TypeError, match="immutable"):
        exec(IN_PLACE, {"np": jnp, "w": jnp.array(W)})


def test_hips_autograd_refuses_the_write_of_the_example():
    autograd = pytest.importorskip("autograd", reason="autograd is not installed")
    from autograd import numpy

    def energy(w):
        namespace = {"np": numpy, "w": w}
        exec(IN_PLACE, namespace)
        return namespace["energy"]

    with pytest.raises(TypeError, match="does not support item assignment"):
        autograd.grad(energy)(numpy.array(W))
