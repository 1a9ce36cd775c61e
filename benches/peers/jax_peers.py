"""Steps per second of the published training runs in JAX: jit, scan over blocks, random bits inside, one loss per 1000 steps."""

import timing  # noqa: I001  (first: it sets the environment)

import argparse
import itertools
import time
from dataclasses import asdict, dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

import workloads
from jax_formulations import LOSSES, normals, subsets
from jax_gradients import GRADIENTS

RECORD = 1000  # steps between two losses


@dataclass(frozen=True)
class Formulation:
    """One way to write a run."""

    loss: str  # key of LOSSES or GRADIENTS
    draw: int = 1  # steps whose random numbers are drawn at once, inside the compiled loop
    prng: str = "threefry2x32"  # threefry2x32, rbg or unsafe_rbg
    normal: str = "erfinv"
    unroll: int = 1  # of the loop over steps
    group: int = 0  # replicas that run together, one group after the other; 0: all

    @property
    def lanes(self):
        """Whether replicas are the last axis, and not one that `vmap` adds in front."""
        return self.loss in ("lanes", "unrolled", "padded")

    def __str__(self):
        return ",".join(f"{v}" for v in asdict(self).values())

    def together(self, replicas):
        return min(self.group or replicas, replicas)

    @classmethod
    def parse(cls, text):
        loss, draw, prng, normal, unroll, group = text.split(",")
        return cls(loss, int(draw), prng, normal, int(unroll), int(group))


def best(name: str, replicas: int) -> Formulation:
    """The fastest of `--tune` on the machine that the README names."""
    for least, text in BEST[name]:
        if replicas >= least:
            return Formulation.parse(text)
    raise KeyError(name)


# name -> (replicas from, formulation), largest first.
BEST = {
    "relu": [(2, "lanes,1000,threefry2x32,erfinv,1,1"), (1, "lanes,1000,threefry2x32,erfinv,1,0")],
    "attention": [(32, "plain,10,threefry2x32,erfinv,1,16"), (1, "plain,10,threefry2x32,erfinv,1,0")],
    "completion": [(2, "padded,1000,threefry2x32,erfinv,4,16"), (1, "lanes,1000,threefry2x32,erfinv,4,0")],
    "factorization": [(2, "unrolled,1,threefry2x32,erfinv,1,16"), (1, "unrolled,1,threefry2x32,erfinv,1,0")],
    "spectral_designed": [(2, "gram,1,threefry2x32,erfinv,2,0"), (1, "gram,1,threefry2x32,erfinv,1,0")],
    "spectral_vanilla": [(2, "gram,1,threefry2x32,erfinv,2,0"), (1, "gram,1,threefry2x32,erfinv,1,0")],
    "total_variation_designed": [(32, "products,1,threefry2x32,erfinv,16,64"), (2, "products,1,threefry2x32,erfinv,4,0"), (1, "products,1,threefry2x32,erfinv,16,0")],
    "total_variation_vanilla": [(1, "products,1,threefry2x32,erfinv,1,0")],
}


def draws(work, form, key, count, replicas, dtype):
    """Random numbers of `count` steps, one step along the first axis; replicas are the next axis, or the last for `lanes`."""
    lanes, found = form.lanes, {}
    for name, shape in work.normals.items():
        key, use = jax.random.split(key)
        many = () if replicas == 1 else (replicas,)
        found[name] = normals(use, (count, *shape, *many) if lanes else (count, *many, *shape), dtype, form.normal)
    if work.subset:
        n, k = work.subset
        found["subset"] = subsets(key, count * replicas, n, k, "sort" if form.loss == "gather" else "select", dtype)
        if replicas > 1:
            found["subset"] = found["subset"].reshape(count, replicas, -1)
            if lanes:
                found["subset"] = jnp.swapaxes(found["subset"], 1, 2)
    return found


def stepper(work, form, replicas, dtype):
    """Two functions of parameters and draws: a step of all replicas, and their mean loss."""
    data = {n: jnp.asarray(x, None if x.dtype == np.int32 else dtype) for n, x in work.data.items()}
    written = GRADIENTS.get((work.name, form.loss))
    loss = LOSSES[work.name][("lanes" if form.lanes else "plain") if written else form.loss]

    def one(p, b):
        return loss(p, data, b)

    gradient = (lambda p, b: written(p, data, b)) if written else jax.grad(one)
    if replicas > 1 and not form.lanes:
        gradient, one = jax.vmap(gradient), jax.vmap(one)

    def step(p, b):
        return jax.tree.map(lambda x, g: x - dtype(work.rate) * g, p, gradient(p, b))

    total = replicas if form.lanes else 1
    return step, lambda p, b: jnp.mean(one(p, b)) / total


def trainer(work, form, replicas, steps, dtype=jnp.float32):
    """A function to compile, (parameters, keys) -> (parameters, keys, one loss per RECORD steps), groups along the first axis."""
    replicas = form.together(replicas)
    step, loss = stepper(work, form, replicas, dtype)
    drawn = bool(work.normals or work.subset)
    recorded = min(RECORD, steps)
    size = min(form.draw, recorded) if drawn else recorded

    def some(carry, _):
        p, key, _ = carry
        if not drawn:
            p, _ = jax.lax.scan(lambda p, _: (step(p, {}), None), p, None, length=size, unroll=form.unroll)
            return (p, key, {}), None
        key, use = jax.random.split(key)
        b = draws(work, form, use, size, replicas, dtype)
        last = jax.tree.map(lambda x: x[-1], b)
        if size == 1:
            return (step(p, last), key, last), None
        p, _ = jax.lax.scan(lambda p, b: (step(p, b), None), p, b, unroll=form.unroll)
        return (p, key, last), None

    def record(carry, _):
        p, key = carry
        shapes = jax.eval_shape(lambda k: draws(work, form, k, 1, replicas, dtype), key) if drawn else {}
        b = jax.tree.map(lambda x: jnp.zeros(x.shape[1:], x.dtype), shapes)
        unroll = form.unroll if size == 1 else 1
        (p, key, last), _ = jax.lax.scan(some, (p, key, b), None, length=recorded // size, unroll=unroll)
        return (p, key), loss(p, last)

    def run(p, key):
        (p, key), losses = jax.lax.scan(record, (p, key), None, length=steps // recorded)
        return p, key, losses

    return lambda p, keys: jax.lax.map(lambda both: run(*both), (p, keys))


def start(name, form, replicas, seed, dtype=jnp.float32):
    """The workload, and the parameters of all groups: each replica has its own start, teacher and data are shared."""
    work = workloads.build(name, seed)
    size = form.together(replicas)
    all_of = [work.parameters] + [workloads.build(name, seed + r).parameters for r in range(1, replicas)]

    def stacked(n):
        x = np.stack([p[n] for p in all_of]).reshape(replicas // size, size, *work.parameters[n].shape)
        x = x[:, 0] if size == 1 else np.moveaxis(x, 1, -1) if form.lanes else x
        return jnp.asarray(x, dtype)

    return work, {n: stacked(n) for n in work.parameters}


def measured(name, form, replicas, seconds, steps):
    work, p = start(name, form, replicas, 0)
    keys = jax.random.split(jax.random.key(1, impl=form.prng), replicas // form.together(replicas))
    begin = time.perf_counter()
    run = jax.jit(trainer(work, form, replicas, steps), donate_argnums=0).lower(p, keys).compile()
    compiling = time.perf_counter() - begin
    state = [p, keys]

    def call():
        state[0], state[1], losses = run(*state)
        losses.block_until_ready()

    call()
    found = timing.measure(call, steps, seconds)
    assert all(bool(jnp.isfinite(x).all()) for x in state[0].values()), "parameters diverged"
    line = {"workload": name, "framework": "jax", "version": jax.__version__, "formulation": str(form)}
    return {**line, "replicas": replicas, **found, "compile_seconds": compiling}


def call_steps(name, replicas):
    """Steps of one call, some milliseconds: long against the cost of a call, and short enough that some fall between the time slices
    of other programs. Powers of ten divide RECORD or are divided by it."""
    single = {"attention": 100, "completion": 2000, "factorization": 2000}.get(name, 10_000)
    least = 10 if name == "attention" else 100
    return next((n for n in (10_000, 2000, 1000, 100) if n <= single // replicas), least)


def candidates(name, replicas):
    """What --tune tries, over what this workload depends on."""
    work = workloads.build(name)
    drawn = work.normals or work.subset
    found = [Formulation(loss) for loss in work.formulations]
    if drawn:
        large = sum(np.prod(s) for s in work.normals.values()) > 1000
        blocks = (1, 10, 50) if large else (1, 50, 1000)
        found = [replace(f, draw=b) for f, b in itertools.product(found, blocks)]
    if replicas > 1:
        groups = {g for g in (1, 16, 64, replicas) if g <= replicas}
        found = [replace(f, group=g) for f, g in itertools.product(found, sorted(groups))]
    return found


def refinements(form, work):
    """Around the best of the candidates: generator, normal law, unrolling."""
    found = [replace(form, unroll=u) for u in (2, 4, 16)]
    if work.normals or work.subset:
        found += [replace(form, prng=p) for p in ("unsafe_rbg", "rbg")]
    if work.normals:
        found += [replace(form, normal="boxmuller")]
    return found


def main():
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--workload", choices=[*workloads.WORKLOADS, "all"], required=True)
    ask.add_argument("--replicas", type=int, default=1)
    ask.add_argument("--seconds", type=float, default=3.0)
    ask.add_argument("--steps", type=int, help="steps of one call (a multiple of 1000)")
    ask.add_argument("--formulation", help="loss,draw,prng,normal,unroll,group; without it the fastest known")
    ask.add_argument("--tune", action="store_true", help="measure all formulations, the fastest last")
    ask.add_argument("--check", action="store_true", help="compare with NumPy in float64, and train")
    ask.add_argument("--json", action="store_true", help="one line of JSON per result")
    given = ask.parse_args()
    for name in workloads.WORKLOADS if given.workload == "all" else [given.workload]:
        if given.check:
            import jax_check

            jax_check.check(name, given.seconds)
            continue
        steps = given.steps or call_steps(name, given.replicas)
        if not given.tune:
            form = Formulation.parse(given.formulation) if given.formulation else best(name, given.replicas)
            timing.report(measured(name, form, given.replicas, given.seconds, steps), given.json)
            continue
        seen = {}
        tried = candidates(name, given.replicas)
        for round_of in range(2):
            for form in tried:
                seen[form] = measured(name, form, given.replicas, given.seconds, steps)
                timing.report(seen[form], given.json)
            fastest = max(seen, key=lambda f: seen[f]["steps_per_second"])
            tried = [f for f in refinements(fastest, workloads.build(name)) if f not in seen]
        timing.report(seen[fastest], given.json)


if __name__ == "__main__":
    main()
