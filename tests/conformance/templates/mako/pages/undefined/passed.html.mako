line one
${ignore(missing)}
