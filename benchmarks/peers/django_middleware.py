"""Django with the middleware of security that `startproject` lists."""

from __future__ import annotations

from typing import Any

from benchmarks.peers.django import build as build_django

MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)


def build(site: str) -> Any:
    return build_django(site, MIDDLEWARE)
