<%! from markupsafe import Markup %>${Markup(value)}
