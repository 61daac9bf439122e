"""What every peer tells of its work: one JSON line, and sampled rows of its features for the cross-check."""

import json
import resource


def say(rows: int, seconds: float, **more):
    """The peak is that of the largest process: the peer itself or one of its workers."""
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_rss_bytes": max(own_peak(), workers) * 1024, **more}))


def own_peak() -> int:
    """In KB, of this program alone: ru_maxrss would begin with what the benchmark held when it started the peer."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def add_sample_arguments(arguments):
    arguments.add_argument("--sample", help="write every so many-th row, in order of symbol and date, to this file")
    arguments.add_argument("--every", type=int, default=101)
