"""IAM's operations, by resource."""
