"""One module for each server: its types, collations, settings of connections, and what its exceptions say."""
