"""Newel: a web framework made as a microkernel. Plugins, routes, request hooks and contracts; the rest is plugins."""

from newel.hookspecs import hookimpl, hookspec
from newel.plugins import Plugin

__all__ = ["Plugin", "hookimpl", "hookspec"]
