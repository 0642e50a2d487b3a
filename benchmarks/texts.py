"""The few texts that even a hello application needs, in a module that imports nothing: a cold start is its own."""

HOST = "localhost"
GREETING = "Hello, World!"
SECRET = "0c7fd2a64be94806a1d0f7c6e2b98d4475e0c3ab91f7b2d8"
"""Signs nothing but what a benchmark throws away."""
