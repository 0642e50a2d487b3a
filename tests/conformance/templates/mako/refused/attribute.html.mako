<%include file="${context.write(value)}"/>
