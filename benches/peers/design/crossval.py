"""The one rule by which every method is judged.

A method is `choices`, a list of settings, and `path(problem, X, y, grid, choice)`, one vector of coefficients for each value of `grid`,
from its largest to its least. The grid of a choice is fixed on all rows: VALUES values in equal ratios down to RATIO of the method's
own largest. Setting and value are those of the least mean squared error on what folds leave out, of equals the larger value.
"""

import time

import numpy as np

FOLDS, VALUES, RATIO = 8, 30, 1e-3


def grid(largest):
    return largest * np.geomspace(1, RATIO, VALUES)


def support(w, share=1e-6):
    """Entries that are not 0; interior points leave small numbers there, and say so by a share of their own."""
    return np.abs(w) > share * np.abs(w).max(initial=1e-300)


def least_squares(X, y, w, share=1e-6, free=()):
    """Least squares on the support of w: of least norm where the support has more numbers than there are rows."""
    own = support(w, share)
    own[list(free)] = True
    out = np.zeros_like(w)
    if own.any():
        out[own] = np.linalg.lstsq(X[:, own], y, rcond=1e-6)[0]
    return out


def evaluate(problem, method, left_out):
    """Errors relative to the truth at the choice of cross-validation, at that of least squares on supports, and at the best choice of
    one who knows the truth."""
    start = time.process_time()
    X, y = problem.X, problem.y
    share, free, refits = getattr(method, "share", 1e-6), getattr(method, "free", ()), getattr(method, "refits", True)
    best = None
    oracle = np.inf
    for choice in method.choices:
        values = grid(method.largest(problem, choice))
        whole = method.path(problem, X, y, values, choice)
        scores, again = np.zeros(VALUES), np.zeros(VALUES)
        for out in left_out:
            kept = np.setdiff1d(np.arange(len(y)), out)
            Xk, yk = X[kept], y[kept]
            for k, w in enumerate(method.path(problem, Xk, yk, values, choice)):
                scores[k] += np.mean((y[out] - X[out] @ w) ** 2) / len(left_out)
                if refits:
                    v = least_squares(Xk, yk, w, share, free)
                    again[k] += np.mean((y[out] - X[out] @ v) ** 2) / len(left_out)
        oracle = min(oracle, min(problem.error(w) for w in whole))
        k = int(np.argmin(scores))
        if best is None or scores[k] < best[0]:
            j = int(np.argmin(again))
            v = least_squares(X, y, whole[j], share, free) if refits else None
            best = (scores[k], choice, whole[k], v)
    score, choice, w, v = best
    return {
        "data": problem.name,
        "method": method.name,
        "cv": problem.error(w),
        "least_squares": None if v is None else problem.error(v),
        "oracle": oracle,
        "support": int(support(w, share).sum()) if refits else int(np.linalg.matrix_rank(w.reshape(problem.shape), 1e-3 * np.linalg.norm(w))),
        "score": float(score),
        "choice": choice,
        "seconds": time.process_time() - start,
    }
