"""Per contestant: a `Store` (see `benchmarks.persistence.work`), written as its own manual recommends.

Each module has `build(server, url)`. Where objects have to be made by hand they are those of `objects`.
"""
