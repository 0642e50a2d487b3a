<%page expression_filter="n"/>
${value}
