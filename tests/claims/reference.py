"""Writes reference.json: an independent derivation of the numbers that tests/claims/reference.rs compares.

Needs NumPy and SciPy. Inputs are typed by formula, theta_i = sin(i+1) + cos(3i+2)/2, tensors flattened row-major in the
listed order. Jacobians are complex steps, generators are exact matrices, the balanced point is Newton's method on the
group. Nothing of the software under test is used.
"""

import json
import pathlib

import numpy as np
import scipy.linalg as sl

HALF = 1 / np.sqrt(2)


def unit(i, j, n):
    a = np.zeros((n, n))
    a[i, j] = 1
    return a


def symmetric(n):
    """E_ii, then (E_ij + E_ji)/sqrt2 for i < j, lexicographic."""
    pairs = [(unit(i, j, n) + unit(j, i, n)) * HALF for i in range(n) for j in range(i + 1, n)]
    return [unit(i, i, n) for i in range(n)] + pairs


def antisymmetric(n):
    return [(unit(i, j, n) - unit(j, i, n)) * HALF for i in range(n) for j in range(i + 1, n)]


class Space:
    """Named tensors in one vector."""

    def __init__(self, **shapes):
        self.shapes, self.ranges, self.d = shapes, {}, 0
        for name, shape in shapes.items():
            size = int(np.prod(shape)) if shape else 1
            self.ranges[name] = (self.d, self.d + size)
            self.d += size

    def split(self, theta):
        return {k: theta[a:b].reshape(self.shapes[k]) for k, (a, b) in self.ranges.items()}

    def join(self, parts):
        zero = lambda k: np.zeros(self.ranges[k][1] - self.ranges[k][0])
        return np.concatenate([np.ravel(parts[k]) if k in parts else zero(k) for k in self.shapes])

    def generator(self, action):
        """The matrix of a linear map of tensors; those left out go to zero."""
        return np.stack([self.join(action(self.split(e))) for e in np.eye(self.d)], 1)


def jacobian(f, theta, h=1e-30):
    return np.stack([np.imag(np.ravel(f(theta + 1j * h * e))) / h for e in np.eye(len(theta))], 1)


def fields(generators, theta):
    return np.stack([a @ theta for a in generators], 1)


def gram(generators, theta):
    xi = fields(generators, theta)
    return xi.T @ xi


def log_pdet(m, tolerance=1e-10):
    w = np.linalg.eigvalsh((m + m.T) / 2)
    return float(np.log(w[w > tolerance * w.max()]).sum())


def rank(m, tolerance=1e-9):
    s = np.linalg.svd(m, compute_uv=False)
    return int((s > tolerance * s[0]).sum())


def horizontal(generators, theta):
    u, s, _ = np.linalg.svd(fields(generators, theta), full_matrices=False)
    u = u[:, s > 1e-10 * s[0]]
    return np.eye(len(theta)) - u @ u.T


def balanced(generators, theta, iterations=200):
    """The point of least norm over exp of the symmetric generators, by Newton's method with halved steps."""
    theta = theta.copy()
    for _ in range(iterations):
        slope = np.array([theta @ a @ theta for a in generators])
        if np.abs(slope).max() < 1e-14 * (theta @ theta):
            break
        step = -np.linalg.lstsq(2 * gram(generators, theta), slope, rcond=1e-13)[0]
        length = 1.0
        while True:
            moved = sl.expm(sum(length * x * a for x, a in zip(step, generators))) @ theta
            if moved @ moved <= (theta @ theta) * (1 + 1e-15) or length < 1e-9:
                break
            length /= 2
        theta = moved
    return theta


def products(depth, n):
    space = Space(t=(depth, n))

    def generator(k, e):
        m = np.zeros((depth, n))
        m[k, e], m[k + 1, e] = 1, -1
        return space.generator(lambda q: {"t": q["t"] * m})

    all_of_them = [generator(k, e) for e in range(n) for k in range(depth - 1)]
    return space, lambda t: np.prod(t.reshape(depth, n), 0), all_of_them, []


def hadamard(n):
    space = Space(u=(n,), v=(n,))
    only = lambda i: np.arange(n) == i
    one = lambda i: space.generator(lambda q: {"u": q["u"] * only(i), "v": -q["v"] * only(i)})
    return space, lambda t: t[:n] * t[n:], [one(i) for i in range(n)], []


def group(k):
    space = Space(s=(), v=(k,))
    return space, lambda t: t[0] * t[1:], [space.generator(lambda q: {"s": q["s"], "v": -q["v"]})], []


def rank_one(dims):
    space = Space(**{f"a{k}": (1, n) for k, n in enumerate(dims)})

    def f(theta):
        q, z = space.split(theta), np.ones(())
        for k in range(len(dims)):
            z = np.multiply.outer(z, q[f"a{k}"][0])
        return z.ravel()

    one = lambda k: space.generator(lambda q: {f"a{k}": q[f"a{k}"], f"a{k + 1}": -q[f"a{k + 1}"]})
    return space, f, [one(k) for k in range(len(dims) - 1)], []


def pair(n, m, r):
    """W = U V^T, (U, V) -> (U g, V g^-T)."""
    space = Space(U=(n, r), V=(m, r))
    one = lambda x: space.generator(lambda q: {"U": q["U"] @ x, "V": -q["V"] @ x.T})

    def f(theta):
        q = space.split(theta)
        return (q["U"] @ q["V"].T).ravel()

    return space, f, [one(x) for x in symmetric(r)], [one(x) for x in antisymmetric(r)]


def chain(depth, n):
    """W = W_D ... W_1, square."""
    space = Space(**{f"W{k}": (n, n) for k in range(1, depth + 1)})
    one = lambda k, x: space.generator(lambda q: {f"W{k}": x @ q[f"W{k}"], f"W{k + 1}": -q[f"W{k + 1}"] @ x})
    links = lambda basis: [one(k, x) for k in range(1, depth) for x in basis]

    def f(theta):
        q = space.split(theta)
        w = q["W1"]
        for k in range(2, depth + 1):
            w = q[f"W{k}"] @ w
        return w.ravel()

    return space, f, links(symmetric(n)), links(antisymmetric(n))


def square(n, r):
    space = Space(X=(n, r))
    f = lambda t: (t.reshape(n, r) @ t.reshape(n, r).T).ravel()
    return space, f, [], [space.generator(lambda q, x=x: {"X": q["X"] @ x}) for x in antisymmetric(r)]


def facts(space, f, p, k):
    theta = np.sin(np.arange(space.d) + 1.0) + 0.5 * np.cos(3 * np.arange(space.d) + 2.0)
    g = p + k
    metric = lambda t: (lambda j: j @ j.T)(jacobian(f, t))
    found = {
        "tensors": {name: list(shape) for name, shape in space.shapes.items()},
        "d": space.d,
        "F": np.ravel(f(theta)).tolist(),
        "orbit_dim": rank(fields(g, theta)),
        "redundancy": space.d - rank(jacobian(f, theta)),
        "log_pdet_Gamma": log_pdet(gram(g, theta)),
        "log_pdet_K": log_pdet(metric(theta)),
    }
    if p:
        b, projector = balanced(p, theta), horizontal(g, theta)
        found |= {
            "charges_half_thAth": [float(theta @ a @ theta) / 2 for a in p],
            "min_half_norm2": float(b @ b) / 2,
            "log_det_Gamma_balanced": log_pdet(gram(g, b)),
            "log_det_Gamma_p_balanced": log_pdet(gram(p, b)),
            "log_pdet_K_balanced": log_pdet(metric(b)),
            "drift_trAPH": [float(np.trace(a @ projector)) for a in p],
        }
        if k:
            found["log_det_Gamma_k_balanced"] = log_pdet(gram(k, b))
    return found


def main():
    pair_basis = "basis E_ii, (E_ij+E_ji)/sqrt2 (i<j lexicographic), then skew"
    cases = {
        "hadamard n=3: u,v": hadamard(3),
        "depth 3 n=2: t[D,n], basis theta_k d_k-theta_{k+1} d_{k+1}, entry-major": products(3, 2),
        "group s, v[3]": group(3),
        "CP (2,3,4) R=1: a0,a1,a2": rank_one((2, 3, 4)),
        **{f"UV^T {n},{m},{r}: {pair_basis}": pair(n, m, r) for n, m, r in ((4, 3, 2), (3, 3, 3), (2, 2, 2))},
        "deep linear D=3 n=2: W1,W2,W3 (W=W3W2W1)": chain(3, 2),
        "XX^T 3x3": square(3, 3),
        "XX^T 2x4": square(2, 4),
    }
    text = {
        "_input": "theta_i = sin(i+1)+cos(3i+2)/2, i=0..d-1, tensors flattened row-major in the listed order",
        "cases": {name: facts(*case) for name, case in cases.items()},
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(text, indent=1) + "\n")


if __name__ == "__main__":
    main()
