"""Per contestant: the application that does everything else, set up as its own manual says for production.

Each module has `build(site)`, where a site is "full" or "data", and answers

- `/json` with the document of `work`;
- `/typed/<int>?limit=<int>&q=<text>&exact=<bool>` with what it read, as JSON;
- POST `/form` with the checked values as JSON, or 422 and the names of the wrong fields;
- POST `/echo` with the JSON that was sent, decoded and encoded again;
- `/notices` (site "data") with the newest twelve rows of a SQLite file in an HTML page.
"""
