line one
${id}
