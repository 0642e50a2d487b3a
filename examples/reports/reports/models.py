"""What is stored."""

from __future__ import annotations

from datetime import date

from newel_data import Field, Model, field


class Sale(Model, index=[("region", "sold")], public=("id", "region", "sold", "cents")):
    """One sale. Amounts are whole cents, which every database adds up alike."""

    region: Field[str] = field(max_length=40)
    sold: Field[date] = field(index=True)
    cents: Field[int] = field(minimum=0)
