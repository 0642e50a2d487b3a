"""Static files, below one prefix, with versions in their URLs."""

from newel_static.plugin import StaticConfig, StaticPlugin

__all__ = ["StaticConfig", "StaticPlugin"]
