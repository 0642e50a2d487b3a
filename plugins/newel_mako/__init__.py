"""Mako templates: `[use] templates = "mako"`.

Plugs `Templates` (key `mako`) into the kernel, with the rules of `newel.contracts.templates` where Mako's own differ.
For those who know Mako:

- A template holds no Python modules: `<%! %>`, imports, `module=`, decorators and cached defs are refused. `<% %>` may
  assign and compute.
- Filters are those of `newel.templating.markup` and of plugins, called as in Jinja2: `${text | truncate(20)}` passes
  the text and 20. `h` and `u` are Mako's; instead of `n` write `safe`.
- `context` only gives values: `context.get("name", "default")` is how a template asks whether a value is there.
- `loop.index` counts from 0, and Jinja2's from 1: `for number, item in enumerate(items, 1)` is the same in both.
- A line that holds only a tag or a block of Python leaves no trace, as control lines do.
"""

from newel_mako.engine import MakoTemplates
from newel_mako.plugin import MakoConfig, MakoPlugin

__all__ = ["MakoConfig", "MakoPlugin", "MakoTemplates"]
