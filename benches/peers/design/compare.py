"""Error of every method on the published draws and on fresh ones: `python compare.py KIND --seeds 20 --out FILE`."""

import argparse
import json
from pathlib import Path

import ours
from crossval import FOLDS, RATIO, VALUES, evaluate
from data import fresh, published
from peers import peers_of


def short(row):
    """Six digits are more than any run repeats."""
    return {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in row.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["spectrum", "step", "groups", "completion"])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first seed; the published draw comes before seed 0")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    problems = [published(given.kind)] if given.kind in ("spectrum", "step") and given.first == 0 else []
    problems += [fresh(given.kind, given.first + k) for k in range(given.seeds)]
    left_out = ours.folds(problems[0], FOLDS)
    rows = []
    for problem in problems:
        rows += ours.evaluate(problem, FOLDS, VALUES, RATIO)
        rows += [evaluate(problem, method, left_out) for method in peers_of(given.kind)]
        # Whole after every draw, so that a run that is cut short is of use.
        given.out.write_text("[\n" + ",\n".join(json.dumps(short(row)) for row in rows) + "\n]\n")
        for row in rows[-len(peers_of(given.kind)) - 4 :]:
            print(row["data"], row["method"], row["cv"], row["least_squares"], row["oracle"], row["support"], round(row["seconds"], 2), flush=True)


if __name__ == "__main__":
    main()
