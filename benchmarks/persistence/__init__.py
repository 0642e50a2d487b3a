"""Newel's `Database` beside what it stands on and what it stands for, server by server, in one run.

| module | its one idea |
|---|---|
| `work` | what every contestant is asked to do: data, operations, what two right answers have in common |
| `rows` | which contestants a server has, and the ratios that are the targets |
| `servers` | the servers: files, and processes that are started where none is named |
| `newel` | Newel as a contestant; `benchmarks/peers/persistence` holds the others |
| `worker` | a process that holds one contestant, answers and times |
| `contest` | all contestants of a server: answers compared first, then rounds in turn |
| `streaming` | a million rows read from a cursor, and the memory that takes |

Each operation is measured twice: in a unit of work that is open ("in a unit"), and with a unit opened and ended for it
("in its own unit"). Time is the processor time of the process that asks: a server's own is not counted, while SQLite's
is, because it is a part of that process. A stand-in for MongoDB that takes long makes the asker's own time longer, too
(its caches are cold when it wakes): ask it for the same on both sides.
"""
