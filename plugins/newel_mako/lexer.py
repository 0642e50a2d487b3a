"""Mako's lexer with the whitespace rules that every engine keeps.

A line that holds only a tag, a block of Python or a comment leaves no trace: blanks before it and the newline after it
are dropped, as Mako itself does with control lines and Jinja2 with `trim_blocks` and `lstrip_blocks`. `${...}` drops
nothing, and the text of `<%text>` stays as it is written.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final, final

from mako import parsetree
from mako.lexer import Lexer

TAG: Final = ("<%", "</%")
BLANKS: Final = " \t"


@final
class PageLexer(Lexer):  # type: ignore[misc]
    """Reads one template, whose text is decoded already."""

    _coding_re: ClassVar[re.Pattern[str]] = re.compile(r"(?!)")  # a first line `# coding: ...` is text like any other

    def append_node(self, nodecls: Any, *args: Any, **kwargs: Any) -> None:
        """Add a node; text that stands before a tag loses the blanks of its last line if they are all of that line."""
        if nodecls is parsetree.Text and self.text.startswith(TAG, self.match_position) and self._only_blanks_before():
            args = (args[0].rstrip(BLANKS), *args[1:])
            if not args[0]:
                return
        super().append_node(nodecls, *args, **kwargs)

    def match_tag_start(self) -> bool:
        """Read `<%tag>`; of `<%text>` everything up to and with its end."""
        matched = super().match_tag_start()
        return bool(matched) and (self.keyword == "text" or self._drop_newline())

    def match_tag_end(self) -> bool:
        """Read `</%tag>`."""
        return bool(super().match_tag_end()) and self._drop_newline()

    def match_python_block(self) -> bool:
        """Read `<% ... %>`."""
        return bool(super().match_python_block()) and self._drop_newline()

    def match_comment(self) -> bool:
        """Read `<%doc> ... </%doc>`."""
        return bool(super().match_comment()) and self._drop_newline()

    def _drop_newline(self) -> bool:
        if self.text.startswith("\n", self.match_position):
            self.match_position += 1
            self.lineno += 1
        return True

    def _only_blanks_before(self) -> bool:
        start: int = self.match_position
        while start and self.text[start - 1] in BLANKS:
            start -= 1
        return start == 0 or bool(self.text[start - 1] == "\n")
