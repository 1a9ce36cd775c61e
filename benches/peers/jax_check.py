"""Whether the formulations in JAX are the runs that they claim to be.

One step of each, in float64 and for one and three replicas, against NumPy's; what is drawn against its law; and training in float32 at
the published step size, until the loss has fallen.
"""

import jax
import jax.numpy as jnp
import numpy as np

import jax_peers
import workloads
from jax_formulations import normals, subsets


def mask_of(index, n):
    found = np.zeros(n)
    found[index] = 1
    return found


def steps_agree(name, form, replicas, rng):
    work, p = jax_peers.start(name, form, replicas, 0, jnp.float64)
    axis = -1 if form.lanes else 0
    drawn = [workloads.batch(work, rng) for _ in range(replicas)]
    given = [dict(b) for b in drawn]
    if work.subset and form.loss != "gather":
        for b in given:
            b["subset"] = mask_of(b["subset"], work.subset[0])
    one = replicas == 1
    b = {n: jnp.asarray(given[0][n] if one else np.stack([g[n] for g in given], axis)) for n in given[0]}
    step, _ = jax_peers.stepper(work, form, replicas, jnp.float64)
    after = jax.jit(step)({n: x[0] for n, x in p.items()}, b)
    for r in range(replicas):
        before = workloads.build(name, r).parameters
        for n, expected in workloads.reference_step(work, before, drawn[r]).items():
            found = np.asarray(after[n] if one else jnp.take(after[n], r, axis))
            change = np.abs(expected - before[n]).max()
            assert np.abs(found - expected).max() < 1e-9 * change, f"{name} {form} {n}: another step than NumPy's"


def draws_are_right():
    for prng in ("threefry2x32", "rbg", "unsafe_rbg"):
        key = jax.random.key(3, impl=prng)
        for method in ("erfinv", "boxmuller"):
            x = np.asarray(normals(key, (400_000,), jnp.float32, method), float)
            moments = [x.mean(), (x**2).mean() - 1, (x**3).mean(), (x**4).mean() - 3]
            errors = np.sqrt(np.array([1, 2, 15, 96]) / len(x))
            assert (np.abs(moments) < 5 * errors).all(), f"{prng} {method}: moments {moments}"
        sort = np.asarray(subsets(key, 20_000, 80, 40, "sort", jnp.float32))
        masks = {
            "sort": np.stack([mask_of(s, 80) for s in sort]),
            "select": np.asarray(subsets(key, 20_000, 80, 40, "select", jnp.float32)),
        }
        for method, m in masks.items():
            assert (m.sum(1) == 40).all(), f"{prng} {method}: another number than 40"
            off = np.abs(m.mean(0) - 0.5).max() / (0.5 / np.sqrt(len(m)))
            # Two entries are both in with probability (40·39)/(80·79).
            pairs = (m.T @ m / len(m))[~np.eye(80, dtype=bool)]
            pair = np.abs(pairs - 40 * 39 / (80 * 79)).max() / (0.43 / np.sqrt(len(m)))
            assert off < 4.5 and pair < 6, f"{prng} {method}: inclusion off by {off:.1f} and {pair:.1f} standard errors"


def check(name, _seconds):
    jax.config.update("jax_enable_x64", True)
    draws_are_right()
    rng = np.random.default_rng(5)
    work = workloads.build(name)
    forms = [jax_peers.Formulation(f) for f in work.formulations]
    for form in forms:
        for replicas in (1, 3):
            steps_agree(name, form, replicas, rng)
    for replicas in (1, 16, 256):
        form = jax_peers.best(name, replicas)
        _, p = jax_peers.start(name, form, replicas, 0)
        steps = work.check_steps if replicas == 1 else min(work.check_steps, 20_000 if name != "attention" else 2_000)
        if replicas == 256:
            steps = 2_000
        run = jax.jit(jax_peers.trainer(work, form, replicas, steps))
        keys = jax.random.split(jax.random.key(1, impl=form.prng), replicas // form.together(replicas))
        losses = np.asarray(run(p, keys)[2]).mean(0)
        few = max(1, len(losses) // 5)
        first, last = losses[:few].mean(), losses[-few:].mean()
        print(f"{name:26} {str(form):42} x{replicas:<4} loss {first:.6g} -> {last:.6g} after {steps} steps")
        noisy = replicas > 1 and (work.normals or work.subset)
        assert np.isfinite(losses).all() and (last < first or noisy), f"{name}: the loss did not fall"
    print(f"{name:26} equals NumPy's step: {', '.join(f.loss for f in forms)}")
