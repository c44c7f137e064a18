"""AWS Organizations for cloudward: accounts, organizational units, service and resource control policies."""
