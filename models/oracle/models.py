"""Every model file written a second time, by hand, as a JAX function of a dictionary of parameters.

Uses nothing of the project: not the language, not the files' programs. An entry is `Model(shapes, inputs, f)`: parameter shapes
in the order of the file, a sampler of one probe, and f(parameters, probe) -> array of outputs.
"""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file

jax.config.update("jax_enable_x64", True)
HERE = Path(__file__).resolve().parent.parent
es = jnp.einsum
MODELS: dict[str, "Model"] = {}
EXAMPLES: dict[str, "Model"] = {}


@dataclass
class Model:
    shapes: dict[str, tuple]
    inputs: dict[str, tuple | Callable]
    f: Callable
    constants: dict = field(default_factory=dict)

    @property
    def d(self):
        return sum(int(np.prod(s)) for s in self.shapes.values())

    def unpack(self, theta):
        out, i = {}, 0
        for name, shape in self.shapes.items():
            n = int(np.prod(shape))
            out[name] = theta[i:i + n].reshape(shape)
            i += n
        return out

    def probe(self, rng):
        return {k: s(rng) if callable(s) else rng.standard_normal(s) for k, s in self.inputs.items()}


def model(shapes, inputs=None, constants=None, table=MODELS):
    def register(f):
        table[f.__name__] = Model(shapes, inputs or {}, f, constants or {})
        return f
    return register


relu = jax.nn.relu
silu = jax.nn.silu


def normal(x):
    return x / jnp.sqrt(jnp.sum(x * x, -1, keepdims=True))


def rms(x):
    return x / jnp.sqrt(jnp.mean(x * x, -1, keepdims=True))


def rope(x, base=10000.0):
    """Rotary positions, "half" layout, on the last axis; positions on the last but one."""
    n = x.shape[-1]
    phi = jnp.arange(x.shape[-2])[:, None] * base ** (-2 * jnp.arange(n // 2) / n)
    a, b = x[..., :n // 2], x[..., n // 2:]
    return jnp.concatenate([a * jnp.cos(phi) - b * jnp.sin(phi), a * jnp.sin(phi) + b * jnp.cos(phi)], -1)


def causal(score):
    t = score.shape[-1]
    return jax.nn.softmax(jnp.where(jnp.arange(t) <= jnp.arange(t)[:, None], score, -jnp.inf), -1)


# Homogeneous units

@model({"v": (16,), "W": (16, 3)}, {"x": (3,)})
def shallow_relu(p, x):
    return p["v"] @ relu(p["W"] @ x["x"])


@model({"v": (8,), "W": (8, 3), "b": (8,), "c": ()}, {"x": (3,)})
def shallow_relu_bias(p, x):
    return p["v"] @ relu(p["W"] @ x["x"] + p["b"]) + p["c"]


@model({"W1": (6, 4), "W2": (6, 6), "W3": (6, 6), "W4": (3, 6)}, {"x": (4,)})
def deep_relu(p, x):
    return p["W4"] @ relu(p["W3"] @ relu(p["W2"] @ relu(p["W1"] @ x["x"])))


@model({"W1": (5, 3), "b1": (5,), "W2": (5, 5), "b2": (5,), "W3": (2, 5), "b3": (2,)}, {"x": (3,)})
def deep_relu_bias(p, x):
    return p["W3"] @ relu(p["W2"] @ relu(p["W1"] @ x["x"] + p["b1"]) + p["b2"]) + p["b3"]


@model({"V": (2, 6), "W": (6, 3)}, {"x": (3,)})
def leaky_relu(p, x):
    z = p["W"] @ x["x"]
    return p["V"] @ jnp.where(z > 0, z, 0.1 * z)


@model({"v": (5,), "W": (5, 3)}, {"x": (3,)})
def homogeneous_unit(p, x):
    return p["v"] @ relu(p["W"] @ x["x"]) ** 2


@model({"W": (4, 2, 3), "V": (2, 4, 3)}, {"x": (2, 8)})
def conv_channels(p, x):
    def conv(w, z):
        z = jnp.pad(z, ((0, 0), (1, 1)))
        return sum(w[:, :, k] @ z[:, k:k + 8] for k in range(3))
    return conv(p["V"], relu(conv(p["W"], x["x"])))


@model({"V": (2, 5), "W": (5, 3), "b": (5,), "c": (2,)}, {"x": (3,)})
def gelu_mlp(p, x):
    return p["V"] @ jax.nn.gelu(p["W"] @ x["x"] + p["b"], approximate=False) + p["c"]


@model({"G": (3, 4), "U": (3, 4), "D": (4, 3)}, {"x": (4,)})
def swiglu(p, x):
    return p["D"] @ (silu(p["G"] @ x["x"]) * (p["U"] @ x["x"]))


# Products

@model({"u": (16,), "v": (16,)}, {"x": (16,)})
def hadamard(p, x):
    return (p["u"] * p["v"]) @ x["x"]


@model({"a": (8,), "b": (8,), "c": (8,)})
def hadamard_depth3(p, x):
    return p["a"] * p["b"] * p["c"]


@model({"a": (6,), "b": (6,), "c": (6,), "e": (6,)}, {"x": (6,)})
def hadamard_depth4(p, x):
    return (p["a"] * p["b"] * p["c"] * p["e"]) @ x["x"]


@model({"s": (5,), "v": (5, 3)}, {"x": (5, 3)})
def groups(p, x):
    return jnp.sum(p["s"][:, None] * p["v"] * x["x"])


@model({"P": (4, 3), "Q": (3, 5)})
def factorization(p, x):
    return p["P"] @ p["Q"]


@model({"P": (3, 3), "Q": (3, 3)})
def factorization_square(p, x):
    return p["P"] @ p["Q"]


OMEGA = load_file(HERE / "omega.safetensors")


@model({"P": (20, 20), "Q": (20, 20)})
def matrix_completion(p, x):
    return (p["P"] @ p["Q"])[OMEGA["row"], OMEGA["col"]]


@model({"A": (3, 4), "B": (3, 3), "C": (5, 3)}, {"x": (4,)})
def deep_linear(p, x):
    return p["C"] @ (p["B"] @ (p["A"] @ x["x"]))


@model({"A": (3, 3), "B": (3, 3), "C": (3, 3)})
def deep_linear_square(p, x):
    return p["C"] @ p["B"] @ p["A"]


@model({"gain": (4,), "A": (2, 4), "B": (3, 4), "V": (2, 3)}, {"x": (4,)})
def rmsnorm_gain(p, x):
    n = p["gain"] * x["x"] / jnp.sqrt(jnp.mean(x["x"] ** 2))
    return p["A"] @ n + p["V"] @ jnp.tanh(p["B"] @ n)


@model({"X": (5, 3)})
def gram(p, x):
    return p["X"] @ p["X"].T


@model({"W": (4, 6)}, {"x": (6,)})
def quadratic_activation(p, x):
    return jnp.sum((p["W"] @ x["x"]) ** 2)


@model({"A": (3, 2), "B": (3, 2), "C": (4, 2)})
def cp(p, x):
    return es("ir,jr,kr->ijk", p["A"], p["B"], p["C"])


@model({"A": (2, 2), "B": (2, 2), "C": (2, 2), "D": (3, 2)})
def cp4(p, x):
    return es("ir,jr,kr,lr->ijkl", p["A"], p["B"], p["C"], p["D"])


@model({"G": (2, 2, 2), "A": (3, 2), "B": (3, 2), "C": (3, 2)})
def tucker(p, x):
    return es("pqr,ip,jq,kr->ijk", p["G"], p["A"], p["B"], p["C"])


@model({"A": (3, 2), "B": (2, 3, 2), "C": (2, 3)})
def tensor_train(p, x):
    return es("ip,pjq,qk->ijk", p["A"], p["B"], p["C"])


W0 = np.random.default_rng(1).standard_normal((4, 5))


@model({"B": (4, 2), "A": (2, 5)}, {"x": (5,)}, {"W0": W0})
def lora(p, x):
    return (W0 + p["B"] @ p["A"]) @ x["x"]


a_phase = np.random.default_rng(1).standard_normal((2, 96, 16))


@model({"z": (16, 2)}, constants={"a": np.moveaxis(a_phase, 0, -1)})
def phase_retrieval(p, x):
    a, z = a_phase[0] + 1j * a_phase[1], p["z"][:, 0] + 1j * p["z"][:, 1]
    s = a.conj() @ z
    return s.real ** 2 + s.imag ** 2


TV = load_file(HERE / "total_variation_data.safetensors")
SPECTRAL = load_file(HERE / "spectral_sparse_data.safetensors")


@model({"u": (200,), "v": (200,)})
def total_variation(p, x):
    return TV["ameas"].astype(float) @ jnp.cumsum(p["u"] * p["v"])


@model({"p": (64,), "q": (64,)})
def spectral(p, x):
    t = SPECTRAL["t_train"].astype(float)[:, 0]
    return jnp.cos(2 * jnp.pi * t[:, None] * jnp.arange(64)) @ (p["p"] * p["q"])


# Norms and probabilities

@model({"w": (10,)}, {"x": (10,)})
def scale_invariant(p, x):
    return normal(p["w"]) @ x["x"]


@model({"g": (3,), "v": (3, 4)}, {"x": (4,)})
def weight_norm(p, x):
    return p["g"] * (normal(p["v"]) @ x["x"])


@model({"W": (4, 5), "b": (4,)}, {"x": (5,)})
def softmax_regression(p, x):
    return jax.nn.softmax(p["W"] @ x["x"] + p["b"])


@model({"W": (3, 4), "gain": (3,), "bias": (3,), "v": (3,)}, {"x": (24, 4)})
def batchnorm(p, x):
    z = x["x"] @ p["W"].T
    z = z - z.mean(0)
    n = z / jnp.sqrt((z ** 2).mean(0))
    return relu(n * p["gain"] + p["bias"]) @ p["v"]


@model({"E": (3, 4), "O": (4, 3), "layer.0.U": (3, 3), "layer.0.D": (3, 3), "layer.1.U": (3, 3), "layer.1.D": (3, 3)}, {"u": (4,)})
def residual_rmsnorm(p, x):
    z = p["E"] @ x["u"]
    for i in "01":
        z = z + p[f"layer.{i}.D"] @ jnp.tanh(p[f"layer.{i}.U"] @ rms(z))
    return p["O"] @ rms(z)


# Attention

@model({"Wq": (4, 2), "Wk": (4, 2), "Wv": (4, 3), "Wo": (3, 4)}, {"x": (4, 4)})
def attention(p, x):
    x = x["x"]
    return jax.nn.softmax(x @ p["Wq"] @ p["Wk"].T @ x.T / jnp.sqrt(2.0), -1) @ x @ p["Wv"] @ p["Wo"]


@model({"Wq": (4, 2), "bq": (2,), "Wk": (4, 2), "bk": (2,), "Wv": (4, 3), "bv": (3,), "Wo": (3, 4), "bo": (4,)}, {"x": (4, 4)})
def attention_bias(p, x):
    x = x["x"]
    q, k, v = x @ p["Wq"] + p["bq"], x @ p["Wk"] + p["bk"], x @ p["Wv"] + p["bv"]
    return jax.nn.softmax(q @ k.T / jnp.sqrt(2.0), -1) @ v @ p["Wo"] + p["bo"]


@model({"Wq": (3, 2), "Wk": (3, 2), "bk": (2,)}, {"x": (4, 3)})
def key_bias(p, x):
    x = x["x"]
    return jax.nn.softmax(x @ p["Wq"] @ (x @ p["Wk"] + p["bk"]).T / jnp.sqrt(2.0), -1) @ x


@model({"Wv": (3, 2), "bv": (2,), "Wo": (2, 4), "bo": (4,)}, {"x": (4, 3), "score": (4, 4)})
def value_bias(p, x):
    return jax.nn.softmax(x["score"], -1) @ (x["x"] @ p["Wv"] + p["bv"]) @ p["Wo"] + p["bo"]


@model({"Wq": (4, 4, 2), "Wk": (2, 4, 2), "Wv": (2, 4, 2), "Wo": (4, 2, 4)}, {"x": (4, 4)})
def attention_gqa(p, x):
    x, y = x["x"], 0.0
    for h in range(4):
        s = x @ p["Wq"][h] @ p["Wk"][h // 2].T @ x.T / jnp.sqrt(2.0)
        y += jax.nn.softmax(s, -1) @ x @ p["Wv"][h // 2] @ p["Wo"][h]
    return y


@model({"Wq": (4, 4), "Wk": (4, 4), "Wv": (4, 2), "Wo": (2, 4)}, {"x": (6, 4)})
def attention_rope(p, x):
    x = x["x"]
    return causal(rope(x @ p["Wq"]) @ rope(x @ p["Wk"]).T / 2.0) @ x @ p["Wv"] @ p["Wo"]


@model({"Wq": (4, 4, 4), "Wk": (2, 4, 4), "Wv": (2, 4, 4), "Wo": (4, 4, 4)}, {"x": (6, 4)})
def attention_rope_gqa(p, x):
    x, y = x["x"], 0.0
    for h in range(4):
        g = h // 2
        y += causal(rope(x @ p["Wq"][h]) @ rope(x @ p["Wk"][g]).T / 2.0) @ x @ p["Wv"][g] @ p["Wo"][h]
    return y


def transformer(p, token, output):
    x = p["E"][token]
    for i in "01":
        w = {k.split(".")[2]: v for k, v in p.items() if k.startswith(f"layer.{i}.")}
        n, r = w["gain1"] * rms(x), x
        for h in range(4):
            g = h // 2
            r = r + causal(rope(n @ w["Wq"][h]) @ rope(n @ w["Wk"][g]).T / jnp.sqrt(2.0)) @ n @ w["Wv"][g] @ w["Wo"][h]
        m = w["gain2"] * rms(r)
        x = r + (silu(m @ w["G"].T) * (m @ w["U"].T)) @ w["D"].T
    return (p["gain"] * rms(x)) @ p[output].T


LAYER = {"gain1": (4,), "Wq": (4, 4, 2), "Wk": (2, 4, 2), "Wv": (2, 4, 2), "Wo": (4, 2, 4), "gain2": (4,), "G": (3, 4), "U": (3, 4),
         "D": (4, 3)}
LAYERS = {f"layer.{i}.{k}": s for i in range(2) for k, s in LAYER.items()}
TOKENS = {"token": lambda rng: rng.integers(0, 6, 5)}


@model({"E": (6, 4), "gain": (4,), "O": (6, 4), **LAYERS}, TOKENS)
def transformer_untied(p, x):
    return transformer(p, x["token"], "O")


@model({"E": (6, 4), "gain": (4,), **LAYERS}, TOKENS)
def transformer_tied(p, x):
    return transformer(p, x["token"], "E")


# Three models from papers (examples/models)

@model({"w0": (), "w": (6,), "V": (6, 2)}, {"x": (6,)}, table=EXAMPLES)
def factorization_machine(p, x):
    x, y = x["x"], p["w0"] + p["w"] @ x["x"]
    for i in range(6):
        for j in range(i):
            y += (p["V"][i] @ p["V"][j]) * x[i] * x[j]
    return y


@model({"A": (3, 3), "B": (3, 2), "C": (2, 3)}, {f"u{k}": (2,) for k in range(1, 7)}, table=EXAMPLES)
def linear_system(p, x):
    h, y = jnp.zeros(3), []
    for k in range(1, 7):
        h = p["A"] @ h + p["B"] @ x[f"u{k}"]
        y.append(p["C"] @ h)
    return jnp.stack(y)


@model({"Wq": (3, 2), "Wk": (3, 2), "Wv": (3, 2), "Wo": (2, 3)}, {"x": (5, 3)}, table=EXAMPLES)
def linear_attention(p, x):
    x = x["x"]
    return x @ p["Wq"] @ p["Wk"].T @ x.T @ x @ p["Wv"] @ p["Wo"] / 5.0
