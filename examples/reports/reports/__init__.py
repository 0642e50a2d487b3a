"""Sales and reports of them: portable queries, and native ones behind a contract of the application's own."""
