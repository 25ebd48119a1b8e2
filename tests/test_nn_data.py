"""Toy sets, splits, standardisation, and MNIST from a server."""

import gzip
import hashlib
import http.server
import struct
import threading
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import nn
from nn import datasets, mnist

TOYS = {"xor": nn.xor, "moons": nn.moons, "circles": nn.circles, "spirals": nn.spirals}
EVERY_TOY = pytest.mark.parametrize("toy", TOYS)


@EVERY_TOY
def test_a_toy_set_has_points_in_the_plane_and_classes(toy):
    x, y = TOYS[toy](101, seed=0)
    assert x.shape == (101, 2) and x.dtype == np.float64
    assert y.shape == (101,) and y.dtype == np.int64 and set(y) == {0, 1} and abs((y == 0).sum() - 50.5) < 2


@EVERY_TOY
def test_a_seed_gives_the_same_points_again(toy):
    one, two, other = (TOYS[toy](20, noise=0.1, seed=seed)[0] for seed in (0, 0, 1))
    assert np.array_equal(one, two) and not np.array_equal(one, other)


def test_the_shapes_of_toy_sets():
    x, y = nn.xor(noise=0.0)
    assert y.tolist() == [a != b for a, b in x.tolist()]
    x, y = nn.circles(40, noise=0.0)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 0, 1.0, 0.5))
    x, y = nn.moons(40, noise=0.0)
    np.testing.assert_allclose(np.hypot(*(x - np.where(y[:, None] == 0, [0, 0], [1, 0.5])).T), 1.0)
    x, y = nn.spirals(90, noise=0.0, turns=1.0, n_classes=3)
    r, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    np.testing.assert_allclose(np.exp(1j * angle), np.exp(2j * np.pi * (r + y / 3)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.moons(1), "n is 1"),
        (lambda: nn.xor(noise=-1), "noise is -1"),
        (lambda: nn.circles(inner=1.0), "inner is 1"),
        (lambda: nn.split(np.ones((4, 1)), np.ones(3), 1), "as many rows"),
        (lambda: nn.split(np.ones((4, 1)), np.ones(4), 4), "both parts need"),
        (lambda: nn.split(np.ones((4, 1)), np.ones(4), 0.01), "both parts need"),
        (lambda: nn.standardize(np.ones((0, 2))), "one or more"),
        (lambda: nn.standardize([[np.nan]]), "finite"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


PARTS = [
    *[(kind(0.25), 5) for kind in (float, np.float16, np.float32, np.float64, np.longdouble, np.array, Fraction, Decimal)],
    *[(kind(3), 3) for kind in (int, np.int8, np.uint64, np.array)],
    (np.float32(0.15), 3), (np.float16(0.35), 7),
]  # fmt: skip


@pytest.mark.parametrize("held_out", ["0.2", None, True, [3], 1j, -1, 1.5, float("nan"), 20, 0])
def test_what_is_no_part_of_the_examples_is_named(held_out):
    with pytest.raises((TypeError, ValueError), match="held_out is"):
        nn.split(np.ones((20, 1)), np.ones(20), held_out)


@pytest.mark.parametrize(("held_out", "count"), PARTS)
def test_a_split_holds_every_example_once_with_its_target(held_out, count):
    x = np.arange(20)[:, None]
    (x_train, y_train), (x_held, y_held) = nn.split(x, x[:, 0] * 2, held_out, seed=0)
    assert len(x_held) == count and sorted(np.concatenate([x_train, x_held]).ravel()) == list(range(20))
    assert np.array_equal(x_train[:, 0] * 2, y_train) and np.array_equal(x_held[:, 0] * 2, y_held)


def test_standardised_features_have_mean_0_and_deviation_1_but_constant_ones_are_0():
    x = np.random.default_rng(0).normal(3, 5, (50, 3))
    x[:, 1] = 0.1
    to_standard = nn.standardize(x)
    z = to_standard(x)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(z.std(axis=0), [1, 0, 1], rtol=1e-14)
    np.testing.assert_allclose(to_standard(x[:2]), z[:2])


# --- MNIST from a server ----------------------------------------------------------------------------------------------

rng = np.random.default_rng(0)
ARRAYS = {"x_train": (6, 28, 28), "y_train": (6,), "x_test": (2, 28, 28), "y_test": (2,)}


def idx(shape):
    return (
        struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape) + rng.integers(0, 10, shape, np.uint8).tobytes()
    )


CONTENT = {part.file: idx(ARRAYS[part.key]) for part in datasets._MNIST}
PACKED = {f"/{name}.gz": gzip.compress(content, 1) for name, content in CONTENT.items()}
FIRST = "/train-images-idx3-ubyte.gz"


@pytest.fixture
def serve(monkeypatch, tmp_path):
    """Servers on 127.0.0.1 that answer as told; a miniature of MNIST; an empty cache folder."""
    parts = [
        part._replace(shape=ARRAYS[part.key], sha256=hashlib.sha256(CONTENT[part.file]).hexdigest())
        for part in datasets._MNIST
    ]
    monkeypatch.setattr(datasets, "_MNIST", tuple(parts))
    monkeypatch.delenv("AUTOGRAD_LITE_DATA", raising=False)
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(mnist, "TIMEOUT", 0.5)
    servers = []

    def start(answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked.append(self.path)
                answer(self)

            def log_message(self, *_):
                """Nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.asked = []
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        urls = [f"http://127.0.0.1:{s.server_address[1]}/" for s in servers]
        monkeypatch.setenv("AUTOGRAD_LITE_MIRRORS", " ".join(urls))
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def send(handler, content, length=None):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content) if length is None else length))
    handler.end_headers()
    handler.wfile.write(content)


def right(handler):
    send(handler, PACKED[handler.path])


def with_first(answer):
    return lambda handler: answer(handler) if handler.path == FIRST else right(handler)


def slow(handler):
    time.sleep(1.5)


def drip(handler, content):
    """A byte now and then, always before a socket's time-out."""
    for i in range(len(content)):
        time.sleep(0.05)
        try:
            handler.wfile.write(content[i : i + 1])
        except OSError:  # nobody listens any more
            return


def dripping_body(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(PACKED[FIRST])))
    handler.end_headers()
    drip(handler, PACKED[FIRST])


BAD = {
    "wrong checksum": (
        with_first(lambda h: send(h, gzip.compress(CONTENT["train-images-idx3-ubyte"][:-1] + b"?"))),
        "SHA-256 is",
    ),
    "cut off": (with_first(lambda h: send(h, PACKED[FIRST][:-20], len(PACKED[FIRST]))), "cut off|IncompleteRead"),
    "cut off without saying": (with_first(lambda h: send(h, PACKED[FIRST][:-20])), "no whole .gz"),
    "slow": (with_first(slow), "timed out"),
    "dripping": (with_first(dripping_body), r"timed out: sent \d+ bytes"),
    "dripping from the start": (
        with_first(lambda h: drip(h, b"HTTP/1.0 200 OK\r\nX: " + b"x" * 1000)),
        "timed out: sent 0 bytes",
    ),
    "absent": (with_first(lambda h: h.send_error(404)), "404"),
    "not packed": (with_first(lambda h: send(h, CONTENT["train-images-idx3-ubyte"])), "no whole .gz"),
    "longer": (with_first(lambda h: send(h, gzip.compress(CONTENT["train-images-idx3-ubyte"] + b"1"))), "more than"),
    "endless": (with_first(lambda h: send(h, bytes(10**6))), "sends more than"),
}


def test_mnist_is_downloaded_once_and_kept(serve, tmp_path):
    server = serve(right)
    digits, again = nn.load_mnist(), nn.load_mnist()
    assert digits.x_train.shape == (6, 784) and np.array_equal(digits.x_train, again.x_train)
    assert sorted(server.asked) == sorted(PACKED)
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == sorted(name[1:] for name in PACKED)


@pytest.mark.parametrize("case", BAD)
def test_a_bad_mirror_is_one_clear_line_and_nothing_half_written(serve, tmp_path, case):
    answer, reason = BAD[case]
    serve(answer)
    with pytest.raises(FileNotFoundError, match=f"(?s){reason}.*AUTOGRAD_LITE_DATA.*train-images") as caught:
        nn.load_mnist()
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("case", BAD)
def test_the_next_mirror_is_asked_when_one_is_bad(serve, case):
    bad, good = serve(BAD[case][0]), serve(right)
    assert nn.load_mnist().x_train.shape == (6, 784)
    assert FIRST in bad.asked and good.asked == [FIRST]


def test_a_mirror_that_is_slow_but_fast_enough_is_waited_for(serve, monkeypatch):
    monkeypatch.setattr(mnist, "LEAST_RATE", 10)

    def in_parts(handler):
        handler.send_response(200)
        handler.end_headers()
        for i in range(4):
            time.sleep(0.2)
            handler.wfile.write(PACKED[handler.path][i * 500 : (i + 1) * 500 if i < 3 else None])

    serve(with_first(in_parts))
    assert nn.load_mnist().x_train.shape == (6, 784)


def test_a_download_that_broke_off_goes_on_where_it_was(serve, tmp_path):
    absent = "/t10k-images-idx3-ubyte.gz"
    serve(lambda h: h.send_error(404) if h.path == absent else right(h))
    with pytest.raises(FileNotFoundError, match="404"):
        nn.load_mnist()
    good = serve(right)
    nn.load_mnist()
    assert good.asked[0] == absent and len(list((tmp_path / "cache").iterdir())) == 4


def test_a_file_damaged_in_the_cache_is_named(serve, tmp_path):
    serve(right)
    nn.load_mnist()
    (tmp_path / "cache" / FIRST[1:]).write_bytes(b"?")
    with pytest.raises(ValueError, match=r"cache.*train-images-idx3-ubyte.gz"):
        nn.load_mnist()


def test_without_a_mirror_the_error_says_what_to_put_where(serve, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_MIRRORS", "")
    with pytest.raises(FileNotFoundError, match=r"no mirror is given.*AUTOGRAD_LITE_DATA.*an .npz with the arrays"):
        nn.load_mnist()


def test_a_mirror_that_is_not_https_is_refused(serve, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_MIRRORS", "http://example.org/")
    with pytest.raises(ValueError, match=r"http://example.org/ .*is not https"):
        nn.load_mnist()


@pytest.mark.parametrize(
    ("platform", "variable", "inside"),
    [("linux", "XDG_CACHE_HOME", True), ("win32", "LOCALAPPDATA", True), ("darwin", "HOME", False)],
)
def test_the_cache_folder_is_where_the_system_keeps_such_things(monkeypatch, tmp_path, platform, variable, inside):
    monkeypatch.delenv("AUTOGRAD_LITE_CACHE", raising=False)
    monkeypatch.setattr(mnist.sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    base = tmp_path if inside else tmp_path / "Library" / "Caches"
    assert mnist.cache_folder() == base / "autograd_lite" / "mnist"
