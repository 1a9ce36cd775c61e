"""The peers, each at the settings of its documentation, and with a choice of three where it has a second constant, as the designs have."""

import warnings

import adelie
import cvxpy as cp
import numpy as np
from sklearn.linear_model import Lasso as Coordinate
from sklearn.linear_model import lasso_path
from skglm.datafits import Quadratic
from skglm.estimators import GeneralizedLinearEstimator
from skglm.experimental import IterativeReweightedL1
from skglm.penalties import L0_5, MCPenalty
from skglm.solvers import AndersonCD

warnings.filterwarnings("ignore")
PROGRAMS = 5
CUTS = (0.03, 0.1, 0.3)


def slope(X, y):
    """The least penalty of |w| at which all is 0, of squares halved and averaged."""
    return float(np.abs(X.T @ y).max() / len(y))


class Lasso:
    """Path and rule of scikit-learn's LassoCV on the folds of the program."""

    name = "lasso (scikit-learn)"
    choices = (None,)

    def largest(self, problem, choice):
        return slope(problem.X, problem.y)

    def path(self, problem, X, y, grid, choice):
        return lasso_path(X, y, alphas=grid, max_iter=20000, tol=1e-5)[1].T


class Skglm:
    """MCP or L0.5 by coordinate descent along a path, columns scaled to a mean square of 1."""

    def __init__(self, kind):
        self.name = f"{kind} (skglm)"
        self.kind = kind
        self.choices = (1.5, 3.0, 10.0) if kind == "MCP" else (None,)

    def largest(self, problem, choice):
        return slope(problem.X / np.sqrt((problem.X**2).mean(0)), problem.y)

    def path(self, problem, X, y, grid, choice):
        scale = np.sqrt((X**2).mean(0)) + 1e-12
        Z = np.asfortranarray(X / scale)
        rule = "subdiff" if self.kind == "MCP" else "fixpoint"
        solver = AndersonCD(max_iter=50, max_epochs=2000, tol=1e-5, fit_intercept=False, warm_start=True, ws_strategy=rule)
        penalty = (lambda a: MCPenalty(a, choice)) if self.kind == "MCP" else L0_5
        fit = GeneralizedLinearEstimator(Quadratic(), penalty(grid[0]), solver)
        out = []
        for a in grid:
            fit.penalty = penalty(a)
            out.append(fit.fit(Z, y).coef_ / scale)
        return out


class SkglmReweighted(Skglm):
    """L0.5 by skglm's own reweighting, which begins with a lasso and has no path."""

    def __init__(self):
        super().__init__("L0.5")
        self.name = "L0.5, reweighted (skglm)"

    def path(self, problem, X, y, grid, choice):
        scale = np.sqrt((X**2).mean(0)) + 1e-12
        Z = np.asfortranarray(X / scale)
        out = []
        for a in grid:
            solver = AndersonCD(max_iter=50, max_epochs=2000, tol=1e-5, fit_intercept=False)
            out.append(IterativeReweightedL1(penalty=L0_5(a), solver=solver, n_reweights=PROGRAMS).fit(Z, y).coef_ / scale)
        return out


class Reweighted:
    """Reweighted l1 [CWB08]: five weighted lassos, weights 1/(|w| + cut max|w|); the level of steps is free."""

    name = "reweighted l1"
    choices = CUTS

    def largest(self, problem, choice):
        return slope(problem.X, problem.y)

    def path(self, problem, X, y, grid, choice):
        level = problem.kind == "step"
        out = []
        for a in grid:
            weights = np.ones(X.shape[1])
            for _ in range(PROGRAMS):
                if level:
                    weights[0] = 1e-3
                w = Coordinate(alpha=a, fit_intercept=False, max_iter=3000, tol=1e-4).fit(X / weights, y).coef_ / weights
                top = np.abs(w).max()
                if top == 0:
                    break
                weights = choice * top / (np.abs(w) + choice * top)
            out.append(w)
        return out


class Variation:
    """Total variation by Clarabel, the level free, as it is usual."""

    name = "total variation (Clarabel)"
    choices = (None,)
    share, free = 1e-3, (0,)

    def largest(self, problem, choice):
        return slope(problem.X, problem.y)

    def path(self, problem, X, y, grid, choice):
        w, penalty = cp.Variable(X.shape[1]), cp.Parameter(nonneg=True)
        program = cp.Problem(cp.Minimize(cp.sum_squares(X @ w - y) / (2 * len(y)) + penalty * cp.norm1(w[1:])))
        out = []
        for a in grid:
            penalty.value = a
            program.solve(solver=cp.CLARABEL)
            out.append(w.value.copy())
        return out


class Group:
    """Group lasso by adelie; with cuts, five of them, reweighted by 1/(norm + cut max norm)."""

    def __init__(self, reweighted=False):
        self.name = "reweighted group lasso (adelie)" if reweighted else "group lasso (adelie)"
        self.choices = CUTS if reweighted else (None,)

    def largest(self, problem, choice):
        slopes = (problem.X.T @ problem.y / len(problem.y)).reshape(problem.shape)
        return float(np.linalg.norm(slopes, axis=1).max())

    def path(self, problem, X, y, grid, choice):
        count, size = problem.shape
        if choice is None:
            return group_lasso(X, y, grid, size, np.ones(count))
        out = []
        for a in grid:
            weights = np.ones(count)
            for _ in range(PROGRAMS):
                w = group_lasso(X, y, [a], size, weights)[0]
                norms = np.linalg.norm(w.reshape(problem.shape), axis=1)
                if norms.max() == 0:
                    break
                weights = choice * norms.max() / (norms + choice * norms.max())
            out.append(w)
        return out


def group_lasso(X, y, grid, size, weights):
    state = adelie.grpnet(
        X=np.asfortranarray(X), glm=adelie.glm.gaussian(y), groups=np.arange(0, X.shape[1], size), penalty=weights,
        lmda_path=np.asarray(grid), intercept=False, progress_bar=False, early_exit=False, adev_tol=1.0, tol=1e-10,
    )  # fmt: skip
    w = list(state.betas.toarray())
    # It stops where rows are fitted exactly.
    return w + [w[-1]] * (len(grid) - len(w))


class SoftImpute:
    """Plain SoftImpute [MHT10], warm along the path."""

    name = "SoftImpute"
    choices = (None,)
    refits = False

    def largest(self, problem, choice):
        return float(np.linalg.norm((problem.X.T @ problem.y).reshape(problem.shape), 2))

    def path(self, problem, X, y, grid, choice):
        seen = X.sum(0).reshape(problem.shape) > 0
        Y = (X.T @ y).reshape(problem.shape)
        W, out = np.zeros_like(Y), []
        for a in grid:
            W = soft_impute(seen, Y, W, a)
            out.append(W.ravel())
        return out


def soft_impute(seen, Y, W, penalty, rounds=2000, tol=1e-5):
    for _ in range(rounds):
        U, s, V = np.linalg.svd(np.where(seen, Y, W), full_matrices=False)
        new = (U * np.maximum(s - penalty, 0)) @ V
        moved = np.linalg.norm(new - W)
        W = new
        if moved <= tol * np.linalg.norm(W):
            break
    return W


class Nuclear(SoftImpute):
    """The same problem by Clarabel."""

    name = "nuclear norm (Clarabel)"

    def path(self, problem, X, y, grid, choice):
        W, penalty = cp.Variable(problem.shape), cp.Parameter(nonneg=True)
        seen = np.argmax(X, axis=1)
        fit = cp.sum_squares(cp.reshape(W, (W.size,), order="C")[seen] - y) / 2
        program = cp.Problem(cp.Minimize(fit + penalty * cp.normNuc(W)))
        out = []
        for a in grid:
            penalty.value = a
            program.solve(solver=cp.CLARABEL)
            out.append(W.value.ravel().copy())
        return out


def peers_of(kind):
    return {
        "spectrum": [Lasso(), Skglm("MCP"), Skglm("L0.5"), SkglmReweighted(), Reweighted()],
        "step": [Lasso(), Variation(), Skglm("MCP"), Skglm("L0.5"), SkglmReweighted(), Reweighted()],
        "groups": [Group(), Group(reweighted=True)],
        "completion": [SoftImpute()],
    }[kind]
