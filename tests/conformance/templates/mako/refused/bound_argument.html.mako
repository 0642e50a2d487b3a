${(lambda __M_write: 1)(1)}
