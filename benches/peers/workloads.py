"""The published training runs as data: sizes, starts, draws, and one step in NumPy, which judges the peers.

A workload knows no framework. `step` is the gradient written out by hand in float64; `draws` says what is random in a step, so that
a peer can be given the very batch that NumPy is given. The definitions are those of theory and experiments; the loss is the mean
of squares over every output entry.
"""

from __future__ import annotations

import pathlib
from dataclasses import dataclass, field

import numpy as np
from safetensors.numpy import load_file

MODELS = pathlib.Path(__file__).resolve().parents[2] / "models"


@dataclass
class Workload:
    name: str
    rate: float  # step size
    parameters: dict  # name -> array, one replica
    data: dict = field(default_factory=dict)  # name -> array, the same for all replicas
    normals: dict = field(default_factory=dict)  # name -> shape: N(0, 1) drawn in every step
    subset: tuple | None = None  # (n, k): k of n without replacement in every step
    check_steps: int = 20_000  # after which the loss must have fallen
    formulations: tuple = ("plain",)  # ways to write the same function


def imbalance(units: int) -> np.ndarray:
    return np.exp(np.linspace(-1.2, 1.2, units))


def relu(rng) -> Workload:
    s = imbalance(16)
    return Workload(
        "relu",
        5e-5,
        {"W": 0.05 * rng.standard_normal((16, 3)) * s[:, None], "v": 0.05 * rng.standard_normal(16) / s},
        {"W": 1.5 * rng.standard_normal((16, 3)), "v": 1.5 * rng.standard_normal(16)},
        {"x": (8, 3), "noise": (8,)},
        check_steps=40_000,
        formulations=("plain", "lanes"),
    )


def relu_step(p, d, b, rate):
    h = b["x"] @ p["W"].T
    a = np.maximum(h, 0)
    y = np.maximum(b["x"] @ d["W"].T, 0) @ d["v"] + 0.1 * b["noise"]
    r = 2 * (a @ p["v"] - y) / 8
    back = r[:, None] * p["v"] * (h > 0)
    return {"W": p["W"] - rate * back.T @ b["x"], "v": p["v"] - rate * a.T @ r}


def attention(rng) -> Workload:
    def three(std):
        return {n: std * rng.standard_normal((16, 8)) for n in ("Q", "K", "V")}

    s, start, teacher = imbalance(8), three(0.1), three(0.75)
    start["Q"] *= s
    start["K"] /= s
    start["Q"] *= 0.25 + abs(rng.standard_normal()) / 4
    teacher["Q"] *= 4 + 4 * abs(rng.standard_normal())
    shapes = {"x": (16, 8, 16), "noise": (16, 8, 8)}
    return Workload(
        "attention", 1e-3, start, teacher, shapes, check_steps=5_000, formulations=("plain", "wide", "stacked", "summed", "lanes")
    )


def attention_forward(p, x):
    q, k, v = x @ p["Q"], x @ p["K"], x @ p["V"]
    z = q @ k.swapaxes(-1, -2) / np.sqrt(8)
    e = np.exp(z - z.max(-1, keepdims=True))
    s = e / e.sum(-1, keepdims=True)
    return q, k, v, s, s @ v


def attention_step(p, d, b, rate):
    x = b["x"]
    q, k, v, s, o = attention_forward(p, x)
    target = attention_forward(d, x)[-1] + 0.02 * b["noise"]
    r = 2 * (o - target) / o.size
    ds = r @ v.swapaxes(-1, -2)
    dz = s * (ds - (ds * s).sum(-1, keepdims=True)) / np.sqrt(8)
    grads = {"Q": dz @ k, "K": dz.swapaxes(-1, -2) @ q, "V": s.swapaxes(-1, -2) @ r}
    return {n: p[n] - rate * np.einsum("btc,bta->ca", x, g) for n, g in grads.items()}


def truth(rng):
    u, v = (np.linalg.qr(rng.standard_normal((20, 2)))[0] for _ in range(2))
    return u @ np.diag([15.0, 5.0]) @ v.T


def completion(rng) -> Workload:
    m = truth(rng)
    # As many as the published draw observed; each entry with probability 0.2 gives 80 on average.
    at = rng.permutation(400)[:80]
    row, column = (at // 20).astype(np.int32), (at % 20).astype(np.int32)
    return Workload(
        "completion",
        1e-3,
        {"P": 0.11 * rng.standard_normal((20, 20)), "Q": 0.1 * rng.standard_normal((20, 20))},
        {"row": row, "column": column, "value": m[row, column]},
        subset=(80, 40),
        check_steps=300_000,
        formulations=("gather", "mask", "onehot", "dense", "lanes", "padded"),
    )


def completion_step(p, d, b, rate):
    chosen = b["subset"]
    i, j = d["row"][chosen], d["column"][chosen]
    r = 2 * ((p["P"][i] * p["Q"][:, j].T).sum(1) - d["value"][chosen]) / 400
    dp, dq = np.zeros((20, 20)), np.zeros((20, 20))
    for n in range(len(chosen)):
        dp[i[n]] += r[n] * p["Q"][:, j[n]]
        dq[:, j[n]] += r[n] * p["P"][i[n]]
    return {"P": p["P"] - rate * dp, "Q": p["Q"] - rate * dq}


def factorization(rng) -> Workload:
    start = {"P": 0.11 * rng.standard_normal((20, 20)), "Q": 0.1 * rng.standard_normal((20, 20))}
    return Workload(
        "factorization", 1e-3, start, {"M": truth(rng)}, check_steps=100_000, formulations=("plain", "lanes", "unrolled")
    )


def factorization_step(p, d, b, rate):
    r = 2 * (p["P"] @ p["Q"] - d["M"]) / 400
    return {"P": p["P"] - rate * r @ p["Q"].T, "Q": p["Q"] - rate * p["P"].T @ r}


def linear(name, matrix, target, rate, start, formulations, **more) -> Workload:
    """y = matrix w with w = u v (two parameters) or w itself (one), mean of squares."""
    return Workload(name, rate, start, {"A": matrix, "y": target}, formulations=formulations, **more)


def linear_step(p, d, b, rate):
    w = np.multiply(*p.values()) if len(p) == 2 else p["w"]
    g = 2 * d["A"].T @ (d["A"] @ w - d["y"]) / len(d["y"])
    if len(p) == 1:
        return {"w": w - rate * g}
    return {"u": p["u"] - rate * g * p["v"], "v": p["v"] - rate * g * p["u"]}


def spectral(rng, design) -> Workload:
    data = load_file(MODELS / "spectral_sparse_data.safetensors")
    t, y = (data[n].astype(float).ravel() for n in ("t_train", "y_train"))
    matrix = np.cos(2 * np.pi * np.outer(t, np.arange(64)))
    start = {n: 1e-2 * rng.standard_normal(64) for n in "uv"} if design else {"w": 1e-4 * rng.standard_normal(64)}
    name = f"spectral_{'designed' if design else 'vanilla'}"
    return linear(name, matrix, y, 1e-3, start, ("products", "gram"))


def total_variation(rng, design) -> Workload:
    data = load_file(MODELS / "total_variation_data.safetensors")
    a, y = data["ameas"].astype(float), data["ymeas"].astype(float).ravel()
    if not design:
        return linear("total_variation_vanilla", a, y, 0.01, {"w": 1e-4 * rng.standard_normal(200)}, ("products", "gram"))
    start = {n: 0.3 * rng.standard_normal(200) for n in "uv"}
    ways = ("cumsum", "triangle", "products", "gram")
    # A cumsum(u v) = B (u v): the matrix B is A times the triangle of ones. `products` and `gram` use B, the others A.
    found = linear("total_variation_designed", np.ascontiguousarray(np.cumsum(a[:, ::-1], 1)[:, ::-1]), y, 1e-3, start, ways)
    found.data["measure"] = a
    return found


WORKLOADS = {
    "relu": (relu, relu_step),
    "attention": (attention, attention_step),
    "completion": (completion, completion_step),
    "factorization": (factorization, factorization_step),
    "spectral_designed": (lambda rng: spectral(rng, True), linear_step),
    "spectral_vanilla": (lambda rng: spectral(rng, False), linear_step),
    "total_variation_designed": (lambda rng: total_variation(rng, True), linear_step),
    "total_variation_vanilla": (lambda rng: total_variation(rng, False), linear_step),
}


def build(name: str, seed: int = 0) -> Workload:
    return WORKLOADS[name][0](np.random.default_rng(seed))


def batch(work: Workload, rng) -> dict:
    """What one step draws."""
    found = {name: rng.standard_normal(shape) for name, shape in work.normals.items()}
    if work.subset:
        n, k = work.subset
        found["subset"] = rng.permutation(n)[:k]
    return found


def reference_step(work: Workload, parameters: dict, drawn: dict) -> dict:
    return WORKLOADS[work.name][1](parameters, work.data, drawn, work.rate)
