"""Data in memory: `[use] database = "memory"`. The reference that every other database is compared with."""

from newel_memory.backend import MemoryBackend
from newel_memory.plugin import MemoryPlugin

__all__ = ["MemoryBackend", "MemoryPlugin"]
