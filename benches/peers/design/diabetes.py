"""Nested cross-validation on the diabetes data of [E04], 442 patients, with the 10 measured
predictors and with all 64 of second order: `python diabetes.py --out FILE`."""

import argparse
import json
import warnings
from pathlib import Path

import data  # first: it sets the number of threads
import numpy as np
import ours
from crossval import FOLDS, RATIO, VALUES
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNetCV, LassoCV
from skglm.datafits import Quadratic
from skglm.estimators import GeneralizedLinearEstimator
from skglm.penalties import MCPenalty
from skglm.solvers import AndersonCD

warnings.filterwarnings("ignore")
OUTER, SEED = 10, 0
MIXES = (0.1, 0.5, 0.9)
SHAPES = (1.5, 3.0, 10.0)
POWERS = {"design, p = 2/3": 2 / 3, "design, p = 1/2": 0.5}


def predictors(second):
    """The measured ones; with `second` also products and squares, but the square of the binary one."""
    table = load_diabetes(scaled=False)
    X = table.data
    if second:
        X = (X - X.mean(0)) / X.std(0)
        n, binary = X.shape[1], table.feature_names.index("sex")
        pairs = [(i, j) for i in range(n) for j in range(i, n) if not i == j == binary]
        X = np.hstack([X] + [(X[:, i] * X[:, j])[:, None] for i, j in pairs])
    return X, table.target


def mcp(X, y, inner):
    """MCP (skglm) by the same rule; rows are shifted by the means of what is fitted, which is an intercept without penalty."""

    def path(X, y, grid, shape):
        fit = GeneralizedLinearEstimator(
            Quadratic(), MCPenalty(grid[0], shape), AndersonCD(max_iter=50, max_epochs=2000, tol=1e-5, fit_intercept=False, warm_start=True)
        )
        means, middle = X.mean(0), y.mean()
        Z, out = np.asfortranarray(X - means), []
        for a in grid:
            fit.penalty = MCPenalty(a, shape)
            w = fit.fit(Z, y - middle).coef_.copy()
            out.append((w, middle - means @ w))
        return out

    grid = np.abs((X - X.mean(0)).T @ (y - y.mean())).max() / len(y) * np.geomspace(1, RATIO, VALUES)
    best = None
    for shape in SHAPES:
        scores = np.zeros(VALUES)
        for kept, out in inner:
            for k, (w, b) in enumerate(path(X[kept], y[kept], grid, shape)):
                scores[k] += np.mean((y[out] - X[out] @ w - b) ** 2)
        if best is None or scores.min() < best[0]:
            best = (scores.min(), shape, int(np.argmin(scores)))
    return path(X, y, grid, best[1])[best[2]]


def fits(X, y):
    """Name, weights and intercept of every method; folds within are those of the program."""
    left_out = None
    for name, power in POWERS.items():
        options = ["--cv", str(FOLDS), "--count", str(VALUES), "--ratio", repr(RATIO)]
        answer, arrays, _ = ours.call("entries", (X.shape[1],), power, X, y, *options)
        left_out = [np.array(f) for f in answer["left_out"]]
        yield name, arrays["weights"]["z"], float(arrays["weights"]["intercept"])
    inner = [(np.setdiff1d(np.arange(len(y)), out), out) for out in left_out]
    lasso = LassoCV(alphas=VALUES, eps=RATIO, cv=inner, max_iter=20000).fit(X, y)
    yield "LassoCV", lasso.coef_, lasso.intercept_
    net = ElasticNetCV(l1_ratio=MIXES, alphas=VALUES, eps=RATIO, cv=inner, max_iter=20000).fit(X, y)
    yield "ElasticNetCV", net.coef_, net.intercept_
    yield "MCP (skglm)", *mcp(X, y, inner)
    centre = X.mean(0)
    w = np.linalg.lstsq(X - centre, y - y.mean(), rcond=1e-10)[0]
    yield "least squares", w, y.mean() - centre @ w


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    table = {}
    for second in (False, True):
        X, y = predictors(second)
        outer = np.array_split(np.random.default_rng(SEED).permutation(len(y)), OUTER)
        own = table[str(X.shape[1])] = {}
        for test in outer:
            train = np.setdiff1d(np.arange(len(y)), test)
            # Nothing of the left out rows is used, their means neither.
            means, scales = X[train].mean(0), X[train].std(0)
            Z = (X - means) / scales
            for name, w, b in fits(Z[train], y[train]):
                row = own.setdefault(name, {"error": [], "support": []})
                row["error"].append(float(np.mean((y[test] - Z[test] @ w - b) ** 2)))
                row["support"].append(int(np.count_nonzero(w)))
            own.setdefault("mean of the rows", {"error": [], "support": []})["error"].append(float(np.mean((y[test] - y[train].mean()) ** 2)))
            own["mean of the rows"]["support"].append(0)
        for name, row in own.items():
            print(X.shape[1], name, np.mean(row["error"]), np.std(row["error"], ddof=1) / OUTER**0.5, np.median(row["support"]), flush=True)
        given.out.write_text(json.dumps(table) + "\n")


if __name__ == "__main__":
    main()
