<% it = self %>${it.context.writer()(value)}
