"""A noticeboard: people post notices, others find, comment, edit and delete them."""
