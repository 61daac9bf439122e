"""What every peer tells of its work: one JSON line, and sampled rows of its features for the cross-check."""

import json
import resource


def say(rows: int, seconds: float, **more):
    """The peak is that of the largest process: the peer itself or one of its workers."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_rss_bytes": peak * 1024, **more}))


def add_sample_arguments(arguments):
    arguments.add_argument("--sample", help="write every so many-th row, in order of symbol and date, to this file")
    arguments.add_argument("--every", type=int, default=101)
