"""How often few weights, few groups or a low rank are found from too few numbers without noise, by all methods on the same draws:
`python recovery.py BLOCK --trials 50 --out FILE`. Found is an error below 1 % of the weights."""

import argparse
import json
import time
from pathlib import Path

import data  # first: it sets the number of threads
import cvxpy as cp
import numpy as np
import ours
from peers import PROGRAMS, soft_impute
from scipy.optimize import linprog

FOUND = 1e-2
# Of one lambda: small, as nothing is to be shrunk; or ten times that, with least squares on the support that it finds.
SMALL, LARGE = 1e-3, 1e-2
POWERS = {"p = 2/3": 2 / 3, "p = 1/2": 0.5}
# Block: shape of the weights, numbers seen, how many weights, groups or ranks there are.
SIZES = {
    "entries": ((100,), 40, (8, 11, 14, 17, 20)),
    "groups": ((30, 4), 60, (4, 6, 8, 10, 12)),
    "matrix": ((20, 20), 200, (1, 2, 3, 4, 5)),
}
# What is added to sizes before weights are taken of them: numbers are normal, singular values near 20. One semidefinite program is slow.
CUTS = {"entries": (1.0, 0.1, 0.01), "groups": (1.0, 0.1, 0.01), "matrix": (0.1,)}


def draw(block, level, trial):
    """Rows and weights; seen are X w."""
    shape, rows, _ = SIZES[block]
    r = np.random.default_rng([17, level, trial])
    w = np.zeros(shape)
    if block == "matrix":
        w = r.standard_normal((shape[0], level)) @ r.standard_normal((level, shape[1]))
        return np.eye(w.size)[r.permutation(w.size)[:rows]], w
    X = r.standard_normal((rows, w.size))
    places = r.choice(shape[0], level, replace=False)
    w[places] = r.standard_normal((level,) + shape[1:])
    return X, w


def weighted_l1(X, y, weights):
    """Least sum of weights |w| with X w = y, as a linear program in both signs."""
    both = linprog(np.concatenate([weights, weights]), A_eq=np.hstack([X, -X]), b_eq=y, method="highs").x
    return both[: X.shape[1]] - both[X.shape[1] :]


def weighted_norms(X, y, weights, size):
    w = cp.Variable((len(weights), size))
    norms = cp.sum(cp.multiply(weights, cp.norm(w, 2, axis=1)))
    cp.Problem(cp.Minimize(norms), [X @ cp.reshape(w, (w.size,), order="C") == y]).solve(solver=cp.CLARABEL)
    return w.value


def weighted_nuclear(X, y, left, right):
    W = cp.Variable((len(left), len(right)))
    seen = np.argmax(X, axis=1)
    program = cp.Problem(cp.Minimize(cp.normNuc(left @ W @ right)), [cp.reshape(W, (W.size,), order="C")[seen] == y])
    program.solve(solver=cp.CLARABEL)
    return W.value


def reweighted(block, X, y, shape, cut):
    """Five programs, weights 1/(size + cut): [CWB08] of entries and norms, [FHB03] of matrices. The
    first and the last solution."""
    first = w = None
    weights = np.ones(shape[0])
    left, right = np.eye(shape[0]), np.eye(shape[-1])
    for _ in range(PROGRAMS):
        if block == "entries":
            w = weighted_l1(X, y, weights)
            weights = 1 / (np.abs(w) + cut)
        elif block == "groups":
            w = weighted_norms(X, y, weights, shape[1])
            weights = 1 / (np.linalg.norm(w, axis=1) + cut)
        else:
            w = weighted_nuclear(X, y, left, right)
            left, right = inverse_root(w @ w.T, cut), inverse_root(w.T @ w, cut)
        if first is None:
            first = w
    return first, w


def inverse_root(S, cut):
    """(S^(1/2) + cut)^(-1/2), largest eigenvalue 1: a common factor of the objective does nothing but harm its scale."""
    values, vectors = np.linalg.eigh(S)
    roots = 1 / np.sqrt(np.sqrt(np.maximum(values, 0)) + cut)
    return (vectors * (roots / roots.max())) @ vectors.T


def softly(X, y, shape):
    """SoftImpute along ten penalties to a ten-thousandth of the largest."""
    seen, Y = X.sum(0).reshape(shape) > 0, (X.T @ y).reshape(shape)
    W = np.zeros(shape)
    for a in np.linalg.norm(Y, 2) * np.geomspace(1, 1e-4, 10):
        W = soft_impute(seen, Y, W, a, 3000, 1e-6)
    return W


def attempts(block, X, w):
    """Name, weights and processor seconds of every method."""
    shape, y = w.shape, X @ w.ravel()
    names = {"entries": "basis pursuit", "groups": "group basis pursuit", "matrix": "nuclear norm"}
    for cut in CUTS[block]:
        start = time.process_time()
        first, last = reweighted(block, X, y, shape, cut)
        seconds = time.process_time() - start
        if cut == CUTS[block][0]:
            yield names[block], first, seconds / PROGRAMS
        yield f"reweighted, cut {cut:g}", last, seconds
    if block == "matrix":
        start = time.process_time()
        yield "SoftImpute", softly(X, y, shape), time.process_time() - start
    for name, power in POWERS.items():
        for value in (SMALL, LARGE) if block != "matrix" else (SMALL,):
            refit = ["--refit"] if value == LARGE else []
            _, arrays, seconds = ours.call(block, shape, power, X, y, "--no-intercept", "--cv", "0", "--lambda", repr(value), *refit)
            label = f"design, {name}, lambda {value:g}" + (", least squares" if refit else "")
            yield label, arrays["least_squares" if refit else "weights"]["z"], seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("block", choices=SIZES)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    shape, rows, levels = SIZES[given.block]
    found, seconds = {}, {}
    # Trial by trial, so that a run that is cut short has all levels.
    for trial in range(given.trials):
        for k, level in enumerate(levels):
            X, w = draw(given.block, level, trial)
            for name, guess, time_taken in attempts(given.block, X, w):
                hit = np.linalg.norm(guess - w) < FOUND * np.linalg.norm(w)
                found.setdefault(name, [[] for _ in levels])[k].append(int(hit))
                seconds.setdefault(name, []).append(time_taken)
        table = {"block": given.block, "shape": shape, "seen": rows, "levels": levels, "trials": trial + 1, "found": found}
        table["seconds"] = {name: float(np.median(own)) for name, own in seconds.items()}
        given.out.write_text(json.dumps(table) + "\n")
        shares = {name: [round(float(np.mean(hits)), 2) for hits in own] for name, own in found.items()}
        print(trial + 1, shares, {k: round(v, 3) for k, v in table["seconds"].items()}, flush=True)


if __name__ == "__main__":
    main()
