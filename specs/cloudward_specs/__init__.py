"""Data that the gateway and its plugins ship: model overlays, JSON Schemas, action tables, managed policies, quotas."""
