"""Steps per second of the published training runs in PyTorch eager: autograd, and updates in place."""

import timing  # noqa: I001  (first: it sets the environment)

import argparse
import time

import numpy as np
import torch

import workloads

torch.set_num_threads(1)
torch.set_num_interop_threads(1)


def relu(p, d, b):
    y = torch.relu(b["x"] @ d["W"].mT) @ d["v"] + 0.1 * b["noise"]
    out = (torch.relu(b["x"] @ p["W"].mT) @ p["v"][..., None])[..., 0]
    return ((out - y) ** 2).mean(-1)


def heads(p, x):
    # Weights of many replicas meet sequences of many replicas: [..., 1, c, a].
    q, k, v = (x @ p[n].unsqueeze(-3) for n in "QKV")
    return torch.softmax(q @ k.mT / 8**0.5, -1) @ v


def attention(p, d, b):
    return ((heads(p, b["x"]) - heads(d, b["x"]) - 0.02 * b["noise"]) ** 2).mean((-1, -2, -3))


def completion(p, d, b):
    at = b["subset"]
    i, j, value = d["row"][at], d["column"][at], d["value"][at]
    if p["P"].ndim == 2:
        m = (p["P"][i] * p["Q"][:, j].T).sum(-1)
    else:
        r = torch.arange(len(at))[:, None]
        m = (p["P"][r, i] * p["Q"].mT[r, j]).sum(-1)
    return ((m - value) ** 2).sum(-1) / 400


def factorization(p, d, b):
    return ((p["P"] @ p["Q"] - d["M"]) ** 2).mean((-1, -2))


def linear(p, d, b):
    w = p["u"] * p["v"] if "u" in p else p["w"]
    if "measure" in d:
        return ((w.cumsum(-1) @ d["measure"].mT - d["y"]) ** 2).mean(-1)
    return ((w @ d["A"].mT - d["y"]) ** 2).mean(-1)


LOSSES = {
    "relu": relu,
    "attention": attention,
    "completion": completion,
    "factorization": factorization,
    **dict.fromkeys([n for n in workloads.WORKLOADS if n.startswith(("spectral", "total"))], linear),
}


def tensors(arrays, dtype):
    return {n: torch.as_tensor(x, dtype=None if x.dtype == np.int32 else dtype) for n, x in arrays.items()}


def draws(work, replicas, dtype):
    many = () if replicas == 1 else (replicas,)
    found = {n: torch.randn(*many, *shape, dtype=dtype) for n, shape in work.normals.items()}
    if work.subset:
        n, k = work.subset
        found["subset"] = torch.randperm(n)[:k] if replicas == 1 else torch.rand(replicas, n).argsort(-1)[:, :k]
    return found


class Run:
    """A training run, or many along the first axis of the parameters."""

    def __init__(self, name, replicas, dtype=torch.float32, seed=0):
        self.work, self.replicas, self.dtype = workloads.build(name, seed), replicas, dtype
        starts = [self.work.parameters] + [workloads.build(name, seed + r).parameters for r in range(1, replicas)]
        stacked = {n: np.stack([p[n] for p in starts]) if replicas > 1 else starts[0][n] for n in starts[0]}
        self.p = {n: x.requires_grad_() for n, x in tensors(stacked, dtype).items()}
        self.d, self.loss = tensors(self.work.data, dtype), LOSSES[name]
        torch.manual_seed(seed)

    def step(self, b):
        # The sum over replicas has each one's own gradient. `autograd.grad` saves what an optimiser object adds.
        loss = self.loss(self.p, self.d, b)
        gradients = torch.autograd.grad(loss if loss.ndim == 0 else loss.sum(), self.p.values())
        with torch.no_grad():
            torch._foreach_add_(list(self.p.values()), gradients, alpha=-self.work.rate)
        return loss

    def replica(self, r):
        """The parameters of one replica, copied."""
        shapes = {n: x.shape for n, x in self.work.parameters.items()}
        return {n: self.p[n].detach().numpy().reshape(-1, *shape)[r].copy() for n, shape in shapes.items()}

    def steps(self, count):
        for _ in range(count):
            loss = self.step(draws(self.work, self.replicas, self.dtype))
        return loss.detach().mean().item()


def check(name):
    rng = np.random.default_rng(5)
    for replicas in (1, 3):
        run = Run(name, replicas, torch.float64)
        drawn = [workloads.batch(run.work, rng) for _ in range(replicas)]
        before = [run.replica(r) for r in range(replicas)]
        stacked = {n: np.stack([b[n] for b in drawn]) if replicas > 1 else drawn[0][n] for n in drawn[0]}
        run.step({n: torch.as_tensor(x) for n, x in stacked.items()})
        for r in range(replicas):
            expected = workloads.reference_step(run.work, before[r], drawn[r])
            found = run.replica(r)
            for n, x in expected.items():
                change = np.abs(x - before[r][n]).max()
                assert np.abs(found[n] - x).max() < 1e-9 * change, f"{name} {n}: another step than NumPy's"
    run = Run(name, 1)
    drawn = [draws(run.work, 1, run.dtype) for _ in range(200)]  # the same before and after

    def loss():
        return float(np.mean([run.loss(run.p, run.d, b).item() for b in drawn]))

    first = loss()
    run.steps(3000)
    last = loss()
    print(f"{name:26} torch   equals NumPy's step; loss {first:.6g} -> {last:.6g} after 3000 steps")
    assert last < first, f"{name}: the loss did not fall"


def main():
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--workload", choices=[*workloads.WORKLOADS, "all"], required=True)
    ask.add_argument("--replicas", type=int, default=1)
    ask.add_argument("--seconds", type=float, default=3.0)
    ask.add_argument("--check", action="store_true", help="compare one step with NumPy in float64, and train")
    ask.add_argument("--json", action="store_true", help="one line of JSON per result")
    given = ask.parse_args()
    for name in workloads.WORKLOADS if given.workload == "all" else [given.workload]:
        if given.check:
            check(name)
            continue
        begin = time.perf_counter()
        run = Run(name, given.replicas)
        run.steps(20)
        warm = time.perf_counter() - begin
        steps = 200
        found = timing.measure(lambda: run.steps(steps), steps, given.seconds)  # noqa: B023
        line = {"workload": name, "framework": "torch", "version": torch.__version__, "formulation": "eager"}
        timing.report({**line, "replicas": given.replicas, **found, "compile_seconds": warm}, given.json)


if __name__ == "__main__":
    main()
