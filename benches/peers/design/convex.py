"""Convex targets: the same solution as the solver's, what the KKT residual says, and how long both take: `python convex.py --out FILE`."""

import argparse
import json
import time
from pathlib import Path

import data  # first: it sets the number of threads
import cvxpy as cp
import numpy as np
import ours
from crossval import FOLDS, RATIO, VALUES, grid
from data import fresh, published
from peers import Nuclear, Variation, group_lasso, slope

SHARE = 0.05
TIGHT = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12, "max_iter": 500}
REPEATS = 3


def solver(problem, penalty, tight):
    """Minimum of sum of squares / 2n + penalty R by Clarabel, and the least processor seconds of solves that compile nothing."""
    w = cp.Variable(problem.shape)
    flat = cp.reshape(w, (w.size,), order="C")
    R = {"groups": lambda: cp.sum(cp.norm(w, 2, axis=1)), "completion": lambda: cp.normNuc(w)}.get(problem.kind, lambda: cp.norm1(w))()
    # Rows that name a place are no matrix for a solver.
    fitted = flat[np.argmax(problem.X, axis=1)] if problem.kind == "completion" else problem.X @ flat
    a = cp.Parameter(nonneg=True, value=penalty)
    program = cp.Problem(cp.Minimize(cp.sum_squares(fitted - problem.y) / (2 * len(problem.y)) + a * R))
    program.solve(solver=cp.CLARABEL, **(TIGHT if tight else {}))
    seconds = []
    for _ in range(0 if tight else REPEATS):
        start = time.process_time()
        program.solve(solver=cp.CLARABEL)
        seconds.append(time.process_time() - start)
    return w.value, min(seconds, default=0.0)


def largest(problem):
    slopes = (problem.X.T @ problem.y / len(problem.y)).reshape(problem.shape)
    if problem.kind == "groups":
        return float(np.linalg.norm(slopes, axis=1).max())
    return float(np.linalg.norm(slopes, 2)) if problem.kind == "completion" else slope(problem.X, problem.y)


def single(problem):
    """One penalty: how far the fit is from the solver's exact minimum, and from what other programs find."""
    penalty = SHARE * largest(problem)
    exact, _ = solver(problem, penalty, True)
    usual, through = solver(problem, penalty, False)
    # The loss of the program is the mean of squares without 1/2.
    options = ["--no-intercept", "--cv", "0", "--lambda", repr(2 * penalty)]
    seconds = []
    for _ in range(REPEATS):
        answer, arrays, own = ours.call(ours.block_of(problem), problem.shape, 1.0, problem.X, problem.y, *options)
        seconds.append(own)
    z = arrays["weights"]["z"]

    def far(w):
        return float(np.linalg.norm(w.ravel() - exact.ravel()) / np.linalg.norm(exact))

    row = {
        "data": f"{problem.kind}, {problem.name}",
        "shape": problem.shape,
        "rows": len(problem.y),
        "penalty": penalty,
        "difference": far(z),
        "kkt": answer["chosen"]["kkt"]["residual"],
        "shows": answer["chosen"]["shows"],
        "support": answer["chosen"]["support"],
        "usual_difference": far(usual),
        "ours_seconds": min(seconds),
        "clarabel_seconds": through,
    }
    if problem.kind == "groups":
        row["adelie_difference"] = far(group_lasso(problem.X, problem.y, [penalty], problem.shape[1], np.ones(problem.shape[0]))[0])
    return row


def path(problem, method):
    """The work of a table: a path of all rows and of each fold, in processor seconds."""
    values = grid(method.largest(problem, None))
    start = time.process_time()
    for k in range(FOLDS + 1):
        kept = np.arange(len(problem.y)) % FOLDS != k
        method.path(problem, problem.X[kept], problem.y[kept], values, None)
    seconds = time.process_time() - start
    options = ["--no-intercept", "--cv", str(FOLDS), "--count", str(VALUES), "--ratio", repr(RATIO)]
    _, _, own = ours.call(ours.block_of(problem), problem.shape, 1.0, problem.X, problem.y, *options)
    return {"data": f"{problem.kind}, {problem.name}", "solver": method.name, "solver_seconds": seconds, "ours_seconds": own}


class SparseByClarabel(Variation):
    """Total variation with the level in it, or plain l1: the problem of the designs."""

    name = "l1 (Clarabel)"

    def path(self, problem, X, y, grid, choice):
        w, penalty = cp.Variable(X.shape[1]), cp.Parameter(nonneg=True)
        program = cp.Problem(cp.Minimize(cp.sum_squares(X @ w - y) / (2 * len(y)) + penalty * cp.norm1(w)))
        for a in grid:
            penalty.value = a
            program.solve(solver=cp.CLARABEL)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    table = {"share": SHARE, "single": [], "paths": []}
    problems = [published("spectrum"), published("step"), fresh("groups", 0), fresh("completion", 0)]
    for problem in problems:
        table["single"].append(single(problem))
        given.out.write_text(json.dumps(table, indent=1) + "\n")
        print(table["single"][-1], flush=True)
    for problem, method in [(problems[0], SparseByClarabel()), (problems[1], SparseByClarabel()), (problems[3], Nuclear())]:
        table["paths"].append(path(problem, method))
        given.out.write_text(json.dumps(table, indent=1) + "\n")
        print(table["paths"][-1], flush=True)


if __name__ == "__main__":
    main()
