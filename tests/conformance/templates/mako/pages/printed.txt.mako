[${value}]
