<%def name="f(x=context.write(value))">x</%def>
${f()}
