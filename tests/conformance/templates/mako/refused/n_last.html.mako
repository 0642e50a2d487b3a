${value | upper, n}
