${value | truncate(context.write(value))}
