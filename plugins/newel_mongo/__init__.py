"""Data in MongoDB, from `[use] database = "mongo"` on: a backend of `newel_data`.

`[mongo]` says where (`MongoConfig`); `MongoBackend` is made from it and a closed set of models. Transactions need a
replica set, of one server if need be.
"""

from newel_mongo.backend import MongoBackend
from newel_mongo.config import MongoConfig, MongoUrl
from newel_mongo.plugin import MongoPlugin

__all__ = ["MongoBackend", "MongoConfig", "MongoPlugin", "MongoUrl"]
