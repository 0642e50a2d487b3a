${text | upper}
${text | lower, capitalize}
${text | trim}
${text | truncate(9)}
${text | replace("e", "<")}
${text | urlencode}
${text | striptags}
${text | escape}
${text | forceescape}
${nothing | upper}
${words | join(", ")}
${words | length}
${words | first}
${words | last}
${number | round(1)}
${markup | upper}
${markup | forceescape}
