"""Policy enforcement: from a call and the state to requests for the policy engine, and back to AWS's answers."""
