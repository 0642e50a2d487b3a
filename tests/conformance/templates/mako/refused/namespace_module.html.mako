<%namespace name="m" module="markupsafe"/>${m.Markup(value)}
