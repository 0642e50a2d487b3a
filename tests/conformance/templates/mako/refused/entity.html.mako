${value | entity}
