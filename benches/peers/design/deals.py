"""How much of an error is the deal of the folds: the published step signal with seven of them: `python deals.py --out FILE`.

The designs twice: with the increments of the rows as data, as every peer gets them, and as `designs/step_signal.toml` has it, with cumulative
sums in the model. These are one problem, and differ in the order in which numbers are added."""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import ours
from crossval import FOLDS, evaluate
from data import PUBLISHED, ROOT, published
from peers import Lasso, SkglmReweighted, Variation
from safetensors.numpy import load_file

DEALS = 7
POWER = 0.5


def documented(problem, deal):
    """Errors by the published design file, with one power, which cross-validation takes on this data."""
    lines = (ROOT / "designs" / "step_signal.toml").read_text().splitlines()
    data = str(PUBLISHED / "total_variation_data.safetensors")
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "design.toml").write_text("\n".join(line for line in lines if not line.startswith("tune")) + "\n")
        command = [ours.PROGRAM, "fit", str(at / "design.toml"), "--x", data, "--x-key", "ameas", "--y", data, "--y-key", "ymeas"]
        subprocess.run([*command, "--no-intercept", "--refit", "--seed", str(deal), "-o", str(at / "fit")], check=True, capture_output=True)
        size = np.linalg.norm(problem.truth)
        names = ("weights", "least_squares")
        return [float(np.linalg.norm(load_file(at / "fit" / f"{n}.safetensors")["w"] - problem.truth) / size) for n in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    problem = published("step")
    found = {}
    for deal in range(DEALS):
        options = ["--no-intercept", "--refit", "--seed", str(deal)]
        _, arrays, _ = ours.call("entries", problem.shape, POWER, problem.X, problem.y, *options)
        own = [problem.error(arrays[n]["z"]) for n in ("weights", "least_squares")]
        found.setdefault("design, p = 1/2, increments as data", []).append(own)
        found.setdefault("design, p = 1/2, sums in the model", []).append(documented(problem, deal))
        left_out = ours.folds(problem, FOLDS, deal)
        for method in (Lasso(), Variation(), SkglmReweighted()):
            row = evaluate(problem, method, left_out)
            found.setdefault(method.name, []).append([row["cv"], row["least_squares"]])
        given.out.write_text(json.dumps(found) + "\n")
        print(deal, {name: rows[-1] for name, rows in found.items()}, flush=True)


if __name__ == "__main__":
    main()
