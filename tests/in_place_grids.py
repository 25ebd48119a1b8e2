"""Differential equations and grids in place: stencils, double buffers, boundaries set every step, trajectories."""

# mypy: ignore-errors
import numpy as np
from cases_in_place import normal, positive, program


@program(normal(7))
def heat_equation(u):
    u = u.copy()
    means = []
    for _ in range(4):
        lap = u[2:] - 2.0 * u[1:-1] + u[:-2]
        u[1:-1] += 0.2 * lap
        means.append(u.mean())
    return u, means[0], means[2]


@program(normal((4, 5)))
def heat_equation_in_a_plate(u):
    u = u.copy()
    inside = u[1:-1, 1:-1]
    energy = np.zeros_like(u[0, :3])
    for n in range(3):
        inside += 0.1 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * inside)
        u[0], u[-1] = u[1], u[-2]
        u[:, 0] = u[:, 1]
        energy[n] = np.sum(u**2)
    return u, energy


@program(normal(6, 6))
def wave_by_leapfrog(u, v):
    old, now = u.copy(), v.copy()
    new = np.zeros_like(u)
    for _ in range(4):
        new[1:-1] = 2.0 * now[1:-1] - old[1:-1] + 0.3 * (now[2:] - 2.0 * now[1:-1] + now[:-2])
        new[0] = new[-1] = 0.0
        old, now, new = now, new, old
    return old, now, new


@program(normal(6, 3))
def shift_with_inflow(u, inflow):
    u = u.copy()
    out = np.zeros_like(inflow)
    for n in range(len(inflow)):
        out[n] = u[-1]
        u[1:] = u[:-1]
        u[0] = inflow[n]
    return u, out


@program(normal(6))
def upwind_advection(u):
    u = u.copy()
    total = u.sum()
    for _ in range(4):
        u[1:] -= 0.4 * (u[1:] - u[:-1])
        u[0] = u[-1]
    return u, total


@program(positive(6))
def burgers(u):
    u = u * 1.0
    for _ in range(3):
        flux = 0.5 * u**2
        u[1:] -= 0.2 * np.diff(flux)
        u[1:-1] += 0.05 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return u


@program(normal(7))
def burgers_by_lax_friedrichs(u):
    u = np.copy(u)
    for _ in range(3):
        left, right = np.roll(u, 1), np.roll(u, -1)
        u[:] = 0.5 * (left + right) - 0.1 * (right**2 - left**2)
    return u


@program(normal(5))
def crank_nicolson(u):
    u = u.copy()
    n, r = len(u), 0.3
    for _ in range(2):
        d = (1 - r) * u
        d[1:] += 0.5 * r * u[:-1]
        d[:-1] += 0.5 * r * u[1:]
        c = np.zeros_like(u)
        c[0] = -0.5 * r / (1 + r)
        d[0] /= 1 + r
        for i in range(1, n):
            w = 1 + r + 0.5 * r * c[i - 1]
            c[i] = -0.5 * r / w
            d[i] = (d[i] + 0.5 * r * d[i - 1]) / w
        u[-1] = d[-1]
        for i in reversed(range(n - 1)):
            u[i] = d[i] - c[i] * u[i + 1]
    return u


@program(normal(2, 2))
def runge_kutta_trajectory(y, p):
    steps, h = 5, 0.1
    track = np.zeros_like(y, shape=(steps + 1, 2))
    track[0] = y

    def slope(y):
        return np.stack([y[1] + p[0], -np.sin(y[0]) * p[1]])

    for n in range(steps):
        now = track[n]
        k1 = slope(now)
        k2 = slope(now + h / 2 * k1)
        k3 = slope(now + h / 2 * k2)
        k4 = slope(now + h * k3)
        track[n + 1] = now + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return track


@program(normal(3, 3))
def velocity_verlet(x, v):
    x, v = x.copy(), v.copy()
    energies = []
    a = -(x**3)
    for _ in range(4):
        v += 0.05 * a
        x += 0.1 * v
        a[:] = -(x**3)
        v += 0.05 * a
        energies.append(0.5 * v @ v + 0.25 * np.sum(x**4))
    return x, v, energies[0], energies[-1]


@program(positive((), (), 4))
def lotka_volterra(prey, hunters, rates):
    track = np.zeros_like(rates, shape=(6, 2))
    track[0, 0], track[0, 1] = prey, hunters
    for n in range(5):
        x, y = track[n]
        track[n + 1, 0] = x + 0.1 * x * (rates[0] - rates[1] * y)
        track[n + 1, 1] = y + 0.1 * y * (rates[2] * x - rates[3])
    return track


@program(normal((3, 2), (3, 2)))
def planets(q, v):
    q, v = q.copy(), v.copy()
    for _ in range(2):
        force = np.zeros_like(q)
        for i in range(len(q)):
            for j in range(i):
                d = q[j] - q[i]
                f = d / (np.sum(d * d) + 0.5) ** 1.5
                force[i] += f
                force[j] -= f
        v += 0.1 * force
        q += 0.1 * v
    return q, v


@program(normal((4, 2)))
def scattered_forces(q):
    i, j = np.array([0, 0, 1, 2, 3, 1]), np.array([1, 2, 2, 3, 0, 3])
    q = q.copy()
    for _ in range(2):
        pull = (q[j] - q[i]) * 0.3
        force = np.zeros_like(q)
        np.add.at(force, i, pull)
        np.subtract.at(force, j, pull)
        q += force
    return q


@program(positive((3, 4)))
def lattice_boltzmann_streaming(f):
    f = f.copy()
    for _ in range(3):
        rho = f.sum(axis=0)
        f += 0.6 * (rho / 3.0 - f)
        f[1] = np.roll(f[1], 1)
        f[2] = np.roll(f[2], -1)
    return f, rho


@program(positive((4, 4)))
def smooth_life(cells):
    u = cells.copy()
    for _ in range(2):
        around = np.zeros_like(u)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                if dy or dx:
                    around += np.roll(u, (dy, dx), axis=(0, 1))
        born = np.exp(-((around - 3.0) ** 2))
        stays = np.exp(-((around - 2.5) ** 2) / 2.0)
        u *= stays
        u += (1.0 - u) * born
    return u


@program(normal((5, 5)))
def red_black_sweeps(u):
    u = u.copy()
    for _ in range(2):
        for first in (0, 1):
            for i in range(1, 4):
                odd = 1 + (first + i) % 2
                u[i, odd:-1:2] = 0.25 * (
                    u[i - 1, odd:-1:2] + u[i + 1, odd:-1:2] + u[i, odd - 1 : -2 : 2] + u[i, odd + 1 :: 2]
                )
    return u


@program(normal(9))
def two_grids(u):
    u = u.copy()
    u[1:-1] += 0.25 * (u[2:] - 2 * u[1:-1] + u[:-2])
    coarse = u[::2]
    coarse[1:-1] *= 0.5
    coarse[1:-1] += 0.25 * (u[1:-2:2] + u[3::2])
    u[1::2] = 0.5 * (coarse[:-1] + coarse[1:])
    return u, coarse


@program(normal((4, 4)))
def image_blur_through_slices(image):
    u = image.copy()
    u[:, 1:] += 0.5 * u[:, :-1]
    u[1:] += 0.5 * u[:-1]
    u[:-1, :-1] *= 0.5
    u[..., -1] /= u.sum() ** 2 + 1.0
    return u


@program(normal((4, 4), (3, 3)))
def stencil_convolution(image, kernel):
    out = np.zeros_like(image, shape=(2, 2))
    for dy in range(3):
        for dx in range(3):
            out += kernel[dy, dx] * image[dy : dy + 2, dx : dx + 2]
    return out


@program(normal((3, 4)))
def summed_area_table(image):
    u = image.copy()
    np.add.accumulate(u, axis=0, out=u)
    np.cumsum(u, axis=1, out=u)
    return u, u[-1, -1] - u[0, -1]


@program(normal((4, 4)))
def boundaries_set_every_step(u):
    u = u.copy()
    edges = u[0], u[-1], u[:, 0], u[:, -1]
    for n in range(2):
        for edge in edges:
            edge[...] = 0.1 * n
        u += 0.2 * (np.roll(u, 1, 0) + np.roll(u, 1, 1) - 2 * u)
    return u, edges[0], edges[3]


@program(normal((3, 3, 3)))
def layers_of_a_cube(u):
    u = u.copy()
    for axis in range(3):
        layers = np.moveaxis(u, axis, 0)
        layers[1:] += 0.3 * layers[:-1]
        layers[0] *= np.tanh(layers[-1])
    return u
