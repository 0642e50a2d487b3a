${context.write(value)}
