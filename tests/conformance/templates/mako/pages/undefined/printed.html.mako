line one
${missing}
