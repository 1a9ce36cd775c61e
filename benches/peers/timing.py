"""Environment of one thread (or of as many as PEERS_CPU names processors), and the best of several timings.

The best one is reported because other programs load the machine: they make a run slower, never faster. The median is reported beside it, so
that the load shows.
"""

import json
import os
import statistics
import time

# Read by the libraries when they are loaded, so this module is imported first. The affinity holds every pool to one processor: XLA makes
# as many threads as it may use processors.
processors = {max(os.sched_getaffinity(0))} if hasattr(os, "sched_getaffinity") else {0}
if "PEERS_CPU" in os.environ:
    processors = {int(n) for n in os.environ["PEERS_CPU"].split(",")}
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[name] = str(len(processors))
os.environ.setdefault("XLA_FLAGS", f"--xla_cpu_multi_thread_eigen={'true' if len(processors) > 1 else 'false'}")
os.environ["JAX_PLATFORMS"] = "cpu"
if hasattr(os, "sched_setaffinity"):
    # The last of the processors that we may use, since the first one serves interrupts; PEERS_CPU names others, as 0 or as 0,1.
    os.sched_setaffinity(0, processors)


def measure(call, steps: int, seconds: float) -> dict:
    """Times `call`, which makes `steps` steps and has been compiled, again and again for `seconds`."""
    took, start = [], time.perf_counter()
    while len(took) < 3 or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        call()
        took.append(time.perf_counter() - before)
    return {
        "steps_per_second": steps / min(took),
        "steps_per_second_median": steps / statistics.median(took),
        "timings": len(took),
    }


def report(line: dict, as_json: bool) -> None:
    replicas = line["replicas"]
    line["replica_steps_per_second"] = line["steps_per_second"] * replicas
    line["threads"] = len(processors)
    if as_json:
        print(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in line.items()}), flush=True)
    else:
        print(
            f"{line['workload']:26} {line['framework']:7} {line['formulation']:42} x{replicas:<4}"
            f"{line['steps_per_second']:12.0f} steps/s {line['replica_steps_per_second']:12.0f} in all"
            f"   median {line['steps_per_second_median']:10.0f}   compiled in {line['compile_seconds']:.1f} s",
            flush=True,
        )
