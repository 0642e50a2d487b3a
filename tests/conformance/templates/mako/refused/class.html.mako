${capture(self.body).__class__(value)}
