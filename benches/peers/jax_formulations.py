"""The models in JAX, each in several ways of writing the same function, since the fastest one is the peer.

`plain` and its like are written for one replica and run for many by `vmap`. `lanes` multiplies and sums instead of calling `dot`, with the
replicas as the last axis of every array: loops over replicas fuse and vectorise. A loss takes (parameters, data, draws).
"""

import jax
import jax.numpy as jnp


def relu_plain(p, d, b):
    y = jax.nn.relu(b["x"] @ d["W"].T) @ d["v"] + 0.1 * b["noise"]
    return jnp.mean((jax.nn.relu(b["x"] @ p["W"].T) @ p["v"] - y) ** 2)


def relu_lanes(p, d, b):
    def net(w, v):  # w[h, d, ...], v[h, ...], x[b, d, ...]
        return jnp.sum(v * jax.nn.relu(jnp.sum(w * b["x"][:, None], axis=2)), axis=1)

    t = b["x"].ndim - 2  # a trailing axis of replicas, or none
    y = net(d["W"].reshape(16, 3, *[1] * t), d["v"].reshape(16, *[1] * t)) + 0.1 * b["noise"]
    return jnp.sum((net(p["W"], p["v"]) - y) ** 2) / 8


def heads(p, x):
    q, k, v = x @ p["Q"], x @ p["K"], x @ p["V"]
    return softmax(q @ k.mT / jnp.sqrt(8.0).astype(x.dtype)) @ v


def softmax(z, axis=-1):
    # Written out: jax.nn.softmax has a derivative rule that recomputes nothing either, and more operations.
    e = jnp.exp(z - jax.lax.stop_gradient(z.max(axis, keepdims=True)))
    return e / e.sum(axis, keepdims=True)


def attention_plain(p, d, b):
    return jnp.mean((heads(p, b["x"]) - heads(d, b["x"]) - 0.02 * b["noise"]) ** 2)


def attention_wide(p, d, b):
    """One product for all six projections, and sums in place of the small products of sequences."""
    x, r = b["x"], jnp.sqrt(8.0).astype(b["x"].dtype)
    w = jnp.concatenate([p["Q"], p["K"], p["V"]], 1)
    t = jnp.concatenate([d["Q"], d["K"], d["V"]], 1)

    def out(w):
        q, k, v = jnp.split((x.reshape(128, 16) @ w).reshape(16, 8, 24), 3, 2)
        s = softmax(jnp.sum(q[:, :, None] * k[:, None], 3) / r)
        return jnp.sum(s[..., None] * v[:, None], 2)

    return jnp.mean((out(w) - out(t) - 0.02 * b["noise"]) ** 2)


def attention_stacked(p, d, b):
    """Student and teacher side by side: one product for six projections, then both as one batch of 32 sequences."""
    x = b["x"]
    w = jnp.concatenate([m[n] for n in "QKV" for m in (p, d)], 1)
    y = (x.reshape(128, 16) @ w).reshape(16, 8, 3, 2, 8)
    q, k, v = (y[:, :, i].transpose(0, 2, 1, 3).reshape(32, 8, 8) for i in range(3))
    o = (softmax(q @ k.mT / jnp.sqrt(8.0).astype(x.dtype)) @ v).reshape(16, 2, 8, 8)
    return jnp.mean((o[:, 0] - o[:, 1] - 0.02 * b["noise"]) ** 2)


def attention_summed(p, d, b):
    """Projections as products, the small products of sequences as sums."""
    x, r = b["x"], jnp.sqrt(8.0).astype(b["x"].dtype)

    def out(w):
        q, k, v = (x @ w[n] for n in "QKV")
        s = softmax(jnp.sum(q[:, :, None] * k[:, None], 3) / r)
        return jnp.sum(s[..., None] * v[:, None], 2)

    return jnp.mean((out(p) - out(d) - 0.02 * b["noise"]) ** 2)


def attention_lanes(p, d, b):
    x = b["x"]  # [b, t, c, ...]
    t = x.ndim - 3

    def out(w):
        def project(n):
            return jnp.sum(x[:, :, :, None] * w[n], axis=2)

        q, k, v = (project(n) for n in "QKV")
        z = jnp.sum(q[:, :, None] * k[:, None], axis=3) / jnp.sqrt(8.0).astype(x.dtype)
        return jnp.sum(softmax(z, 2)[:, :, :, None] * v[:, None], axis=2)

    teacher = {n: d[n].reshape(16, 8, *[1] * t) for n in "QKV"}
    return jnp.sum((out(p) - out(teacher) - 0.02 * b["noise"]) ** 2) / 1024


def completion_gather(p, d, b):
    """The 40 chosen entries, gathered; `subset` holds indices."""
    at = b["subset"]
    i, j = d["row"][at], d["column"][at]
    return jnp.sum((jnp.sum(p["P"][i] * p["Q"].T[j], 1) - d["value"][at]) ** 2) / 400


def completion_mask(p, d, b):
    """All 80 observed entries at fixed places; `subset` holds 0 or 1."""
    m = jnp.sum(p["P"][d["row"]] * p["Q"].T[d["column"]], 1)
    return jnp.sum(b["subset"] * (m - d["value"]) ** 2) / 400


def completion_onehot(p, d, b):
    """As `mask`, with products by matrices of zeros and ones in place of gather and scatter."""
    rows, columns = (jax.nn.one_hot(d[n], 20, dtype=d["value"].dtype) for n in ("row", "column"))
    m = jnp.sum((rows @ p["P"]) * (columns @ p["Q"].T), 1)
    return jnp.sum(b["subset"] * (m - d["value"]) ** 2) / 400


def completion_dense(p, d, b):
    """The whole matrix, weighted by the chosen entries."""
    where = d["row"] * 20 + d["column"]
    m = jnp.zeros(400, b["subset"].dtype).at[where].set(b["subset"], unique_indices=True)
    target = jnp.zeros(400, m.dtype).at[where].set(d["value"], unique_indices=True)
    return jnp.sum(m * ((p["P"] @ p["Q"]).reshape(400) - target) ** 2) / 400


def completion_lanes(p, d, b):
    """As `mask`, replicas last."""
    v = d["value"].reshape(80, *[1] * (p["P"].ndim - 2))
    m = jnp.sum(p["P"][d["row"]] * jnp.swapaxes(p["Q"], 0, 1)[d["column"]], 1)
    return jnp.sum(b["subset"] * (m - v) ** 2) / 400


def factorization_plain(p, d, b):
    return jnp.mean((p["P"] @ p["Q"] - d["M"]) ** 2)


def factorization_lanes(p, d, b):
    m = d["M"].reshape(20, 20, *[1] * (p["P"].ndim - 2))
    return jnp.sum((jnp.sum(p["P"][:, :, None] * p["Q"][None], 1) - m) ** 2) / 400


def weights(p):
    return p["u"] * p["v"] if "u" in p else p["w"]


def linear_products(p, d, b):
    return jnp.mean((d["A"] @ weights(p) - d["y"]) ** 2)


def linear_gram(p, d, b):
    """wᵀGw − 2bᵀw + c with G = AᵀA/n: the same loss, one product a step, and its gradient only once through G."""
    w, n = weights(p), d["A"].shape[0]
    gram, rhs = d["A"].T @ d["A"] / n, d["A"].T @ d["y"] / n  # constants: computed once, outside of the loop
    half = jax.lax.stop_gradient(gram @ w)  # the gradient of wᵀGw is 2Gw, one product instead of two
    return 2 * jnp.sum(w * (half - rhs)) - jax.lax.stop_gradient(jnp.sum(w * half)) + jnp.mean(d["y"] ** 2)


def variation_cumsum(p, d, b):
    return jnp.mean((d["measure"] @ jnp.cumsum(weights(p)) - d["y"]) ** 2)


def variation_triangle(p, d, b):
    ones = jnp.tril(jnp.ones((200, 200), d["y"].dtype))
    return jnp.mean((d["measure"] @ (ones @ weights(p)) - d["y"]) ** 2)


LOSSES = {
    "relu": {"plain": relu_plain, "lanes": relu_lanes},
    "attention": {"plain": attention_plain, "wide": attention_wide, "stacked": attention_stacked, "summed": attention_summed, "lanes": attention_lanes},
    "completion": {
        "gather": completion_gather,
        "mask": completion_mask,
        "onehot": completion_onehot,
        "dense": completion_dense,
        "lanes": completion_lanes,
    },
    "factorization": {"plain": factorization_plain, "lanes": factorization_lanes},
    "spectral_designed": {"products": linear_products, "gram": linear_gram},
    "spectral_vanilla": {"products": linear_products, "gram": linear_gram},
    "total_variation_designed": {
        "cumsum": variation_cumsum,
        "triangle": variation_triangle,
        "products": linear_products,
        "gram": linear_gram,
    },
    "total_variation_vanilla": {"products": linear_products, "gram": linear_gram},
}


def normals(key, shape, dtype, method):
    """N(0, 1) by the inverse error function (`jax.random.normal`) or in pairs by Box and Muller."""
    if method == "erfinv":
        return jax.random.normal(key, shape, dtype)
    count = 1
    for n in shape:
        count *= n
    u = jax.random.uniform(key, (2, (count + 1) // 2), dtype)
    r = jnp.sqrt(-2 * jnp.log1p(-u[0]))
    angle = dtype(2 * jnp.pi) * u[1]
    return jnp.concatenate([r * jnp.cos(angle), r * jnp.sin(angle)])[:count].reshape(shape)


def subsets(key, steps, n, k, method, dtype):
    """k of n without replacement for each of `steps`: indices [steps, k] for `sort`, a mask [steps, n] for `select`."""
    if method == "sort":
        # Random high bits, the index in the low ones: one sort of integers, exact and without ties.
        bits = jax.random.bits(key, (steps, n), jnp.uint32)
        keys = jnp.sort((bits & ~jnp.uint32(127)) | jnp.arange(n, dtype=jnp.uint32), axis=1)
        return (keys[:, :k] & 127).astype(jnp.int32)

    # Selection sampling (Knuth, algorithm S): entry i is taken with probability (wanted left) / (entries left), for all steps at once.
    def take(wanted, entry):
        i, u = entry
        taken = u * (n - i) < wanted
        return wanted - taken, taken.astype(dtype)

    u = jax.random.uniform(key, (n, steps), jnp.float32)
    wanted = jnp.full(steps, k, jnp.float32)
    _, mask = jax.lax.scan(take, wanted, (jnp.arange(n, dtype=jnp.float32), u))
    return mask.T
