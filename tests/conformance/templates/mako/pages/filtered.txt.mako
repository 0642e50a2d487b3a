${words | join(", ")}
${text | replace("a", markup)}
${text | upper}
