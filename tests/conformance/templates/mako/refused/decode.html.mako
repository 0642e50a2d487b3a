${value | decode.utf8}
