"""SSM Parameter Store as a cloudward plugin."""
