"""The persistence contract: one model, one query language, one unit of work, on every backend."""
