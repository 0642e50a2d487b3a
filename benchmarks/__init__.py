"""Newel beside its peers, measured in one run: `python -m benchmarks`.

| module | its one idea |
|---|---|
| `texts`, `work` | what every contestant is asked to do: texts, sizes, rows of data |
| `calls` | a request as data, and a WSGI environ made of it |
| `rows` | the rows of the table: which call, who takes part, which ratio is the target |
| `hello/` | per contestant: one plaintext route and any number of others; nothing else is imported |
| `peers/` | per contestant: the application with JSON, typed values, forms, data, set up as its own manual says |
| `newel_app` | the same for Newel |
| `engines` | template engines alone, with and without Newel |
| `worker` | a process that holds one application, answers and times |
| `process` | a worker as its parent sees it: orders and results |
| `contest` | all workers of a row: answers compared first, then rounds in turn |
| `starting`, `load` | the rows measured from outside: time and memory until the first response, requests per second |
| `persistence/` | `Database` beside SQLAlchemy, Django's ORM and the drivers, on each server |
| `report` | the table |
"""
