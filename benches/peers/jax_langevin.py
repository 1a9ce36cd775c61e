"""Replica-steps per second of Langevin dynamics on the Hadamard pair in JAX: w = u v, L = (w − 1)² / 2, float32.

theta' = theta − h grad L(theta) + sqrt(2 T h) xi, theta = (u, v), the normals xi fresh in each step and drawn inside the compiled loop.
"""

import timing  # noqa: I001  (first: it sets the environment)

import argparse
import itertools
import time
from dataclasses import asdict, dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from jax_formulations import normals

STEP, TEMPERATURE = 1e-2, 1e-2


@dataclass(frozen=True)
class Formulation:
    """One way to write the run."""

    replicas: str  # "array": all in one draw, the last axis; "vmap": one key per replica, the step is written for one
    prng: str = "threefry2x32"  # threefry2x32, rbg or unsafe_rbg
    key: str = "split"  # "split" carries the key from step to step, "fold_in" makes it from the number of the step
    draw: int = 1  # steps whose normals are drawn at once
    normal: str = "erfinv"  # jax.random.normal, or boxmuller
    unroll: int = 1  # of the loop over draws

    def __str__(self):
        return ",".join(f"{v}" for v in asdict(self).values())

    @classmethod
    def parse(cls, text):
        replicas, prng, key, draw, normal, unroll = text.split(",")
        return cls(replicas, prng, key, int(draw), normal, int(unroll))


# The fastest of `--tune` on the machine that the README names.
BEST = "array,threefry2x32,split,1,erfinv,1"


def step(theta, xi):
    """theta and xi: (u, v) along the first axis; the gradient is (w − 1)(v, u)."""
    u, v = theta
    force = STEP * (u * v - 1)
    noise = np.sqrt(2 * TEMPERATURE * STEP).astype(theta.dtype)
    return jnp.stack([u - force * v, v - force * u]) + noise * xi


def runner(form, steps):
    """(theta, key) -> the same after so many steps."""

    def run(theta, key):
        def some(carry, number):
            theta, key = carry
            if form.key == "split":
                key, use = jax.random.split(key)
            else:
                use = jax.random.fold_in(key, number)
            xi = normals(use, (form.draw, *theta.shape), theta.dtype.type, form.normal)
            if form.draw == 1:
                return (step(theta, xi[0]), key), None
            theta, _ = jax.lax.scan(lambda theta, xi: (step(theta, xi), None), theta, xi)
            return (theta, key), None

        numbers = jnp.arange(steps // form.draw, dtype=jnp.uint32)
        (theta, key), _ = jax.lax.scan(some, (theta, key), numbers, unroll=form.unroll)
        # The next call needs another key; with "split" it has one.
        return theta, jax.random.fold_in(key, numbers.size) if form.key == "fold_in" else key

    return jax.vmap(run) if form.replicas == "vmap" else run


def start(form, replicas, seed, dtype=jnp.float32):
    """theta near a minimum and the key, or a key per replica."""
    rng = np.random.default_rng(seed)
    theta = jnp.asarray(1 + 0.1 * rng.standard_normal((2, replicas)), dtype)
    key = jax.random.key(seed, impl=form.prng)
    if form.replicas == "vmap":
        return theta.T, jax.random.split(key, replicas)
    return theta, key


def measured(form, replicas, steps, seconds):
    theta, key = start(form, replicas, 0)
    begin = time.perf_counter()
    run = jax.jit(runner(form, steps), donate_argnums=0).lower(theta, key).compile()
    compiling = time.perf_counter() - begin
    state = [theta, key]

    def call():
        state[0], state[1] = run(*state)
        state[0].block_until_ready()

    call()
    found = timing.measure(call, steps, seconds)
    assert bool(jnp.isfinite(state[0]).all()), "diverged"
    line = {"workload": "langevin", "framework": "jax", "version": jax.__version__, "formulation": str(form)}
    return {**line, "replicas": replicas, **found, "compile_seconds": compiling}


def check():
    """A step against NumPy with the derivative by differences in double precision, and the law of what a step adds, in every formulation."""
    with jax.enable_x64(True):
        rng = np.random.default_rng(1)
        theta, xi = rng.standard_normal((2, 2, 7))

        def loss(t):
            return 0.5 * (t[0] * t[1] - 1) ** 2

        d = 1e-6
        gradient = np.stack([(loss(theta + e) - loss(theta - e)) / (2 * d) for e in d * np.eye(2)[:, :, None]])
        expected = theta - STEP * gradient + np.sqrt(2 * TEMPERATURE * STEP) * xi
        assert np.abs(np.asarray(step(jnp.asarray(theta), jnp.asarray(xi))) - expected).max() < 1e-10
        flipped = theta + STEP * gradient + np.sqrt(2 * TEMPERATURE * STEP) * xi
        assert np.abs(flipped - expected).max() > 1e-3
    n = 1 << 16
    for form in candidates():
        theta, key = start(form, n, 3)
        after, _ = runner(form, form.draw)(jnp.zeros_like(theta), key)
        # From the saddle (0, 0) a first step adds noise alone, later ones little else.
        scale = np.sqrt(2 * TEMPERATURE * STEP * form.draw)
        z = np.asarray(after, np.float64).ravel() / scale
        offs = [z.mean() * np.sqrt(2 * n), (z.var() - 1) * np.sqrt(n)]
        # The force at the saddle, ±1 along its axes, changes the variance by less than 2 (draw h)², which 20 steps show.
        if form.draw <= 4:
            assert all(abs(off) < 5 for off in offs), (form, offs)
        print(f"{form}: mean {offs[0]:+.2f}, variance {offs[1]:+.2f} standard errors")


def candidates():
    found = [Formulation(r, p, k) for r, p, k in itertools.product(("array", "vmap"), ("threefry2x32", "rbg", "unsafe_rbg"), ("split", "fold_in"))]
    array = [f for f in found if f.replicas == "array"]
    found += [replace(f, draw=d) for f, d in itertools.product(array, (4, 20)) if f.key == "split"]
    return found + [replace(f, normal="boxmuller") for f in array if f.key == "split"]


def main():
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--replicas", type=int, default=4096)
    ask.add_argument("--steps", type=int, default=2000, help="steps of one call")
    ask.add_argument("--seconds", type=float, default=3.0)
    ask.add_argument("--formulation", help="replicas,prng,key,draw,normal,unroll; without it the fastest known")
    ask.add_argument("--tune", action="store_true", help="measure all formulations, the fastest last")
    ask.add_argument("--check", action="store_true", help="is it the same dynamics?")
    ask.add_argument("--json", action="store_true", help="one line of JSON per result")
    given = ask.parse_args()
    if given.check:
        return check()
    if not given.tune:
        form = Formulation.parse(given.formulation or BEST)
        return timing.report(measured(form, given.replicas, given.steps, given.seconds), given.json)
    seen, tried = {}, candidates()
    for _ in range(2):
        for form in tried:
            seen[form] = measured(form, given.replicas, given.steps, given.seconds)
            timing.report(seen[form], given.json)
        fastest = max(seen, key=lambda f: seen[f]["steps_per_second"])
        tried = [replace(fastest, unroll=u) for u in (2, 4)]
    timing.report(seen[fastest], given.json)


if __name__ == "__main__":
    main()
