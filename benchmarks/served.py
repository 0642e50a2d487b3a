"""The hello application that a real server loads: `NEWEL_BENCHMARK=falcon granian ... benchmarks.served:app`."""

from __future__ import annotations

import os

from benchmarks.worker import build

app = build(os.environ["NEWEL_BENCHMARK"], "hello-0")
