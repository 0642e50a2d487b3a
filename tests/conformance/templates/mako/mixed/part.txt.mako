${value}
