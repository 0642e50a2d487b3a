"""What every template engine does alike, so that an engine's plugin holds only what is its own.

| module | its one idea |
|---|---|
| `markup` | the last step (the escape), and the filters and functions that templates of every engine share |
| `files` | logical names become files in the roots |
| `code` | Python generated from a template: its lines point into the template, compiled code is kept on disk |
| `outline` | what is written down in a template: names of other templates, calls, ways around the escape |
| `engine` | the base of engines: loading, rendering, errors, checks |
| `choice` | several engines in one application: which one renders a page |

Nothing here is imported before an engine's plugin asks for it. An engine need not use any of it: the contract is
`newel.contracts.templates.Templates`.
"""
