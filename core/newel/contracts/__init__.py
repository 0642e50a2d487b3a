"""Small ports: protocols and value types only. Each module is one contract."""
