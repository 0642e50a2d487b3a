"""The models for Django's ORM; imported when its settings are known."""

from __future__ import annotations

from django.db import models


class Author(models.Model):
    id = models.CharField(max_length=36, primary_key=True)
    name = models.CharField(max_length=80)

    class Meta:
        app_label = "benchmarks"
        db_table = "author"

    def __str__(self) -> str:
        return str(self.name)


class Notice(models.Model):
    id = models.CharField(max_length=36, primary_key=True)
    title = models.CharField(max_length=120)
    body = models.TextField()
    author = models.ForeignKey(Author, on_delete=models.RESTRICT)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    views = models.BigIntegerField()
    open = models.BooleanField()
    posted = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "benchmarks"
        db_table = "notice"

    def __str__(self) -> str:
        return str(self.title)
