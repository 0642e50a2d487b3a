${getattr(capture, "args")}
