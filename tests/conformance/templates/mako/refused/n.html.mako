${value | n}
