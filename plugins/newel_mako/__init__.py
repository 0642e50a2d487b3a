"""Mako templates: `[use] templates = "mako"`.

Plugs `Templates` (key `mako`) into the kernel, with the rules of `newel.contracts.templates` where Mako's own differ.
"""
