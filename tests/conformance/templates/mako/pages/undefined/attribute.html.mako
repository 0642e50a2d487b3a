line one
${value.missing}
