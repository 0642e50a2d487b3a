"""What is always on: text, HTML, JSON and page results, redirects, validation, error pages."""

from newel_essentials.plugin import DevelopmentPlugin, EssentialsPlugin

__all__ = ["DevelopmentPlugin", "EssentialsPlugin"]
