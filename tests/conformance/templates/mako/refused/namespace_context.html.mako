${self.context.write(value)}
