line one
${missing | upper}
