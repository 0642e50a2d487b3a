"""Security headers, on unless `[app] without = ["security"]`."""

from newel_security.plugin import CspNonce, SecurityConfig, SecurityPlugin

__all__ = ["CspNonce", "SecurityConfig", "SecurityPlugin"]
