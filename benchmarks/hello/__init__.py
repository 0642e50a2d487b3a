"""Per contestant: one plaintext route and any number of others, with nothing imported beyond the framework.

Each module has `build(routes)`, which returns a WSGI application that greets at `/` and answers `abc` to
`/area<number>/items/abc`, for each number below `routes`.
"""
