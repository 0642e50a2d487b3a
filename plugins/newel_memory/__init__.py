"""Data in memory: `[use] database = "memory"`. The reference that every other database is compared with."""

from newel_memory.backend import MemoryBackend

__all__ = ["MemoryBackend"]
