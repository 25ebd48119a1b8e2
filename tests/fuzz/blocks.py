"""Programs that work in place, as people write them: sorting, elimination, time steps, tables, stencils.

Each is a block of lines over one or two variables; {t} is the variable that the block makes.
"""

from collections.abc import Callable
from typing import Any

from .draft import Draft, say
from .program import Statement


def _apart(texts: str) -> tuple[str, ...]:
    """Blocks that stand apart by an empty line."""
    return tuple(text.strip("\n") for text in texts.split("\n\n"))


SERIES = _apart("""
{t} = {0}.copy()
for _ in range(3):
    {t}[1:-1] = {t}[1:-1] + 0.2 * ({t}[2:] - 2.0 * {t}[1:-1] + {t}[:-2])

{t} = {0}.copy()
for _ in range(3):
    {t}[1:-1] += 0.2 * ({t}[2:] - 2.0 * {t}[1:-1] + {t}[:-2])

{t} = {0} * 1.0
{t}_speed = np.zeros_like({t})
for _ in range(3):
    {t}_speed -= 0.1 * np.sin({t})
    {t} += 0.1 * {t}_speed

{t} = {0}.copy()
for _ in range(2):
    {t}_before = {t} * 1.0
    {t}[:] = {t} + 0.1 * (np.roll({t}, 1) - {t}_before) * {t}_before

{t} = {0}.copy()
for i in range(1, {t}.shape[0]):
    {t}[i] += {t}[i - 1] * 0.7

{t} = {0}.copy()
for i in range({t}.shape[0] - 2, -1, -1):
    {t}[i] = np.tanh({t}[i] + {t}[i + 1])

{t} = np.zeros_like({0})
{t}_state = {0}[0] * 0.5
for i in range({0}.shape[0]):
    {t}_state = np.tanh({t}_state * 0.8 + {0}[i])
    {t}[i] = {t}_state

{t}_parts = []
for row in {0}:
    {t}_parts.append(row * 2.0 if len({t}_parts) % 2 else np.sin(row))
{t} = np.stack({t}_parts)

{t} = {0}.copy()
for i in range({t}.shape[0]):
    for j in range({t}.shape[0] - 1 - i):
        {t}[[j, j + 1]] = np.stack([np.minimum({t}[j], {t}[j + 1]), np.maximum({t}[j], {t}[j + 1])])

{t} = {0}.copy()
for j in range({t}.shape[0] - 1):
    {t}[[j, j + 1]] = np.sort({t}[[j + 1, j]], axis=0)

{t} = np.zeros_like({0}[0])
for i in range({0}.shape[0]):
    {t} = {t} * 0.6 + {0}[i]

{t} = np.zeros_like({0})
for i in range(5):
    {t}[i % {0}.shape[0]] = {0}[-(i % {0}.shape[0])] * 0.5 + {t}[(i + 1) % {0}.shape[0]]

{t} = {0}.copy()
{t}[::2] *= 2.0
{t}[1::2] = -{t}[1::2]
{t}[::-1] = {t} * 0.5
""")
"""Over the first axis: smoothing, time steps, recurrences, sorting by comparing neighbours, Horner's rule, a ring of memory."""

GRID = _apart("""
{t} = {0}.copy()
for _ in range(2):
    {t}[1:-1, 1:-1] = 0.25 * ({t}[2:, 1:-1] + {t}[:-2, 1:-1] + {t}[1:-1, 2:] + {t}[1:-1, :-2])

{t} = {0}.copy()
for i in range({t}.shape[0]):
    for j in range({t}.shape[1]):
        {t}[i, j] = {t}[i, j] + 0.3 * {t}[i - 1, j] - 0.2 * {t}[i, j - 1]

{t} = {0}.copy()
{t}[0] = 0.0
{t}[-1, :] = 1.0
{t}[:, 0] = {t}[:, -1]

{t} = np.zeros_like({0})
{t}[0] = np.cumsum({0}[0])
{t}[:, 0] = np.cumsum({0}[:, 0])
for i in range(1, {0}.shape[0]):
    for j in range(1, {0}.shape[1]):
        {t}[i, j] = {0}[i, j] + np.minimum(np.minimum({t}[i - 1, j], {t}[i, j - 1]), {t}[i - 1, j - 1])

{t} = {0}.copy()
for i in range(1, {t}.shape[0]):
    {t}[i] = {t}[i] + ag.logsumexp({t}[i - 1])

{t} = {0}.copy()
for i in range(1, {t}.shape[0]):
    {t}[i] += np.max({t}[i - 1][:, None] * 0.5 + np.sin(np.arange({t}.shape[1])), axis=0)

{t} = {0} ** 2 + 0.5
for _ in range(2):
    {t} /= np.sum({t}, axis=1, keepdims=True)
    {t} /= np.sum({t}, axis=0)

{t} = {0}.copy()
for i in range({t}.shape[0]):
    {t}[i] /= np.sqrt(np.sum({t}[i] ** 2) + 0.5)

{t} = {0}.copy()
for i in range({t}.shape[0]):
    {t}[i, i % {t}.shape[1]] += 1.0
    {t}[i] -= np.mean({t}[i])
""")
"""Over two axes: stencils, tables that are filled from their edges, rows and columns scaled."""

MATRIX = _apart("""
{t} = np.tanh({0}) + 4.0 * np.eye({0}.shape[0])
for k in range({t}.shape[0]):
    for i in range(k + 1, {t}.shape[0]):
        {t}[i] = {t}[i] - {t}[i, k] / {t}[k, k] * {t}[k]

{t} = np.tanh({0}) + 4.0 * np.eye({0}.shape[0])
for k in range({t}.shape[0]):
    {t}[k + 1:, k] /= {t}[k, k]
    {t}[k + 1:, k + 1:] -= np.outer({t}[k + 1:, k], {t}[k, k + 1:])

{t}_a = {0} @ {0}.T + 2.0 * np.eye({0}.shape[0])
{t} = np.zeros_like({t}_a)
for j in range({t}_a.shape[0]):
    {t}[j, j] = np.sqrt({t}_a[j, j] - np.sum({t}[j, :j] ** 2))
    for i in range(j + 1, {t}_a.shape[0]):
        {t}[i, j] = ({t}_a[i, j] - np.sum({t}[i, :j] * {t}[j, :j])) / {t}[j, j]

{t}_l = np.tril(np.tanh({0})) + 3.0 * np.eye({0}.shape[0])
{t} = {0}[:, 0] * 1.0
for i in range({0}.shape[0]):
    {t}[i] = ({t}[i] - {t}_l[i, :i] @ {t}[:i]) / {t}_l[i, i]

{t} = np.ones_like({0}[0])
for _ in range(3):
    {t} = {0} @ {t}
    {t} /= np.sqrt(np.sum({t} ** 2) + 0.1)

{t} = {0}.copy()
for k in range({t}.shape[0]):
    {t}[...] = np.minimum({t}, {t}[:, k:k + 1] + {t}[k:k + 1, :])

{t} = {0}.copy()
for i in range({t}.shape[0]):
    for j in range(i):
        {t}[i] = {t}[i] - 0.3 * np.sum({t}[i] * {t}[j]) * {t}[j]
""")
"""Of square matrices: elimination, factorisations, substitution, the power method, shortest paths, orthogonal rows."""

LATE = _apart("""
{t} = {0}.copy()
for i in range({t}.shape[0]):
    for j in range({t}.shape[0] - 1 - i):
        low, high = np.minimum({t}[j], {t}[j + 1]), np.maximum({t}[j], {t}[j + 1])
        {t}[j] = low
        {t}[j + 1] = high

{t} = {0} * 1.0
for i in range({t}.shape[0] - 1):
    kept = np.sin({t}[i])
    {t}[i] = {t}[i + 1] * 0.5
    {t}[i + 1] = kept

{t} = {0}.copy()
{t}[0], {t}[-1] = {t}[-1] * 1.0, {t}[0] * 1.0

{t} = {0}.copy()
{t}_mean = np.mean({t}, axis=0)
{t}[0] = 0.0
{t} -= {t}_mean
""")
"""Read, then overwritten before what was read is used."""


def block(d: Draft) -> Statement | None:
    """One of them, over a variable of the fitting number of axes."""
    kinds: list[tuple[tuple[str, ...], Callable[[Any], bool]]] = [
        (SERIES, lambda a: a.ndim > 0 and 1 < a.shape[0] <= 6),
        (GRID, lambda a: a.ndim == 2 and min(a.shape) > 1 and max(a.shape) <= 5),
        (MATRIX, lambda a: a.ndim == 2 and a.shape[0] == a.shape[1] and 1 < a.shape[0] <= 4),
    ]
    there = [(texts, name) for texts, fits in kinds if (name := d.array(fits)) is not None]
    if not there:
        return say("shape", "np.resize({0}, (3, 3))", d.array(lambda a: a.size > 0))
    texts, name = d.one_of(there)
    if texts is SERIES and "late-write" not in d.without and d.chance(0.2):
        return say("late-write", d.one_of(LATE), name)
    return say("block", d.one_of(texts), name)


def shapes_of_inputs(d: Draft) -> list[tuple[int, ...]]:
    """Shapes that blocks are made for."""
    n = d.whole(2, 4)
    return [d.one_of([(n,), (n, n), (n, d.whole(2, 4))]) for _ in range(d.whole(1, 2))]
