"""What is always on: text, HTML, JSON and page results, redirects, validation, error pages."""

from newel_essentials.plugin import EssentialsPlugin

__all__ = ["EssentialsPlugin"]
