one
${url_for("home", id=1)}
${url_for("away") if flag else ""}
${url_for(name)}
