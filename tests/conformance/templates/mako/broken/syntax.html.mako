one
${value +
