"""What shares memory: views kept, views written, swaps, masks, and NumPy's functions that write into an argument."""

# mypy: ignore-errors
import numpy as np
from cases_in_place import normal, positive, program

MASK = "how many elements a mask made from values chooses"


@program(normal((3, 2)))
def swapped_rows_are_views(x):
    h = x.copy()
    h[0], h[1] = h[1], h[0]
    return h


@program(normal(3))
def swapped_numbers(x):
    h = x.copy()
    h[0], h[1] = h[1], h[0]
    h[1], h[2] = h[2] * 2.0, h[1]
    return h


@program(normal((3, 2)))
def swapped_rows_copied(x):
    h = x.copy()
    h[0], h[1] = h[1].copy(), h[0].copy()
    h[[1, 2]] = h[[2, 1]]
    return h


@program(normal((2, 3)))
def a_view_read_before_and_after(x):
    h = x.copy()
    row = h[0]
    before = np.sum(row**2)
    h[0, 1] = h[1, 1] * row[0]
    between = row * 2.0
    row += 1.0
    return before, between, row, h


@program(normal((3, 4)))
def views_of_views(x):
    h = x.copy()
    a = h[1:]
    b = a.T
    c = b[::2]
    c *= 3.0
    b[0] += a[0, 0]
    a[0] = c[0].sum()
    h[2, 2] = 7.0
    return h, a, b, c


@program(normal((2, 6)))
def pieces_of_a_split(x):
    h = x.copy()
    left, middle, right = np.split(h, 3, axis=1)
    left += middle
    middle *= right
    right[:] = left - middle
    upper, lower = np.vsplit(h, 2)
    lower -= 0.5 * upper
    return h, left, middle


@program(normal(5))
def flipped_views(x):
    h = x.copy()
    back = h[::-1]
    back[1:] += h[1:]
    np.flip(h)[0] *= 2.0
    h += back
    return h, back


@program(normal((2, 6)))
def written_through_a_reshape(x):
    h = x * 1.0
    v = h.reshape(3, 4)
    v[1] *= 2.0
    flat = h.ravel()
    flat[::3] = np.sin(flat[1::3])
    return h, v, flat


@program(normal((2, 3)))
def written_through_a_reshape_of_a_transpose(x):
    h = x.copy()
    copied = h.T.reshape(-1)
    copied *= 2.0
    h.T[1] += copied[:2]
    return h, copied


@program(normal((2, 3)))
def flat_writes(x):
    h = x.copy()
    h.flat[2] = h[1, 0] * 2.0
    h.flat[[0, 5]] *= 3.0
    h.flat[3:5] = h.flat[:2]
    h.T.flat[1] += 1.0
    return h


@program(normal((2, 1, 3)))
def squeezed_and_expanded(x):
    h = x.copy()
    s = h.squeeze(1)
    s[1] += s[0]
    e = np.expand_dims(h, 0)
    e[0, 0] *= 2.0
    h[None, :, 0, :][..., -1] -= s[:, 0]
    return h, s, e


@program(normal((2, 3, 2)))
def axes_exchanged(x):
    h = x * 1.0
    a = np.swapaxes(h, 0, 2)
    a[0] += 1.0
    b = np.moveaxis(h, 1, 0)
    b[1:] *= b[:-1]
    c = h.transpose(2, 0, 1)
    c[1] = np.cos(c[0])
    np.rollaxis(h, 2)[0, 0] = 0.5
    return h, a, b, c


@program(normal((3, 3)))
def rotations_and_real_parts(x):
    h = x.copy()
    np.rot90(h)[0] *= 2.0
    np.flipud(h)[0] += h[1]
    np.fliplr(h)[:, 0] -= 1.0
    h.mT[0] *= h[2]
    return h


@program(normal((3, 3)))
def zipped_rows(x):
    h = x.copy()
    for i, (row, column) in enumerate(zip(h, h.T, strict=True)):
        row[i] += 1.0
        column *= 0.5
        row -= column.mean()
    return h


@program(normal((2, 3)))
def a_slice_changed_in_place(x):
    h = x.copy()
    h[0] += h[1]
    h[:, 1:] *= h[:, :-1]
    h[..., 0] **= 2
    h[[0, 1], [2, 0]] -= 1.0
    h[1][1:][0] += 3.0
    return h


@program(normal((2, 2), (2, 2)))
def two_names(x, y):
    a = b = x.copy()
    b += y
    c = a
    c *= a
    b[0] = c[1]
    return a, b


@program(normal(4))
def overlapping_slices(x):
    u = x.copy()
    u[1:] = u[:-1]
    u[:-1] += u[1:]
    u[::2] *= u[1::2]
    u[::-1] += u
    return u


@program(normal(6), by_values=MASK)
def leaky(x):
    y = x.copy()
    y[y < 0] *= 0.1
    y[(y > 0.5) & (y < 1.0)] += 2.0
    return y


@program(normal((2, 3), 2), by_values="np.putmask takes the values where a mask made from values is true")
def putmask(x, v):
    y = x.copy()
    np.putmask(y, y > 0, v)
    np.putmask(y, np.array([[True, False, True]] * 2), y * y)
    return y


@program(normal(6, 2))
def place(x, v):
    y = x.copy()
    before = y.sum()
    np.place(y, np.array([True, False, True, True, False, True]), v)
    return y, before


@program(normal((2, 3), 3))
def copyto(x, v):
    y = x.copy()
    np.copyto(y, v, where=np.array([[True, False, True], [False, True, True]]))
    row = y[1]
    np.copyto(row, y[0] * 2.0)
    np.copyto(y, y.T[:2, :1] * 1.0, where=y > 1.0)
    return y, row


@program(normal((2, 3), 2))
def put(x, v):
    y = x.copy()
    np.put(y, [0, -1, 4], v)
    y.T[1].put([0], v[0] * v[1])
    np.put(y, [7, -9], y[0, :2] * 1.0, mode="wrap")
    return y


@program(normal((3, 3), (3, 1)))
def put_along_axis(x, v):
    y = x.copy()
    np.put_along_axis(y, np.array([[2], [0], [1]]), v, axis=1)
    np.put_along_axis(y, np.argsort(y.real, axis=0)[:1], 0.5, axis=0)
    return y


@program(normal((3, 3)), by_values="which elements are overwritten depends on values")
def largest_of_each_row_replaced(x):
    y = x.copy()
    y[np.arange(3), y.argmax(axis=1)] = 0.0
    y[np.arange(3), y.argmin(axis=1)] *= 2.0
    return y


@program(normal((4, 3), 3))
def diagonals_filled(x, v):
    y = x.copy()
    np.fill_diagonal(y, v)
    np.fill_diagonal(y[1:], y[0, 0] * 2.0)
    np.fill_diagonal(y.T, y.sum(), wrap=True)
    return y


@program(normal((2, 3)))
def filled(x):
    y = x.copy()
    top = y.max(axis=0)
    total = y.sum()
    y[0].fill(0.25)
    y[:, 1].fill(total)
    return y, top


@program(normal(4, 5))
def repeated_indices(x, v):
    y = x.copy()
    y[[0, 1, 0, 3, 1]] = v
    y[[2, 2]] += 1.0
    z = x.copy()
    z[np.array([[1, 1], [2, 1]])] = v[:4].reshape(2, 2)
    return y, z


@program(normal(4, 5))
def scattered_with_repeats(x, v):
    y = x.copy()
    index = [0, 1, 0, 3, 1]
    np.add.at(y, index, v)
    np.multiply.at(y, index, v)
    np.subtract.at(y, slice(0, 3), y[1:] * 1.0)
    np.negative.at(y, [1, 1, 2])
    return y


@program(normal(4, 5))
def scattered_maxima(x, v):
    y = x.copy()
    np.maximum.at(y, [0, 1, 0, 3, 1], v)
    np.minimum.at(y, [2, 2, 3], v[:3])
    return y


@program(positive((3, 2), 3))
def scattered_rows(x, v):
    y = x.copy()
    np.add.at(y, ([0, 2, 0], [1, 1, 1]), v)
    np.divide.at(y[1:], ([0, 0], 0), v[:2])
    np.power.at(y.T, (0, [1]), v[:1])
    np.add.at(y, np.array([True, False, True]), v[:2])
    return y


@program(normal(4, 4))
def results_written_out(x, y):
    u, w = x.copy(), y.copy()
    np.multiply(u, w, out=u)
    np.add(u[:2], w[2:], out=w[:2])
    np.sin(u, out=(u,))
    np.cumsum(w, out=w)
    np.clip(w, -1.0, 1.5, out=w)
    np.tanh(u[::-1], out=u)
    np.subtract(u, 1.0, out=u)
    return u, w


@program(normal((2, 3), (3, 3)))
def sums_written_out(x, A):
    total, product = np.zeros_like(x[0]), np.zeros_like(x)
    np.sum(x, axis=0, out=total)
    np.matmul(x, A, out=product)
    np.mean(product, axis=0, out=A.copy()[0])
    np.dot(product[0], A, out=total)
    product @= A
    return total, product


@program(normal(()))
def an_array_without_axes(x):
    s = x.copy()
    other = s
    s += 1.0
    before = s * 1.0
    s[...] = np.sin(s)
    s[()] *= 2.0
    other -= before
    return s, before


@program(normal((3, 2)), by_values=MASK)
def a_mask_changed_by_what_it_writes(x):
    h = x.copy()
    for _ in range(3):
        h[h > 0.3] -= 0.7
        h[h[:, 0] < 0, 1] *= 2.0
    return h


@program(normal((2, 4)))
def emptied_and_filled_again(x):
    work = np.empty_like(x[0])
    results = []
    for row in x:
        work[...] = row
        work *= work
        work[1:] += work[:-1]
        results.append(work.sum())
        results.append(work)
    return results[0], results[1], results[2], results[3]


@program(normal((3, 4), 4), by_values=MASK)
def several_at_once(x, v):
    h = x.copy()
    first = h[0]
    total = h.sum()
    h[1:] -= h[:-1]
    for row in h:
        row /= np.sqrt(row @ row)
    np.add.at(h, ([0, 0], [1, 1]), v[:2])
    h.T[2] = v[:3]
    h[h < -0.5] *= 0.1
    np.fill_diagonal(h, total)
    h.reshape(-1)[::5] += first[0]
    np.exp(h[2], out=h[2])
    first += h[2]
    return h, first, total
