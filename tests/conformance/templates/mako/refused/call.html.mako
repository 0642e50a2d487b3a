<%call expr="context.write(value)">x</%call>
