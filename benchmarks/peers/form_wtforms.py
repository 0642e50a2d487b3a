"""The form by WTForms, for Bottle and Flask."""

from __future__ import annotations

from typing import Final

from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from benchmarks import work


class PostFields:
    """The fields, to be mixed with a class of forms."""

    title: Final = StringField(validators=[InputRequired(), Length(max=work.MAX_TITLE)])
    body: Final = StringField(validators=[InputRequired(), Length(max=work.MAX_BODY)])
    rating: Final = IntegerField(validators=[InputRequired(), NumberRange(work.MIN_RATING, work.MAX_RATING)])
