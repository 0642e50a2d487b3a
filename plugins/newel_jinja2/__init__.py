"""Jinja2 templates: `[use] templates = "jinja2"`.

Plugs `Templates` (key `jinja2`) into the kernel. Everything that Jinja2 offers is there, with the rules of
`newel.contracts.templates` where Jinja2's own differ.
"""

from newel_jinja2.engine import Jinja2Templates
from newel_jinja2.plugin import Jinja2Config, Jinja2Plugin

__all__ = ["Jinja2Config", "Jinja2Plugin", "Jinja2Templates"]
