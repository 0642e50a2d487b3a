<%self:body x="${context.write(value)}"/>
