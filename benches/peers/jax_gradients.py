"""Formulations whose gradient is written out, because the derivative that `jax.grad` makes of them would undo what they are for.

`unrolled` writes a product of small matrices as a sum of outer products, which XLA fuses to one loop over registers in place of a call
of its matrix product. `padded` lists the observed entries of every row and column, padded to one length, so that gradients are sums
of gathered rows and need no scatter. A gradient takes (parameters, data, draws); arrays may end with an axis of replicas.
"""

import jax.numpy as jnp
import numpy as np


def product(a, b):
    """a b: [i, k, ...] [k, j, ...]."""
    return sum(a[:, k, None] * b[k] for k in range(a.shape[1]))


def factorization_unrolled(p, d, b):
    P, Q = p["P"], p["Q"]
    m = d["M"].reshape(20, 20, *[1] * (P.ndim - 2))
    r = (product(P, Q) - m) / 200
    return {"P": product(r, jnp.swapaxes(Q, 0, 1)), "Q": product(jnp.swapaxes(P, 0, 1), r)}


def padded(at):
    """For each of 20 rows the entries that lie in it, padded with 80."""
    lists = [np.flatnonzero(at == i) for i in range(20)]
    longest = max(map(len, lists))
    return np.array([np.append(n, np.full(longest - len(n), 80)) for n in lists], np.int32)


def completion_padded(p, d, b):
    P, Q = p["P"], jnp.swapaxes(p["Q"], 0, 1)
    row, column = np.asarray(d["row"]), np.asarray(d["column"])
    ones = [1] * (P.ndim - 2)
    m = jnp.sum(P[row] * Q[column], 1)
    r = b["subset"] * (m - d["value"].reshape(80, *ones)) / 200
    r = jnp.concatenate([r, jnp.zeros_like(r[:1])])

    def back(entries, others, index):
        index = np.append(index, 0)
        return sum(r[e][:, None] * others[index[e]] for e in entries.T)

    return {"P": back(padded(row), Q, column), "Q": jnp.swapaxes(back(padded(column), P, row), 0, 1)}


GRADIENTS = {
    ("factorization", "unrolled"): factorization_unrolled,
    ("completion", "padded"): completion_padded,
}
