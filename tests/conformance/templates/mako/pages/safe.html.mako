${value}
${value | safe}
${value}
