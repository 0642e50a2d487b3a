<%include file="refused/n.html" args="x=context.write(value)"/>
